// What a site may have counted beside its pages. The collector adds it to the tracker where a page asks for
// `script.js?options`, and attributes of the script's tag switch it on:
//
//   data-outbound    a link to another site was followed: "Outbound Link" {url}
//   data-downloads   a file was downloaded: "File Download" {url}; its value may name other kinds: "pdf zip"
//   data-404         this page says that there is none: "404" {path}
//
// Of a URL no query and no fragment is sent, because personal data hides there. However many tags there are, and however
// often they run, each thing is counted once: they share their attributes.
let { dataset } = document.currentScript || document.querySelector("script[src*='?options']"); // a module has none
let first = !self.shylightOptions;
let marks = (self.shylightOptions = Object.assign(self.shylightOptions || {}, dataset));
self.shylight ||= (...called) => (shylight.q ||= []).push(called); // the tracker may be on its way: calls wait for it

let domain = (link) => link.host.replace(/^www\./, "");

let followed = (clicked) => {
  // Through the shadow roots of components too. Other links than to web servers have no host.
  let link = clicked.composedPath().find((node) => node.localName == "a" && node.host);
  if (!link || clicked.button > 1) return; // the right button opens a menu
  let props = { url: link.origin + link.pathname };
  let kinds =
    marks.downloads ||
    "7z avi csv dmg doc docx epub exe gz key mov mp3 mp4 msi odp ods odt pdf pkg ppt pptx rar rtf txt wav xls xlsx zip";
  let isFile = kinds.split(/[\s,]+/).includes(link.pathname.split(".").pop().toLowerCase());
  if ("downloads" in marks && (link.hasAttribute("download") || isFile)) shylight("File Download", { props });
  else if ("outbound" in marks && domain(link) != domain(location)) shylight("Outbound Link", { props });
};

if (first) ["click", "auxclick"].map((type) => addEventListener(type, followed, true)); // the middle button opens a tab
if ("404" in dataset && marks.lost != location.pathname)
  shylight("404", { props: { path: (marks.lost = location.pathname) } });
