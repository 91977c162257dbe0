/* Gradients and activations of every layer. Twin of utils/explorables/gradient_norms.py and its picture. */
'use strict';

(function (explorables) {
  const { part, fill, superscript } = explorables;
  const KINDS = ['plain', 'residual'];
  const NAMESPACE = document.querySelector('[data-explorable="gradient-norms"] svg').namespaceURI;

  /** Two digits, as utils.results.words.short writes them. */
  function short(value) {
    if (value === 0) return '0';
    const [digits, power] = value.toExponential(1).split('e');
    const exponent = Number(power);
    if (exponent < -2 || exponent >= 5) return `${digits} × 10${superscript(exponent)}`;
    const text = Number(`${digits}e${exponent}`).toFixed(Math.max(0, 1 - exponent));
    return text.replace(/\B(?=(\d{3})+(?!\d))/g, ',');
  }

  function seriesOf(data, { depth, form, kind }) {
    const family = kind === 'plain' ? 'plain' : 'resnet';
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

  /** A unit is a decade of a logarithmic quantity, or ten per cent of a share. */
  function limits(data, state) {
    const { field, perUnit, isLog } = chosenOf(data, state);
    const values = KINDS.map((kind) => seriesOf(data, { ...state, kind }))
      .filter((series) => series !== null)
      .flatMap((series) => series[field].flat())
      .filter((value) => isDrawn(data, value));
    const low = isLog ? Math.floor(Math.min(...values) / perUnit) : 0;
    const high = Math.ceil(Math.max(...values) / perUnit);
    return { low, high: Math.max(high, low + (isLog ? 2 : 1)) };
  }

  function scales(g, { low, high }) {
    return {
      x: (layer, count) => g.left + ((layer + 0.5) / count) * (g.right - g.left),
      y: (decades) => g.bottom - ((decades - low) / (high - low)) * (g.bottom - g.top),
    };
  }

  function element(name, attributes, content = '') {
    const made = document.createElementNS(NAMESPACE, name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    made.textContent = content;
    return made;
  }

  function label(x, y, content, anchor = 'middle') {
    const place = { x: x.toFixed(2), y: y.toFixed(2), 'text-anchor': anchor, class: 'ex-small' };
    return element('text', place, content);
  }

  function tick(chosen, unit) {
    if (!chosen.isLog) return `${10 * unit} %`;
    return unit === 0 ? '1' : `10${superscript(unit)}`;
  }

  function drawGrid(root, chosen, g, range, { y }) {
    const step = Math.ceil((range.high - range.low) / 5);
    const marks = [];
    for (let decade = range.low; decade <= range.high; decade += step) {
      const height = y(decade);
      marks.push(element('path', { class: 'ex-grid', d: `M${g.left} ${height.toFixed(2)}H${g.right}` }));
      marks.push(label(g.left - g.gap, height + 4, tick(chosen, decade), 'end'));
    }
    part(root, 'grid').replaceChildren(...marks);
  }

  function drawStages(root, g, depth, { x }) {
    const blocks = (depth - 2) / 3;
    const marks = [];
    for (const [stage, pixels] of [32, 16, 8].entries()) {
      const begin = 1 + stage * blocks;
      const middle = (x(begin, depth) + x(begin + blocks - 1, depth)) / 2;
      marks.push(label(middle, g.bottom + 16, stage ? `${pixels} px` : '32 px maps'));
      if (stage === 0) continue;
      const edge = (x(begin, depth) + x(begin - 1, depth)) / 2;
      const line = `M${edge.toFixed(2)} ${g.top}V${g.bottom}`;
      marks.push(element('path', { class: 'ex-stage', d: line }));
    }
    part(root, 'stages').replaceChildren(...marks);
  }

  function drawLine(root, data, chosen, kind, row, { x, y }) {
    const points = row.flatMap((value, layer) => {
      if (!isDrawn(data, value)) return [];
      return [`${x(layer, row.length).toFixed(2)} ${y(value / chosen.perUnit).toFixed(2)}`];
    });
    const dotted = points.length < data.geometry.many;
    const group = part(root, kind);
    part(group, 'line').setAttribute('d', points.length ? 'M' + points.join('L') : '');
    part(group, 'dots').setAttribute('d', dotted ? points.map((p) => `M${p}h0`).join('') : '');
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
    const paths = Array(g.colours).fill('');
    if (series === null) return paths;
    const width = (g.right - g.left) / series.steps.length;
    for (const [column, row] of series[chosen.field].entries()) {
      const height = (g.bottom - g.top) / row.length;
      const colours = row.map((value) => colourOf(data, chosen, value, range));
      let start = 0;
      for (let layer = 1; layer <= colours.length; layer += 1) {
        if (layer < colours.length && colours[layer] === colours[start]) continue;
        if (colours[start] !== null) {
          const corner = [g.left + column * width, g.top + start * height];
          const [left, top] = corner.map((place) => place.toFixed(2));
          const tall = ((layer - start) * height).toFixed(2);
          const wide = width.toFixed(2);
          paths[colours[start]] += `M${left} ${top}h${wide}v${tall}h-${wide}z`;
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
    if (steps.length) marks.push(label(g.left - g.gap, g.bottom + 16, 'step', 'end'));
    part(root, 'steps').replaceChildren(...marks);
  }

  function drawNow(root, g, series, step) {
    let path = '';
    if (series !== null && series.steps.length > 1) {
      const width = (g.right - g.left) / series.steps.length;
      const left = g.left + Math.min(step, series.steps.length - 1) * width;
      path = `M${left.toFixed(2)} ${g.top - 3}h${width.toFixed(2)}V${g.bottom + 3}h-${width.toFixed(2)}z`;
    }
    part(root, 'now').setAttribute('d', path);
  }

  function networkName(depth, kind) {
    return `${kind === 'plain' ? 'Plain' : 'ResNet'}-${depth}`;
  }

  function verdictOf(data, ratio, size) {
    if (ratio > data.even) return 'grows';
    if (ratio < 1 / data.even) return 'shrinks';
    if (size < data.tiny) return 'tiny';
    return size > data.huge ? 'huge' : 'even';
  }

  function perUnitOf(data, field) {
    return data.quantities.find((quantity) => quantity.field === field).perUnit;
  }

  const LOST = { verdict: 'lost', twin: 'lost' };

  function compareGradients(data, row) {
    const perDecade = perUnitOf(data, 'weight_gradient');
    const [first, last] = [row[2], row[row.length - 2]];
    if (first === null || last === null) return LOST;
    if (first === data.zero || last === data.zero) return { verdict: 'zero', twin: 'zero' };
    const ratio = 10 ** ((first - last) / perDecade);
    const size = 10 ** (first / perDecade);
    return {
      first: short(size),
      last: short(10 ** (last / perDecade)),
      ratio: short(ratio),
      verdict: verdictOf(data, ratio, size),
      twin: 'ratio',
    };
  }

  function compareResponses(data, row) {
    const perDecade = perUnitOf(data, 'sd');
    const [first, last] = [row[2], row[row.length - 2]];
    if (first === null || last === null) return LOST;
    if (first === data.zero || last === data.zero) return { verdict: 'silent', twin: 'silent' };
    const ratio = 10 ** ((last - first) / perDecade);
    let verdict = 'level';
    if (ratio > data.even) verdict = 'rises';
    if (ratio < 1 / data.even) verdict = 'falls';
    return {
      first: short(10 ** (first / perDecade)),
      last: short(10 ** (last / perDecade)),
      verdict,
      twin: 'sizes',
    };
  }

  function compareDead(data, row) {
    const perTenth = perUnitOf(data, 'dead');
    if (row[row.length - 2] === null) return LOST;
    const shares = row.filter((value) => value !== null);
    const most = Math.max(...shares);
    if (most === 0) return { verdict: 'alive', twin: 'alive' };
    const percent = (value) => {
      const share = (value * 10) / perTenth;
      return share < data.small ? 'under 0.1 %' : `${share.toFixed(1)} %`;
    };
    return {
      mean: percent(shares.reduce((sum, value) => sum + value, 0) / shares.length),
      most: percent(most),
      layer: row.indexOf(most) + 1,
      verdict: 'dead',
      twin: 'dead',
    };
  }

  const COMPARE = { weight_gradient: compareGradients, sd: compareResponses, dead: compareDead };

  function compare(data, state) {
    const series = seriesOf(data, state);
    if (series === null) return { when: 'at the start', verdict: 'missing', twin: 'missing' };
    const chosen = chosenOf(data, state);
    const number = series.steps[Math.min(state.step, series.steps.length - 1)];
    const when = number === 0 ? 'at the first step' : `at step ${number + 1}`;
    return { when, ...COMPARE[chosen.field](data, rowAt(chosen, series, state.step)) };
  }

  function describe(data, state) {
    const other = state.kind === 'plain' ? 'residual' : 'plain';
    const mine = compare(data, state);
    const twin = compare(data, { ...state, kind: other });
    const words = {
      ...mine,
      network: networkName(state.depth, state.kind),
      depth: state.depth,
      form: data.labels[state.form],
      twin: fill(data.twins[twin.twin], { ...twin, other: networkName(state.depth, other) }),
    };
    return fill(data.findings[mine.verdict], words).trim();
  }

  function draw(root, data, state) {
    const g = data.geometry;
    const chosen = chosenOf(data, state);
    const range = limits(data, state);
    const scale = scales(g, range);
    const series = seriesOf(data, state);
    part(root, 'profile').setAttribute('aria-label', chosen.line);
    part(root, 'heat').setAttribute('aria-label', chosen.heat);
    part(root, 'profile-title').textContent = chosen.profile;
    drawGrid(root, chosen, g, range, scale);
    drawStages(root, g, state.depth, scale);
    for (const kind of KINDS) {
      const row = rowAt(chosen, seriesOf(data, { ...state, kind }), state.step);
      drawLine(root, data, chosen, kind, row, scale);
    }
    for (const [colour, path] of heatPaths(data, chosen, series, range).entries()) {
      part(root, `heat-${colour}`).setAttribute('d', path);
    }
    part(root, 'heat-title').textContent = `${networkName(state.depth, state.kind)} through training`;
    part(root, 'heat-low').textContent = tick(chosen, range.low);
    part(root, 'heat-high').textContent = tick(chosen, range.high);
    drawNow(root, g, series, state.step);
    drawSteps(root, g, series);
  }

  /** The longer of the two courses: the residual net is there for every start. */
  function stepsOf(data, depth, form) {
    return seriesOf(data, { depth, form, kind: 'residual' }).steps;
  }

  function setup(root, data) {
    const slider = root.querySelector('[data-key="t"]');

    return function update({ q: quantity, n: form, d, c: shortcut, t }) {
      const depth = data.depths[d];
      const steps = stepsOf(data, depth, form);
      slider.max = steps.length - 1;
      slider.disabled = steps.length === 1;
      const step = Math.min(t, steps.length - 1);
      const state = { quantity, depth, form, kind: shortcut ? 'residual' : 'plain', step };
      root.dataset.chain = state.kind;
      draw(root, data, state);
      return {
        finding: describe(data, state),
        outputs: {
          d: `${depth} layers`,
          t: steps.length === 1 ? 'only the first is recorded' : String(steps[step] + 1),
        },
      };
    };
  }

  explorables.gradientNorms = { describe, heatPaths, limits, short };
  explorables.register('gradient-norms', setup);
})(window.explorables);
