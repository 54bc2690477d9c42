// The tracker: what a site's visitors' browsers run. `npm run build` makes tracker.min.js of it.
//
// For each page view it sends two requests to the URL it was loaded from, both plain text, so that no browser
// asks for permission first:
//
//   the view    {idempotency, location, referrer, loadTime}   once the page has loaded, or is left before that
//   the leave   {idempotency, engagement, age}                when the page is hidden; again if it was seen since
//
// `engagement` is how long the page has been in sight and had the focus, `age` how long ago the view was sent, both
// in ms. It keeps nothing: no cookie, no storage; the random id only ties the leave to its view. A visitor who asks
// not to be tracked (Do Not Track, Global Privacy Control) is left alone.
(() => {
  const endpoint = document.currentScript.src;

  let id, page, referrer; // of the current view
  let sent; // when it was sent; 0: not yet
  let engaged; // ms of engagement up to `since`
  let since; // when the engagement was last added up
  let engaging; // whether the page has been in sight and focused from then on
  let seen; // whether it was in sight since the last leave
  let routed; // whether the view was counted because the site's own routing changed the URL

  const send = (message) => {
    const body = JSON.stringify(message);
    // The second is for a browser without beacons, or whose beacon queue is full.
    (navigator.sendBeacon && navigator.sendBeacon(endpoint, body)) ||
      fetch(endpoint, { method: "POST", body, keepalive: true });
  };

  const addUp = () => {
    const now = performance.now();
    if (engaging) engaged += now - since;
    since = now;
    engaging = !document.hidden;
    seen = seen || engaging;
    engaging = engaging && document.hasFocus();
  };

  const here = () => location.href.split("#")[0]; // what follows is a place in the page

  const begin = (from) => {
    id = Math.random().toString(36); // among one visitor's views of one day it need only be unlike the others
    page = here();
    referrer = from;
    sent = engaged = engaging = seen = routed = 0;
    addUp();
  };

  const view = (loadTime) => {
    if (sent) return;
    addUp();
    sent = since;
    send({ idempotency: id, location: page, referrer, loadTime });
  };

  const leave = () => {
    view(null);
    addUp();
    if (seen) send({ idempotency: id, engagement: Math.round(engaged), age: Math.round(since - sent) });
    seen = 0;
  };

  // A view without a load: the site's own routing, or the way back to a page that was kept alive.
  const again = (from) => {
    begin(from);
    view(null);
  };

  const next = () => {
    leave();
    again(page);
  };

  const route = () => {
    if (here() == page) return;
    next();
    routed = 1;
  };

  // Not before the load event is over, because its end is the load time.
  const loaded = () =>
    setTimeout(() => {
      // A page rendered in advance began to load before anybody asked for it; at 0 and below there was no wait.
      const { loadEventEnd, activationStart = 0 } = performance.getEntriesByType("navigation")[0] || {};
      if (loadEventEnd) view(Math.round(loadEventEnd - activationStart));
    });

  const watch = () => (document.hidden ? leave() : addUp());

  const start = () => {
    begin(document.referrer);
    loaded(); // it may be over already
    addEventListener("load", loaded);
    addEventListener("focus", watch);
    addEventListener("blur", watch);
    addEventListener("visibilitychange", watch, true);
    addEventListener("pagehide", leave); // some browsers leave a page without hiding it first
    addEventListener("pageshow", (event) => event.persisted && again(referrer));
    addEventListener("popstate", route);

    const push = history.pushState;
    history.pushState = (...state) => {
      push.apply(history, state);
      route();
    };

    // For sites that tell of a new page themselves, as Shynet had them do: a page that was counted because its URL
    // changed is not counted again.
    Shynet.newPageLoad = () => {
      if (!routed) next();
      routed = 0;
    };
  };

  window.Shynet = { newPageLoad() {} };
  if (navigator.doNotTrack == 1 || navigator.globalPrivacyControl) return;
  if (document.prerendering) document.addEventListener("prerenderingchange", start);
  else start();
})();
