/* What is to be seen, in words. Every function here is pure: a state in, a text out. */
(() => {
  "use strict";

  const KINDS = ["plain", "residual"];
  const GUESSING = 0.86; // training errors above it are no better than those of a guess among ten
  const LEARNED = 0.1;
  const BANDS = [0.02, LEARNED, 0.35, GUESSING]; // few, so that an error that wavers is not news
  const APART = 0.05; // test above training error by so much is said
  const FACTOR = 100; // gradients of first and last block that differ by less are not mentioned
  const DIGITS = "⁰¹²³⁴⁵⁶⁷⁸⁹";
  // Factors by their power of ten; those below a hundred are not mentioned.
  const TIMES = {
    2: "a hundred",
    3: "a thousand",
    4: "ten thousand",
    5: "a hundred thousand",
    6: "a million",
    7: "ten million",
    8: "a hundred million",
    9: "a billion",
  };
  const PARTS = {
    2: "a hundredth",
    3: "a thousandth",
    4: "a ten-thousandth",
    5: "a hundred-thousandth",
    6: "a millionth",
    7: "a ten-millionth",
    8: "a hundred-millionth",
    9: "a billionth",
  };

  function percent(share) {
    if (!Number.isFinite(share)) return "–";
    const rounded = Math.round(100 * share);
    if (rounded === 0 && share > 0) return "under\u00a01\u00a0%";
    return `${rounded}\u00a0%`;
  }

  function raised(power) {
    const digits = [...String(Math.abs(power))].map((digit) => DIGITS[digit]).join("");
    return `10${power < 0 ? "⁻" : ""}${digits}`;
  }

  /** A positive number with two digits, as readers write it. */
  function number(value) {
    if (value === null || value === undefined || Number.isNaN(value)) return "no number";
    if (value === 0) return "0";
    if (!Number.isFinite(value)) return "infinite";
    if (value >= 0.01 && value < 1000) return String(Number(value.toPrecision(2)));
    const [head, power] = value.toExponential(1).split("e");
    return `${head} × ${raised(Number(power))}`;
  }

  /** Gradient of the first block beside that of the last, as a power of ten; null where they are
      about the same, "none" where no gradient arrives anywhere, "first" where none arrives there. */
  function imbalance(gradients) {
    if (!gradients || gradients.length < 2) return null;
    const [first, last] = [gradients[0], gradients.at(-1)];
    if (gradients.every((value) => value === 0)) return "none";
    if (first === 0) return "first";
    const ratio = first / last;
    if (!(ratio > 0) || !Number.isFinite(ratio)) return null;
    if (ratio < FACTOR && ratio > 1 / FACTOR) return null;
    return Math.round(Math.log10(ratio));
  }

  function gradientWords(power) {
    if (power === null) return "";
    if (power === "none") return ", and no gradient reaches its blocks";
    if (power === "first") return ", and no gradient reaches its first block";
    const words = (power > 0 ? TIMES : PARTS)[Math.abs(power)] ?? raised(power);
    const told = power > 0 ? `${words} times that` : `${words} of that`;
    return `, and the gradient of its first block is about ${told} of its last`;
  }

  /** Coarser than the power, so that a sentence is not said anew for every mini-batch. */
  function gradientKey(power) {
    return typeof power === "number" ? Math.sign(power) * Math.ceil(Math.abs(power) / 3) : power;
  }

  function band(error) {
    return BANDS.filter((limit) => error > limit).length;
  }

  /** What one network does: {key, text}. The key changes only when something else is to be seen. */
  function network(kind, state) {
    const { stopped, gradients } = state[kind];
    const { train, test } = state.errors[kind];
    if (stopped) {
      const where = stopped.block > 0 ? `, first in block ${stopped.block}` : ", in the last layer";
      return {
        key: "stopped",
        text: `${kind} has stopped, because at step ${stopped.step} its numbers became too large to compute with (NaN${where})`,
      };
    }
    const seen = imbalance(gradients);
    // With a scale of zero the gradient of the matrices is zero, but the shortcut passes it on.
    const power = kind === "residual" && (seen === "none" || seen === "first") ? null : seen;
    const wrong = percent(train);
    let text = `${kind} is wrong on ${wrong} of the training images`;
    if (train > GUESSING) text = `${kind} is no better than a guess (${wrong} wrong)`;
    else if (train <= LEARNED) text = `${kind} has learned (${wrong} wrong)`;
    text += gradientWords(power);
    const apart = train <= LEARNED && test - train > APART;
    if (apart) text += `, but on test images it is wrong on ${percent(test)}`;
    return { key: `${band(train)}/${gradientKey(power)}/${apart}`, text };
  }

  function begun(state) {
    const { settings, copied, errors } = state;
    if (copied)
      return `Both networks now have ${settings.blocks} blocks, and the new ones pass on what they get: plain is wrong on ${percent(errors.plain.train)} of the training images, residual on ${percent(errors.residual.train)}.`;
    return "Nothing is trained yet. Both networks begin with the same weights.";
  }

  /** The sentence about the state: {key, text}.
      state: steps, running, finished, copied, settings, errors (the last ones), plain, residual. */
  function status(state) {
    const { steps, running, finished } = state;
    if (steps === 0) return { key: `begun/${Boolean(state.copied)}`, text: begun(state) };
    const [plain, residual] = KINDS.map((kind) => network(kind, state));
    const time = `${steps} ${steps === 1 ? "step" : "steps"}`;
    const end = finished && !(state.plain.stopped && state.residual.stopped);
    const opening = end ? `The training is over after ${time}` : `After ${time}`;
    return {
      key: `${running}/${finished}/${plain.key}/${residual.key}`,
      text: `${opening}${end ? ":" : ","} ${plain.text}; ${residual.text}.`,
    };
  }

  /** The largest rate at which a network's training error is below a limit in percent, or null. */
  function largestRate(runs, kind, limit) {
    const survived = runs.filter((run) => 100 * run.errors[kind].train < limit);
    return survived.length ? Math.max(...survived.map((run) => run.settings.rate)) : null;
  }

  function rateWords(runs, limit) {
    const [plain, residual] = KINDS.map((kind) => largestRate(runs, kind, limit));
    const said = (rate) => (rate === null ? "none of these rates" : `rates of up to ${rate}`);
    return `Here plain survives ${said(plain)}, and residual survives ${said(residual)}.`;
  }

  const ODD = { blocks: "blocks", width: "units", rate: "learning rate", momentum: "momentum" };

  /** In what the settings of several runs differ, said of one of them. */
  function different(settings, all, words) {
    const names = Object.keys(settings).filter((name) =>
      all.some((other) => other[name] !== settings[name]),
    );
    return names
      .map((name) => (ODD[name] ? `${ODD[name]} ${settings[name]}` : words(name, settings[name])))
      .join(", ");
  }

  window.ResNetPlayWords = {
    KINDS,
    percent,
    number,
    raised,
    imbalance,
    status,
    rateWords,
    different,
  };
})();
