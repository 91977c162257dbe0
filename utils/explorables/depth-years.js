/* Depth and error of the ImageNet winners by year. utils/explorables/depth_years.py draws every
   year; the slider or a touch of the picture chooses one. */
"use strict";

(function (explorables) {
  function setup(root, layers) {
    const svg = root.querySelector("svg");
    const slider = root.querySelector('[data-key="y"]');
    const [{ states }] = layers;

    /** The year whose column lies nearest to a touch. */
    function nearest(event) {
      const box = svg.getBoundingClientRect();
      const x = ((event.clientX - box.left) / box.width) * svg.viewBox.baseVal.width;
      const distance = (year) => Math.abs(Number(states[year].parts["ring-error"].cx) - x);
      return Object.keys(states).reduce((best, year) =>
        distance(year) < distance(best) ? year : best,
      );
    }

    svg.style.cursor = "pointer";
    svg.addEventListener("click", (event) => {
      slider.value = nearest(event);
      slider.dispatchEvent(new Event("input"));
    });

    return explorables.drawn(root, layers);
  }

  explorables.register("depth-years", setup);
})(window.explorables);
