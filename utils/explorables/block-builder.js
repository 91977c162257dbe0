/* One bottleneck block of any sizes. Twin of describe in utils/miniatures/bottleneck.py. */
"use strict";

(function (explorables) {
  const { fill, write } = explorables;
  const NONE = 0;
  const IDENTITY = 1;
  const OPTION_A = 2;
  const OPTION_C = 4;
  const LAYERS = ["1", "2", "3", "s", "all"];

  function shortcutKind({ i, o, s, c }) {
    if (c === NONE) return "none";
    if (c === IDENTITY) return "identity";
    if (c !== OPTION_C && s === 1 && i === o) return "identity";
    return c === OPTION_A ? "pad" : "projection";
  }

  function problem(data, sizes, kind, out) {
    const { i, o, w, g } = sizes;
    if (w % g !== 0) return ["groups", data.groupsError];
    if (kind === "pad" && o < i) return ["pad", fill(data.padError, sizes)];
    if (kind === "identity" && out !== data.size) {
      return ["size", fill(data.addError, { a: out, b: data.size, dim: 3 })];
    }
    if (kind === "identity" && o !== i) {
      return ["channels", fill(data.addError, { a: o, b: i, dim: 1 })];
    }
    return ["", ""];
  }

  /** [parameters, MACs] of every layer; a convolution's normalisation belongs to it. */
  function counts({ i, o, w, g }, kind, size, out) {
    const before = size * size;
    const after = out * out;
    const window = Math.floor((9 * w * w) / g);
    const layers = {
      1: [i * w + 2 * w, before * i * w],
      2: [window + 2 * w, after * window],
      3: [w * o + 2 * o, after * w * o],
      s: kind === "projection" ? [i * o + 2 * o, after * i * o] : [0, 0],
    };
    const sum = (index) => Object.values(layers).reduce((total, row) => total + row[index], 0);
    return { ...layers, all: [sum(0), sum(1)] };
  }

  function thousands(whole) {
    return String(whole).replace(/\B(?=(\d{3})+$)/g, ",");
  }

  function tenths(numerator, denominator) {
    const value = Math.floor((20 * numerator + denominator) / (2 * denominator));
    return `${thousands(Math.floor(value / 10))}.${value % 10}`;
  }

  function code(data, sizes, kind) {
    const sum = kind === "none" ? "self.branch(x)" : "self.branch(x) + self.shortcut(x)";
    return fill(data.code, { ...sizes, shortcut: fill(data.codeShortcut[kind], sizes), sum });
  }

  function cellsOf(counted, fault) {
    const cells = {};
    for (const layer of LAYERS) {
      const broken = fault === "groups" && (layer === "2" || layer === "all");
      const [parameters, macs] = counted[layer];
      cells[`parameters-${layer}`] = broken ? "–" : thousands(parameters);
      cells[`macs-${layer}`] = broken ? "–" : tenths(macs, 1e6);
    }
    return cells;
  }

  function shapesOf({ i, o, w }, kind, size, out) {
    const shape = (channels, side) => `${channels} × ${side} × ${side}`;
    const shortcut = { none: "", identity: shape(i, size) };
    return {
      "shape-x": shape(i, size),
      "shape-1": shape(w, size),
      "shape-2": shape(w, out),
      "shape-3": shape(o, out),
      "shape-s": kind in shortcut ? shortcut[kind] : shape(o, out),
    };
  }

  function boxesOf(data, sizes, kind, fault) {
    const { o, s, w, g } = sizes;
    return {
      "box-1": `1×1, ${w}`,
      "box-2": `3×3, ${w}`,
      "box-2b": `stride ${s}, groups ${g}`,
      "box-3": `1×1, ${o}`,
      "box-s": fill(data.boxes[kind][0], sizes),
      "box-sb": fill(data.boxes[kind][1], sizes),
      sign: fault ? "≠" : "+",
    };
  }

  /** Every text that the figure shows, by the name of its part. */
  function describe(data, sizes) {
    const out = Math.floor((data.size - 1) / sizes.s) + 1;
    const kind = shortcutKind(sizes);
    const [fault, error] = problem(data, sizes, kind, out);
    const counted = counts(sizes, kind, data.size, out);
    const shapes = shapesOf(sizes, kind, data.size, out);
    const cells = cellsOf(counted, fault);
    const basic = out * out * 9 * sizes.o * (sizes.i + sizes.o);
    const repair = fault ? fill(data.repairs[fault], sizes) : "";
    const ending = kind === "none" ? "plain" : "fits";
    const state = fault ? "error" : ending;
    const words = {
      parameters: cells["parameters-all"],
      macs: cells["macs-all"],
      factor: tenths(basic, counted.all[1]),
      error,
      repair,
    };
    return {
      ...shapes,
      ...boxesOf(data, sizes, kind, fault),
      "shape-y": fault ? "no output" : shapes["shape-3"],
      ...cells,
      sees: fill(data.sees, { f: 3, s: sizes.s }),
      code: code(data, sizes, kind),
      error,
      repair,
      state,
      finding: fill(data.findings[state], words),
    };
  }

  const PREFIX = { "shape-x": "x: ", "shape-y": "y: " };

  function setup(root, data) {
    return function update(sizes) {
      const { state, finding, ...words } = describe(data, sizes);
      for (const name of ["error", "repair"]) delete words[name]; // The finding says them.
      for (const [name, prefix] of Object.entries(PREFIX)) words[name] = prefix + words[name];
      write(root, words);
      root.dataset.state = state;
      root.dataset.chain = shortcutKind(sizes) === "none" ? "plain" : "residual";
      return { finding, outputs: {} };
    };
  }

  explorables.blockBuilder = { describe };
  explorables.register("block-builder", setup);
})(window.explorables);
