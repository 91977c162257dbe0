// Lets a long page be seen sooner, and answer sooner. The style sheet leaves the sections below the
// window undrawn; this script draws them, one after another, once the browser has nothing else to
// do. So whoever prints, saves or pictures the page finds all of it. A change of colours concerns
// each element of a page: the sections wait again meanwhile, and keep their heights.
(() => {
  "use strict";

  const root = document.documentElement;
  const sections = [...document.querySelectorAll(".bd-article > section > section")];
  // Safari has no idle callbacks yet; a pause between two sections lets the reader's presses through.
  const idle = window.requestIdleCallback ?? ((then) => setTimeout(then, 20));
  let waiting = [];

  // As many as fit into the pause that the browser grants; asked for its box, a section is laid out
  // at once.
  const drawSome = (pause) => {
    do {
      const section = waiting.shift();
      if (!section) {
        delete root.dataset.below;
        return;
      }
      section.classList.add("is-drawn");
      section.getBoundingClientRect();
    } while (pause?.timeRemaining() > 0);
    idle(drawSome);
  };
  const drawAll = () => {
    waiting = [...sections];
    idle(drawSome);
  };

  // Who scrolls before all heights are known would not arrive where she wants to.
  const drawNow = () => {
    for (const section of sections) section.classList.add("is-drawn");
    waiting = [];
    delete root.dataset.below;
  };
  for (const way of ["wheel", "keydown", "touchmove", "scroll"]) {
    addEventListener(way, drawNow, { once: true, passive: true });
  }

  let { theme } = root.dataset;
  const wait = () => {
    if (root.dataset.theme === theme) return;
    ({ theme } = root.dataset);
    for (const section of sections) section.classList.remove("is-drawn");
    root.dataset.below = "later";
    drawAll();
  };

  addEventListener("load", () => {
    drawAll();
    new MutationObserver(wait).observe(root, { attributeFilter: ["data-theme"] });
  });
})();
