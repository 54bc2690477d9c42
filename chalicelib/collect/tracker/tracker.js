// The tracker: what a site's visitors' browsers run. `npm run build` makes tracker.min.js of it.
//
// It sends JSON, as plain text so that no browser asks for permission first, to the URL it was loaded from:
//
//   a view     {idempotency, location, referrer, age}               when a page comes into sight
//   a leave    {idempotency, engagement, scroll, loadTime, age}     when it goes out of sight; again if it was seen since
//   an event   {idempotency, location, event, props, revenue}       when the site calls shylight("Name", {…})
//
// `engagement` is how long the page has been in sight and had the focus, `age` how long ago the view began, both in
// ms; `scroll` how far down it was seen, in percent. The random id makes a repetition harmless. As long as nobody has
// confirmed a view, its leaves carry all of it again.
//
// It keeps nothing: no cookie, no storage. A visitor who asks not to be tracked (Do Not Track, Global Privacy
// Control) is left alone, and so is everybody while the site's own `shylightOff` is true.
//
// Every visitor loads every byte, so it is written for what gzip makes of it: `let` throughout, the order of things,
// and one function that looks at everything whenever anything may have changed, and may be called too often.
(() => {
  let routed; // the page before, if the site's own routing led here; undefined on the page that was loaded
  let now = () => performance.now();
  let began; // when the view began
  let seen; // whether the page is in sight
  let deepest; // the farthest it was scrolled, px
  let page; // what it is called; undefined until it is seen
  let engaged; // ms of engagement; while it lasts, less the time at which it began
  let identifier; // the site's name for the visitor
  let engaging; // whether the page is in sight and has the focus
  let { src } = document.currentScript;
  let queue = self.shylight?.q; // calls from before this was loaded
  let view = {}; // the message of the view: sent as it begins, and again with what has become of it

  // What is refused or fails is sent once more, as it was, after the time that the collector's Retry-After asks for.
  let send = (
    message,
    retried,
    body = JSON.stringify({ ...message, identifier, age: now() - began }),
    again = () => retried || setTimeout(send, 5000, message, 1, body),
  ) =>
    self.shylightOff ||
    navigator.globalPrivacyControl ||
    navigator.doNotTrack == 1 ||
    fetch(src, { method: "POST", keepalive: true, body }).then(
      (answer) => (answer.status > 499 ? again() : (message.location = "")), // confirmed: it need not be told again
      again,
    );

  // `why` is 1 when the page is being left. Any other value, such as the event that has happened, means nothing.
  let look = (why, leaving = document.hidden || why == 1, from = page) => {
    engaged += engaging * now();
    if (scrollY > deepest) deepest = scrollY;
    // Pages rendered in advance or opened in the background are hidden. They are viewed when they are seen.
    if (!leaving)
      page = PRECISE
        ? location.origin +
          location.pathname +
          "?" +
          [...new URLSearchParams(location.search)].filter(([name]) => "SITE".parameters.includes(name)).join("&") +
          ("SITE".hash && /^#!?\//.test(location.hash) ? location.hash : "")
        : location.href.split(/[?#]/)[0];
    if (seen && (leaving || page != from)) {
      view.engagement = engaged;
      view.scroll = ((deepest + innerHeight) / document.documentElement.scrollHeight) * 100;
      send(view);
    }
    if (page != from) {
      routed = from;
      began = now();
      engaged = deepest = 0;
      view = {
        idempotency: Math.random() + "",
        location: PRECISE ? location.href : location.href.split("#")[0],
        referrer: from || document.referrer,
      };
      send(view);
    }
    engaging = (seen = !leaving) && document.hasFocus();
    engaged -= engaging * now();
  };

  look();
  began = 0; // what is seen at once began with its navigation
  // For sites that tell of a new page themselves, as Shynet had them do: what routing has counted is not counted again.
  Shynet = {
    newPageLoad() {
      routed || look((page += "#"));
      routed = 0;
    },
  };
  self.navigation?.addEventListener("currententrychange", look);
  addEventListener("pagehide", () => look(1)); // some browsers leave a page without hiding it first
  addEventListener("pageshow", (event) =>
    // A page that was kept alive is viewed anew; one that has loaded has a load time, unless routing left it before.
    event.persisted ? look((page = seen = 0)) : (routed ?? (view.loadTime = now() - began)),
  );
  ["replaceState", "pushState"].map((name) => {
    let method = history[name];
    history[name] = (...state) => look(method.apply(history, state));
  });
  ["visibilitychange", "focus", "popstate", "blur", "scroll"].map((type) => addEventListener(type, look));
  shylight = (event, options) =>
    event == "identify"
      ? (identifier = options)
      : send({
          idempotency: Math.random() + "",
          location: PRECISE ? location.href : location.href.split("#")[0],
          event: event + "", // never without a name: that would be a view
          ...options,
        });
  queue?.map((call) => shylight(...call));
})();
