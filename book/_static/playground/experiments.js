/* The six experiments: a question and a guess, then the trainings that decide, then what was seen
   beside what the book recorded. */
(() => {
  "use strict";

  const { ResNetBook: book, ResNetPlayWords: words } = window;
  if (!book || !words) return;

  const COLUMNS = ["plain, training", "plain, test", "residual, training", "residual, test"];

  /** The trainings of an experiment, one after the other. Returns what is seen at their ends:
      {name, settings, errors}. tell(text) says how far it is. */
  async function perform(experiment, seed, bench, tell) {
    const { settings: all, steps, deepen, more } = experiment;
    const runs = [];
    for (const [place, settings] of all.entries()) {
      const what = words.different(settings, all, bench.words);
      const which = all.length > 1 ? ` ${place + 1} of ${all.length} (${what})` : "";
      const shot = await bench.train({ ...settings, seed }, steps, (now) =>
        tell(`Training${which}: step ${now.steps} of ${steps}.`),
      );
      runs.push({ name: what || `after ${steps} steps`, ...end(shot) });
    }
    if (!deepen) return runs;
    const copied = await bench.deepen(deepen);
    runs.push({ name: `copied into ${deepen} blocks`, ...end(copied) });
    const after = await bench.goOn(more, (now) =>
      tell(`Training the copies: step ${now.steps} of ${more}.`),
    );
    runs.push({ name: `${more} steps later`, ...end(after) });
    return runs;
  }

  function end({ settings, errors, plain, residual }) {
    return { settings, errors: errors.at(-1), stopped: [plain.stopped, residual.stopped] };
  }

  function seenTable(runs) {
    const head = book.element("tr", {}, book.element("td"));
    for (const column of COLUMNS) head.append(book.element("th", { scope: "col" }, column));
    const rows = runs.map(({ name, errors, stopped }) => {
      const row = book.element("tr", {}, book.element("th", { scope: "row" }, name));
      for (const [place, kind] of words.KINDS.entries())
        for (const images of ["train", "test"]) {
          const share = words.percent(errors[kind][images]);
          row.append(book.element("td", {}, stopped[place] ? "NaN" : share));
        }
      return row;
    });
    const table = book.element(
      "table",
      {},
      book.element("caption", {}, "What you saw: wrong answers at the end"),
      book.element("thead", {}, head),
      book.element("tbody", {}, ...rows),
    );
    return book.element("div", { class: "play-scroll" }, table);
  }

  /** Buttons in `root` for the experiments of `data`; `bench` trains. */
  function make(root, data, key, bench) {
    const list = root.querySelector(".play-list");
    const place = root.querySelector(".play-experiment");
    const buttons = data.experiments.map((experiment) =>
      book.button(experiment.title, () => ask(experiment), {
        "data-experiment": experiment.name,
        "aria-pressed": "false",
      }),
    );
    list.append(...buttons);

    function mark(experiment) {
      for (const button of buttons)
        button.setAttribute("aria-pressed", String(button.dataset.experiment === experiment?.name));
    }

    function ask(experiment) {
      bench.interrupt();
      mark(experiment);
      const name = `${key}-guess`;
      const legend = book.element("legend", { tabindex: "-1" }, experiment.question);
      const box = book.element("fieldset", {}, legend);
      for (const [number, option] of experiment.options.entries()) {
        const radio = book.element("input", { type: "radio", name, value: number });
        box.append(book.element("label", { class: "play-option" }, radio, option.text));
      }
      const told = book.element("p", { class: "play-told", role: "status" });
      const run = book.button("Guess and train", () => {
        const chosen = box.querySelector(":checked");
        if (!chosen) {
          book.setText(told, "Choose a guess first.");
          box.querySelector("input").focus();
          return;
        }
        box.disabled = true;
        run.hidden = true;
        legend.focus(); // the button that had the focus is gone
        decide(experiment, experiment.options[Number(chosen.value)], told);
      });
      const buttonLine = book.element("p", { class: "play-buttons" }, run);
      place.replaceChildren(box, buttonLine, told);
      legend.focus();
    }

    async function decide(experiment, guess, told) {
      // A status is spoken; how far the training is changes too often for that.
      const far = book.element("p", { class: "play-far" });
      place.append(far);
      book.setText(told, "Both networks are being trained.");
      let runs = [];
      try {
        runs = await perform(experiment, bench.seed(), bench, (text) => book.setText(far, text));
      } catch (problem) {
        if (!place.contains(far)) return;
        far.remove();
        book.setText(told, `${problem.message} Choose the experiment again to repeat it.`);
        return;
      }
      far.remove();
      const verdict = guess.right
        ? "Your guess is what ten seeds show."
        : "This guess is not what ten seeds show.";
      const right = experiment.options.find((option) => option.right);
      const whole = guess.right ? "" : ` What ten seeds show is this: “${right.text}”.`;
      const rates = experiment.survives ? ` ${words.rateWords(runs, experiment.survives)}` : "";
      book.setText(told, `${verdict}${rates}`);
      place.append(
        book.element("p", {}, `${guess.says}${whole}`),
        seenTable(runs),
        recordedPlace(experiment),
      );
    }

    function recordedPlace(experiment) {
      const found = data.recorded[experiment.name];
      const own = book.element("div", { class: "play-recorded", "data-recorded": experiment.name });
      if (found)
        own.append(
          book.element("p", {}, book.element("strong", {}, "What the book recorded: "), found),
        );
      else own.hidden = true;
      return own;
    }

    return { ask };
  }

  window.ResNetPlayExperiments = { make, perform };
})();
