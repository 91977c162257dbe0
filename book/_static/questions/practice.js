// The practice page: draws questions from the bank, shows how far the reader is, and starts anew.
(() => {
  "use strict";

  const { ResNetBook: book, ResNetLater: later, ResNetQuestions: questions } = window;
  if (!book || !questions?.sitting) return;

  const DRAW = 10;
  const MISSED_AT_MOST = 7;

  const { element, all, inWords, plural, shuffle } = book;
  const {
    button,
    quiet,
    paragraph,
    readEntry,
    readResult,
    clear,
    chapterLink,
    keepSitting,
    sitting,
  } = questions;

  // What was drawn, and how many of these questions had a wrong answer last time.
  const drawnWords = (count, again) => {
    const drawn = `${plural(count, "question")} ${count === 1 ? "has" : "have"} been drawn.`;
    if (again === 0) return drawn;
    if (count === 1) return `${drawn} Your last answer to it was wrong.`;
    const some = again === count ? "all" : again;
    return `${drawn} Your last answer to ${some} of them was wrong.`;
  };

  const practice = (set) => {
    const bank = all("[data-q]", set).map(({ dataset: { q: id, level, chapter } }) => ({
      id,
      level,
      chapter,
    }));
    const tools = set.querySelector(".q-tools");
    const deck = set.querySelector(".q-deck");
    const groups = all(".q-group", set);
    const positions = new Map(bank.map(({ id }, place) => [id, place]));
    let laid = [];
    const status = element("p", { class: "q-status", role: "status" });

    const showProgress = () => {
      for (const row of all(".q-progress tbody tr", set)) {
        const results = bank
          .filter((question) => question.chapter === row.dataset.chapter)
          .map((question) => readResult(question.id))
          .filter(Boolean);
        row.querySelector(".q-tried").textContent = results.length;
        row.querySelector(".q-right").textContent = results.filter((result) => result.last).length;
      }
    };

    // A question of the bank as it stands in the page: until it is drawn, most are kept as text.
    const whole = ({ id }) => {
      later?.unfold(set.querySelector(`[data-q="${id}"]`));
      return questions.within(set).find((question) => question.id === id);
    };

    const putBack = () => {
      for (const question of laid) {
        const home = groups.find((group) => group.dataset.chapter === question.chapter);
        const after = [...home.children].find(
          (child) => positions.get(child.dataset.q) > positions.get(question.id),
        );
        home.insertBefore(question.root, after ?? null);
        question.root.querySelector(".q-count").remove();
      }
      laid = [];
      deck.replaceChildren();
      delete deck.dataset.exam;
    };

    const lay = (chosen, draw, isNew) => {
      putBack();
      laid = chosen.map(whole);
      const words = laid.length === 1 ? "Your one question" : `Your ${laid.length} questions`;
      const title = draw === "diagnostic" ? "Diagnostic" : words;
      deck.append(element("h2", { class: "q-deck-title", tabindex: "-1" }, title));
      laid.forEach((question, place) => {
        if (isNew) clear(question);
        question.root
          .querySelector(".q-title")
          .prepend(element("span", { class: "q-count" }, `${place + 1}. `));
        deck.append(question.root);
      });
      if (!isNew) return;
      keepSitting(laid, draw, false);
      deck.querySelector("h2").focus();
    };

    const examine = (done = false) =>
      sitting(
        deck,
        laid,
        {
          wrong: "Read these chapters first:",
          right: "All your answers are right. Try the hard questions next, or the exam.",
        },
        { draw: "diagnostic", done },
      );

    const resume = () => {
      const kept = readEntry("sittings", "practice");
      const chosen = (kept?.ids ?? [])
        .map((id) => bank.find((question) => question.id === id))
        .filter(Boolean);
      if (chosen.length === 0) return;
      lay(chosen, kept.draw, false);
      if (kept.draw === "diagnostic") examine(kept.done);
      status.textContent = `Here are the questions that you drew on ${inWords(kept.at)}, with your answers.`;
    };

    const choice = (name, options) => {
      const select = element("select", { name, autocomplete: "off" });
      for (const [value, words] of options) select.append(element("option", { value }, words));
      return select;
    };
    const level = choice("level", [
      ["", "all levels"],
      ["easy", "easy"],
      ["medium", "medium"],
      ["hard", "hard"],
    ]);
    const chapter = choice("chapter", [
      ["", "all chapters"],
      ...groups.map((group) => [
        group.dataset.chapter,
        chapterLink(group.dataset.chapter).textContent,
      ]),
    ]);

    const draw = () => {
      const pool = bank.filter(
        (question) =>
          (!level.value || question.level === level.value) &&
          (!chapter.value || question.chapter === chapter.value),
      );
      const result = new Map(pool.map((question) => [question, readResult(question.id)]));
      const missed = shuffle(pool.filter((question) => result.get(question)?.last === false));
      const fresh = shuffle(pool.filter((question) => !result.get(question)));
      const known = shuffle(pool.filter((question) => result.get(question)?.last));
      const first = missed.slice(0, MISSED_AT_MOST);
      const chosen = [...first, ...fresh, ...missed.slice(MISSED_AT_MOST), ...known].slice(0, DRAW);
      if (chosen.length === 0) {
        status.textContent =
          "This chapter has no question of this level. Choose another level or another chapter.";
        return;
      }
      const again = chosen.filter((question) => missed.includes(question)).length;
      status.textContent = drawnWords(chosen.length, again);
      lay(shuffle(chosen), "ten", true);
    };

    const diagnose = () => {
      const chosen = groups.flatMap((group) => {
        const own = shuffle(bank.filter((question) => question.chapter === group.dataset.chapter));
        const hard = own.find((question) => question.level === "hard");
        const other = own.find((question) => question !== hard);
        return [other, hard ?? own.find((question) => question !== other)].filter(Boolean);
      });
      if (chosen.length === 0) return;
      status.textContent = `${chosen.length} questions have been drawn, with at most two from each chapter.`;
      lay(chosen, "diagnostic", true);
      examine();
    };

    const texts = element("input", { type: "checkbox", autocomplete: "off" });
    const sure = element(
      "span",
      { class: "q-sure", hidden: "" },
      "This removes the results and answers of all questions, including the counts of “Explain it yourself”. " +
        "Your texts there and your flashcards stay. ",
      element("label", {}, texts, " Remove my texts and ticks there too"),
      " ",
    );
    const reset = quiet("Reset progress", () => {
      texts.checked = false;
      sure.hidden = false;
      yes.focus();
    });
    const close = (words) => {
      sure.hidden = true;
      status.textContent = words;
      reset.focus();
    };
    const yes = button("Yes, remove", () => {
      putBack();
      questions.within(set).forEach(clear);
      const more = texts.checked ? ["texts", "ticks", "older"] : [];
      questions.forget(["results", "answers", "sittings", ...more]);
      questions.notify("");
      questions.asked.forEach(questions.past);
      questions.changed();
      close(
        texts.checked
          ? "All results and answers have been removed, and so have your texts and ticks. Your progress with flashcards has been kept."
          : "All results and answers have been removed. Your texts and your progress with flashcards have been kept.",
      );
    });
    sure.append(
      yes,
      " ",
      quiet("No, keep", () => close("Nothing was removed.")),
    );

    const labelled = (words, select) => element("label", {}, words, select);
    const [ten, two] = [button("Draw ten", draw), button("Diagnostic", diagnose)];
    tools.append(
      paragraph(labelled("Level ", level), " ", labelled("Chapter ", chapter)),
      paragraph(ten, " ", two, " ", reset, " ", sure),
      status,
    );
    tools.hidden = false;
    resume();
    showProgress();
    questions.watchers.push(showProgress);
  };

  for (const set of questions.sets.filter(({ dataset }) => dataset.mode === "practice")) {
    practice(set);
    questions.offerFile(set);
  }
  questions.reveal();
})();
