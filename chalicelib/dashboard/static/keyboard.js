// Shortcuts: a key follows the link that has it as data-key, or leads to the field or the menu that has it. Whatever a key
// does can be done without it. Loaded by pages of figures whose reader has not turned single keys off (WCAG 2.1.4).
"use strict";
{
  const OFF = "shylight-shortcuts-off";
  const root = document.documentElement;
  // Without storage, as in a frame of another site, the choice holds until the page is left.
  const stored = () => {
    try {
      return localStorage.getItem(OFF);
    } catch {
      return null;
    }
  };
  const turn = (on) => {
    if (on) delete root.dataset.shortcuts;
    else root.dataset.shortcuts = "off";
    for (const element of document.querySelectorAll("[data-key]")) {
      if (on) element.setAttribute("aria-keyshortcuts", element.dataset.key);
      else element.removeAttribute("aria-keyshortcuts");
    }
  };
  turn(!stored());

  const offer = (scope) => {
    const choice = scope.querySelector("[data-shortcuts]");
    if (!choice) return;
    choice.checked = root.dataset.shortcuts !== "off";
    choice.addEventListener("change", () => {
      turn(choice.checked);
      try {
        if (choice.checked) localStorage.removeItem(OFF);
        else localStorage.setItem(OFF, "1");
      } catch {
        // It holds until the page is left.
      }
    });
  };
  offer(document.querySelector(".shortcuts-page") ?? document.createElement("div"));

  // The page of shortcuts, as a dialog. Closing it gives the focus back.
  let sheet = null;
  let asked = false;
  const showSheet = async (link) => {
    if (asked) return;
    if (!sheet) {
      asked = true;
      const answer = await fetch(link.href).catch(() => null);
      const text = answer?.ok ? await answer.text() : "";
      asked = false;
      const found = new DOMParser().parseFromString(text, "text/html").querySelector(".shortcuts");
      if (!found) {
        location.href = link.href;
        return;
      }
      for (const other of found.querySelectorAll("[href]")) {
        other.setAttribute("href", new URL(other.getAttribute("href"), answer.url));
      }
      sheet = document.createElement("dialog");
      sheet.className = "sheet";
      sheet.setAttribute("aria-labelledby", "shortcuts");
      const close = document.createElement("button");
      close.className = "icon-button close";
      close.type = "button";
      close.textContent = "×";
      close.setAttribute("aria-label", link.dataset.close);
      close.addEventListener("click", () => sheet.close());
      found.prepend(close);
      sheet.append(found);
      sheet.addEventListener("click", ({ target }) => target === sheet && sheet.close()); // beside it
      document.body.append(sheet);
      offer(sheet);
    }
    sheet.showModal();
  };
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-sheet]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    showSheet(link);
  });

  // Where letters are text. Boxes and buttons take none.
  const isTyping = (target) =>
    target.isContentEditable ||
    target.matches("textarea, select, input:not([type=radio], [type=checkbox], [type=button], [type=submit], [type=reset])");

  // Arrows belong to charts, choices, and whatever scrolls sideways; to the window itself, if it is magnified.
  const scrolls = (element) =>
    element.scrollWidth > element.clientWidth && /auto|scroll/.test(getComputedStyle(element).overflowX);
  const ownsArrows = (target) => {
    if (target.closest("input, [tabindex]:not([tabindex='-1']), [role=tablist], [role=menu], [role=slider]")) return true;
    if (root.scrollWidth > root.clientWidth || visualViewport?.scale > 1) return true;
    for (let element = target; element && element !== document.body; element = element.parentElement) {
      if (scrolls(element)) return true;
    }
    return false;
  };

  // The letter on the key, also where the layout has no Latin letters.
  const keyOf = ({ key, code }) => {
    if (key.length > 1) return key;
    const letter = /^Key([A-Z])$/.exec(code)?.[1];
    return letter && key > "\x7f" ? letter : key.toUpperCase();
  };

  document.addEventListener("keydown", (event) => {
    const { target } = event;
    if (root.dataset.shortcuts === "off" || event.defaultPrevented || event.repeat) return;
    if (event.ctrlKey || event.altKey || event.metaKey || event.isComposing || event.keyCode === 229) return;
    if (!(target instanceof Element) || isTyping(target)) return;
    if (document.querySelector("dialog[open], details.menu[open]")) return;
    const key = keyOf(event);
    if (event.shiftKey && !/^[^\w\s]$/.test(key)) return; // some layouts need it for / and ?
    if (key.startsWith("Arrow") && ownsArrows(target)) return;
    const found = document.querySelector(`[data-key="${CSS.escape(key)}"]`);
    if (!found) return;
    event.preventDefault();
    if (found.matches("summary")) {
      found.parentElement.open = true;
      found.parentElement.querySelector(".pop :is(a, input:not([type=hidden]), select, button)")?.focus();
    } else if (found.matches("input")) {
      const menu = found.closest("details");
      if (menu) menu.open = true;
      found.focus();
    } else if (!found.matches("[aria-current]")) {
      found.click();
    }
  });
}
