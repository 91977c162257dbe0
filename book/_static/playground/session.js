/* Both networks of the playground in one training: the same first weights, the same mini-batches.
   A Session trains and remembers, a Driver answers messages. Neither knows the page. */
(() => {
  "use strict";

  const { BATCH, Net, order, softmax } = globalThis.ResNetEngine;

  const KINDS = ["plain", "residual"];
  const SEEN = 360; // training images that are asked for the training error
  const EPOCH = 22; // mini-batches; the rest of the last one is left out
  const MOST_STEPS = 3300;
  const SLICE_MS = { worker: 40, page: 12 };
  const SHOT_MS = 80;
  const CALM_STEPS_PER_S = 25;

  /** Pixels 0 to 16 as the networks see them. */
  function inputs(pixels, { mean, sd }) {
    return Float64Array.from(pixels, (value) => (value / 16 - mean) / sd);
  }

  /** Place of the first block that shows no number, from 1; 0 where all of them do. */
  function firstBroken(responses) {
    return 1 + responses.findIndex((value) => !Number.isFinite(value));
  }

  class Session {
    /** digits: train and test pixels, their labels, mean and sd, and the places of those shown. */
    constructor(settings, digits) {
      const { train, trainLabels, test, testLabels, shown } = digits;
      this.settings = { ...settings };
      this.images = inputs(train, digits);
      this.labels = trainLabels;
      this.pixels = train.length / trainLabels.length;
      this.seen = [this.images.subarray(0, SEEN * this.pixels), trainLabels.slice(0, SEEN)];
      this.tested = [inputs(test, digits), testLabels];
      this.classes = 1 + Math.max(...trainLabels);
      this.shown = new Float64Array(shown.length * this.pixels);
      for (const [place, image] of shown.entries())
        this.shown.set(this.image(this.tested[0], image), place * this.pixels);
      this.shownCount = shown.length;
      this.batch = new Float64Array(BATCH * this.pixels);
      this.batchLabels = new Int32Array(BATCH);
      this.begin((kind) => new Net(this.settings, kind === "residual", this.pixels, this.classes));
    }

    image(images, place) {
      return images.subarray(place * this.pixels, (place + 1) * this.pixels);
    }

    begin(make) {
      this.steps = 0;
      this.runs = {};
      for (const kind of KINDS) {
        const net = make(kind);
        this.runs[kind] = { net, losses: [], last: null, stopped: null };
      }
      this.errors = [];
      this.look();
    }

    get finished() {
      return this.steps >= MOST_STEPS || KINDS.every((kind) => this.runs[kind].stopped);
    }

    /** Training and test errors, as they are now. */
    look() {
      const found = { step: this.steps };
      for (const kind of KINDS) {
        const { net } = this.runs[kind];
        found[kind] = { train: net.error(...this.seen), test: net.error(...this.tested) };
      }
      this.errors.push(found);
    }

    fillBatch() {
      const turn = this.steps % EPOCH;
      if (turn === 0)
        this.places = order(this.labels.length, this.settings.seed, this.steps / EPOCH);
      for (let i = 0; i < BATCH; i += 1) {
        const place = this.places[turn * BATCH + i];
        this.batch.set(this.image(this.images, place), i * this.pixels);
        this.batchLabels[i] = this.labels[place];
      }
    }

    /** One step of each network that still computes with numbers. */
    step() {
      if (this.finished) return;
      this.fillBatch();
      for (const kind of KINDS) {
        const run = this.runs[kind];
        if (run.stopped) continue;
        const shown = run.net.step(this.batch, this.batchLabels);
        run.losses.push(shown.loss);
        run.last = shown;
        if (!Number.isFinite(shown.loss))
          run.stopped = { step: this.steps + 1, block: firstBroken(shown.responses) };
      }
      this.steps += 1;
      if (this.steps % EPOCH === 0 || this.finished) this.look();
    }

    /** What each network answers to the shown digits: a row of probabilities for each. */
    answers(kind) {
      const { net } = this.runs[kind];
      const scores = net.forward(this.shown, this.shownCount, false);
      const { shownCount: length } = this;
      return Array.from({ length }, (_, image) => softmax(net.row(scores, image)).of);
    }

    /** The state as plain data; of the losses those after the first `known`. */
    shot(known = 0) {
      const { settings, steps, errors, finished } = this;
      const shot = { settings, steps, errors, finished, known };
      for (const kind of KINDS) {
        const { losses, last, stopped } = this.runs[kind];
        shot[kind] = {
          losses: losses.slice(known),
          gradients: last?.gradients ?? null,
          responses: last?.responses ?? null,
          answers: this.answers(kind),
          stopped,
        };
      }
      return shot;
    }

    /** Goes on with deeper networks that compute what these compute: new blocks pass on. */
    deepen(blocks) {
      const before = this.settings;
      if (before.normalisation !== "none")
        throw new Error("with normalisation a new block does not pass its input on unchanged");
      this.settings = { ...before, blocks };
      const old = this.runs;
      this.begin((kind) => {
        const net = new Net(this.settings, kind === "residual", this.pixels, this.classes);
        net.copyFrom(old[kind].net);
        return net;
      });
    }
  }

  /** Trains in slices and tells what it sees. place: "worker" or "page". */
  class Driver {
    constructor(tell, place) {
      Object.assign(this, { tell, slice: SLICE_MS[place], session: null, running: false });
      this.goal = null;
      this.fast = false;
      this.known = 0;
      this.told = 0;
      this.timer = 0;
    }

    hear(message) {
      try {
        this[message.type]?.(message);
      } catch (problem) {
        this.running = false;
        this.tell({ type: "failed", message: String(problem?.message ?? problem) });
      }
    }

    begin({ settings, digits }) {
      this.digits = digits ?? this.digits;
      this.running = false;
      this.session = new Session(settings, this.digits);
      this.known = 0;
      this.show();
    }

    /** Trains on, up to the step `to` where one is named. */
    run({ to = null }) {
      if (!this.session) return;
      this.goal = to;
      if (this.running) return;
      clearTimeout(this.timer); // of a training that was given up
      this.running = true;
      this.turn();
    }

    pause() {
      this.running = false;
      this.show();
    }

    speed({ fast }) {
      this.fast = fast;
    }

    step() {
      this.running = false;
      this.session?.step();
      this.show();
    }

    deepen({ blocks }) {
      this.session.deepen(blocks);
      this.known = 0;
      this.show();
    }

    arrived() {
      return this.session.finished || (this.goal !== null && this.session.steps >= this.goal);
    }

    turn() {
      if (!this.running) return;
      try {
        const start = performance.now();
        do this.session.step();
        while (this.fast && !this.arrived() && performance.now() - start < this.slice);
        this.running = !this.arrived();
        if (!this.running || !this.fast || start - this.told > SHOT_MS) this.show();
        const spent = performance.now() - start;
        const pause = this.fast ? 0 : Math.max(0, 1000 / CALM_STEPS_PER_S - spent);
        if (this.running) this.timer = setTimeout(() => this.turn(), pause);
      } catch (problem) {
        this.running = false;
        this.tell({ type: "failed", message: String(problem?.message ?? problem) });
      }
    }

    show() {
      if (!this.session) return;
      this.told = performance.now();
      const shot = this.session.shot(this.known);
      this.known = this.session.steps;
      this.tell({ type: "shot", running: this.running, ...shot });
    }
  }

  globalThis.ResNetSession = { KINDS, EPOCH, MOST_STEPS, Session, Driver };
})();
