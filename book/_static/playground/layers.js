/* The playground's arithmetic: layers and blocks in double precision. The products of matrices run
   in WebAssembly where it may (kernels.js), five times faster than the same loops in JavaScript. */
(() => {
  "use strict";

  const EPSILON = 1e-5;
  const KEPT = 0.1; // share of the new batch in the running statistics
  const BATCH = 64;

  // Matrices -------------------------------------------------------------------------------------
  // Row by row in one array. One product serves forward and backward pass.

  /** out[m, n] = a[m, k] times the transpose of b[n, k], where WebAssembly is missing. */
  function timesTransposed(a, b, out, m, n, k) {
    for (let i = 0; i < m; i += 1)
      for (let j = 0; j < n; j += 2) {
        const first = j * k;
        const second = first + k;
        let sum = 0;
        let other = 0;
        for (let p = 0, at = i * k; p < k; p += 1, at += 1) {
          sum += a[at] * b[first + p];
          other += a[at] * b[second + p];
        }
        out[i * n + j] = sum;
        out[i * n + j + 1] = other;
      }
  }

  const PAGE = 65536;

  /** Numbers side by side in one memory, which WebAssembly sees too. */
  class Arena {
    constructor(count) {
      this.used = 0;
      this.multiply = timesTransposed;
      const pages = Math.ceil((8 * count) / PAGE) + 1;
      try {
        this.memory = new WebAssembly.Memory({ initial: pages });
        const { exports } = new WebAssembly.Instance(globalThis.ResNetKernels(), {
          env: { memory: this.memory },
        });
        this.multiply = (a, b, out, m, n, k) =>
          exports.timesTransposed(a.byteOffset, b.byteOffset, out.byteOffset, m, n, k);
        this.buffer = this.memory.buffer;
      } catch {
        this.memory = null;
        this.buffer = new ArrayBuffer(pages * PAGE);
      }
    }

    take(count) {
      const taken = new Float64Array(this.buffer, this.used, count);
      this.used += 8 * (count + (count % 2));
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
      Object.assign(this, { multiply: arena.multiply });
      for (const name of ["out", "sum", "inTurned", "outTurned"])
        this[name] = arena.take(BATCH * widest);
      this.weights = arena.take(widest * widest);
      this.backs = [arena.take(BATCH * widest), arena.take(BATCH * widest)];
      this.inverse = arena.take(Math.max(BATCH, widest));
    }

    /** Two arrays in turn: a layer reads the gradient in one and writes into the other. */
    nextBack(gradient) {
      return this.backs[gradient.byteOffset === this.backs[0].byteOffset ? 1 : 0];
    }
  }

  /** y = W x for every row. */
  class Linear {
    constructor(arena, scratch, inputs, outputs) {
      Object.assign(this, { scratch, inputs, outputs });
      this.weight = new Parameter(arena, inputs * outputs);
    }

    /** Rows beyond the last are computed too, up to a multiple of four; nobody reads them. */
    forward(x, rows, out = this.scratch.out) {
      this.x = x;
      const whole = Math.ceil(rows / 4) * 4;
      this.scratch.multiply(x, this.weight.values, out, whole, this.outputs, this.inputs);
      return out;
    }

    backward(gradient, rows) {
      const { inputs, outputs, scratch, weight } = this;
      transpose(gradient, scratch.outTurned, rows, outputs);
      transpose(this.x, scratch.inTurned, rows, inputs);
      this.gradients(scratch.outTurned, scratch.inTurned, rows);
      transpose(weight.values, scratch.weights, outputs, inputs);
      const back = scratch.nextBack(gradient);
      scratch.multiply(gradient, scratch.weights, back, rows, inputs, outputs);
      return back;
    }

    /** Of the weights, four outputs at a time; ten classes are two more. */
    gradients(outTurned, inTurned, rows) {
      const { inputs, outputs, scratch, weight } = this;
      const whole = Math.ceil(outputs / 4) * 4;
      const to = whole === outputs ? weight.gradient : scratch.weights;
      scratch.multiply(outTurned, inTurned, to, whole, inputs, rows);
      if (to !== weight.gradient) weight.gradient.set(to.subarray(0, inputs * outputs));
    }
  }

  /** Batch or layer normalisation with a scale and a shift for each unit. */
  class Normalisation {
    constructor(arena, kind, width, scale) {
      Object.assign(this, { kind, width });
      this.scale = new Parameter(arena, width);
      this.scale.values.fill(scale);
      this.shift = new Parameter(arena, width);
      this.mean = arena.take(width);
      this.variance = arena.take(width).fill(1);
      this.unit = arena.take(BATCH * width);
      this.inverse = arena.take(Math.max(BATCH, width));
    }

    /** In place. */
    forward(x, rows, training) {
      const { width, unit, scale, shift } = this;
      if (this.kind === "layer") this.alongRows(x, rows);
      else if (training) this.alongColumns(x, rows);
      else this.asRemembered(x, rows);
      for (let i = 0, at = 0; i < rows; i += 1)
        for (let j = 0; j < width; j += 1, at += 1)
          x[at] = scale.values[j] * unit[at] + shift.values[j];
      return x;
    }

    alongRows(x, rows) {
      this.standardise(x, rows, this.width, this.width, 1);
    }

    alongColumns(x, rows) {
      const { mean, variance } = this;
      this.standardise(x, this.width, rows, 1, this.width, (unit, middle, spread) => {
        mean[unit] += KEPT * (middle - mean[unit]);
        variance[unit] += KEPT * ((spread * rows) / (rows - 1) - variance[unit]);
      });
    }

    /** Groups of values lose their mean and divide by their standard deviation. */
    standardise(x, groups, count, apart, stride, tell = () => {}) {
      const { unit, inverse } = this;
      for (let group = 0; group < groups; group += 1) {
        const first = group * apart;
        const end = first + count * stride;
        let middle = 0;
        for (let at = first; at < end; at += stride) middle += x[at];
        middle /= count;
        let spread = 0;
        for (let at = first; at < end; at += stride) spread += (x[at] - middle) * (x[at] - middle);
        spread /= count;
        const factor = 1 / Math.sqrt(spread + EPSILON);
        inverse[group] = factor;
        for (let at = first; at < end; at += stride) unit[at] = (x[at] - middle) * factor;
        tell(group, middle, spread);
      }
    }

    asRemembered(x, rows) {
      const { width, mean, variance, unit } = this;
      for (let j = 0; j < width; j += 1) {
        const inverse = 1 / Math.sqrt(variance[j] + EPSILON);
        for (let at = j; at < rows * width; at += width) unit[at] = (x[at] - mean[j]) * inverse;
      }
    }

    /** In place. */
    backward(gradient, rows) {
      const { width, unit, scale, shift } = this;
      scale.gradient.fill(0);
      shift.gradient.fill(0);
      for (let i = 0, at = 0; i < rows; i += 1)
        for (let j = 0; j < width; j += 1, at += 1) {
          scale.gradient[j] += gradient[at] * unit[at];
          shift.gradient[j] += gradient[at];
          gradient[at] *= scale.values[j];
        }
      if (this.kind === "layer") this.standardiseBack(gradient, rows, width, width, 1);
      else this.standardiseBack(gradient, width, rows, 1, width);
      return gradient;
    }

    standardiseBack(back, groups, count, apart, stride) {
      const { unit, inverse } = this;
      for (let group = 0; group < groups; group += 1) {
        const first = group * apart;
        const end = first + count * stride;
        let sum = 0;
        let along = 0;
        for (let at = first; at < end; at += stride) {
          sum += back[at];
          along += back[at] * unit[at];
        }
        sum /= count;
        along /= count;
        const factor = inverse[group];
        for (let at = first; at < end; at += stride)
          back[at] = factor * (back[at] - sum - unit[at] * along);
      }
    }
  }

  /** ReLU; what is not a number stays so. */
  function rectify(x, out, count) {
    for (let i = 0; i < count; i += 1) out[i] = x[i] > 0 ? x[i] : Number.isNaN(x[i]) ? NaN : 0;
  }

  /** Gradient before a ReLU, in place. */
  function rectifyBack(gradient, out, count) {
    for (let i = 0; i < count; i += 1) if (!(out[i] > 0)) gradient[i] = 0;
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
      const { sum } = this.scratch;
      if (this.residual) sum.set(gradient);
      const down = this.first.backward(this.second.backward(gradient, rows), rows);
      if (this.residual) for (let i = 0; i < count; i += 1) down[i] += sum[i];
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
