/* Errors through training, by depth and kind. Twin of utils/explorables/depth_curves.py. */
'use strict';

(function (explorables) {
  const { part, fill } = explorables;

  /** Mean over seeds in tenths, halves rounded up. */
  function mean(tenths) {
    const sum = tenths.reduce((total, each) => total + each, 0);
    return Math.floor((2 * sum + tenths.length) / (2 * tenths.length));
  }

  function at(seeds, epoch) {
    return seeds.map((course) => course[epoch - 1]);
  }

  function shown(tenths) {
    return `${Math.floor(tenths / 10)}.${tenths % 10}`;
  }

  function describe(data, { i: images, e: epoch }) {
    const say = data.findings;
    const parts = [fill(say.state, { epoch, images: data.images[images] })];
    for (const [kind, name] of data.names.entries()) {
      const [shallow, deep] = data.errors[images][kind].map((seeds) => at(seeds, epoch));
      const gap = mean(deep) - mean(shallow);
      const signs = new Set(deep.map((error, seed) => Math.sign(error - shallow[seed])));
      parts.push(fill(say.kind, { name, shallow: shown(mean(shallow)), deep: shown(mean(deep)) }));
      if (gap === 0) {
        parts.push(say.level);
        continue;
      }
      const seeds = signs.size === 1 ? say.every : say.some;
      parts.push(fill(gap > 0 ? say.costs : say.saves, { gap: shown(Math.abs(gap)), seeds }));
    }
    return parts.join(' ');
  }

  function place(data, epoch, tenths) {
    const p = data.plot;
    const x = p.left + (p.width * (epoch - 0.5)) / data.epochs;
    return [x, p.top + p.height * (1 - tenths / 1000)];
  }

  function spots(data, seeds, of) {
    return seeds[0].map((_, index) => {
      const spot = place(data, index + 1, of(at(seeds, index + 1)));
      return spot.map((value) => value.toFixed(1)).join(' ');
    });
  }

  function labelHeight(data, depths, index) {
    const ends = depths.map((seeds) => place(data, 1, mean(at(seeds, data.epochs)))[1]);
    const [own, other] = [ends[index], ends[1 - index]];
    if (Math.abs(own - other) >= 2 * data.near) return own + 4;
    const below = own > other || (own === other && index === 0);
    return (own + other) / 2 + 4 + (below ? data.near : -data.near);
  }

  function setup(root, data) {
    const least = (values) => Math.min(...values);
    const most = (values) => Math.max(...values);
    return function update(state) {
      const p = data.plot;
      const x = place(data, state.e, 0)[0].toFixed(1);
      for (const [kind, depths] of data.errors[state.i].entries()) {
        part(root, `now-${kind}`).setAttribute('d', `M${x} ${p.top}V${p.top + p.height}`);
        for (const [index, seeds] of depths.entries()) {
          const low = spots(data, seeds, least);
          const high = spots(data, seeds, most).reverse();
          part(root, `band-${kind}-${index}`).setAttribute('points', [...low, ...high].join(' '));
          const line = 'M' + spots(data, seeds, mean).join('L');
          part(root, `line-${kind}-${index}`).setAttribute('d', line);
          const dots = at(seeds, state.e).map((value) => {
            const spot = place(data, state.e, value);
            return `M${spot.map((each) => each.toFixed(1)).join(' ')}h0`;
          });
          part(root, `dots-${kind}-${index}`).setAttribute('d', dots.join(''));
          const height = labelHeight(data, depths, index).toFixed(1);
          part(root, `name-${kind}-${index}`).setAttribute('y', height);
        }
      }
      return { finding: describe(data, state), outputs: { e: String(state.e) } };
    };
  }

  explorables.depthCurves = { describe };
  explorables.register('depth-curves', setup);
})(window.explorables);
