/* The playground's networks: plain and residual ones of fully connected layers, and their training.
   utils/miniatures/playground.py is the same in PyTorch, and a test compares the two. */
(() => {
  "use strict";

  const { uniforms, normals, order } = globalThis.ResNetRandom;
  const { BATCH, Arena, Scratch, Parameter, Linear, Normalisation, Layer, Block } =
    globalThis.ResNetLayers;

  // Networks -------------------------------------------------------------------------------------

  /** First weights of a layer, by its number; the head has the number -1. */
  function firstWeights(settings, number, inputs, outputs) {
    const { seed, start, blocks } = settings;
    const stream = number + 1;
    const values = new Float64Array(inputs * outputs);
    if (start === "pytorch") {
      const draw = uniforms(seed, stream);
      const bound = 1 / Math.sqrt(inputs);
      return values.map((_, place) => bound * (2 * draw(place) - 1));
    }
    const draw = normals(seed, stream);
    const inBlock = number > 0;
    const dirac = start === "identity" && inBlock;
    const scale = Math.sqrt(2 / inputs) * (dirac ? 1 / Math.sqrt(2 * blocks) : 1);
    for (let place = 0; place < values.length; place += 1) values[place] = scale * draw(place);
    if (dirac) for (let unit = 0; unit < outputs; unit += 1) values[unit * inputs + unit] += 1;
    return values;
  }

  /** Numbers that a network keeps, generously. */
  function needed({ blocks, width }, pixels) {
    const widest = Math.max(width, pixels, BATCH);
    const layer = 3 * widest * width + 4 * BATCH * width + 10 * widest;
    return (2 * blocks + 2) * layer + 9 * BATCH * widest + widest * widest + 3 * widest;
  }

  class Net {
    constructor(settings, residual, pixels, classes) {
      Object.assign(this, { settings, residual, pixels, classes });
      const { blocks, width } = settings;
      this.arena = new Arena(needed(settings, pixels) + BATCH * pixels);
      this.scratch = new Scratch(this.arena, Math.max(width, pixels));
      this.input = this.arena.take(BATCH * pixels);
      this.stem = this.layer(0, pixels, width, true, 1);
      this.blocks = Array.from({ length: blocks }, (_, block) => this.block(block));
      // The product takes columns by fours: beside the classes stand columns of zeros.
      this.places = Math.ceil(classes / 4) * 4;
      this.head = this.linear(-1, width, classes, 1, this.places);
      this.bias = new Parameter(this.arena, classes);
      this.scores = this.arena.take(BATCH * this.places);
      this.errors = this.arena.take(BATCH * this.places);
      this.all = [
        ...this.stem.parameters(),
        ...this.blocks.flatMap((block) => block.parameters()),
        this.head.weight,
        this.bias,
      ];
    }

    /** The scores of one image. */
    row(scores, image) {
      return scores.subarray(image * this.places, image * this.places + this.classes);
    }

    linear(number, inputs, outputs, scale = 1, places = outputs) {
      const made = new Linear(this.arena, this.scratch, inputs, places);
      const values = firstWeights(this.settings, number, inputs, outputs);
      const weights = new Float64Array(inputs * places);
      weights.set(values.map((value) => scale * value));
      made.begin(weights);
      return made;
    }

    /** A scale of 0 stands in the normalisation, or else in the weights. */
    layer(number, inputs, outputs, rectified, scale) {
      const { normalisation } = this.settings;
      const bare = normalisation === "none";
      const linear = this.linear(number, inputs, outputs, bare ? scale : 1);
      const normal = bare
        ? null
        : new Normalisation(this.arena, this.scratch, normalisation, outputs, scale);
      return new Layer(this.arena, linear, normal, rectified);
    }

    block(index) {
      const { width, start } = this.settings;
      const first = this.layer(2 * index + 1, width, width, true, 1);
      const last = this.layer(2 * index + 2, width, width, false, start === "zero" ? 0 : 1);
      return new Block(this.arena, this.scratch, first, last, this.residual);
    }

    /** Takes the weights of a shallower network without normalisation. A new plain block gets two
        identity matrices, and a new residual block a branch that gives zero: both pass on. */
    copyFrom(other) {
      const copy = (to, from) => to.forEach((one, i) => one.values.set(from[i].values));
      copy(this.stem.parameters(), other.stem.parameters());
      copy([this.head.weight, this.bias], [other.head.weight, other.bias]);
      for (const [place, block] of this.blocks.entries()) {
        if (place < other.blocks.length) copy(block.parameters(), other.blocks[place].parameters());
        else block.passOn();
      }
    }

    /** Scores of at most 64 images, one row each; see row(). */
    forward(images, rows, training) {
      this.input.set(images.subarray(0, rows * this.pixels));
      let y = this.stem.forward(this.input, rows, training);
      for (const block of this.blocks) y = block.forward(y, rows, training);
      const scores = this.head.forward(y, rows, this.scores);
      for (let i = 0; i < rows; i += 1) {
        const own = this.row(scores, i);
        for (let j = 0; j < this.classes; j += 1) own[j] += this.bias.values[j];
      }
      return scores;
    }

    /** Mean cross-entropy; leaves its gradient by the scores in this.errors. */
    loss(scores, labels, rows) {
      let sum = 0;
      for (let i = 0; i < rows; i += 1) {
        const shares = softmax(this.row(scores, i));
        const own = this.row(this.errors, i);
        sum += shares.surprise(labels[i]);
        for (let j = 0; j < this.classes; j += 1)
          own[j] = (shares.of[j] - (j === labels[i] ? 1 : 0)) / rows;
      }
      return sum / rows;
    }

    /** One step on one mini-batch of 64: its loss before the step, and what each block showed. */
    step(images, labels) {
      const { rate, momentum } = this.settings;
      const loss = this.loss(this.forward(images, BATCH, true), labels, BATCH);
      const responses = this.blocks.map((block) => block.response);
      this.bias.gradient.fill(0);
      for (let i = 0; i < BATCH; i += 1)
        for (const [j, error] of this.row(this.errors, i).entries()) this.bias.gradient[j] += error;
      let back = this.head.backward(this.errors, BATCH);
      for (let i = this.blocks.length - 1; i >= 0; i -= 1)
        back = this.blocks[i].backward(back, BATCH);
      this.stem.backward(back, BATCH);
      const gradients = this.blocks.map((block) => block.gradient());
      for (const parameter of this.all) parameter.update(rate, momentum);
      return { loss, gradients, responses };
    }

    /** Share of wrong answers; scores that are no numbers count as wrong. */
    error(images, labels) {
      let wrong = 0;
      for (let first = 0; first < labels.length; first += BATCH) {
        const rows = Math.min(BATCH, labels.length - first);
        const scores = this.forward(images.subarray(first * this.pixels), rows, false);
        for (let i = 0; i < rows; i += 1) {
          wrong += best(this.row(scores, i)) === labels[first + i] ? 0 : 1;
        }
      }
      return wrong / labels.length;
    }
  }

  /** Place of the highest score, or -1 where one of them is no number. */
  function best(scores) {
    let place = 0;
    for (let j = 0; j < scores.length; j += 1) {
      if (!Number.isFinite(scores[j])) return -1;
      if (scores[j] > scores[place]) place = j;
    }
    return place;
  }

  /** Probabilities of a row of scores, and what the right class costs. */
  function softmax(scores) {
    let highest = -Infinity;
    for (const score of scores) highest = score > highest || Number.isNaN(score) ? score : highest;
    let total = 0;
    const of = Array.from(scores, (score) => Math.exp(score - highest));
    for (const power of of) total += power;
    return {
      of: of.map((power) => power / total),
      surprise: (label) => Math.log(total) + highest - scores[label],
    };
  }

  globalThis.ResNetEngine = { BATCH, Net, order, softmax };
})();
