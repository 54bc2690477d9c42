// The tracker: what a site's visitors' browsers run. `npm run build` makes its builds, see bin/tracker.mjs.
//
// It sends JSON, as plain text so that no browser asks for permission first, to the URL it was loaded from:
//
//   a view     {idempotency, location, referrer, innerWidth, age}   when a page comes into sight
//   a leave    {idempotency, engagement, scroll, loadTime, on, age} when it goes out of sight; again if it was seen since
//   an event   {idempotency, location, event, props, revenue}       when the site calls shylight("Name", {…})
//
// `engagement` is how long the page has been in sight and had the focus, `age` how long ago the view began, both in
// ms; `scroll` how far down it was seen, in percent; `innerWidth` the width of the window in CSS pixels, of which the
// collector keeps the class alone. The random id makes a repetition harmless. As long as nobody has
// confirmed a view, its leaves carry all of it again. `referrer` is a path where the site's own routing led here. `on`
// tells how the page was last navigated from: `replace`, `push`, …; or true, if the visitor had just done something.
//
// It keeps nothing: no cookie, no storage. A visitor who asks not to be tracked (Do Not Track, Global Privacy
// Control) is left alone, and so is everybody while the site's own `shylightOff` is true.
//
// Every visitor loads every byte of the smallest build, so this is written for what gzip makes of it: `let` throughout,
// the order of things, and one function that looks at everything whenever anything may have changed, and may be called
// too often. The letters that names become are chosen for that, too, see bin/tracker.mjs. What few pages need is in the larger build (WHOLE), which the smallest one asks for: in a frame, where it
// may be out of sight; as a module, which has no `currentScript`; and where an instance is running already, which may be
// this site's or another's. `Shynet.u` are the URLs of those that run, `Shynet.q` the calls from before.
import { isRunning, join, tell, tellOfPage, withOthers } from "./instances.js";
import { pageOf, site } from "./page.js";
import { outOfSight, watch } from "./sight.js";

let deepest; // the farthest it was scrolled, px
let visitor; // the site's name for them
let engaging; // whether the page is in sight and has the focus: 0 or 1
let seen; // whether the page is in sight
let routed; // the page before, if the site's own routing led here
let page; // what it is called; undefined until it is seen
let began; // when the view began

// Whoever calls this gives one argument at most, which means nothing, such as the event that has happened.
let look = (cause, leaving = document.hidden, from = page) => {
  if (WHOLE) leaving ||= outOfSight();
  // Pages rendered in advance or opened in the background are hidden. They are viewed when they are seen.
  page = leaving ? page : PRECISE ? pageOf(location) : location.pathname;
  if (deepest < scrollY) deepest = scrollY;
  engaged += clock() * engaging;
  if (seen && leaving | (from != page)) {
    view.engagement = engaged;
    view.scroll = ((deepest + innerHeight) / document.all[0].scrollHeight) * 100;
    send(view);
  }
  if (from != page) {
    began = clock();
    engaged = deepest = 0;
    send(
      (view = {
        referrer: (routed = PRECISE ? from && site.told : from) || document.referrer,
        innerWidth,
        idempotency: Math.random(),
        location: PRECISE
          ? (site.told = location.href.split(site.hash ? "\n" : "#")[0])
          : location.href.split("#")[0],
      }),
    );
  }
  engaging = document.hasFocus() & (seen = !leaving);
  engaged -= clock() * engaging;
};

let view = {}; // the message of the view: sent as it begins, and again with what has become of it
let home = WHOLE ? import.meta.url.split("?")[0] : document.currentScript?.src;
let clock = () => performance.now();
let engaged; // ms of engagement; while it lasts, less the time at which it began

// What is refused or fails is sent once more, as it was, after the time that the collector's Retry-After asks for.
let send = (
  message,
  retried,
  packed = JSON.stringify({ ...message, age: clock() - began, identifier: visitor }),
  again = () => retried || setTimeout(send, 5000, message, 1, packed),
) =>
  // True, and the text "1" in place of a number, are 1 here; all other values are 0.
  navigator.globalPrivacyControl | navigator.doNotTrack ||
  self.shylightOff ||
  fetch(home, { method: "POST", keepalive: 1, body: packed }).then(
    (answer) => (answer.status < 500 ? (message.location = "") : again()), // confirmed: it need not be told again
    again,
  );

if (WHOLE ? !isRunning(site.id) : (!self.Shynet & (self == top)) && home) {
  look();
  began = 0; // what is seen at once began with its navigation
  self.Shynet = {
    ...self.shylight,
    ...(WHOLE && self.Shynet),
    u: WHOLE ? withOthers(home) : home,
    // For sites that tell of a new page themselves, as Shynet had them do: what routing has counted is not counted again.
    newPageLoad: () => (WHOLE && tellOfPage(), (routed = !routed && look((page += "#")))),
  };
  self.navigation?.addEventListener("navigate", (moved) =>
    // Looks when it has happened; there is no delay, as what it was is no number.
    setTimeout(look, (view.on = navigator.userActivation.isActive || moved.navigationType)),
  );
  // Some browsers leave a page without hiding it first. One that was kept alive is viewed anew.
  addEventListener("pagehide", (gone) => (page = look(0, 1)));
  // What has loaded has a load time, unless routing left it before.
  addEventListener("pageshow", (shown) => look(began || (view.loadTime = clock())));
  ["replaceState", "pushState"].map(
    (name, original) => (
      (original = history[name]), (history[name] = (...state) => look(original.call(history, ...state)))
    ),
  );
  ["blur", "visibilitychange", "popstate", "scroll", "focus"].map((type) => addEventListener(type, look));
  if (WHOLE) watch(look);
  self.shylight = (told, given) => (
    WHOLE && tell(told, given),
    told == "identify"
      ? (visitor = given)
      : send({
          ...given,
          event: "" + told, // never without a name: that would be a view
          innerWidth, // nobody reads it; written as in a view, it costs gzip nothing
          idempotency: Math.random(),
          location: location.href.split(PRECISE && site.hash ? "\n" : "#")[0],
        })
  );
  Shynet.q?.map((called) => shylight(...called));
  if (WHOLE) join();
} else if (!WHOLE) import((home || "./script.js") + "?a");
