/* A residual network unravelled into its paths. Twin of utils/miniatures/unravelled.py. */
"use strict";

(function (explorables) {
  const { bar, chain, draw, fill, format, shape, write } = explorables;
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
    return Array.from({ length: deleted }, (_, i) =>
      Math.floor(((2 * i + 1) * blocks) / (2 * deleted)),
    );
  }

  /** A number and its unit stay on one line. */
  function unbroken(text) {
    return text.replace(/ /g, "\u00a0");
  }

  function amount(paths) {
    return unbroken(paths < PLAIN_NUMBERS ? paths.toLocaleString("en-US") : format(paths));
  }

  function percent(share) {
    const value = 100 * share;
    if (value === 0) return unbroken("0 %");
    return unbroken(`${value >= 0.01 ? Number(value.toPrecision(3)) : format(value)} %`);
  }

  function drawChain(root, g, blocks, gone) {
    const pitch = g.width / Math.min(blocks, g.row);
    const lastRow = Math.floor((blocks - 1) / g.row);
    const places = Array.from({ length: blocks }, (_, index) => [
      g.left + (index % g.row) * pitch,
      g.middle + g.space * (Math.floor(index / g.row) - lastRow / 2),
    ]);
    const size = Math.min(g.size, g.fill * pitch);
    const rise = Math.min(g.space, 1.2 * pitch);
    draw(root, chain(places, gone, { pitch, size, rise, cut: true }));
  }

  function drawHistogram(root, g, shares, before, usual) {
    const x = (length) => g.left + g.step * length;
    const highest = Math.max(...shares, ...before);
    const height = (share) => (share / highest) * (g.base - g.top);
    const bars = shares.map((share, length) => {
      return bar(x(length) - g.bar / 2, g.base - height(share), g.bar, height(share));
    });
    const steps = before.map((share, length) => {
      return shape`V${g.base - height(share)}H${x(length) + g.step / 2}`;
    });
    const [low, high] = [x(usual[0]) - g.step / 2, x(usual[1]) + g.step / 2];
    const [foot, top] = [g.top - 10, g.top - 16];
    draw(root, {
      bars: bars.join(""),
      before: shape`M${x(0) - g.step / 2} ${g.base}` + steps.join("") + shape`V${g.base}`,
      range: shares.length ? shape`M${low} ${foot}V${top}H${high}V${foot}` : "",
    });
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
    if (!shortcuts) return deleted ? "plain cut" : "plain whole";
    if (!deleted) return "residual whole";
    return deleted === blocks ? "residual bare" : "residual cut";
  }

  function describe(blocks, deleted) {
    const [low, high] = usualLengths(blocks - deleted);
    const usual = shareBetween(blocks - deleted, low, high);
    return {
      blocks: blocks === 1 ? "1 block" : `${blocks} blocks`,
      deleted: String(deleted),
      paths: amount(countPaths(blocks, true)),
      left: amount(countPaths(blocks - deleted, true)),
      share: percent(survivingShare(blocks, deleted, true)),
      usual: usual > 0.9999 ? "all" : unbroken(`${(100 * usual).toFixed(1)} %`),
      low: String(low),
      high: String(high),
    };
  }

  function label(root, words, blocks, deleted, shortcuts) {
    const share = percent(survivingShare(blocks, deleted, shortcuts));
    const plainLeft = deleted ? "0" : "1";
    let usual = `${words.usual} of them: ${words.low} to ${words.high} blocks`;
    if (!shortcuts) usual = deleted ? "no path is left" : `the one path: ${words.blocks}`;
    write(root, {
      title: `${words.blocks}, ${words.deleted} removed`,
      paths: `paths: ${shortcuts ? words.paths : "1"}`,
      left: `left: ${shortcuts ? words.left : plainLeft} (${share})`,
      usual,
    });
  }

  function setup(root, data) {
    return function update(state) {
      const { n: blocks, k: asked, c: shortcuts } = state;
      const deleted = Math.min(asked, blocks);
      const words = describe(blocks, deleted);
      const { shares, before, usual } = lengths(blocks, deleted, shortcuts);

      root.dataset.chain = shortcuts ? "residual" : "plain";
      drawChain(root, data.chain, blocks, deletedBlocks(blocks, deleted));
      drawHistogram(root, data.histogram, shares, before, usual);
      label(root, words, blocks, deleted, shortcuts);
      return {
        finding: fill(data.findings[kind(blocks, deleted, shortcuts)], words),
        outputs: { n: String(blocks), k: asked > blocks ? `all ${blocks}` : String(deleted) },
      };
    };
  }

  explorables.unravelledPaths = {
    lengthShares,
    shareBetween,
    usualLengths,
    survivingShare,
    deletedBlocks,
  };
  explorables.register("unravelled-paths", setup);
})(window.explorables);
