// Turns the patterns of the npm package isbot into the worker's data: chalicelib/enrich/data/robots.json.
// The list is other people's work, so it comes from its package at every build and is in no commit.
import { createRequire } from "node:module";
import { mkdirSync, writeFileSync } from "node:fs";

const { list } = await import("isbot");
const { version } = createRequire(import.meta.url)("isbot/package.json");
if (!Array.isArray(list) || list.length < 100 || !list.every((pattern) => pattern && new RegExp(pattern, "i"))) {
  throw new Error(`isbot ${version} has no list of patterns that can be used`);
}
const target = new URL("../chalicelib/enrich/data/robots.json", import.meta.url);
mkdirSync(new URL(".", target), { recursive: true });
writeFileSync(target, `${JSON.stringify({ isbot: version, patterns: list }, null, 1)}\n`);
