// Whether a frame can be seen. The tracker's larger build has this; a window of its own is in sight unless it is hidden.
//
// What is cut off by the window, by scrolling or by other elements, a frame of another origin learns too. What makes it
// invisible without cutting it off (visibility, opacity) only shows to frames of the same origin.

const SMALLEST = 10; // px, wide or high: nothing can be read in less
const AGAIN = 500; // ms; nothing tells a frame of another style

let within; // whether some of it is within the window

/** Calls `look` whenever that may have changed. */
export const watch = (look) => {
  if (self == top) return;
  new IntersectionObserver((entries) => {
    within = entries.pop().isIntersecting;
    look();
  }).observe(document.documentElement);
  setInterval(look, AGAIN);
};

/** Whether nobody can see this frame. */
export const outOfSight = () =>
  self != top && (!within || Math.min(innerWidth, innerHeight) < SMALLEST || isInvisible(self));

// `frameElement` is null where the page around is of another origin, and in the window itself.
const isInvisible = ({ frameElement, parent }) => {
  if (!frameElement) return false;
  const { width, height } = frameElement.getBoundingClientRect(); // with its transformations
  return (
    Math.min(width, height) < SMALLEST ||
    getComputedStyle(frameElement).visibility != "visible" ||
    opacity(frameElement) < 0.05 ||
    isInvisible(parent)
  );
};

const opacity = (node) =>
  node ? getComputedStyle(node).opacity * opacity(node.parentElement || node.getRootNode().host) : 1;
