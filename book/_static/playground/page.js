/* The playground's page: controls, address, and what is shown of the training, which runs in a
   worker. Its parts draw; this file decides what is trained and when something is said. */
(() => {
  "use strict";

  const { ResNetBook: book, ResNetPlayDigits: packed } = window;
  const { ResNetPlaySettings: address, ResNetPlayWords: words } = window;
  const { ResNetPlayCurves: curves, ResNetPlayStrips: strips } = window;
  const { ResNetPlayAnswers: answers, ResNetPlayExperiments: experiments } = window;
  const { ResNetPlayTraining: trainings, ResNetPlaySaved: saved } = window;
  if (!book || !packed || !address || !words || !curves || !strips) return;
  if (!answers || !experiments || !trainings || !saved) return;
  if (!window.ResNetSession || !window.ResNetRunner) return; // these need the engine's other files

  const SAY_MS = 2000;
  const SHOWN_MS = 1000; // the sentence in sight may change so often while nothing new is seen
  const APPLY_MS = 150;
  const LEAST_PX = 280;
  const RESET = "Press Reset to begin it again.";

  function bytes(text) {
    return Uint8Array.from(atob(text), (one) => one.charCodeAt(0));
  }

  const digits = { ...packed };
  for (const name of ["train", "trainLabels", "test", "testLabels"])
    digits[name] = bytes(packed[name]);

  /** Says a text where screen readers hear it: only when the key is another, never twice in
      SAY_MS, and then what holds at that time. */
  function speaker(region) {
    let [key, at, waiting, next] = [null, -SAY_MS, 0, null];
    const speak = () => {
      waiting = 0;
      if (next.key === key) return;
      key = next.key;
      at = performance.now();
      book.setText(region, next.text);
    };
    return (said) => {
      next = said;
      if (said.key === key || waiting) return;
      const left = at + SAY_MS - performance.now();
      if (left <= 0) speak();
      else waiting = setTimeout(speak, left);
    };
  }

  function setUp(root) {
    const data = JSON.parse(root.querySelector(".play-data").textContent);
    const key = root.dataset.play;
    const find = (selector) => root.querySelector(selector);
    const buttonOf = (name) => find(`[data-do="${name}"]`);
    const say = speaker(find(".play-spoken"));
    const shownStrips = strips.make(find(".play-strips"), key);
    const shownTable = strips.table(find(".play-table"));
    const shownAnswers = answers.make(find(".play-digits"), digits);
    const training = trainings.make(data.worker, digits, changed);
    let drawing = 0;
    let [shownKey, shownAt] = [null, 0];
    let applying = 0;

    const trouble = (text) => book.setText(find(".play-trouble"), text);

    // What is shown ----------------------------------------------------------------------------

    function draw() {
      drawing = 0;
      const { shot, running, copiedFrom } = training;
      if (!shot) return;
      const box = find(".play-curves");
      const width = Math.max(LEAST_PX, box.clientWidth);
      curves.draw(box.querySelector("svg"), shot, width);
      shownStrips.show(shot);
      shownTable.show(shot);
      shownAnswers.show(shot);
      book.setText(find(".play-count b"), String(shot.steps));
      const errors = shot.errors.at(-1);
      const said = words.status({ ...shot, running, copied: copiedFrom !== null, errors });
      const which = address.written(shot.settings);
      const now = performance.now();
      if (!running || said.key !== shownKey || now - shownAt > SHOWN_MS) {
        book.setText(find(".play-status"), said.text);
        [shownKey, shownAt] = [said.key, now];
      }
      book.setText(find(".play-paper"), `Settings: ${which}`);
      say({ ...said, key: `${which}/${said.key}` });
    }

    /** Draws what came last when the browser draws anyway; a page that is not seen waits. */
    function drawSoon() {
      drawing ||= requestAnimationFrame(draw);
    }

    function showControls() {
      const busy = training.busy();
      for (const control of book.all("[data-setting]", root)) {
        control.value = training.settings[control.dataset.setting];
        control.disabled = busy;
      }
      find(".play-blocks output").textContent = training.settings.blocks;
      buttonOf("seed").disabled = busy;
      showButtons();
    }

    function showButtons() {
      const over = training.lost || Boolean(training.shot?.finished);
      book.setText(buttonOf("train"), training.running ? "Pause" : "Train");
      buttonOf("train").disabled = over;
      buttonOf("step").disabled = over || training.busy();
      buttonOf("fast").setAttribute("aria-pressed", String(training.fast));
      buttonOf("fast").disabled = training.lost || training.busy();
    }

    function changed(what) {
      if (what === "busy") showControls();
      else showButtons();
      if (what === "shot") drawSoon();
      if (what !== "lost") return;
      trouble(
        training.problem === null
          ? `The training was lost, because the browser ended it. ${RESET}`
          : `The training failed (${training.problem}). ${RESET}`,
      );
    }

    // What the reader does ---------------------------------------------------------------------

    function reset() {
      if (training.lost) trouble("");
      training.reset();
    }

    /** Settings that the reader or the address chose; a training that runs begins again. */
    function choose(settings) {
      training.interrupt();
      if (training.lost) reset();
      const going = training.running;
      training.begin(settings);
      if (going) training.run();
    }

    function change(control) {
      const name = control.dataset.setting;
      const [least, most] = data.choices[name];
      const text = name === "normalisation" || name === "start";
      let value = text ? control.value : Number(control.value);
      if (name === "seed" || name === "blocks")
        value = Math.max(least, Math.min(most, Math.round(value) || least));
      const settings = { ...training.settings, [name]: value };
      if (address.same(settings, training.settings)) return showControls();
      trouble("");
      book.setAddress(address.address(key, settings));
      choose(settings);
    }

    /** What the page's address asks for; without a word about settings, nothing. */
    function restore() {
      const text = address.asked(key);
      if (text === null) {
        // A link to a heading has taken the settings out of the address.
        const { settings } = training;
        if (settings && !address.same(settings, data.defaults))
          book.setAddress(address.address(key, settings));
        return;
      }
      const { settings, fault } = address.read(text, data.choices);
      if (fault) {
        choose(data.defaults);
        trouble(`${fault} The usual settings are used.`);
        return;
      }
      if (!training.lost) trouble("");
      if (!training.settings || !address.same(settings, training.settings)) choose(settings);
    }

    const acts = {
      train: () => (training.running ? training.pause() : training.run()),
      step: training.step,
      fast: () => training.setFast(!training.fast),
      reset,
      seed: () => {
        const control = find('[data-setting="seed"]');
        const { seed } = training.settings;
        control.value = seed === data.choices.seed[1] ? data.choices.seed[0] : seed + 1;
        change(control);
      },
    };
    for (const [name, act] of Object.entries(acts)) buttonOf(name).addEventListener("click", act);
    for (const control of book.all("[data-setting]", root))
      control.addEventListener("change", () => {
        clearTimeout(applying);
        change(control);
      });
    const slider = find('[data-setting="blocks"]');
    slider.addEventListener("input", () => {
      find(".play-blocks output").textContent = slider.value;
      clearTimeout(applying);
      applying = setTimeout(() => change(slider), APPLY_MS);
    });
    addEventListener("hashchange", restore);

    const bench = {
      words: (name, value) => `${name} ${data.choices[name].find(([one]) => one === value)[1]}`,
      seed: () => training.settings.seed,
      interrupt: training.interrupt,
      goOn: training.goOn,
      async deepen(blocks) {
        const shot = await training.deepen(blocks);
        book.setAddress(address.address(key, training.settings));
        return shot;
      },
      train(settings, steps, heard) {
        if (training.lost) reset();
        training.begin(settings);
        trouble("");
        book.setAddress(address.address(key, settings));
        return training.goOn(steps, heard);
      },
    };

    find(".play-without").hidden = true;
    find(".play-bench").hidden = false;
    experiments.make(root, data, key, bench);
    saved.make(root, data, training);
    restore();
    if (!training.settings) training.begin(data.defaults);
    new ResizeObserver(drawSoon).observe(find(".play-curves"));
    root.training = training;
  }

  for (const root of book.all(".play")) setUp(root);
})();
