/* Gradients and activations of every layer. Twin of utils/explorables/gradient_norms.py and its picture. */
"use strict";

(function (explorables) {
  const { bar, dots, draw, fill, line, part, px, shape, superscript, write } = explorables;
  const KINDS = ["plain", "residual"];
  const NAMESPACE = document.querySelector('[data-explorable="gradient-norms"] svg').namespaceURI;

  function seriesOf(data, { depth, form, kind }) {
    const family = kind === "plain" ? "plain" : "resnet";
    return data.series[`${family}-${depth}_${data.forms[form]}`] || null;
  }

  function isDrawn(data, value) {
    return value !== null && value !== data.zero;
  }

  function chosenOf(data, { quantity }) {
    return data.quantities[quantity];
  }

  function rowAt(chosen, series, step) {
    return series === null ? [] : series[chosen.field][Math.min(step, series.steps.length - 1)];
  }

  function limits(data, { quantity, depth, form }) {
    const [low, high] = data.limits[quantity][data.depths.indexOf(depth)][form];
    return { low, high };
  }

  function scales(g, { low, high }) {
    return {
      x: (layer, count) => g.left + ((layer + 0.5) / count) * (g.right - g.left),
      y: (decades) => g.bottom - ((decades - low) / (high - low)) * (g.bottom - g.top),
    };
  }

  function element(name, attributes, content = "") {
    const made = document.createElementNS(NAMESPACE, name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    made.textContent = content;
    return made;
  }

  function label(x, y, content, anchor = "middle") {
    const place = { x: px(x), y: px(y), "text-anchor": anchor, class: "ex-small" };
    return element("text", place, content);
  }

  function tick(chosen, unit) {
    if (!chosen.isLog) return `${10 * unit} %`;
    return unit === 0 ? "1" : `10${superscript(unit)}`;
  }

  function drawGrid(root, chosen, g, range, { y }) {
    const step = Math.ceil((range.high - range.low) / 5);
    const marks = [];
    for (let decade = range.low; decade <= range.high; decade += step) {
      const height = y(decade);
      marks.push(element("path", { class: "ex-grid", d: shape`M${g.left} ${height}H${g.right}` }));
      marks.push(label(g.left - g.gap, height + 4, tick(chosen, decade), "end"));
    }
    part(root, "grid").replaceChildren(...marks);
  }

  function drawStages(root, g, depth, { x }) {
    const blocks = (depth - 2) / 3;
    const marks = [];
    for (const [stage, pixels] of [32, 16, 8].entries()) {
      const begin = 1 + stage * blocks;
      const middle = (x(begin, depth) + x(begin + blocks - 1, depth)) / 2;
      marks.push(label(middle, g.bottom + 16, stage ? `${pixels} px` : "32 px maps"));
      if (stage === 0) continue;
      const edge = (x(begin, depth) + x(begin - 1, depth)) / 2;
      marks.push(element("path", { class: "ex-stage", d: shape`M${edge} ${g.top}V${g.bottom}` }));
    }
    part(root, "stages").replaceChildren(...marks);
  }

  function drawLine(root, data, chosen, kind, row, { x, y }) {
    const points = row.flatMap((value, layer) => {
      if (!isDrawn(data, value)) return [];
      return [[x(layer, row.length), y(value / chosen.perUnit)]];
    });
    const isDotted = points.length < data.geometry.many;
    draw(part(root, kind), { line: line(points), dots: isDotted ? dots(points) : "" });
  }

  function colourOf(data, chosen, value, { low, high }) {
    if (!isDrawn(data, value)) return null;
    const count = data.geometry.colours;
    const share = (value / chosen.perUnit - low) / (high - low);
    return Math.min(count - 1, Math.floor(share * count));
  }

  /** One path a colour; equal neighbours in a column are joined. */
  function heatPaths(data, chosen, series, range) {
    const g = data.geometry;
    const paths = Array(g.colours).fill("");
    if (series === null) return paths;
    const width = (g.right - g.left) / series.steps.length;
    for (const [column, row] of series[chosen.field].entries()) {
      const height = (g.bottom - g.top) / row.length;
      const colours = row.map((value) => colourOf(data, chosen, value, range));
      let start = 0;
      for (let layer = 1; layer <= colours.length; layer += 1) {
        if (layer < colours.length && colours[layer] === colours[start]) continue;
        if (colours[start] !== null) {
          const [left, top] = [g.left + column * width, g.top + start * height];
          paths[colours[start]] += bar(left, top, width, (layer - start) * height);
        }
        start = layer;
      }
    }
    return paths;
  }

  function drawSteps(root, g, series) {
    const marks = [];
    const steps = series === null ? [] : series.steps;
    const width = (g.right - g.left) / Math.max(1, steps.length);
    for (const [column, number] of steps.entries()) {
      if (!g.named.includes(number + 1)) continue;
      marks.push(label(g.left + (column + 0.5) * width, g.bottom + 16, String(number + 1)));
    }
    if (steps.length) marks.push(label(g.left - g.gap, g.bottom + 16, "step", "end"));
    part(root, "steps").replaceChildren(...marks);
  }

  function nowPath(g, series, step) {
    if (series === null || series.steps.length < 2) return "";
    const width = (g.right - g.left) / series.steps.length;
    const left = g.left + Math.min(step, series.steps.length - 1) * width;
    return bar(left, g.top - 3, width, g.bottom - g.top + 6);
  }

  function networkName(depth, kind) {
    return `${kind === "plain" ? "Plain" : "ResNet"}-${depth}`;
  }

  /** Name of a network within a sentence. */
  function spoken(depth, kind) {
    return networkName(depth, kind).replace("Plain", "plain");
  }

  /** What the sentences need of one network; the verdict names them. */
  function told(data, state) {
    const series = seriesOf(data, state);
    if (series === null) return { when: "at the start", verdict: "missing" };
    const position = Math.min(state.step, series.steps.length - 1);
    const number = series.steps[position];
    const [verdict, ...numbers] = series.told[state.quantity][position];
    const named = chosenOf(data, state).told.map((name, index) => [name, numbers[index]]);
    const when = number === 0 ? "at the first step" : `at step ${number + 1}`;
    return { when, verdict, ...Object.fromEntries(named) };
  }

  function describe(data, state) {
    const other = state.kind === "plain" ? "residual" : "plain";
    const mine = told(data, state);
    const twin = told(data, { ...state, kind: other });
    const words = {
      ...mine,
      network: spoken(state.depth, state.kind),
      depth: state.depth,
      form: data.labels[state.form],
      twin: fill(data.twins[twin.verdict], { ...twin, other: spoken(state.depth, other) }),
    };
    return fill(data.findings[mine.verdict], words).trim();
  }

  function show(root, data, state) {
    const g = data.geometry;
    const chosen = chosenOf(data, state);
    const range = limits(data, state);
    const scale = scales(g, range);
    const series = seriesOf(data, state);
    part(root, "profile").setAttribute("aria-label", chosen.line);
    part(root, "heat").setAttribute("aria-label", chosen.heat);
    drawGrid(root, chosen, g, range, scale);
    drawStages(root, g, state.depth, scale);
    for (const kind of KINDS) {
      const row = rowAt(chosen, seriesOf(data, { ...state, kind }), state.step);
      drawLine(root, data, chosen, kind, row, scale);
    }
    const cells = heatPaths(data, chosen, series, range);
    draw(root, Object.fromEntries(cells.map((path, colour) => [`heat-${colour}`, path])));
    draw(root, { now: nowPath(g, series, state.step) });
    write(root, {
      "profile-title": chosen.profile,
      "heat-title": `${networkName(state.depth, state.kind)} through training`,
      "heat-low": tick(chosen, range.low),
      "heat-high": tick(chosen, range.high),
    });
    drawSteps(root, g, series);
  }

  /** The longer of the two courses: the residual net is there for every start. */
  function stepsOf(data, depth, form) {
    return seriesOf(data, { depth, form, kind: "residual" }).steps;
  }

  function setup(root, data) {
    const slider = root.querySelector('[data-key="t"]');

    return function update({ q: quantity, n: form, d, c: shortcut, t }) {
      const depth = data.depths[d];
      const steps = stepsOf(data, depth, form);
      slider.max = steps.length - 1;
      slider.disabled = steps.length === 1;
      const step = Math.min(t, steps.length - 1);
      const state = { quantity, depth, form, kind: shortcut ? "residual" : "plain", step };
      root.dataset.chain = state.kind;
      show(root, data, state);
      return {
        finding: describe(data, state),
        outputs: {
          d: `${depth} layers`,
          t: steps.length === 1 ? "only the first is recorded" : String(steps[step] + 1),
        },
      };
    };
  }

  explorables.gradientNorms = { describe, heatPaths, limits };
  explorables.register("gradient-norms", setup);
})(window.explorables);
