// Draws the sprites of pages: chalicelib/dashboard/built/flags.svg, and marks.svg with the marks that marks.tsv lists and
// our own glyphs. Flags and marks are other people's work, so they come from their packages at every build and are in no
// commit. They are shown 18 and 16 pixels wide: coordinates are rounded to what can be seen there.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { optimize } from "svgo";
import { noticeOf } from "./notices.mjs";

const require = createRequire(import.meta.url);
const iso = require("iso-3166-1");
const modules = new URL("../node_modules/", import.meta.url);
const dashboard = new URL("../chalicelib/dashboard/", import.meta.url);
const folder = new URL("built/", dashboard);

const plugins = [{ name: "preset-default", params: { overrides: { convertShapeToPath: { convertArcs: true } } } }];

// The content of an SVG file, moved and scaled so that it is `width` units wide, in whole units; and its height.
const scaled = (text, width, plugins) => {
  const [left, top, wide, high] = text.match(/viewBox="([^"]*)"/)[1].split(/[\s,]+/).map(Number);
  const factor = width / wide;
  const height = Math.round(high * factor);
  const inner = text.slice(text.indexOf(">", text.indexOf("<svg")) + 1, text.lastIndexOf("</svg>"));
  const [x, y] = [-left * factor, -top * factor];
  const whole = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}"><g transform="matrix(${factor} 0 0 ${factor} ${x} ${y})">${inner}</g></svg>`;
  const { data } = optimize(whole, { multipass: true, floatPrecision: 0, plugins });
  if (/<style|<script|href=|url\(/.test(data)) throw new Error(`an icon refers to something else: ${data.slice(0, 200)}`);
  return { height, content: data.slice(data.indexOf(">") + 1, data.lastIndexOf("</svg>")) };
};
const symbol = (id, width, { height, content }) => `<symbol id="${id}" viewBox="0 0 ${width} ${height}">${content}</symbol>`;
const save = (name, packages, symbols) => {
  mkdirSync(folder, { recursive: true });
  writeFileSync(new URL(name, folder), `<svg xmlns="http://www.w3.org/2000/svg">\n${[...packages.map(noticeOf), ...symbols].join("\n")}\n</svg>\n`);
};

// ISO 3166-1, and Kosovo, which GeoIP databases know as XK.
const countries = [...iso.all().map(({ alpha2 }) => alpha2), "XK"].sort();
const flagOf = (code) => readFileSync(new URL(`country-flag-icons/3x2/${code}.svg`, modules), "utf8");
save("flags.svg", ["country-flag-icons"], countries.map((code) => symbol(code, 60, scaled(flagOf(code), 60, plugins))));

const icons = Object.values(await import("simple-icons"));
const markOf = (icon) => {
  const [set, name] = icon.split(":");
  if (set === "bootstrap") return readFileSync(new URL(`bootstrap-icons/icons/${name}.svg`, modules), "utf8");
  const found = icons.find(({ slug }) => slug === name);
  if (!found) throw new Error(`marks.tsv: there is no ${icon}`);
  return found.svg.replace(/<title>.*?<\/title>/, "");
};
const lines = readFileSync(new URL("reports/marks.tsv", dashboard), "utf8").split("\n").filter((line) => line && line[0] !== "#");
const marks = lines.map((line) => line.split("\t")).filter(([, icon]) => icon);
const drawn = readFileSync(new URL("reports/glyphs.svg", dashboard), "utf8");
const [, stroked] = drawn.match(/<svg xmlns="[^"]*" ([^>]*)>/); // a symbol that is used elsewhere inherits nothing of its file
const glyphs = drawn.match(/<symbol.*?<\/symbol>/gs).map((glyph) => glyph.replace(/<symbol id="[^"]*"/, (start) => `${start} ${stroked}`));
save("marks.svg", ["simple-icons", "bootstrap-icons"], [...glyphs, ...marks.map(([id, icon]) => symbol(id, 48, scaled(markOf(icon), 48, plugins)))]);
