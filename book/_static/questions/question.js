// One question: its form, its verdict, and the answer that comes back with the page. The quick check
// of a chapter is no more than that.
(() => {
  "use strict";

  const { ResNetBook: book, ResNetStore: store, ResNetQuestions: questions } = window;
  if (!book || !questions?.found) return;

  const { element, all, inWords, twice } = book;
  const { sets, PREFIXES, quiet, paragraph, save, readEntry, readResult, record } = questions;

  const past = (question) => {
    const result = readResult(question.id);
    const words = result
      ? `Last time: ${result.last ? "right" : "wrong"} (${result.right} of ${result.n}).`
      : "";
    question.past.textContent = words;
  };

  // What comes back with the page is there to be read, and not announced.
  const setAloud = (region, aloud) =>
    aloud ? region.removeAttribute("aria-live") : region.setAttribute("aria-live", "off");

  const tell = (question, right, parts, aloud) => {
    const words = right ? "Right." : "Not right yet.";
    const verdict = paragraph(element("strong", {}, words));
    setAloud(question.feedback, aloud);
    question.feedback.dataset.verdict = right ? "right" : "wrong";
    question.feedback.replaceChildren(verdict, ...parts);
  };

  const watchers = [];
  const changed = () => watchers.forEach((watch) => watch());

  const isBlank = ({ answer }) => answer.values().every((value) => value.trim() === "");
  const state = ({ answer }) => JSON.stringify(answer.values());

  // The verdict on an answer without counting it again; null for no answer.
  const show = (question, aloud = false) => {
    const { answer } = question;
    const verdict = answer.judge(answer.values());
    if (!verdict) return null;
    answer.mark?.(true);
    tell(question, verdict.right, verdict.parts, aloud);
    question.judged = state(question);
    return verdict.right;
  };

  const judge = (question) => {
    const isNew = question.judged !== state(question);
    const right = show(question, true);
    if (right === null) return null;
    if (isNew) {
      record(question.id, right);
      past(question);
      changed();
    }
    keep(question);
    return right;
  };

  // Answers, kept as they are given and brought back with the page -------------------------------

  const nameOf = ({ place, id }) => `${place}:${id}`;
  const keyOf = (question) => PREFIXES.answers + nameOf(question);

  const keep = (question) => {
    if (question.root.closest('[data-exam="done"]')) return; // its verdict stands
    if (isBlank(question)) {
      store.set(keyOf(question), null);
      return;
    }
    const values = question.answer.values();
    const checked = question.judged === state(question);
    save(keyOf(question), JSON.stringify({ values, checked, at: new Date().toISOString() }));
  };

  // The kept answer that came back, or null. What was typed before this script arrived stays.
  const bringBack = (question) => {
    const entry = readEntry("answers", nameOf(question));
    if (!entry) return null;
    question.answer.put(entry.values);
    if (isBlank(question)) return null;
    if (entry.checked && !question.root.closest('[data-exam], [data-mode="exam"]')) show(question);
    return entry;
  };

  const arrive = (question) => {
    if (isBlank(question)) return bringBack(question);
    keep(question);
    return null;
  };

  // Says what came back, and offers to start anew; the second press does it.
  const tellBack = (set, entries, restart) => {
    if (entries.length === 0) return;
    const day = inWords(
      entries
        .map((entry) => entry.at)
        .sort()
        .at(-1),
    );
    const words =
      entries.length === 1
        ? `Your answer of ${day} is back.`
        : `Your ${entries.length} answers of ${day} are back.`;
    const again = twice(
      "Start again",
      "Really remove these answers?",
      () => {
        line.remove();
        restart();
      },
      { class: "q-button q-quiet" },
    );
    const line = element("p", { class: "q-resumed" }, words, " ", again);
    set.querySelector(".q-notice").after(line);
  };

  const toFirst = (asked) => {
    asked[0]?.root.scrollIntoView();
    asked[0]?.root.querySelector("input, select, textarea, button")?.focus();
  };

  const check = (question) => {
    if (judge(question) !== null) return;
    setAloud(question.feedback, true);
    delete question.feedback.dataset.verdict;
    question.feedback.replaceChildren(paragraph(question.answer.missing));
  };

  const withdraw = (question) => {
    question.answer.mark?.(false);
    question.judged = undefined;
    delete question.feedback.dataset.verdict;
    question.feedback.replaceChildren();
  };

  const clear = (question) => {
    question.form.reset();
    question.answer.clear?.();
    question.answer.reorder?.();
    withdraw(question);
    store.set(keyOf(question), null);
    for (const details of all(":scope > details", question.root)) details.open = false;
  };

  const prepare = ({ root, answer }) => {
    const form = root.querySelector(".q-form");
    const question = {
      root,
      form,
      id: root.dataset.q,
      place: root.closest(".q-set").dataset.mode,
      chapter: root.dataset.chapter,
      level: root.dataset.level,
      feedback: root.querySelector(".q-feedback"),
      past: element("span", { class: "q-past" }),
      answer,
    };
    const buttons = root.querySelector(".q-buttons");
    buttons.append(element("button", { type: "submit", class: "q-button q-check" }, "Check"));
    if (answer.reorder) buttons.append(quiet("Shuffle choices", answer.reorder));
    buttons.append(question.past);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      if (!root.closest("[data-exam]")) check(question);
    });
    form.addEventListener("input", () => keep(question));
    past(question);
    return question;
  };

  const asked = questions.found.filter(({ answer }) => !answer.explains).map(prepare);
  const take = (root) => {
    const question = prepare({ root, answer: questions.answerOf(root) });
    asked.push(question);
    return question;
  };
  // A page keeps questions as text at first. Some may have been opened while this script was on its
  // way, after the list of those in the page was made.
  const known = new Set(questions.found.map(({ root }) => root));
  for (const root of all(".q-set .q")) if (!known.has(root)) take(root);
  window.ResNetLater?.watch((made) => {
    for (const root of made.filter((one) => one.matches(".q"))) arrive(take(root));
  });
  const within = (root) => asked.filter((question) => root.contains(question.root));
  const arrived = new Map(sets.map((set) => [set, within(set).map(arrive).filter(Boolean)]));

  store.watch((key, _, after) => {
    if (key === null || key.startsWith(PREFIXES.results)) {
      asked.forEach(past);
      changed();
    }
    for (const question of asked) {
      if (key === keyOf(question) && after !== null) {
        withdraw(question);
        bringBack(question);
      } else if (key === null && isBlank(question)) bringBack(question);
    }
  });

  for (const set of sets.filter(({ dataset }) => dataset.mode === "quick")) {
    const own = within(set);
    tellBack(set, arrived.get(set), () => {
      own.forEach(clear);
      toFirst(own);
    });
  }
  questions.reveal();

  Object.assign(questions, {
    asked,
    within,
    arrived,
    past,
    changed,
    watchers,
    show,
    judge,
    clear,
    tellBack,
    toFirst,
    isBlank,
  });
})();
