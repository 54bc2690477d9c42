// The search of the home page narrows its sites down while one types. Enter asks the server, so that the address says what
// is shown, and so that what an earlier search left out comes back.
"use strict";
{
  const field = document.querySelector(".find [name=search]");
  const none = document.querySelector(".no-site");
  const folded = (text) => text.normalize("NFKC").toLowerCase();
  const narrow = () => {
    const words = folded(field.value).split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const card of document.querySelectorAll(".cards > .site")) {
      const text = folded(["h2", ".domain"].map((part) => card.querySelector(part).textContent).join(" "));
      card.hidden = !words.every((word) => text.includes(word));
      if (!card.hidden) shown += 1;
    }
    none.hidden = shown > 0;
  };
  field.addEventListener("input", () => {
    if (!field.value && new URLSearchParams(location.search).get("search")) field.form.requestSubmit();
    else narrow();
  });
  // Cards are replaced when the page brings itself up to date.
  new MutationObserver(narrow).observe(document.querySelector("main"), { childList: true });
}
