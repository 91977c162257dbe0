// Makes elements of what a page has kept as text: as soon as its box is opened, for the printer, and
// where the address leads into it. See utils/display/later.py for the reason.
(() => {
  "use strict";

  const KEPT = "noscript.later";
  const watchers = [];

  const within = (root) => (root.matches?.(KEPT) ? [root] : [...root.querySelectorAll(KEPT)]);

  const unfold = (root) => {
    for (const kept of within(root)) {
      const holder = document.createElement("template");
      holder.innerHTML = kept.textContent;
      const made = [...holder.content.children];
      kept.replaceWith(holder.content);
      for (const watch of watchers) watch(made);
    }
  };

  // The name that the address ends with; an address that somebody broke has none.
  const wanted = () => {
    try {
      return decodeURIComponent(location.hash.slice(1));
    } catch {
      return "";
    }
  };

  const follow = () => {
    const name = wanted();
    if (!name || document.getElementById(name)) return;
    const kept = within(document).find((one) => one.textContent.includes(`id="${name}"`));
    if (!kept) return;
    // All of a box at once: what came in above the target later would push it away.
    for (let box = kept.closest("details"); box; box = box.parentElement.closest("details")) {
      unfold(box);
      box.open = true;
    }
    document.getElementById(name)?.scrollIntoView();
  };

  document.addEventListener("toggle", ({ target }) => target.open && unfold(target), true);
  addEventListener("beforeprint", () => unfold(document));
  addEventListener("hashchange", follow);

  // `watch` is called with the elements that were made, once they stand in the page.
  window.ResNetLater = { unfold, watch: (watch) => watchers.push(watch) };
  follow();
})();
