/* Errors by depth after brief trainings. Twin of utils/explorables/depth_gap.py. */
'use strict';

(function (explorables) {
  const { part, fill } = explorables;
  const KINDS = ['plain', 'resnet'];

  /** Mean over seeds in tenths, halves rounded up. */
  function mean(tenths) {
    const sum = tenths.reduce((total, each) => total + each, 0);
    return Math.floor((2 * sum + tenths.length) / (2 * tenths.length));
  }

  function shown(tenths) {
    return `${Math.floor(tenths / 10)}.${tenths % 10}`;
  }

  function grouped(number) {
    return String(number).replace(/\B(?=(\d{3})+$)/g, ',');
  }

  function describe(data, { b: budget, i: images, d: depth }) {
    const say = data.findings;
    const [plain, residual] = data.errors[budget][images].map((kind) => kind.map(mean));
    const gap = plain[depth] - residual[depth];
    const best = Math.min(...plain);
    const shallow = plain.indexOf(best);
    const parts = [
      fill(say.state, {
        depth: data.depths[depth],
        steps: grouped(data.steps[budget]),
        images: data.images[images],
        plain: shown(plain[depth]),
        residual: shown(residual[depth]),
      }),
      fill(gap >= 0 ? say.saves : say.costs, { gap: shown(Math.abs(gap)) }),
    ];
    if (plain[depth] > best && shallow < depth) {
      const words = { best: data.depths[shallow], least: shown(best) };
      parts.push(fill(say.copy, { ...words, lost: shown(plain[depth] - best) }));
    } else if (plain[depth] === best) {
      parts.push(say.most);
    }
    return parts.join(' ');
  }

  function place(data, depth, tenths) {
    const p = data.plot;
    const x = p.left + (p.width * (depth + 0.5)) / data.depths.length;
    return [x, p.top + p.height * (1 - tenths / 1000)].map((value) => value.toFixed(1));
  }

  function setup(root, data) {
    return function update(state) {
      const p = data.plot;
      const [x] = place(data, state.d, 0);
      part(root, 'now').setAttribute('d', `M${x} ${p.top}V${p.top + p.height}`);
      for (const [index, kind] of KINDS.entries()) {
        const errors = data.errors[state.b][state.i][index];
        const spots = errors.map((each, depth) => place(data, depth, mean(each)).join(' '));
        part(root, `${kind}-line`).setAttribute('d', 'M' + spots.join('L'));
        const dots = errors[state.d].map((value) => `M${place(data, state.d, value).join(' ')}h0`);
        part(root, `${kind}-dots`).setAttribute('d', dots.join(''));
        const [, end] = place(data, errors.length - 1, mean(errors[errors.length - 1]));
        part(root, `${kind}-name`).setAttribute('y', (Number(end) + 4).toFixed(1));
      }
      return { finding: describe(data, state), outputs: { d: `${data.depths[state.d]} layers` } };
    };
  }

  explorables.depthGap = { describe };
  explorables.register('depth-gap', setup);
})(window.explorables);
