// The notice of a package whose work is in a built file: its name, version and licence, and whose it is.
import { readFileSync, readdirSync } from "node:fs";

export const noticeOf = (name) => {
  const folder = new URL(`../node_modules/${name}/`, import.meta.url);
  const { version, license } = JSON.parse(readFileSync(new URL("package.json", folder), "utf8"));
  const file = readdirSync(folder).find((one) => /^licen[cs]e(\.|$)/i.test(one));
  const [holder] = (file ? readFileSync(new URL(file, folder), "utf8") : "").match(/^Copyright .*$/im) ?? [""];
  const text = `${name} ${version}, ${license}${holder && `: ${holder.trim()}`}`;
  return `<!-- ${text.replace(/-{2,}/g, "-").replace(/[<>]/g, "")} -->`;
};
