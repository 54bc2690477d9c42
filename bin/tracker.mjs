// Builds what browsers run, from its source beside it. With --check: whether that is what is there; builds nothing.
import { readFileSync, writeFileSync } from "node:fs";
import { build } from "esbuild";

const folder = new URL("../chalicelib/collect/tracker/", import.meta.url);
// PRECISE: for sites whose settings name pages by more than their path.
const outputs = [
  { name: "tracker.min.js", source: "tracker.js", define: { PRECISE: "false" } },
  { name: "tracker.precise.min.js", source: "tracker.js", define: { PRECISE: "true" } },
  { name: "options.min.js", source: "options.js", define: {} },
];

const check = process.argv.includes("--check");
for (const { name, source, define } of outputs) {
  const entry = new URL(source, folder).pathname;
  const { outputFiles } = await build({ entryPoints: [entry], minify: true, target: "es2020", define, write: false });
  const target = new URL(name, folder);
  if (!check) {
    writeFileSync(target, outputFiles[0].contents);
  } else if (Buffer.compare(readFileSync(target), outputFiles[0].contents) !== 0) {
    console.error(`${name} is not what ${source} makes; run \`npm run build\``);
    process.exitCode = 1;
  }
}
