// Builds what browsers run, from its source beside it. With --check: whether that is what is there; builds nothing.
import { readFileSync, writeFileSync } from "node:fs";
import { build } from "esbuild";

const folder = new URL("../chalicelib/collect/tracker/", import.meta.url);
// PRECISE: for sites whose settings name pages by more than their path. WHOLE: for frames, modules and second instances.
const outputs = [
  { name: "tracker.min.js", source: "tracker.js", flags: { PRECISE: "false", WHOLE: "false" } },
  { name: "tracker.precise.min.js", source: "tracker.js", flags: { PRECISE: "true", WHOLE: "false" } },
  { name: "tracker.whole.min.js", source: "tracker.js", flags: { PRECISE: "true", WHOLE: "true" }, isModule: true },
  { name: "options.min.js", source: "options.js", flags: {} },
];

// The letters that names become, but for the module. esbuild gives the shortest names; these let gzip find more
// repetitions, which makes 20 bytes of 750. They were found by trying: a few hundred thousand exchanges of letters.
// prettier-ignore
const letters = {
  // tracker.js
  deepest: "d", visitor: "a", engaging: "c", seen: "l", routed: "p", page: "s", began: "h", look: "t", view: "u",
  home: "o", clock: "w", engaged: "i", send: "y",
  cause: "e", leaving: "f", from: "r",
  message: "e", retried: "f", packed: "b", again: "r", answer: "n",
  moved: "n", gone: "n", shown: "n", name: "r", original: "e", state: "n", type: "n", told: "r", given: "e", called: "n",
  // page.js
  site: "n", named: "f", pageOf: "x", text: "t", query: "e", kept: "s",
  // options.js
  first: "f", marks: "e", domain: "d", followed: "t", clicked: "n", link: "s", node: "n", isFile: "x",
};
const names = new RegExp(`\\b(${Object.keys(letters).join("|")})\\b`, "g");

const made = async ({ source, flags, isModule = false }) => {
  const { outputFiles } = await build({
    entryPoints: [new URL(source, folder).pathname],
    bundle: true,
    external: ["./script.js*"],
    format: "esm",
    minifyIdentifiers: isModule,
    minifySyntax: true,
    minifyWhitespace: true,
    target: "es2020",
    define: flags,
    write: false,
  });
  const code = outputFiles[0].text.trim().replace(/;$/, "");
  if (isModule) return Buffer.from(code); // it has a scope of its own
  // Nothing is to become global, nor to be in the way of the same script running twice: what a bundle calls `var` is
  // `let`, in a block.
  return Buffer.from(`{${code.replace(/\bvar\b/g, "let").replace(names, (name) => letters[name])}}`);
};

const check = process.argv.includes("--check");
for (const output of outputs) {
  const target = new URL(output.name, folder);
  const code = await made(output);
  if (!check) {
    writeFileSync(target, code);
  } else if (Buffer.compare(readFileSync(target), code) !== 0) {
    console.error(`${output.name} is not what ${output.source} makes; run \`npm run build\``);
    process.exitCode = 1;
  }
}
