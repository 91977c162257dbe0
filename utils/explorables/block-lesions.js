/* Blocks of trained networks to switch off. Twin of utils/explorables/block_lesions.py. */
"use strict";

(function (explorables) {
  const { bar, chain, draw, fill, shape, write } = explorables;
  const MOST_BLOCKS = 9;

  function kindOf(label) {
    return label.startsWith("plain") ? "plain" : "residual";
  }

  function begin(label) {
    return label[0].toUpperCase() + label.slice(1);
  }

  function setNumber(gone) {
    return gone.reduce((sum, block) => sum + 2 ** (block - 1), 0);
  }

  function tenths(value) {
    return `${Math.floor(value / 10)}.${value % 10}`;
  }

  function listed(numbers) {
    if (numbers.length === 1) return `block ${numbers[0]}`;
    return `blocks ${numbers.slice(0, -1).join(", ")} and ${numbers[numbers.length - 1]}`;
  }

  function describe(data, network, gone) {
    const say = data.findings;
    const label = data.labels[network];
    const number = setNumber(gone);
    const errors = data.errors[network];
    const classes = data.classes[network][number];
    const words = { network: begin(label), error: tenths(errors[number]) };
    const parts = [];
    if (gone.length === 0) {
      parts.push(fill(say.intact, words));
    } else {
      parts.push(fill(say.cut, { ...words, blocks: listed(gone), intact: tenths(errors[0]) }));
      if (kindOf(label) === "residual") {
        const blocks = data.blocks[network];
        const left = 2 ** (blocks - gone.length);
        parts.push(fill(left === 1 ? say.path : say.paths, { left, paths: 2 ** blocks }));
      }
      const other = data.twins[network];
      if (other >= 0) {
        const error = tenths(data.errors[other][number]);
        parts.push(fill(say.twin, { other: data.labels[other], error }));
      }
    }
    const best = classes.indexOf(Math.min(...classes));
    const worst = classes.indexOf(Math.max(...classes));
    const names = { network: label, best: data.names[best], worst: data.names[worst] };
    parts.push(fill(say.classes, { ...names, least: classes[best], most: classes[worst] }));
    return parts.join(" ");
  }

  function drawChain(root, g, blocks, gone) {
    const pitch = g.width / MOST_BLOCKS;
    const places = Array.from({ length: blocks }, (_, index) => [g.left + index * pitch, g.line]);
    const off = gone.map((block) => block - 1);
    draw(root, chain(places, off, { pitch, size: g.size, rise: g.rise }));
    for (const number of root.querySelectorAll("[data-number]")) {
      const there = Number(number.dataset.number) <= blocks;
      number.setAttribute("visibility", there ? "visible" : "hidden");
    }
  }

  function drawError(root, g, error, intact) {
    draw(root, {
      bar: bar(g.left, g.scale, (g.width * error) / 1000, g.thick),
      intact: shape`M${g.left + (g.width * intact) / 1000} ${g.scale - 6}v${g.thick + 6}`,
    });
    write(root, { error: `test error: ${tenths(error)} %` });
  }

  function drawClasses(root, g, classes, intact) {
    const bars = classes.map((share, row) => {
      return bar(g.left, g.top + row * g.step, (g.width * share) / 100, g.thick);
    });
    const strokes = intact.map((share, row) => {
      return shape`M${g.left + (g.width * share) / 100} ${g.top + row * g.step - 2}v${g.thick + 4}`;
    });
    draw(root, { classes: bars.join(""), before: strokes.join("") });
    for (const label of root.querySelectorAll("[data-class]")) {
      label.textContent = `${classes[Number(label.dataset.class)]} %`;
    }
  }

  function setup(root, data) {
    return function update(state) {
      const network = state.n;
      const blocks = data.blocks[network];
      const numbers = Array.from({ length: blocks }, (_, index) => index + 1);
      const gone = numbers.filter((block) => !state[block]);
      const label = data.labels[network];
      const errors = data.errors[network];
      const classes = data.classes[network];

      root.dataset.chain = kindOf(label);
      for (const box of root.querySelectorAll("[data-block]")) {
        box.hidden = Number(box.dataset.block) > blocks;
      }
      write(root, { title: begin(label) });
      drawChain(root, data.chain, blocks, gone);
      drawError(root, data.chain, errors[setNumber(gone)], errors[0]);
      drawClasses(root, data.rows, classes[setNumber(gone)], classes[0]);
      return { finding: describe(data, network, gone), outputs: {} };
    };
  }

  explorables.blockLesions = { describe };
  explorables.register("block-lesions", setup);
})(window.explorables);
