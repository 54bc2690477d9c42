// Several instances on one page: of several sites, or of one, whose script is there twice or is run again. Only the
// tracker's larger build has this: the smallest one runs where it is the first.

let others; // the URLs of the instances that run; undefined where there are none
let shylight, newPageLoad; // what tells them of something
let met;

/** Whether an instance of the site is running. */
export const isRunning = (site) => {
  others = self.Shynet?.u;
  ({ shylight } = self);
  newPageLoad = self.Shynet?.newPageLoad;
  return others?.includes(site);
};

/** All URLs, with one more. */
export const withOthers = (url) => (others ? `${others} ${url}` : url);

/** From now on the others are to be told: they have had the calls from before. */
export const join = () => (met = others);

/** Tells the others of an event. */
export const tell = (...call) => met && shylight(...call);

/** Tells the others of a new page. */
export const tellOfPage = () => newPageLoad?.();
