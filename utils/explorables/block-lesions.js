/* Blocks of trained networks to switch off. Twin of utils/explorables/block_lesions.py. */
'use strict';

(function (explorables) {
  const { part, fill } = explorables;
  const MOST_BLOCKS = 9;

  function kindOf(label) {
    return label.startsWith('plain') ? 'plain' : 'residual';
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
    return `blocks ${numbers.slice(0, -1).join(', ')} and ${numbers[numbers.length - 1]}`;
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
      if (kindOf(label) === 'residual') {
        const blocks = data.blocks[network];
        parts.push(fill(say.paths, { left: 2 ** (blocks - gone.length), paths: 2 ** blocks }));
      }
      const other = data.twins[network];
      if (other >= 0) {
        const error = tenths(data.errors[other][number]);
        parts.push(fill(say.twin, { other: begin(data.labels[other]), error }));
      }
    }
    const best = classes.indexOf(Math.min(...classes));
    const worst = classes.indexOf(Math.max(...classes));
    const names = { best: data.names[best], worst: data.names[worst] };
    parts.push(fill(say.classes, { ...names, least: classes[best], most: classes[worst] }));
    return parts.join(' ');
  }

  function drawChain(root, g, blocks, gone) {
    const pitch = g.width / MOST_BLOCKS;
    const made = { wire: '', arcs: '', kept: '', gone: '' };
    for (let index = 0; index < blocks; index += 1) {
      const left = g.left + index * pitch;
      const [from, to] = [left, left + pitch].map((x) => x.toFixed(2));
      const corner = (left + pitch / 2 - g.size / 2).toFixed(2);
      const square = `M${corner} ${g.line - g.size / 2}h${g.size}v${g.size}h-${g.size}z`;
      made[gone.includes(index + 1) ? 'gone' : 'kept'] += square;
      made.arcs += `M${from} ${g.line}C${from} ${g.line - g.rise} ${to} ${g.line - g.rise} ${to} ${g.line}`;
      made.wire += `M${from} ${g.line}H${to}`;
    }
    for (const [name, d] of Object.entries(made)) part(root, name).setAttribute('d', d);
    for (const number of root.querySelectorAll('[data-number]')) {
      const there = Number(number.dataset.number) <= blocks;
      number.setAttribute('visibility', there ? 'visible' : 'hidden');
    }
  }

  function drawError(root, g, error, intact) {
    const width = ((g.width * error) / 1000).toFixed(2);
    part(root, 'bar').setAttribute('d', `M${g.left} ${g.scale}h${width}v${g.thick}h-${width}z`);
    const x = (g.left + (g.width * intact) / 1000).toFixed(2);
    part(root, 'intact').setAttribute('d', `M${x} ${g.scale - 6}v${g.thick + 6}`);
    part(root, 'error').textContent = `wrong: ${tenths(error)} %`;
  }

  function drawClasses(root, g, classes, intact) {
    const bars = classes.map((share, row) => {
      const width = ((g.width * share) / 100).toFixed(2);
      return `M${g.left} ${g.top + row * g.step}h${width}v${g.thick}h-${width}z`;
    });
    const strokes = intact.map((share, row) => {
      const x = (g.left + (g.width * share) / 100).toFixed(2);
      return `M${x} ${g.top + row * g.step - 2}v${g.thick + 4}`;
    });
    part(root, 'classes').setAttribute('d', bars.join(''));
    part(root, 'before').setAttribute('d', strokes.join(''));
    for (const label of root.querySelectorAll('[data-class]')) {
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

      root.dataset.chain = kindOf(label);
      for (const box of root.querySelectorAll('[data-block]')) {
        box.hidden = Number(box.dataset.block) > blocks;
      }
      part(root, 'title').textContent = begin(label);
      drawChain(root, data.chain, blocks, gone);
      drawError(root, data.chain, errors[setNumber(gone)], errors[0]);
      drawClasses(root, data.rows, data.classes[network][setNumber(gone)], data.classes[network][0]);
      return { finding: describe(data, network, gone), outputs: {} };
    };
  }

  explorables.blockLesions = { describe };
  explorables.register('block-lesions', setup);
})(window.explorables);
