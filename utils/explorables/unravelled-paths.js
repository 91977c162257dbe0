/* A residual network unravelled into its paths. Twin of utils/miniatures/unravelled.py. */
'use strict';

(function (explorables) {
  const { part, format, fill } = explorables;
  const PLAIN_NUMBERS = 1e6;

  function countPaths(blocks, shortcuts) {
    return shortcuts ? 2 ** blocks : 1;
  }

  /** Row n of Pascal's triangle, by additions: whole numbers up to 2^53 are exact. */
  function choices(blocks) {
    let row = [1];
    for (let n = 1; n <= blocks; n += 1) {
      row = [1, ...row.slice(1).map((count, k) => count + row[k]), 1];
    }
    return row;
  }

  function lengthShares(blocks) {
    return choices(blocks).map((count) => count / countPaths(blocks, true));
  }

  function shareBetween(blocks, low, high) {
    return lengthShares(blocks)
      .slice(low, high + 1)
      .reduce((sum, share) => sum + share, 0);
  }

  function usualLengths(blocks) {
    const reach = Math.sqrt(blocks);
    const low = Math.floor(blocks / 2 - reach);
    const high = Math.ceil(blocks / 2 + reach);
    return [Math.max(low, 0), Math.min(high, blocks)];
  }

  function survivingShare(blocks, deleted, shortcuts) {
    if (shortcuts) return 2 ** -deleted;
    return deleted ? 0 : 1;
  }

  function deletedBlocks(blocks, deleted) {
    return Array.from({ length: deleted }, (_, i) => Math.floor(((2 * i + 1) * blocks) / (2 * deleted)));
  }

  /** A number and its unit stay on one line. */
  function unbroken(text) {
    return text.replace(/ /g, '\u00a0');
  }

  function amount(paths) {
    return unbroken(paths < PLAIN_NUMBERS ? paths.toLocaleString('en-US') : format(paths));
  }

  function percent(share) {
    const value = 100 * share;
    if (value === 0) return unbroken('0 %');
    return unbroken(`${value >= 0.01 ? Number(value.toPrecision(3)) : format(value)} %`);
  }

  function drawChain(root, chain, blocks, gone) {
    const pitch = chain.width / Math.min(blocks, chain.row);
    const size = Math.min(chain.size, chain.fill * pitch);
    const rise = Math.min(chain.space, 1.2 * pitch);
    const lastRow = Math.floor((blocks - 1) / chain.row);
    const shapes = { wire: '', arcs: '', kept: '', gone: '' };
    for (let index = 0; index < blocks; index += 1) {
      const line = chain.middle + chain.space * (Math.floor(index / chain.row) - lastRow / 2);
      const left = chain.left + (index % chain.row) * pitch;
      const [from, to, top] = [left, left + pitch, line - rise].map((v) => v.toFixed(2));
      const [x, y, a] = [left + pitch / 2 - size / 2, line - size / 2, size].map((v) => v.toFixed(2));
      shapes[gone.includes(index) ? 'gone' : 'kept'] += `M${x} ${y}h${a}v${a}h-${a}z`;
      shapes.arcs += `M${from} ${line}C${from} ${top} ${to} ${top} ${to} ${line}`;
      if (!gone.includes(index)) shapes.wire += `M${from} ${line}H${to}`;
    }
    for (const [name, d] of Object.entries(shapes)) part(root, name).setAttribute('d', d);
  }

  function drawHistogram(root, geometry, shares, before, usual) {
    const { left, step, bar, base, top } = geometry;
    const x = (length) => left + step * length;
    const highest = Math.max(...shares, ...before);
    const height = (share) => (share / highest) * (base - top);
    const bars = shares.map((share, length) => {
      const h = height(share).toFixed(2);
      return `M${(x(length) - bar / 2).toFixed(2)} ${base}v-${h}h${bar}v${h}z`;
    });
    const steps = before.map((share, length) => {
      return `V${(base - height(share)).toFixed(2)}H${(x(length) + step / 2).toFixed(2)}`;
    });
    const [low, high] = usual.map(x);
    const bracket = `M${low - step / 2} ${top - 10}V${top - 16}H${high + step / 2}V${top - 10}`;
    part(root, 'bars').setAttribute('d', bars.join(''));
    part(root, 'before').setAttribute('d', `M${x(0) - step / 2} ${base}${steps.join('')}V${base}`);
    part(root, 'range').setAttribute('d', shares.length ? bracket : '');
  }

  /** Lengths of the one path of a plain chain: all blocks, or nothing once one is deleted. */
  function plainShares(blocks, deleted) {
    return deleted ? [] : [...Array(blocks).fill(0), 1];
  }

  function lengths(blocks, deleted, shortcuts) {
    if (shortcuts) {
      const usual = usualLengths(blocks - deleted);
      return { shares: lengthShares(blocks - deleted), before: lengthShares(blocks), usual };
    }
    const usual = [blocks, blocks];
    return { shares: plainShares(blocks, deleted), before: plainShares(blocks, 0), usual };
  }

  function kind(blocks, deleted, shortcuts) {
    if (!shortcuts) return deleted ? 'plain cut' : 'plain whole';
    if (!deleted) return 'residual whole';
    return deleted === blocks ? 'residual bare' : 'residual cut';
  }

  function describe(blocks, deleted) {
    const [low, high] = usualLengths(blocks - deleted);
    const usual = shareBetween(blocks - deleted, low, high);
    return {
      blocks: blocks === 1 ? '1 block' : `${blocks} blocks`,
      deleted: String(deleted),
      paths: amount(countPaths(blocks, true)),
      left: amount(countPaths(blocks - deleted, true)),
      share: percent(survivingShare(blocks, deleted, true)),
      usual: usual > 0.9999 ? 'all' : unbroken(`${(100 * usual).toFixed(1)} %`),
      low: String(low),
      high: String(high),
    };
  }

  function label(root, words, blocks, deleted, shortcuts) {
    const share = percent(survivingShare(blocks, deleted, shortcuts));
    const plainLeft = deleted ? '0' : '1';
    part(root, 'title').textContent = `${words.blocks}, ${words.deleted} deleted`;
    part(root, 'paths').textContent = `paths: ${shortcuts ? words.paths : '1'}`;
    part(root, 'left').textContent = `left: ${shortcuts ? words.left : plainLeft} (${share})`;
    let usual = `${words.usual} of them: ${words.low} to ${words.high} blocks`;
    if (!shortcuts) usual = deleted ? 'no path is left' : `the one path: ${words.blocks}`;
    part(root, 'usual').textContent = usual;
  }

  function setup(root, data) {
    return function update(state) {
      const { n: blocks, k: asked, c: shortcuts } = state;
      const deleted = Math.min(asked, blocks);
      const words = describe(blocks, deleted);
      const { shares, before, usual } = lengths(blocks, deleted, shortcuts);

      root.dataset.chain = shortcuts ? 'residual' : 'plain';
      drawChain(root, data.chain, blocks, deletedBlocks(blocks, deleted));
      drawHistogram(root, data.histogram, shares, before, usual);
      label(root, words, blocks, deleted, shortcuts);
      return {
        finding: fill(data.findings[kind(blocks, deleted, shortcuts)], words),
        outputs: { n: String(blocks), k: asked > blocks ? `all ${blocks}` : String(deleted) },
      };
    };
  }

  explorables.unravelledPaths = { lengthShares, shareBetween, usualLengths, survivingShare, deletedBlocks };
  explorables.register('unravelled-paths', setup);
})(window.explorables);
