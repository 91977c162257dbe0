/* The residual block with adjustable weights. Twin of residual_chain in utils/miniatures/chains.py. */
"use strict";

(function (explorables) {
  const { bar, dots, draw, fill, format, line, part, write } = explorables;
  const LABEL_BLOCKS = 9;

  function times(matrix, vector) {
    return matrix.map((row) => row.reduce((sum, weight, i) => sum + weight * vector[i], 0));
  }

  function relu(vector) {
    return vector.map((value) => Math.max(value, 0));
  }

  function scaled(factor, vector) {
    return vector.map((value) => factor * value);
  }

  function norm(vector) {
    return Math.hypot(...vector);
  }

  /** Integers in the page, in order (block, layer, row, column), as a list of [W1, W2]. */
  function unpack({ weights, weightSteps, width }) {
    const rows = [];
    for (let start = 0; start < weights.length; start += width) {
      rows.push(weights.slice(start, start + width).map((step) => step / weightSteps));
    }
    const blocks = [];
    for (let start = 0; start < rows.length; start += 2 * width) {
      blocks.push([rows.slice(start, start + width), rows.slice(start + width, start + 2 * width)]);
    }
    return blocks;
  }

  /** The input and the output of every block. */
  function chain(x, blocks, scale, shortcut) {
    const signals = [x];
    for (const [first, second] of blocks) {
      const arriving = signals[signals.length - 1];
      const hidden = relu(scaled(scale, times(first, arriving)));
      const branch = scaled(scale, times(second, hidden));
      signals.push(relu(shortcut ? branch.map((value, i) => value + arriving[i]) : branch));
    }
    return signals;
  }

  function drawBars(root, bars, signal) {
    const highest = bars.base - bars.top;
    let cuts = "";
    [...part(root, "output").children].forEach((rect, i) => {
      const height = Math.min(signal[i] * bars.unit, highest);
      rect.setAttribute("y", bars.base - height);
      rect.setAttribute("height", height);
      if (height < highest) return;
      cuts += `M${rect.getAttribute("x")} ${bars.top - 3}h${bars.width}l${-bars.width / 2}-5z`;
    });
    draw(root, { cut: cuts });
  }

  /** Hinton diagram: the area of a square is the size of its weight. */
  function drawLayer(root, layers, index, matrix, scale) {
    const cell = layers.size / matrix.length;
    const squares = { positive: "", negative: "" };
    for (const [i, row] of matrix.entries()) {
      for (const [j, weight] of row.entries()) {
        const filled = Math.min(1, Math.sqrt((Math.abs(weight) * scale) / layers.full));
        if (filled === 0) continue;
        const side = 0.9 * cell * filled;
        const left = layers.left[index] + (j + 0.5) * cell - side / 2;
        const top = layers.top + (i + 0.5) * cell - side / 2;
        squares[weight > 0 ? "positive" : "negative"] += bar(left, top, side, side);
      }
    }
    const { positive, negative } = squares;
    draw(root, { [`positive-${index}`]: positive, [`negative-${index}`]: negative });
  }

  function stripY(strip, value) {
    if (value === 0) return strip.zero;
    const decades = Math.max(-strip.decades, Math.min(strip.decades, Math.log10(value)));
    return strip.one - strip.decade * decades;
  }

  function drawStrip(root, strip, name, norms, above) {
    const group = part(root, name);
    const x = (block) => strip.left + strip.step * block;
    const points = norms.map((value, block) => [x(block), stripY(strip, value)]);
    draw(group, { line: line(points), dots: dots(points) });
    placeLabel(part(group, "label"), points, above, strip.zero);
  }

  /** Beside the end of the line, clear of the part that the label runs along. */
  function placeLabel(label, points, above, zero) {
    const [x, end] = points[points.length - 1];
    const toTheLeft = points.length > LABEL_BLOCKS;
    const heights = toTheLeft ? points.slice(-LABEL_BLOCKS).map(([, y]) => y) : [end];
    const below = end === zero ? zero - 8 : Math.max(...heights) + 14;
    label.setAttribute("x", x);
    label.setAttribute("y", above ? Math.min(...heights) - 8 : below);
    label.setAttribute("text-anchor", toTheLeft ? "end" : "start");
  }

  function kind(scale, change) {
    if (scale === 0) return "zero";
    if (change > 1.25) return "grows";
    return change < 0.8 ? "shrinks" : "even";
  }

  function compute(x, blocks, scale) {
    const signals = {
      residual: chain(x, blocks, scale, true),
      plain: chain(x, blocks, scale, false),
    };
    const norms = { residual: signals.residual.map(norm), plain: signals.plain.map(norm) };
    return { signals, norms };
  }

  function describe(norms, shown, { s: scale, b: count }) {
    const mine = norms[shown];
    const others = norms[shown === "plain" ? "residual" : "plain"];
    return {
      scale: scale.toFixed(2),
      blocks: count === 1 ? "1 block" : `${count} blocks`,
      in: format(mine[0]),
      out: format(mine[count]),
      other: format(others[count]),
      factor: format(mine[count] / mine[0]),
    };
  }

  function show(root, data, { signals, norms }, shown, words) {
    const count = norms[shown].length - 1;
    drawBars(root, data.bars, signals[shown][count]);
    drawStrip(root, data.strip, "residual", norms.residual, true);
    drawStrip(root, data.strip, "plain", norms.plain, false);
    const blocks = count === 1 ? words.blocks : `${words.blocks} in a row`;
    write(root, { "norm-y": `norm ${words.out}`, blocks });
  }

  function setup(root, data) {
    const blocks = unpack(data);

    return function update(state) {
      const { s: scale, b: count, c: shortcut } = state;
      const shown = shortcut ? "residual" : "plain";
      const result = compute(data.x, blocks.slice(0, count), scale);
      const words = describe(result.norms, shown, state);
      const change = result.norms[shown][count] / result.norms[shown][0];

      root.dataset.chain = shown;
      root.dataset.zero = String(scale === 0);
      root.dataset.single = String(count === 1);
      show(root, data, result, shown, words);
      for (const layer of [0, 1]) drawLayer(root, data.layers, layer, blocks[0][layer], scale);
      return {
        finding: fill(data.findings[`${shown} ${kind(scale, change)}`], words),
        outputs: { s: `× ${words.scale}`, b: String(count) },
      };
    };
  }

  explorables.residualBlock = { chain, unpack };
  explorables.register("residual-block", setup);
})(window.explorables);
