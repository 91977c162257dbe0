// Runs before the first paint: turns the automatic choice of colours into light or dark, which
// the theme's own script does only after the page is drawn.
(() => {
  const { dataset } = document.documentElement;
  if (dataset.theme === "light" || dataset.theme === "dark") return;
  dataset.theme = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
})();
