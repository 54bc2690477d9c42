// What pages gain with JavaScript. Nothing here is needed: every control works without it.
"use strict";

// Menus close when something else is clicked, and with Escape.
const menus = () => document.querySelectorAll("details.menu[open]");
document.addEventListener("click", (event) => {
  for (const menu of menus()) if (!event.composedPath().includes(menu)) menu.open = false;
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of menus()) {
    event.preventDefault(); // it has done its work, and removes no filters
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});

// The name of a row filters by it; with Shift, it excludes it.
document.addEventListener("click", (event) => {
  const link = event.shiftKey && event.target.closest("a.filter");
  if (!link) return;
  event.preventDefault();
  location.href = link.dataset.exclude ?? link.href.replace(/f=is(%2C[^&]*)$/, "f=is_not$1");
});

// The page that adds and changes filters opens in the menu from which it is asked for.
const showPanel = async (panel, href, focus) => {
  const answer = await fetch(href).catch(() => null);
  const text = answer?.ok ? await answer.text() : "";
  const found = new DOMParser().parseFromString(text, "text/html").querySelector(".filter-panel");
  if (!found) {
    if (focus) location.href = href;
    return;
  }
  for (const name of ["href", "action"]) {
    for (const element of found.querySelectorAll(`[${name}]`)) {
      element.setAttribute(name, new URL(element.getAttribute(name), answer.url));
    }
  }
  if (!focus && panel.contains(document.activeElement)) return;
  panel.replaceWith(found);
  if (focus) found.querySelector("[autofocus], a")?.focus();
};
document.addEventListener("click", (event) => {
  const link = event.target.closest(".menu a[data-panel]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  showPanel(link.closest(".filter-panel"), link.href, true);
});
for (const menu of document.querySelectorAll("details[data-panel]")) {
  menu.addEventListener("toggle", () => showPanel(menu.querySelector(".filter-panel"), menu.dataset.panel), { once: true });
}

// Copy buttons.
for (const button of document.querySelectorAll("[data-copy]")) {
  if (!navigator.clipboard) continue;
  button.hidden = false;
  const label = button.textContent;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(button.parentElement.querySelector("code").textContent);
    button.textContent = button.dataset.copy;
    setTimeout(() => (button.textContent = label), 2000);
  });
}

// On a narrow screen the links to other pages scroll; the present page is in sight.
document.querySelector("nav.pages [aria-current]")?.scrollIntoView({ inline: "center", block: "nearest" });

// A row of a list of visits opens the visit, wherever it is clicked.
document.addEventListener("click", (event) => {
  if (event.defaultPrevented || event.target.closest("a, button, summary") || getSelection().toString()) return;
  event.target.closest(".visits tbody tr")?.querySelector("a.go")?.click();
});

// A new site is probably in the time zone of whoever adds it.
for (const select of document.querySelectorAll("select[data-zone]")) {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if ([...select.options].some((option) => option.value === zone)) select.value = zone;
}

// The chart tells the figures of the bucket under the pointer, or under the arrow keys.
const svgElement = (name, attributes) => {
  const element = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  return element;
};

const liven = (figure) => {
  figure.dataset.lively = "";
  const plot = figure.querySelector(".plot");
  const svg = figure.querySelector(".axes");
  const { places } = figure.dataset;
  const [, ...heads] = [...figure.querySelectorAll(".behind thead th")].map((cell) => cell.textContent);
  const rows = [...figure.querySelectorAll(".behind tbody tr")].map(({ cells, dataset }) => ({
    texts: [cells[0].firstElementChild, ...[...cells].slice(1)].map((part) => part.textContent),
    remarks: [...cells[0].querySelectorAll(".remark")].map((part) => part.textContent),
    ...dataset,
  }));
  if (!rows.length) return;
  svg.querySelector(".hits")?.remove(); // its plain tooltips would double ours

  const marks = svgElement("g", { visibility: "hidden" });
  const line = svgElement("line", { class: "cursor", y1: 0, y2: 200 });
  const dot = svgElement("circle", { class: "end", r: 4.5 });
  const stretch = svgElement("rect", { class: "stretch", height: 200, visibility: "hidden" });
  svg.querySelector(".lines").before(stretch);
  marks.append(line, dot);
  svg.append(marks);
  const tip = document.createElement("div");
  tip.className = "tip";
  tip.hidden = true;
  plot.append(tip);

  let current = -1;
  const hide = () => {
    current = -1;
    tip.hidden = true;
    marks.setAttribute("visibility", "hidden");
  };
  const remark = (text) => {
    const element = document.createElement("i");
    element.dir = "auto";
    element.textContent = text;
    return element;
  };
  // What the tip tells, at a place from 0, left, to 1.
  const tell = (at, ...parts) => {
    tip.replaceChildren(...parts);
    tip.hidden = false;
    const width = svg.getBoundingClientRect().width;
    const x = plot.clientWidth - width + width * at;
    const left = x + 16 + tip.offsetWidth > plot.clientWidth ? x - 16 - tip.offsetWidth : x + 16;
    tip.style.transform = `translate(${Math.max(0, left)}px, 8px)`;
  };
  const show = (index) => {
    if (index === current) return;
    current = index;
    const at = places > 1 ? index / (places - 1) : 0.5;
    for (const end of ["x1", "x2"]) line.setAttribute(end, `${at * 100}%`);
    const { texts, remarks, y } = rows[index];
    dot.setAttribute("cx", `${at * 100}%`);
    dot.setAttribute("cy", y ?? -9);
    marks.setAttribute("visibility", "visible");
    const head = document.createElement("b");
    head.textContent = texts[0];
    const lines = heads.map((name, i) => {
      const entry = document.createElement("span");
      const value = document.createElement("em");
      value.textContent = texts[i + 1];
      entry.append(name, value);
      return entry;
    });
    tell(at, head, ...lines, ...remarks.map(remark));
  };
  const indexAt = ({ clientX }) => {
    const box = svg.getBoundingClientRect();
    return Math.round(((clientX - box.left) / box.width) * (places - 1));
  };

  // A click on a bucket, or a stretch that is dragged over, becomes the period.
  let begun = -1;
  const zoom = (one, other) => {
    const [first, last] = [rows[Math.min(one, other)].first, rows[Math.max(one, other)].last];
    if (first === rows[0].first && last === rows.at(-1).last) return;
    const query = new URLSearchParams(location.search);
    query.delete("interval");
    for (const [name, value] of Object.entries({ period: "custom", from: first, to: last })) query.set(name, value);
    location.search = query;
  };
  const drag = (index) => {
    const share = (place) => (Math.min(Math.max(place, 0), places - 1) / (places - 1)) * 100;
    stretch.setAttribute("x", `${share(Math.min(begun, index))}%`);
    stretch.setAttribute("width", `${Math.abs(share(index) - share(begun))}%`);
    stretch.setAttribute("visibility", "visible");
  };
  const stop = () => {
    begun = -1;
    stretch.setAttribute("visibility", "hidden");
  };
  plot.addEventListener("pointerdown", (event) => {
    const index = indexAt(event);
    if (event.button === 0 && event.pointerType !== "touch" && rows[index]) begun = index;
  });
  plot.addEventListener("pointerup", (event) => {
    const to = Math.min(Math.max(indexAt(event), 0), rows.length - 1);
    if (begun >= 0) zoom(begun, to);
    stop();
  });
  plot.addEventListener("pointermove", (event) => {
    const index = indexAt(event);
    if (begun >= 0 && index !== begun) drag(index);
    if (index < 0 || index >= rows.length) hide();
    else show(index);
  });
  plot.addEventListener("pointerleave", () => {
    hide();
    stop();
  });
  // A marker below the axis tells what was noted there; a click opens the list below the chart.
  for (const mark of plot.querySelectorAll(".marker")) {
    const texts = mark.getAttribute("aria-label").split("\n");
    mark.querySelector("title").remove(); // its plain tooltip would double ours
    const tellMark = () => {
      hide();
      tell(mark.dataset.x / 100, ...texts.map(remark));
    };
    for (const type of ["pointerenter", "focus"]) mark.addEventListener(type, tellMark);
    for (const type of ["pointerleave", "blur"]) mark.addEventListener(type, hide);
    for (const type of ["pointermove", "pointerdown"]) mark.addEventListener(type, (event) => event.stopPropagation());
    mark.addEventListener("click", () => (figure.querySelector("#annotations").open = true));
  }
  svg.setAttribute("tabindex", "0");
  svg.addEventListener("blur", hide);
  svg.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const from = current < 0 ? (step > 0 ? -1 : rows.length) : current;
    show(Math.min(rows.length - 1, Math.max(0, from + step)));
  });
};
for (const figure of document.querySelectorAll("figure.chart")) liven(figure);
// Some browsers do not open a list for a link to a part of it.
const linked = location.hash.startsWith("#annotation") && document.getElementById(location.hash.slice(1))?.closest("details");
if (linked && !linked.open) {
  linked.open = true;
  linked.scrollIntoView({ block: "nearest" });
}

// A country on the map and an hour of the week tell their figures beside the pointer.
const told = document.createElement("div");
told.className = "tip at-pointer";
const figuresOf = (target) => {
  const country = target.closest(".world :is(a, g)");
  if (country) {
    const title = country.querySelector("title");
    if (title) {
      country.setAttribute("aria-label", title.textContent);
      title.remove(); // the browser's own tooltip would double ours
    }
    return country.getAttribute("aria-label").split(" · ");
  }
  const cell = target.closest(".hours tbody td");
  if (!cell) return null;
  const table = cell.closest("table");
  const hour = table.tHead.rows[0].cells[cell.cellIndex].textContent.trim();
  return [`${cell.parentElement.cells[0].textContent.trim()}, ${hour}:00`, `${table.dataset.metric}: ${cell.textContent.trim()}`];
};
document.addEventListener("pointermove", ({ target, clientX, clientY }) => {
  const texts = target instanceof Element ? figuresOf(target) : null;
  if (!texts) return told.remove();
  const head = document.createElement("b");
  head.textContent = texts[0];
  told.replaceChildren(head, texts.slice(1).join(" · "));
  document.body.append(told);
  const [right, below] = [clientX + 16, clientY + 16];
  const left = right + told.offsetWidth > innerWidth ? clientX - 16 - told.offsetWidth : right;
  const top = below + told.offsetHeight > innerHeight ? clientY - 16 - told.offsetHeight : below;
  told.style.transform = `translate(${Math.max(0, left)}px, ${Math.max(0, top)}px)`;
});
for (const type of ["pointerleave", "pointercancel"]) document.documentElement.addEventListener(type, () => told.remove());

// A page with today's figures brings itself up to date while somebody looks at it; one that waits for the first
// visit reloads when it came, the page to install from says so, and the one of a deletion says how far it is. What is
// open or in use stays as it is. A page that nobody has used for two minutes does so once a minute.
const inUse = (part) => part.querySelector("details[open], .tip:not([hidden])") || part.contains(document.activeElement);
const refresh = async () => {
  if (document.hidden || !document.querySelector("[data-refresh]")) return;
  const { annotations = "1" } = document.querySelector("figure.chart")?.dataset ?? {};
  const headers = { "Shylight-Refresh": annotations }; // what does not change here need not be read again
  const answer = await fetch(location.href, { cache: "no-store", headers }).catch(() => null);
  if (!answer?.ok || answer.redirected) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  if (!fresh.querySelector(".summary, .cards, .arrival, .deletion")) return;
  if (!document.querySelector(".summary, .cards, .arrival, .deletion")) {
    location.reload();
    return;
  }
  const panels = [...document.querySelectorAll(".panel")].map(({ id }) => `#${id}`); // a new tab waits for a reload
  for (const selector of [".title .online", ".notes", ".summary", ...panels, ".week", ".latest", ".updating", ".cards", ".arrival", ".deletion"]) {
    const part = document.querySelector(selector);
    const next = fresh.querySelector(selector);
    // An equal part is left alone, or screen readers would read it out each time.
    if (part && next && !part.isEqualNode(next) && !inUse(part)) part.replaceWith(next);
  }
  for (const figure of document.querySelectorAll("figure.chart:not([data-lively])")) liven(figure);
};
const seconds = () => Number(document.querySelector("[data-refresh]")?.dataset.refresh ?? 0);
let used = Date.now();
for (const type of ["pointermove", "keydown", "scroll", "visibilitychange"])
  document.addEventListener(type, () => (used = Date.now()), { capture: true, passive: true });
const keepFresh = (waited) => {
  const pause = seconds();
  if (!pause) return;
  setTimeout(async () => {
    const idle = Date.now() - used > 120_000 && waited + pause < 60;
    if (!idle) await refresh();
    keepFresh(idle ? waited + pause : 0);
  }, pause * 1000);
};
keepFresh(0);
