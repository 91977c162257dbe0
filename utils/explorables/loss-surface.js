/* Loss surfaces to turn. Twin of utils/explorables/loss_surface_picture.py. */
"use strict";

(function (explorables) {
  const { draw, part, write } = explorables;
  const KINDS = ["plain", "residual"];
  const DEGREES_A_PX = 0.6;

  function radians(degrees) {
    return (degrees * Math.PI) / 180;
  }

  function project(g, a, b, h, { t: turn, e: tilt }) {
    const [t, e] = [radians(turn), radians(tilt)];
    const depth = a * Math.sin(t) + b * Math.cos(t);
    const x = g.middle[0] + g.ground * (a * Math.cos(t) - b * Math.sin(t));
    const base = g.middle[1] + (g.height / 2) * Math.cos(e);
    return [x, base - g.ground * depth * Math.sin(e) - g.height * h * Math.cos(e)];
  }

  function heightOf(data, value) {
    const share = (value / data.perDecade - data.low) / (data.high - data.low);
    return Math.min(1, Math.max(0, share));
  }

  function path(points) {
    return "M" + points.map(([x, y]) => `${x.toFixed(1)} ${y.toFixed(1)}`).join("L");
  }

  /** Outline and colour of every cell, the farthest first, so that near ones cover it. */
  function cells(data, values, state) {
    const { places, geometry: g } = data;
    const t = radians(state.t);
    const spots = values.map((row, i) =>
      row.map((value, j) => {
        const h = heightOf(data, value);
        return { h, point: project(g, places[j], places[i], h, state) };
      }),
    );
    const found = [];
    for (let i = 0; i + 1 < places.length; i += 1) {
      for (let j = 0; j + 1 < places.length; j += 1) {
        const corners = [spots[i][j], spots[i][j + 1], spots[i + 1][j + 1], spots[i + 1][j]];
        const a = (places[j] + places[j + 1]) / 2;
        const b = (places[i] + places[i + 1]) / 2;
        const mean = corners.reduce((sum, corner) => sum + corner.h, 0) / 4;
        found.push({
          depth: Math.round(1e6 * (a * Math.sin(t) + b * Math.cos(t))),
          outline: path(corners.map((corner) => corner.point)) + "z",
          colour: Math.min(g.colours - 1, Math.floor(mean * g.colours)),
        });
      }
    }
    return found.sort((one, other) => other.depth - one.depth);
  }

  function place(text, [x, y]) {
    text.setAttribute("x", x.toFixed(1));
    text.setAttribute("y", y.toFixed(1));
  }

  function show(svg, data, values, name, state) {
    const g = data.geometry;
    const shapes = part(svg, "mesh").children;
    for (const [index, cell] of cells(data, values, state).entries()) {
      shapes[index].setAttribute("d", cell.outline);
      shapes[index].setAttribute("class", `ex-h${cell.colour}`);
    }
    const corners = [
      [-1, -1],
      [1, -1],
      [1, 1],
      [-1, 1],
    ];
    const floor = corners.map(([a, b]) => project(g, a, b, 0, state));
    const middle = (values.length - 1) / 2;
    const foot = project(g, 0, 0, heightOf(data, values[middle][middle]), state);
    const top = project(g, 0, 0, g.pin, state);
    draw(svg, { floor: path(floor) + "z", pin: path([foot, top]) });
    place(part(svg, "top"), top);
    place(part(svg, "first"), project(g, 0, -g.label, 0, state));
    place(part(svg, "second"), project(g, -g.label, 0, 0, state));
    write(svg, { name });
    svg.setAttribute(
      "aria-label",
      `Loss surface of ${name} as a mesh; its numbers stand in the sentence below`,
    );
  }

  /** A drag moves the sliders, so that keyboard, touch and address know one state only. */
  function dragToTurn(root, svg) {
    const [turn, tilt] = ["t", "e"].map((key) => root.querySelector(`[data-key="${key}"]`));
    let from = null;

    function set(slider, value) {
      if (Number(slider.value) === value) return;
      slider.value = value;
      slider.dispatchEvent(new Event("input"));
    }

    svg.addEventListener("pointerdown", (event) => {
      from = { x: event.clientX, y: event.clientY, t: Number(turn.value), e: Number(tilt.value) };
      svg.setPointerCapture(event.pointerId);
    });
    svg.addEventListener("pointermove", (event) => {
      if (from === null) return;
      const turned = from.t - DEGREES_A_PX * (event.clientX - from.x);
      const step = Number(turn.step);
      set(turn, (((Math.round(turned / step) * step) % 360) + 360) % 360);
      const tilted = from.e + DEGREES_A_PX * (event.clientY - from.y);
      if (event.pointerType === "mouse") {
        const rounded = Math.round(tilted / step) * step;
        set(tilt, Math.min(Number(tilt.max), Math.max(Number(tilt.min), rounded)));
      }
    });
    for (const end of ["pointerup", "pointercancel"]) {
      svg.addEventListener(end, () => {
        from = null;
      });
    }
  }

  function setup(root, data) {
    const pictures = KINDS.map((kind) => part(root, kind));
    for (const svg of pictures) dragToTurn(root, svg);
    return function update(state) {
      const pair = data.pairs[state.p];
      for (const [index, svg] of pictures.entries()) {
        show(svg, data, pair.losses[index], pair.names[index], state);
      }
      return { finding: pair.finding, outputs: { t: `${state.t}°`, e: `${state.e}°` } };
    };
  }

  explorables.lossSurface = { cells };
  explorables.register("loss-surface", setup);
})(window.explorables);
