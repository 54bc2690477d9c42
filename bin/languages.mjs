// Writes the languages that visitors' browsers may name, with their English names, as the Unicode CLDR has them. Node.js
// brings the CLDR (ICU). Run it by hand, when there is a newer one: `npm run build:languages`.
import { writeFileSync } from "node:fs";

const target = new URL("../chalicelib/languages.tsv", import.meta.url);
const names = new Intl.DisplayNames("en", { type: "language", fallback: "none" });
const SPECIAL = ["mul", "zxx"]; // "multiple languages", "no linguistic content"
// Chinese is written in two scripts, which readers of the one do not easily read; the region tells which.
const SCRIPTS = ["zh-Hans", "zh-Hant"];

const letters = [..."abcdefghijklmnopqrstuvwxyz"];
const pairs = letters.flatMap((first) => letters.map((second) => first + second));
const tags = [...pairs, ...pairs.flatMap((pair) => letters.map((third) => pair + third))];
const written = (tag) => `zh-${new Intl.Locale(tag).maximize().script}`;

const languages = new Map();
for (const tag of tags) {
  const language = new Intl.Locale(tag).language; // "iw" becomes "he", "deu" becomes "de"
  if (names.of(tag) && !SPECIAL.includes(tag)) languages.set(tag, language === "zh" ? written("zh") : language);
}
for (const tag of pairs.map((pair) => `zh-${pair.toUpperCase()}`))
  if (new Intl.Locale(tag).toString() === tag && written(tag) !== written("zh")) languages.set(tag.toLowerCase(), written(tag));
for (const script of SCRIPTS) languages.set(script.toLowerCase(), script);

const lines = [...languages].sort(([a], [b]) => (a < b ? -1 : 1)).map(([tag, language]) => {
  return `${tag}\t${language}\t${tag === language.toLowerCase() ? names.of(language) : ""}`.trimEnd();
});
const head = [
  `# From the Unicode CLDR ${process.versions.cldr} (Unicode License v3), written by bin/languages.mjs: a tag in lower case, the`,
  "# language that it names, and its English name, unless that has a line of its own.",
];
writeFileSync(target, [...head, ...lines, ""].join("\n"));
