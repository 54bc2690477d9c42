// What is wrong with the layout of a page: a list of sentences. `<details>` that are closed show nothing, and the cells of
// the hours of the week are coloured, with their figures for screen readers and in a tip.
() => {
  const faults = [];
  const isHidden = (element) => {
    if (element.closest(".hours, svg, details:not([open]) > :not(summary)")) return true;
    for (let one = element; one; one = one.parentElement) {
      const { visibility, clipPath } = getComputedStyle(one);
      if (visibility === "hidden" || clipPath !== "none") return true;
    }
    return false;
  };
  const named = (element) => `${element.tagName.toLowerCase()}.${element.className}`;

  if (document.documentElement.scrollWidth > innerWidth) faults.push(`the page is ${document.documentElement.scrollWidth} px wide`);

  for (const element of document.querySelectorAll("body *:not(input, select, textarea, option)")) {
    if (!element.clientWidth || element.scrollWidth <= element.clientWidth + 1) continue;
    if (!["hidden", "clip"].includes(getComputedStyle(element).overflowX)) continue;
    if (element.closest("[title]") || element.querySelector("[title]")) continue;
    if (!element.innerText?.trim() || isHidden(element)) continue;
    faults.push(`${named(element)} is cut without a title: ${element.innerText.trim().slice(0, 60)}`);
  }

  // Controls beside each other, of one form or of several, share a middle line.
  for (const row of document.querySelectorAll(".actions")) {
    const controls = [...row.querySelectorAll("button, .button, select, input:not([type=hidden])")].filter((one) => one.offsetHeight);
    const boxes = controls.map((one) => one.getBoundingClientRect());
    boxes.forEach((box, number) => {
      const next = boxes[number + 1];
      if (!next || next.top >= box.bottom || box.top >= next.bottom) return;
      if (Math.abs(next.top + next.bottom - box.top - box.bottom) > 2) faults.push(`${named(controls[number + 1])} is not in line`);
    });
  }

  // The boxes that a text may stick out of: what is around its element, up to what scrolls, is cut, or lies above.
  const known = new Map();
  const around = (element) => {
    if (!element) return [];
    if (!known.has(element)) {
      const { overflowX, position, display } = getComputedStyle(element);
      const isEnd = overflowX !== "visible" || ["absolute", "fixed"].includes(position);
      const own = display === "inline" ? [] : [[element, element.getBoundingClientRect()]];
      known.set(element, isEnd ? [] : [...own, ...around(element.parentElement)]);
    }
    return known.get(element);
  };
  const range = document.createRange();
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const text = texts.currentNode;
    if (!text.data.trim()) continue;
    range.selectNodeContents(text);
    const { left, right, width } = range.getBoundingClientRect();
    if (!width) continue;
    const [from] = around(text.parentElement).find(([, box]) => right > box.right + 1 || left < box.left - 1) ?? [];
    if (!from || isHidden(text.parentElement)) continue;
    faults.push(`“${text.data.trim().slice(0, 60)}” of ${named(text.parentElement)} sticks out of ${named(from)}`);
  }
  return faults;
};
