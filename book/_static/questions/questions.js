// Makes the book's questions answerable: judges answers, says why, remembers results in this
// browser. Without this script every question and its answer can still be read.
(() => {
  const sets = [...document.querySelectorAll(".q-set")];
  const store = window.ResNetStore;
  const progress = window.ResNetProgress;
  if (sets.length === 0 || !store || !progress) return;

  const RESULT = progress.KINDS.results.prefix;
  const DRAFT = progress.KINDS.texts.prefix;
  const TICKS = progress.KINDS.ticks.prefix;
  const OLDER = progress.KINDS.older.prefix;
  const ANSWER = progress.KINDS.answers.prefix;
  const SITTING = progress.KINDS.sittings.prefix;
  const DRAW = 10;
  const MISSED_AT_MOST = 7;

  const element = (name, attributes = {}, ...children) => {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    made.append(...children);
    return made;
  };

  const button = (words, action, attributes = {}) => {
    const made = element("button", { type: "button", class: "q-button", ...attributes }, words);
    made.addEventListener("click", action);
    return made;
  };

  const all = (root, selector) => [...root.querySelectorAll(selector)];

  const shuffle = (items) => {
    const order = [...items];
    for (let i = order.length - 1; i > 0; i -= 1) {
      const j = Math.floor(Math.random() * (i + 1));
      [order[i], order[j]] = [order[j], order[i]];
    }
    return order;
  };

  // Storage ------------------------------------------------------------------------------------

  const notice = sets[0].querySelector(".q-notice");
  const notify = (text) => {
    if (notice.textContent !== text) notice.textContent = text;
  };

  const canSave = sets.some((set) => set.dataset.mode !== "quick");
  const load = store.get;
  const save = (key, text) => {
    store.set(key, text);
    if (store.trouble()) notify(store.words(canSave));
  };

  const forget = (prefixes) => {
    for (const prefix of prefixes) for (const key of store.keys(prefix)) save(key, null);
  };

  // What an entry holds, or null where there is none or it is damaged.
  const readEntry = (kind, id) => {
    const text = load(progress.KINDS[kind].prefix + id);
    const entry = text === null ? null : progress.parse(kind, text);
    if (entry === undefined) notify(store.DAMAGED);
    return entry ?? null;
  };

  const readResult = (id) => readEntry("results", id);

  const record = (id, right, more = {}) => {
    const before = readResult(id) ?? { n: 0, right: 0 };
    const after = { n: before.n + 1, right: before.right + (right ? 1 : 0), last: right, ...more };
    save(RESULT + id, JSON.stringify(after));
  };

  // Questions of each kind ---------------------------------------------------------------------

  const says = (item) => item.querySelector(".q-says").cloneNode(true);

  const byOption = (root) => {
    const picked = () => all(root, ".q-choices input:checked").map((input) => input.value);
    const answer = (value) => root.querySelector(`.q-answers [data-option="${value}"]`);
    const isRight = (value) => answer(value).hasAttribute("data-right");
    const missing = () =>
      all(root, ".q-answers [data-right]").filter((i) => !picked().includes(i.dataset.option));
    return {
      empty: () => picked().length === 0,
      missing: "Choose an answer first.",
      state: () => picked().join(),
      blank: () => picked().length === 0,
      values: picked,
      put: (values) => {
        for (const input of all(root, ".q-choices input"))
          input.checked = values.includes(input.value);
      },
      judge: () => {
        const parts = picked().map((value) => {
          const text = root.querySelector(`.q-choices input[value="${value}"]`);
          const name = text.closest("label").querySelector(".q-text").cloneNode(true);
          return root.dataset.kind === "multiple"
            ? element("div", {}, name, says(answer(value)))
            : says(answer(value));
        });
        const left = root.dataset.kind === "multiple" ? missing().length : 0;
        if (left) {
          const words = left === 1 ? "One right answer is" : `${left} right answers are`;
          parts.push(element("p", {}, `${words} not ticked.`));
        }
        return { right: picked().every(isRight) && left === 0, parts };
      },
      mark: () => {
        for (const input of all(root, ".q-choices input")) {
          const label = input.closest("label");
          const verdict = input.checked ? (isRight(input.value) ? "right" : "wrong") : "";
          label.dataset.verdict = verdict;
          label.querySelector(".q-mark").textContent = verdict ? ` ${verdict}` : "";
        }
      },
      reorder: () => {
        const list = root.querySelector(".q-choices");
        list.append(...shuffle(list.children));
      },
    };
  };

  // The same rules as parse_number in utils/practice/widgets.py, with one table of tests for both. A comma
  // groups thousands where every group has three digits and the number begins with 1 to 9;
  // otherwise a single comma is a decimal one. A per cent sign fits a question that asks for per
  // cent, is a hundredth where a bare number is asked for, and is no answer to anything else.
  const parseNumber = (text, unit) => {
    let plain = text.replace(/\s/g, "").replace("\u2212", "-");
    const percent = plain.endsWith("%");
    if (percent) plain = plain.slice(0, -1);
    if (percent && unit !== "%" && unit !== "") return NaN;
    if (/^[-+]?[1-9][0-9]{0,2}(,[0-9]{3})+(\.[0-9]*)?$/.test(plain))
      plain = plain.replace(/,/g, "");
    else if (/^[-+]?[0-9]*,[0-9]+$/.test(plain)) plain = plain.replace(",", ".");
    if (!/^[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)(e[-+]?[0-9]{1,2})?$/i.test(plain)) return NaN;
    return percent && unit === "" ? Number(plain) / 100 : Number(plain);
  };

  const byNumber = (root) => {
    const input = root.querySelector(".q-number input");
    const unit = root.querySelector(".q-unit")?.textContent.trim() ?? "";
    const value = Number(input.dataset.value);
    const reach = Number(input.dataset.reach);
    const typed = () => parseNumber(input.value, unit);
    const close = (number, target) =>
      Math.abs(number - target) <= reach + 1e-9 * Math.max(1, Math.abs(target));
    const examples = { "": "such as 0.27", "%": "in per cent, such as 27" };
    return {
      empty: () => Number.isNaN(typed()),
      missing: `Type a number first, ${examples[unit] ?? `such as 27, counted in ${unit} and without %`}.`,
      state: () => input.value,
      blank: () => input.value.trim() === "",
      values: () => [input.value],
      put: ([text = ""]) => {
        input.value = text;
      },
      judge: () => {
        const number = typed();
        if (close(number, value)) return { right: true, parts: [] };
        const near = all(root, ".q-near li").find((li) => close(number, Number(li.dataset.value)));
        const words = number > value ? "Your number is too large." : "Your number is too small.";
        return { right: false, parts: [near ? says(near) : element("p", {}, words)] };
      },
    };
  };

  const byOrder = (root) => {
    const list = root.querySelector(".q-steps");
    const feedback = root.querySelector(".q-feedback");
    let touched = false;
    const refresh = () => {
      const items = [...list.children];
      items.forEach((item, place) => {
        const [up, down] = all(item, "button");
        up.disabled = place === 0;
        down.disabled = place === items.length - 1;
      });
    };
    const move = (item, step) => {
      const other = step < 0 ? item.previousElementSibling : item.nextElementSibling;
      if (!other) return;
      if (step < 0) other.before(item);
      else other.after(item);
      touched = true;
      refresh();
      const buttons = all(item, "button");
      const wanted = buttons[step < 0 ? 0 : 1];
      (wanted.disabled ? buttons[step < 0 ? 1 : 0] : wanted).focus();
      const place = [...list.children].indexOf(item) + 1;
      const words = item.querySelector(".q-text").textContent;
      feedback.replaceChildren(
        element("p", {}, `${words}: now ${place} of ${list.children.length}.`),
      );
      list.dispatchEvent(new Event("input", { bubbles: true }));
    };
    for (const item of list.children) {
      const words = item.querySelector(".q-text").textContent;
      const up = button("↑", () => move(item, -1), { "aria-label": `Move up: ${words}` });
      const down = button("↓", () => move(item, 1), { "aria-label": `Move down: ${words}` });
      item.append(element("span", { class: "q-moves" }, up, down));
    }
    refresh();
    const steps = () => [...list.children].map((item) => Number(item.dataset.step));
    return {
      empty: () => !touched,
      missing: "Move the steps first.",
      state: () => steps().join(),
      blank: () => !touched,
      values: () => steps().map(String),
      put: (values) => {
        const ordered = values.map((step) =>
          [...list.children].find((item) => item.dataset.step === step),
        );
        if (new Set(ordered).size !== list.children.length || ordered.includes(undefined)) return;
        list.append(...ordered);
        touched = true;
        refresh();
      },
      judge: () => {
        const wrong = steps().findIndex((step, place) => step !== place);
        if (wrong < 0) return { right: true, parts: [] };
        const words =
          wrong === 0
            ? "The first step is not the one on top."
            : `The first ${wrong === 1 ? "step is" : `${wrong} steps are`} right. Look at place ${wrong + 1}.`;
        return { right: false, parts: [element("p", {}, words)] };
      },
      clear: () => {
        list.append(...shuffle(list.children));
        touched = false;
        refresh();
      },
    };
  };

  const lines = (text) =>
    text
      .trim()
      .split("\n")
      .map((line) => line.trimEnd())
      .join("\n");

  const byText = (root) => {
    const input = root.querySelector(".q-printed textarea");
    const output = root.querySelector(".q-output pre").textContent;
    return {
      empty: () => input.value.trim() === "",
      missing: "Type the output first.",
      state: () => input.value,
      blank: () => input.value.trim() === "",
      values: () => [input.value],
      put: ([text = ""]) => {
        input.value = text;
      },
      judge: () => {
        const right = lines(input.value) === lines(output);
        const words = "Your text differs from what Python prints. The solution shows it.";
        return { right, parts: right ? [] : [element("p", {}, words)] };
      },
    };
  };

  const byLabel = (root) => {
    const selects = all(root, ".q-labels select");
    const name = (letter) =>
      root.querySelector(`.q-places [data-letter="${letter}"] .q-name`).textContent;
    const isRight = (select) => select.value === name(select.dataset.letter);
    return {
      empty: () => selects.every((select) => select.value === ""),
      missing: "Choose a name for each place first.",
      state: () => selects.map((select) => select.value).join("\n"),
      blank: () => selects.every((select) => select.value === ""),
      values: () => selects.map((select) => select.value),
      put: (values) =>
        selects.forEach((select, place) => {
          const isOffered = [...select.options].some((option) => option.value === values[place]);
          select.value = isOffered ? values[place] : "";
        }),
      judge: () => {
        const count = selects.filter(isRight).length;
        const right = count === selects.length;
        const words = `${count} of ${selects.length} places are right.`;
        return { right, parts: [element("p", {}, words)] };
      },
      mark: (on) => {
        for (const select of selects) {
          const verdict = on && select.value ? (isRight(select) ? "right" : "wrong") : "";
          select.closest("label").dataset.verdict = verdict;
          select.closest("label").querySelector(".q-mark").textContent = verdict
            ? ` ${verdict}`
            : "";
        }
      },
    };
  };

  const answerOf = (root) => {
    const { kind } = root.dataset;
    if (kind === "numeric") return byNumber(root);
    if (kind === "order") return byOrder(root);
    if (kind === "label") return byLabel(root);
    return root.querySelector(".q-choices") ? byOption(root) : byText(root);
  };

  // One question -------------------------------------------------------------------------------

  const typeset = (root) => {
    if (root.querySelector(".math:not(:has(mjx-container))")) {
      window.MathJax?.typesetPromise?.([root]).catch(() => {});
    }
  };

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
    const verdict = element("p", {}, element("strong", {}, words));
    setAloud(question.feedback, aloud);
    question.feedback.dataset.verdict = right ? "right" : "wrong";
    question.feedback.replaceChildren(verdict, ...parts);
    typeset(question.feedback);
  };

  const watchers = [];
  const changed = () => watchers.forEach((watch) => watch());

  // The verdict on an answer without counting it again; null for no answer.
  const show = (question, aloud = false) => {
    const { answer } = question;
    if (answer.empty()) return null;
    const { right, parts } = answer.judge();
    answer.mark?.(true);
    tell(question, right, parts, aloud);
    question.judged = answer.state();
    return right;
  };

  const judge = (question) => {
    const isNew = question.judged !== question.answer.state();
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

  // Answers, kept as they are given and brought back with the page ------------------------------

  const nameOf = ({ place, id }) => `${place}:${id}`;
  const keyOf = (question) => ANSWER + nameOf(question);
  const now = () => new Date().toISOString();

  const keep = (question) => {
    const { answer } = question;
    if (question.root.closest('[data-exam="done"]')) return; // its verdict stands
    if (answer.blank()) {
      store.set(keyOf(question), null);
      return;
    }
    const checked = question.judged === answer.state();
    save(keyOf(question), JSON.stringify({ values: answer.values(), checked, at: now() }));
    if (question.place === "exam") store.persist();
  };

  // The kept answer that came back, or null. What was typed before this script arrived stays.
  const bringBack = (question) => {
    const entry = readEntry("answers", nameOf(question));
    if (!entry) return null;
    question.answer.put(entry.values);
    if (question.answer.blank()) return null;
    if (entry.checked && !question.root.closest('[data-exam], [data-mode="exam"]')) show(question);
    return entry;
  };

  const arrive = (question) => {
    if (question.answer.blank()) return bringBack(question);
    keep(question);
    return null;
  };

  const dayOf = (at) => new Date(at).toLocaleDateString("en-GB", { day: "numeric", month: "long" });

  // Says what came back, and offers to start anew; the second press does it.
  const tellBack = (set, entries, restart) => {
    if (entries.length === 0) return;
    const day = dayOf(
      entries
        .map((entry) => entry.at)
        .sort()
        .at(-1),
    );
    const words =
      entries.length === 1
        ? `Your answer of ${day} is back.`
        : `Your ${entries.length} answers of ${day} are back.`;
    const again = button(
      "Start again",
      () => {
        if (!again.dataset.sure) {
          again.dataset.sure = "yes";
          again.textContent = "Really remove these answers?";
          return;
        }
        line.remove();
        restart();
      },
      { class: "q-button q-quiet" },
    );
    again.addEventListener("blur", () => {
      delete again.dataset.sure;
      again.textContent = "Start again";
    });
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
    question.feedback.replaceChildren(element("p", {}, question.answer.missing));
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
    for (const details of all(question.root, ":scope > details")) details.open = false;
  };

  const prepare = (root) => {
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
      answer: answerOf(root),
    };
    const buttons = root.querySelector(".q-buttons");
    buttons.append(element("button", { type: "submit", class: "q-button q-check" }, "Check"));
    if (question.answer.reorder) {
      buttons.append(
        button("Shuffle choices", () => question.answer.reorder(), { class: "q-button q-quiet" }),
      );
    }
    buttons.append(question.past);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      if (!root.closest("[data-exam]")) check(question);
    });
    form.addEventListener("input", () => keep(question));
    past(question);
    return question;
  };

  const questions = sets.flatMap((set) => all(set, '.q:not([data-kind="short"])')).map(prepare);
  const within = (root) => questions.filter((question) => root.contains(question.root));

  store.watch((key, _, after) => {
    if (key === null || key.startsWith(RESULT)) {
      questions.forEach(past);
      changed();
    }
    for (const question of questions) {
      if (key === keyOf(question) && after !== null) {
        withdraw(question);
        bringBack(question);
      } else if (key === null && question.answer.blank()) bringBack(question);
    }
  });

  // Many at once: the exam and the diagnostic --------------------------------------------------

  const chapterLink = (chapter) => {
    const row = document.querySelector(`.q-progress [data-chapter="${chapter}"] a`);
    const link = row ?? document.querySelector(`.q-about a[href="../${chapter}.html"]`);
    return link ? link.cloneNode(true) : element("a", { href: `../${chapter}.html` }, chapter);
  };

  const recommend = (wrong) => {
    const counts = new Map();
    for (const { chapter } of wrong) counts.set(chapter, (counts.get(chapter) ?? 0) + 1);
    const order = [...counts].sort((a, b) => b[1] - a[1]);
    const items = order.map(([chapter, count]) =>
      element("li", {}, chapterLink(chapter), ` (${count} to look at again)`),
    );
    return element("ul", {}, ...items);
  };

  const keepSitting = (asked, draw, done) => {
    const ids = asked.map(({ id }) => id);
    save(SITTING + asked[0].place, JSON.stringify({ draw, ids, done, at: now() }));
  };

  // Asks for all answers before any verdict. `done` says that the results were on show already.
  const sitting = (box, asked, words, { draw, done = false }) => {
    box.dataset.exam = "open";
    const summary = element("div", { class: "q-summary", role: "status", tabindex: "-1" });
    const grade = (verdict) => {
      const results = asked.map((question) => [question, verdict(question)]);
      const wrong = results.filter(([, right]) => !right).map(([question]) => question);
      const open = results.filter(([, right]) => right === null).length;
      for (const [question, right] of results) {
        if (right === null) {
          question.feedback.dataset.verdict = "wrong";
          question.feedback.replaceChildren(element("p", {}, "Not answered."));
        }
      }
      const score = `${asked.length - wrong.length} of ${asked.length} right`;
      const left = open ? `, ${open} not answered` : "";
      summary.replaceChildren(element("p", {}, element("strong", {}, `${score}${left}.`)));
      if (wrong.length) summary.append(element("p", {}, words.wrong), recommend(wrong));
      else summary.append(element("p", {}, words.right));
      box.dataset.exam = "done";
      finish.hidden = true;
      again.hidden = false;
    };
    const restart = () => {
      asked.forEach(clear);
      summary.replaceChildren();
      box.dataset.exam = "open";
      finish.hidden = false;
      again.hidden = true;
      keepSitting(asked, draw, false);
      toFirst(asked);
    };
    const finish = button("Finish and see the results", () => {
      grade(judge);
      keepSitting(asked, draw, true);
      summary.focus();
    });
    const again = button("Start again", () => {
      box.querySelector(".q-resumed")?.remove();
      restart();
    });
    again.hidden = true;
    if (done) grade((question) => show(question));
    box.append(element("div", { class: "q-finish" }, finish, again, summary));
    return restart;
  };

  // The practice page --------------------------------------------------------------------------

  const practice = (set) => {
    const bank = within(set);
    const tools = set.querySelector(".q-tools");
    const deck = set.querySelector(".q-deck");
    const groups = all(set, ".q-group");
    const homes = new Map(bank.map((question) => [question, question.root.parentElement]));
    const positions = new Map(bank.map((question, place) => [question.root, place]));
    const status = element("p", { class: "q-status", role: "status" });

    const showProgress = () => {
      for (const row of all(set, ".q-progress tbody tr")) {
        const results = bank
          .filter((question) => question.chapter === row.dataset.chapter)
          .map((question) => readResult(question.id))
          .filter(Boolean);
        row.querySelector(".q-tried").textContent = results.length;
        row.querySelector(".q-right").textContent = results.filter((result) => result.last).length;
      }
    };

    const putBack = () => {
      for (const [question, home] of homes) {
        if (question.root.parentElement !== home) {
          const after = [...home.children].find(
            (child) => positions.get(child) > positions.get(question.root),
          );
          home.insertBefore(question.root, after ?? null);
        }
        question.root.querySelector(".q-count")?.remove();
      }
      deck.replaceChildren();
      delete deck.dataset.exam;
    };

    const lay = (chosen, draw, isNew) => {
      putBack();
      const words = chosen.length === 1 ? "Your one question" : `Your ${chosen.length} questions`;
      const title = draw === "diagnostic" ? "Diagnostic" : words;
      deck.append(element("h2", { class: "q-deck-title", tabindex: "-1" }, title));
      chosen.forEach((question, place) => {
        if (isNew) clear(question);
        question.root
          .querySelector(".q-title")
          .prepend(element("span", { class: "q-count" }, `${place + 1}. `));
        deck.append(question.root);
      });
      if (!isNew) return;
      keepSitting(chosen, draw, false);
      deck.querySelector("h2").focus();
    };

    const examine = (chosen, done = false) =>
      sitting(
        deck,
        chosen,
        {
          wrong: "Read these chapters first:",
          right: "Every answer is right. Try the hard questions, or the exam.",
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
      if (kept.draw === "diagnostic") examine(chosen, kept.done);
      status.textContent = `The questions that were drawn on ${dayOf(kept.at)} are back, with your answers.`;
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
        status.textContent = "No question has this level and chapter. Choose another one.";
        return;
      }
      const again = chosen.filter((question) => missed.includes(question)).length;
      const words = chosen.length === 1 ? "One question" : `${chosen.length} questions`;
      status.textContent = `${words} drawn, ${again} of them missed before.`;
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
      status.textContent = `${chosen.length} questions drawn, up to two for each chapter.`;
      lay(chosen, "diagnostic", true);
      examine(chosen);
    };

    const texts = element("input", { type: "checkbox", autocomplete: "off" });
    const sure = element(
      "span",
      { class: "q-sure", hidden: "" },
      "This removes the results and answers of all questions, the counts of “Explain it yourself” included. " +
        "Your texts there and your flashcards stay. ",
      element("label", {}, texts, " Remove my texts and ticks there too"),
      " ",
    );
    const reset = button(
      "Reset progress",
      () => {
        texts.checked = false;
        sure.hidden = false;
        yes.focus();
      },
      { class: "q-button q-quiet" },
    );
    const close = (words) => {
      sure.hidden = true;
      status.textContent = words;
      reset.focus();
    };
    const yes = button("Yes, remove", () => {
      putBack();
      bank.forEach(clear);
      forget([RESULT, ANSWER, SITTING, ...(texts.checked ? [DRAFT, TICKS, OLDER] : [])]);
      notify("");
      questions.forEach(past);
      changed();
      close(
        texts.checked
          ? "Removed: all results and answers, your texts and ticks. Flashcards keep their own progress."
          : "Removed: all results and answers. Your texts and your flashcards are kept.",
      );
    });
    sure.append(
      yes,
      " ",
      button("No, keep", () => close("Nothing was removed."), { class: "q-button q-quiet" }),
    );

    tools.append(
      element(
        "p",
        {},
        element("label", {}, "Level ", level),
        " ",
        element("label", {}, "Chapter ", chapter),
      ),
      element(
        "p",
        {},
        button("Draw ten", draw),
        " ",
        button("Diagnostic", diagnose),
        " ",
        reset,
        " ",
        sure,
      ),
      status,
    );
    tools.hidden = false;
    resume();
    showProgress();
    watchers.push(showProgress);
  };

  // Explain it yourself ------------------------------------------------------------------------

  // The same rules as utils/practice/rubric.py: a key is word beginnings of one sentence, or a formula.
  const wordsOf = (text) =>
    text
      .toLowerCase()
      .normalize("NFKD")
      .replaceAll("iz", "is")
      .replaceAll("×", "x")
      .split(/[^\p{L}\p{N}\p{M}]+/u)
      .filter(Boolean);
  const squashed = (text) => text.toLowerCase().replace(/\\[a-z]+(?=\{)|[\s$\\{}*]/g, "");
  const isHit = (key, text) => {
    if (!/^[\p{L}\p{N}_ ×.-]+$/u.test(key)) return squashed(text).includes(squashed(key));
    const stems = wordsOf(key);
    return text
      .split(/[.!?;:](?=\s|$)|\n\s*\n/)
      .map(wordsOf)
      .some((sentence) => stems.every((stem) => sentence.some((word) => word.startsWith(stem))));
  };

  const explain = (root) => {
    const id = root.dataset.q;
    const area = root.querySelector(".q-written textarea");
    const rubric = root.querySelector(".q-rubric");
    const concepts = all(rubric, "[data-concept]");
    const tick = (concept) => concept.querySelector("input");
    const feedback = root.querySelector(".q-feedback");
    const last = element("span", { class: "q-past" });
    const say = (...parts) => {
      feedback.replaceChildren(...parts);
      typeset(feedback);
    };

    const showCount = () => {
      const result = readResult(id);
      const covered = result?.covered ?? (result?.last ? concepts.length : null);
      last.textContent =
        covered === null ? "" : `Last count: ${covered} of ${concepts.length} concepts.`;
    };

    const saveTicks = () => {
      const places = concepts.flatMap((concept, place) => (tick(concept).checked ? [place] : []));
      save(TICKS + id, JSON.stringify(places));
    };
    const showTicks = () => {
      const places = readEntry("ticks", id) ?? [];
      concepts.forEach((concept, place) => {
        tick(concept).checked = places.includes(place);
      });
    };

    // What this tab last read or wrote. A text that was written without knowing it is no successor.
    let known = load(DRAFT + id) ?? "";
    const early = area.value; // written before this script arrived
    const keepEarly = () => {
      if (known && !early.includes(known)) {
        save(OLDER + id, progress.bothTexts(load(OLDER + id) ?? known, known));
      }
      known = early;
      save(DRAFT + id, known);
    };

    const older = element("div", { class: "q-older" });
    const offerOlder = () => {
      const text = load(OLDER + id) ?? "";
      older.hidden = text === "";
      if (older.hidden) return;
      const settle = (words) => {
        save(OLDER + id, null);
        offerOlder();
        say(element("p", {}, words));
        area.focus();
      };
      older.replaceChildren(
        element("p", {}, "You have an older text for this question. It is kept until you decide."),
        element(
          "details",
          {},
          element("summary", {}, "The older text"),
          element("p", { class: "q-older-text" }, text),
        ),
        element(
          "p",
          { class: "q-buttons" },
          button("Add it below my text", () => {
            area.value = `${area.value.trimEnd()}\n\n${text}`;
            typed();
            settle("The older text stands below yours.");
          }),
          button("Delete the older text", () => settle("The older text is deleted."), {
            class: "q-button q-quiet",
          }),
        ),
      );
    };
    const keepBoth = (theirs) => {
      const both = progress.bothTexts(area.value, theirs);
      if (both !== area.value) {
        area.value = both;
        say(
          element(
            "p",
            {},
            "This text was changed in another tab at the same time. Both versions are " +
              "kept, one under the other: delete what you do not want.",
          ),
        );
      }
      if (both !== theirs) save(DRAFT + id, both);
      known = both;
    };
    const typed = () => {
      const stored = load(DRAFT + id) ?? "";
      if (stored !== known && stored !== area.value) {
        keepBoth(stored);
        return;
      }
      known = area.value;
      save(DRAFT + id, known);
      store.persist();
    };
    const arrived = (before, after) => {
      if (after === area.value) known = after;
      else if (before === known) known = area.value = after;
      else keepBoth(after);
    };
    const catchUp = () => {
      const stored = load(DRAFT + id) ?? "";
      if (stored !== known) arrived(known, stored);
    };

    const suggest = () => {
      if (area.value.trim() === "") {
        say(element("p", {}, "Write your explanation first."));
        return;
      }
      let found = 0;
      for (const concept of concepts) {
        const hit = JSON.parse(concept.dataset.keys).some((key) => isHit(key, area.value));
        tick(concept).checked = hit;
        found += hit ? 1 : 0;
      }
      saveTicks();
      rubric.open = true;
      say(
        element(
          "p",
          {},
          `${found} of ${concepts.length} ticked, because your text holds words that go with them. ` +
            "You judge better than a word search: correct the ticks, then count.",
        ),
      );
    };

    const count = () => {
      const covered = concepts.filter((concept) => tick(concept).checked);
      const score = element(
        "p",
        {},
        element("strong", {}, `${covered.length} of ${concepts.length} concepts.`),
      );
      const left = concepts.filter((concept) => !covered.includes(concept));
      const parts = [score];
      if (left.length) {
        const items = left.map((concept) =>
          element(
            "li",
            {},
            concept.querySelector(".q-text").cloneNode(true),
            ": ",
            concept.querySelector(".q-see").cloneNode(true),
          ),
        );
        parts.push(element("p", {}, "Missing:"), element("ul", {}, ...items));
      }
      rubric.open = true;
      root.querySelector(".q-solution").open = true;
      say(...parts);
      record(id, left.length === 0, { covered: covered.length });
      showCount();
    };

    const ticked = concepts.filter((concept) => tick(concept).checked); // early as well
    if (early.trim()) keepEarly();
    else area.value = known;
    area.closest("p").after(older);
    offerOlder();
    showTicks();
    for (const concept of ticked) tick(concept).checked = true;
    if (ticked.length) saveTicks();
    showCount();
    area.addEventListener("input", typed);
    for (const concept of concepts) tick(concept).addEventListener("change", saveTicks);
    store.watch((key, before, after) => {
      if (key === DRAFT + id) arrived(before ?? "", after ?? "");
      if (key === null) arrived(known, load(DRAFT + id) ?? "");
      if (key === null || key === OLDER + id) offerOlder();
      if (key === null || key === TICKS + id) showTicks();
      if (key === null || key === RESULT + id) showCount();
    });
    window.addEventListener("pageshow", catchUp);
    document.addEventListener("visibilitychange", catchUp);
    root
      .querySelector(".q-buttons")
      .append(
        button("Suggest ticks", suggest),
        " ",
        button("Count the concepts", count),
        " ",
        last,
      );
    root.querySelector(".q-form").addEventListener("submit", (event) => event.preventDefault());
  };

  // Start --------------------------------------------------------------------------------------

  // Where readers leave much work, one file takes all of it along.
  const offerFile = (set) => {
    const panel = window.ResNetKeep?.panel();
    if (!panel) return;
    set.prepend(panel.reminder);
    const tools = set.querySelector(".q-tools");
    if (tools) tools.after(panel.box);
    else set.append(panel.box);
    if (store.trouble()) notify(store.words());
  };

  all(document, '.q[data-kind="short"]').forEach(explain);
  const examine = (set, asked, entries) => {
    for (const question of asked) if (question.answer.blank()) clear(question);
    const restart = sitting(
      set,
      asked,
      {
        wrong: "These chapters clear up what went wrong:",
        right: "All right. You can explain this paper to others now.",
      },
      { draw: "exam", done: readEntry("sittings", "exam")?.done },
    );
    tellBack(set, entries, restart);
  };

  for (const set of sets) {
    const asked = within(set);
    const entries = asked.map(arrive).filter(Boolean);
    const { mode } = set.dataset;
    if (mode === "practice") practice(set);
    if (mode === "exam" && asked.length) examine(set, asked, entries);
    if (mode === "quick") {
      tellBack(set, entries, () => {
        asked.forEach(clear);
        toFirst(asked);
      });
    }
    if (mode !== "quick") offerFile(set);
  }

  const reveal = () => {
    const target =
      location.hash.startsWith("#q-") && document.getElementById(location.hash.slice(1));
    if (!target) return;
    const group = target.closest(".q-group");
    if (group) group.open = true;
    target.scrollIntoView();
  };
  window.addEventListener("hashchange", reveal);
  reveal();

  let opened = [];
  window.addEventListener("beforeprint", () => {
    opened = all(document, ".q-set details:not([open])");
    for (const details of opened) details.open = true;
  });
  window.addEventListener("afterprint", () => {
    for (const details of opened) details.open = false;
  });
})();
