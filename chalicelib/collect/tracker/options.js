// What a site may have counted beside its pages. The collector adds it to the tracker where a page asks for
// `script.js?options`, and attributes of the script's tag switch it on:
//
//   data-outbound    a link to another site was followed: "Outbound Link" {url}
//   data-downloads   a file was downloaded: "File Download" {url}; its value may name other kinds: "pdf zip"
//   data-404         this page says that there is none: "404" {path}
//
// Of a URL no query and no fragment is sent, because personal data hides there.
(() => {
  const { dataset } = document.currentScript;
  const kinds = (
    dataset.downloads ||
    "7z avi csv dmg doc docx epub exe gz key mov mp3 mp4 msi odp ods odt pdf pkg ppt pptx rar rtf txt wav xls xlsx zip"
  ).split(/[\s,]+/);
  const isFile = (path) => kinds.includes(path.split(".").pop().toLowerCase());
  const site = (host) => host.replace(/^www\./, "");

  const followed = (event) => {
    // Through the shadow roots of components too. Other links than to web servers have no host.
    const link = event.composedPath().find((node) => node.localName == "a" && node.host);
    if (!link || event.button > 1) return; // the right button opens a menu
    const props = { url: link.origin + link.pathname };
    if ("downloads" in dataset && (link.hasAttribute("download") || isFile(link.pathname)))
      shylight("File Download", { props });
    else if ("outbound" in dataset && site(link.host) != site(location.host)) shylight("Outbound Link", { props });
  };

  addEventListener("click", followed, true);
  addEventListener("auxclick", followed, true); // the middle button opens a tab
  if ("404" in dataset) shylight("404", { props: { path: location.pathname } });
})();
