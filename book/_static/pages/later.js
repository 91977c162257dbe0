// Makes elements of what a page has kept as text: as soon as its box is opened, for the printer, and
// where the address leads into it. The rest follows bit by bit once the page is there and the browser
// has nothing else to do, so that the browser's search finds it and a saved page holds it.
// See utils/display/later.py for the reason.
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

  // Whether the target of the address was kept; then it is shown.
  const follow = () => {
    const name = wanted();
    if (!name || document.getElementById(name)) return false;
    const kept = within(document).find((one) => one.textContent.includes(`id="${name}"`));
    if (!kept) return false;
    // All of a box at once: what came in above the target later would push it away.
    for (let box = kept.closest("details"); box; box = box.parentElement.closest("details")) {
      unfold(box);
      box.open = true;
    }
    document.getElementById(name)?.scrollIntoView();
    return true;
  };

  // The browser has looked for the target in vain; now it finds it, and moves the focus as well.
  const followAgain = () => {
    if (follow()) location.replace(location.hash);
  };

  // Safari has no idle callbacks yet; a pause between two bits lets the reader's presses through.
  const idle = window.requestIdleCallback ?? ((then) => setTimeout(then, 20));
  const unfoldRest = () => {
    const next = document.querySelector(KEPT);
    if (!next) return;
    unfold(next);
    idle(unfoldRest);
  };

  document.addEventListener("toggle", ({ target }) => target.open && unfold(target), true);
  addEventListener("beforeprint", () => unfold(document));
  addEventListener("hashchange", followAgain);
  addEventListener("load", () => idle(unfoldRest));

  // `watch` is called with the elements that were made, once they stand in the page.
  window.ResNetLater = { unfold, watch: (watch) => watchers.push(watch) };
  for (const box of document.querySelectorAll("details[open]")) unfold(box); // before this script
  follow();
})();
