/* The error curves of both networks against steps, as SVG in pixels of the box they stand in. */
(() => {
  "use strict";

  const { ResNetPlayWords: words } = window;
  if (!words) return;

  const NAMESPACE = "http://www.w3.org/2000/svg";
  const HEIGHT = 250;
  const EDGE = { left: 46, right: 104, top: 12, bottom: 42 };
  const LEAST_STEPS = 110;
  const LINE = 17;

  function mark(name, attributes, text) {
    const made = document.createElementNS(NAMESPACE, name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    if (text !== undefined) made.textContent = text;
    return made;
  }

  /** A round step between the marks of an axis that ends at `most`, four marks about. */
  function spacing(most) {
    const rough = most / 4;
    const power = 10 ** Math.floor(Math.log10(rough));
    return power * [1, 2, 2.5, 5, 10].find((factor) => factor * power >= rough);
  }

  /** The end of the axis of steps; grows by halves, so that it does not move at every look. */
  function axisEnd(steps) {
    let end = LEAST_STEPS;
    while (end < steps) end *= end % 3 === 0 ? 4 / 3 : 1.5;
    return Math.ceil(end);
  }

  /** Heights of labels, moved apart so that none covers another; the order stays. */
  function apart(heights, least, most) {
    const order = heights.map((_, place) => place).sort((a, b) => heights[a] - heights[b]);
    const found = [...heights];
    let before = least - LINE;
    for (const place of order) {
      found[place] = Math.max(found[place], before + LINE);
      before = found[place];
    }
    let after = most + LINE;
    for (const place of order.reverse()) {
      found[place] = Math.min(found[place], after - LINE);
      after = found[place];
    }
    return found;
  }

  function axes(svg, x, y, end, width) {
    for (const share of [0, 0.25, 0.5, 0.75, 1]) {
      const at = y(share);
      svg.append(
        mark("line", { class: "play-grid", x1: x(0), x2: width - EDGE.right, y1: at, y2: at }),
        mark("text", { x: x(0) - 7, y: at + 4, "text-anchor": "end" }, `${100 * share} %`),
      );
    }
    const step = spacing(end);
    for (let at = 0; at <= end; at += step)
      svg.append(
        mark("text", { x: x(at), y: HEIGHT - EDGE.bottom + 18, "text-anchor": "middle" }, at),
      );
    svg.append(
      mark(
        "text",
        { x: (x(0) + x(end)) / 2, y: HEIGHT - 5, "text-anchor": "middle" },
        "step (mini-batch)",
      ),
    );
  }

  /** Errors up to the step at which a network stopped, after which it answers nothing. */
  function upTo(errors, stopped) {
    return stopped ? errors.filter(({ step }) => step < stopped.step) : errors;
  }

  /** Draws the errors of a shot, a list of {step, plain: {train, test}, residual: {train, test}}. */
  function draw(svg, shot, width) {
    const { errors } = shot;
    const end = axisEnd(errors.at(-1).step);
    const x = (step) => EDGE.left + ((width - EDGE.left - EDGE.right) * step) / end;
    const y = (share) => EDGE.top + (HEIGHT - EDGE.top - EDGE.bottom) * (1 - share);
    svg.setAttribute("viewBox", `0 0 ${width} ${HEIGHT}`);
    svg.setAttribute("width", width);
    svg.setAttribute("height", HEIGHT);
    svg.replaceChildren();
    axes(svg, x, y, end, width);
    const drawn = words.KINDS.map((kind) => upTo(errors, shot[kind].stopped));
    const ends = words.KINDS.map((kind, place) => y(drawn[place].at(-1)[kind].train));
    const heights = apart(ends, EDGE.top + 4, HEIGHT - EDGE.bottom);
    for (const [place, kind] of words.KINDS.entries()) {
      const group = mark("g", { class: `play-${kind}` });
      const last = drawn[place].at(-1);
      for (const images of ["train", "test"]) {
        const points = drawn[place].map(
          (one) => `${x(one.step).toFixed(1)},${y(one[kind][images]).toFixed(1)}`,
        );
        group.append(mark("polyline", { class: `play-${images}`, points: points.join(" ") }));
        const radius = images === "train" ? 3.5 : 2;
        group.append(mark("circle", { cx: x(last.step), cy: y(last[kind][images]), r: radius }));
      }
      const now = shot[kind].stopped ? "NaN" : words.percent(last[kind].train);
      const label = { x: x(last.step) + 9, y: heights[place] + 4 };
      group.append(mark("text", label, `${kind} ${now}`));
      svg.append(group);
    }
  }

  window.ResNetPlayCurves = { draw, apart, axisEnd, spacing };
})();
