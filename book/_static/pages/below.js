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
  let round = 0;

  const drawFrom = (at, ours) => {
    if (ours !== round) return;
    if (at === sections.length) delete root.dataset.below;
    else {
      sections[at].classList.add("is-drawn");
      idle(() => drawFrom(at + 1, ours));
    }
  };
  const drawAll = () => {
    round += 1;
    const ours = round;
    idle(() => drawFrom(0, ours));
  };
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
