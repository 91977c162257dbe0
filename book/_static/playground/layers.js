/* The playground's arithmetic: layers and blocks in double precision. The products of matrices run
   in WebAssembly where it may (kernels.js), five times faster than the same loops in JavaScript. */
(() => {
  "use strict";

  const EPSILON = 1e-5;
  const KEPT = 0.1; // share of the new batch in the running statistics
  const BATCH = 64;

  // Matrices -------------------------------------------------------------------------------------
  // Row by row in one array. One product serves the forward and the backward pass.

  /** out[m, n] = a times b[k, n]. The next row of a is `down` places away, its next column
      `across`, so a transpose is taken as it stands. What kernels.wat does, where it is missing. */
  function times(a, down, across, b, out, m, n, k) {
    for (let i = 0; i < m; i += 1)
      for (let j = 0; j < n; j += 2) {
        let sum = 0;
        let other = 0;
        for (let p = 0, at = i * down, row = j; p < k; p += 1, at += across, row += n) {
          sum += a[at] * b[row];
          other += a[at] * b[row + 1];
        }
        out[i * n + j] = sum;
        out[i * n + j + 1] = other;
      }
  }

  const PAGE = 65536;
  const BYTES = 8;

  /** Numbers side by side in one memory, which WebAssembly sees too. */
  class Arena {
    constructor(count) {
      this.used = 0;
      this.times = times;
      const pages = Math.ceil((BYTES * count) / PAGE) + 1;
      try {
        const memory = new WebAssembly.Memory({ initial: pages });
        const { exports } = new WebAssembly.Instance(globalThis.ResNetKernels(), {
          env: { memory },
        });
        this.times = (a, down, across, b, out, m, n, k) =>
          exports.times(
            a.byteOffset,
            BYTES * down,
            BYTES * across,
            b.byteOffset,
            out.byteOffset,
            m,
            n,
            k,
          );
        this.buffer = memory.buffer;
      } catch {
        this.buffer = new ArrayBuffer(pages * PAGE);
      }
    }

    take(count) {
      const taken = new Float64Array(this.buffer, this.used, count);
      this.used += BYTES * (count + (count % 2));
      return taken;
    }
  }

  function transpose(a, out, rows, columns) {
    for (let i = 0; i < rows; i += 1)
      for (let j = 0; j < columns; j += 1) out[j * rows + i] = a[i * columns + j];
  }

  function norm(values) {
    let sum = 0;
    for (let i = 0; i < values.length; i += 1) sum += values[i] * values[i];
    return Math.sqrt(sum);
  }

  function deviation(values, count) {
    let sum = 0;
    let squares = 0;
    for (let i = 0; i < count; i += 1) {
      sum += values[i];
      squares += values[i] * values[i];
    }
    const variance = squares / count - (sum / count) ** 2;
    return Math.sqrt(variance < 0 ? 0 : variance);
  }

  // Layers ---------------------------------------------------------------------------------------
  // A layer's output lives until its backward pass; what is used up at once is shared by all.

  class Parameter {
    constructor(arena, count) {
      this.values = arena.take(count);
      this.gradient = arena.take(count);
      this.velocity = arena.take(count);
    }

    update(rate, momentum) {
      const { values, gradient, velocity } = this;
      for (let i = 0; i < values.length; i += 1) {
        velocity[i] = momentum * velocity[i] + gradient[i];
        values[i] -= rate * velocity[i];
      }
    }
  }

  /** What all layers of a network write into and read at once. */
  class Scratch {
    constructor(arena, widest) {
      this.times = arena.times;
      this.out = arena.take(BATCH * widest);
      this.shortcut = arena.take(BATCH * widest);
      this.turned = arena.take(widest * widest);
      this.backs = [arena.take(BATCH * widest), arena.take(BATCH * widest)];
      this.sums = new Float64Array(Math.max(BATCH, widest));
      this.products = new Float64Array(Math.max(BATCH, widest));
    }

    /** Two arrays in turn: a layer reads the gradient in one and writes into the other. */
    nextBack(gradient) {
      return this.backs[gradient.byteOffset === this.backs[0].byteOffset ? 1 : 0];
    }
  }

  /** y = W x for every row. The weights stand transposed, one row for each input. */
  class Linear {
    constructor(arena, scratch, inputs, outputs) {
      Object.assign(this, { scratch, inputs, outputs });
      this.weight = new Parameter(arena, inputs * outputs);
    }

    /** Takes weights[outputs, inputs], the order of PyTorch. */
    begin(weights) {
      transpose(weights, this.weight.values, this.outputs, this.inputs);
    }

    /** Rows beyond the last are computed too, up to a multiple of four; nobody reads them. */
    forward(x, rows, out = this.scratch.out) {
      const { inputs, outputs, weight, scratch } = this;
      this.x = x;
      scratch.times(x, inputs, 1, weight.values, out, Math.ceil(rows / 4) * 4, outputs, inputs);
      return out;
    }

    /** Of the weights, then of the input. */
    backward(gradient, rows) {
      const { inputs, outputs, weight, scratch } = this;
      scratch.times(this.x, 1, inputs, gradient, weight.gradient, inputs, outputs, rows);
      transpose(weight.values, scratch.turned, inputs, outputs);
      const back = scratch.nextBack(gradient);
      scratch.times(gradient, outputs, 1, scratch.turned, back, rows, inputs, outputs);
      return back;
    }
  }

  /** Batch or layer normalisation with a scale and a shift for each unit.
      Batch normalisation brings each unit to mean 0 and variance 1 over the rows, layer
      normalisation each row over its units: a group is a column or a row. */
  class Normalisation {
    constructor(arena, scratch, kind, width, scale) {
      Object.assign(this, { scratch, width, byRow: kind === "layer" });
      this.scale = new Parameter(arena, width);
      this.scale.values.fill(scale);
      this.shift = new Parameter(arena, width);
      this.mean = new Float64Array(width);
      this.variance = new Float64Array(width).fill(1);
      this.unit = arena.take(BATCH * width);
      this.inverse = new Float64Array(Math.max(BATCH, width));
    }

    /** In place. */
    forward(x, rows, training) {
      const { width, unit, byRow, inverse } = this;
      const scale = this.scale.values;
      const shift = this.shift.values;
      const fresh = byRow || training;
      const middle = fresh ? this.measure(x, rows) : this.mean;
      if (!fresh) for (let j = 0; j < width; j += 1) inverse[j] = rootOf(this.variance[j]);
      for (let i = 0, at = 0; i < rows; i += 1)
        for (let j = 0; j < width; j += 1, at += 1) {
          const group = byRow ? i : j;
          unit[at] = (x[at] - middle[group]) * inverse[group];
          x[at] = scale[j] * unit[at] + shift[j];
        }
      return x;
    }

    /** Means of the groups; leaves what to multiply by in this.inverse. */
    measure(x, rows) {
      const { width, byRow, inverse } = this;
      const [groups, count] = byRow ? [rows, width] : [width, rows];
      const means = this.scratch.sums.fill(0);
      const variances = this.scratch.products.fill(0);
      for (let i = 0, at = 0; i < rows; i += 1)
        for (let j = 0; j < width; j += 1, at += 1) means[byRow ? i : j] += x[at];
      for (let group = 0; group < groups; group += 1) means[group] /= count;
      for (let i = 0, at = 0; i < rows; i += 1)
        for (let j = 0; j < width; j += 1, at += 1) {
          const group = byRow ? i : j;
          const far = x[at] - means[group];
          variances[group] += far * far;
        }
      for (let group = 0; group < groups; group += 1) {
        inverse[group] = rootOf(variances[group] / count);
        if (!byRow) this.remember(group, means[group], variances[group] / (count - 1));
      }
      return means;
    }

    remember(unit, mean, variance) {
      this.mean[unit] += KEPT * (mean - this.mean[unit]);
      this.variance[unit] += KEPT * (variance - this.variance[unit]);
    }

    /** In place. */
    backward(gradient, rows) {
      const { width, unit, byRow, inverse } = this;
      const scale = this.scale.values;
      const scaleBack = this.scale.gradient.fill(0);
      const shiftBack = this.shift.gradient.fill(0);
      const sums = this.scratch.sums.fill(0);
      const products = this.scratch.products.fill(0);
      for (let i = 0, at = 0; i < rows; i += 1)
        for (let j = 0; j < width; j += 1, at += 1) {
          const group = byRow ? i : j;
          const back = gradient[at] * scale[j];
          scaleBack[j] += gradient[at] * unit[at];
          shiftBack[j] += gradient[at];
          sums[group] += back;
          products[group] += back * unit[at];
          gradient[at] = back;
        }
      const count = byRow ? width : rows;
      for (let i = 0, at = 0; i < rows; i += 1)
        for (let j = 0; j < width; j += 1, at += 1) {
          const group = byRow ? i : j;
          const common = (sums[group] + unit[at] * products[group]) / count;
          gradient[at] = inverse[group] * (gradient[at] - common);
        }
      return gradient;
    }
  }

  function rootOf(variance) {
    return 1 / Math.sqrt(variance + EPSILON);
  }

  /** ReLU; what is not a number stays so. */
  function rectify(x, out, count) {
    for (let i = 0; i < count; i += 1) out[i] = Math.max(x[i], 0);
  }

  /** Gradient before a ReLU, in place; behind what is not a number it is none either. */
  function rectifyBack(gradient, out, count) {
    for (let i = 0; i < count; i += 1) if (out[i] <= 0) gradient[i] = 0;
  }

  /** Linear, normalisation where there is one, and a ReLU unless a block adds first. */
  class Layer {
    constructor(arena, linear, normalisation, rectified) {
      Object.assign(this, { linear, normalisation, rectified });
      if (rectified) this.out = arena.take(BATCH * linear.outputs);
    }

    parameters() {
      const { linear, normalisation } = this;
      return [linear.weight, ...(normalisation ? [normalisation.scale, normalisation.shift] : [])];
    }

    forward(x, rows, training) {
      const y = this.linear.forward(x, rows);
      if (this.normalisation) this.normalisation.forward(y, rows, training);
      if (!this.rectified) return y;
      rectify(y, this.out, rows * this.linear.outputs);
      return this.out;
    }

    backward(gradient, rows) {
      if (this.rectified) rectifyBack(gradient, this.out, rows * this.linear.outputs);
      if (this.normalisation) this.normalisation.backward(gradient, rows);
      return this.linear.backward(gradient, rows);
    }
  }

  /** Two layers, then the shortcut's addition where there is one, then a ReLU. */
  class Block {
    constructor(arena, scratch, first, second, residual) {
      Object.assign(this, { scratch, first, second, residual });
      this.width = second.linear.outputs;
      this.out = arena.take(BATCH * this.width);
      this.response = 0;
    }

    parameters() {
      return [...this.first.parameters(), ...this.second.parameters()];
    }

    /** The response is the standard deviation of what the branch gives, before the addition. */
    forward(x, rows, training) {
      const branch = this.second.forward(this.first.forward(x, rows, training), rows, training);
      const count = rows * this.width;
      this.response = deviation(branch, count);
      if (this.residual) for (let i = 0; i < count; i += 1) branch[i] += x[i];
      rectify(branch, this.out, count);
      return this.out;
    }

    backward(gradient, rows) {
      const count = rows * this.width;
      rectifyBack(gradient, this.out, count);
      const { shortcut } = this.scratch;
      if (this.residual) for (let i = 0; i < count; i += 1) shortcut[i] = gradient[i];
      const down = this.first.backward(this.second.backward(gradient, rows), rows);
      if (this.residual) for (let i = 0; i < count; i += 1) down[i] += shortcut[i];
      return down;
    }

    /** A fresh block without normalisation that returns its input, which has no negative values. */
    passOn() {
      const weights = [this.first.linear.weight.values, this.second.linear.weight.values];
      if (this.residual) {
        weights[1].fill(0);
        return;
      }
      for (const matrix of weights) {
        matrix.fill(0);
        for (let unit = 0; unit < this.width; unit += 1) matrix[unit * this.width + unit] = 1;
      }
    }

    /** Length of the gradient of both weight matrices together. */
    gradient() {
      return Math.hypot(
        norm(this.first.linear.weight.gradient),
        norm(this.second.linear.weight.gradient),
      );
    }
  }

  globalThis.ResNetLayers = {
    BATCH,
    Arena,
    Scratch,
    Parameter,
    Linear,
    Normalisation,
    Layer,
    Block,
  };
})();
