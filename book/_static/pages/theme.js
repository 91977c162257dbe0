// Runs before the first paint: turns the automatic choice of colours into light or dark, which
// the theme's own script does only after the page is drawn, asks for the text font early, and says
// whether what lies below the window may be drawn after the rest, see below.js.
(() => {
  const { dataset } = document.documentElement;
  if (dataset.theme === "light" || dataset.theme === "dark") return;
  dataset.theme = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
})();

// Not for a page that is opened from a file: browsers refuse such a request there, and the style
// sheet's own, a little later, is enough.
(() => {
  if (!location.protocol.startsWith("http")) return;
  const link = document.createElement("link");
  Object.assign(link, { rel: "preload", as: "font", type: "font/woff2", crossOrigin: "anonymous" });
  const root = document.documentElement.dataset.content_root;
  link.href = `${root}_static/fonts/source-sans-3-latin-wght-normal.woff2`;
  document.head.append(link);
})();

// Not where the browser will scroll: to a section, or to the place where the reader was before.
(() => {
  const [visit] = performance.getEntriesByType("navigation");
  if (location.hash || visit?.type !== "navigate") return;
  document.documentElement.dataset.below = "later";
})();
