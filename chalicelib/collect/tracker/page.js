// What the site's settings make of an address, in the collector's way (chalicelib/url_normalization.py): two addresses of one page give
// one name. It is compared and not sent, so it need not be readable, and may tell a little less apart: reserved characters
// from their escapes, and queries that are no UTF-8 from each other.

// The collector puts the settings in the place of the text: {id, parameters, hash, slash}.
export let site = /* @__PURE__ */ Object("SITE");

let named = (text, query) => {
  let kept = new URLSearchParams(query);
  [...kept.keys()].map((name) => site.parameters.includes(name) || kept.delete(name));
  kept.sort();
  return unescape(site.slash ? text.replace(/\/+$/, "") : text) + "?" + kept;
};

/** The name of the page that `location` is. */
export let pageOf = ({ pathname, search, hash }, [text, query] = hash.split("?")) =>
  named(pathname, search) + (site.hash && /^#!?\//.test(text) ? named(text, query) : "");
