// The study session with flashcards. Which card comes when is decided by FSRS (ts-fsrs).
(() => {
  "use strict";

  const { ResNetBook: book, ResNetStore: store, ResNetCards: state } = window;
  const study = document.querySelector(".fc-study");
  const items = new Map([...document.querySelectorAll(".fc")].map((li) => [li.dataset.card, li]));
  if (!study || items.size === 0 || !book || !state || !window.FSRS || !window.ResNetKeep) return;

  const { element, button, plural, all } = book;
  const scheduler = window.FSRS.fsrs({ enable_fuzz: false });
  const GRADES = ["Again", "Hard", "Good", "Easy"]; // FSRS numbers them from 1
  const AHEAD_MS = 20 * 60e3;
  const DAY_MS = 864e5;
  const USUAL_NEW_A_DAY = Number(study.dataset.newADay);
  const ids = [...items.keys()];

  const option = (value, text) => element("option", { value }, text);

  // The form around the session -------------------------------------------------------------------

  const groups = all(".fc-group");
  const chapter = element(
    "select",
    { id: "fc-chapter", autocomplete: "off" },
    option("", "All chapters"),
    ...groups.map((group) => option(group.dataset.chapter, group.dataset.title)),
  );
  const level = element(
    "select",
    { id: "fc-level", autocomplete: "off" },
    option("", "All levels"),
    ...["easy", "medium", "hard"].map((name) =>
      option(name, name[0].toUpperCase() + name.slice(1)),
    ),
  );
  const perDay = element("input", {
    id: "fc-per-day",
    type: "number",
    min: 0,
    max: state.MOST_NEW_A_DAY,
    step: 1,
    inputmode: "numeric",
    autocomplete: "off",
    value: state.newADay(USUAL_NEW_A_DAY),
  });
  const field = (label, control) =>
    element("p", {}, element("label", { for: control.id }, label), control);
  const choose = element(
    "form",
    { class: "fc-choose", "aria-label": "Which cards" },
    field("Chapter", chapter),
    field("Level", level),
    field("New cards a day", perDay),
  );
  const counts = element("p", { class: "fc-counts", tabindex: -1 });
  const begin = button("Study now", () => start(), { class: "fc-begin" });
  const trouble = element("p", { class: "fc-trouble", role: "alert" });
  const say = element("p", { class: "fc-say", role: "status" });

  // One card --------------------------------------------------------------------------------------

  const where = element("p", { class: "fc-where" });
  const question = element("div", { class: "fc-question", tabindex: -1 });
  const answer = element("div", { class: "fc-answer", tabindex: -1, hidden: true });
  const reveal = button("Show answer", () => showAnswer(), { class: "fc-reveal" });
  reveal.append(element("kbd", {}, "Space"));
  const ratings = GRADES.map((name, place) => {
    const made = button(name, () => rate(place + 1), {
      class: "fc-rate",
      "data-grade": name.toLowerCase(),
    });
    made.prepend(element("kbd", {}, String(place + 1)));
    made.append(element("small"));
    return made;
  });
  const rating = element(
    "div",
    { class: "fc-rating", role: "group", "aria-label": "How well did you know it?", hidden: true },
    ...ratings,
  );
  const stop = button("End session", () => finish("The session has ended."), { class: "fc-stop" });
  const box = element(
    "div",
    { class: "fc-box", role: "group", "aria-label": "Flashcard", hidden: true },
    where,
    question,
    answer,
    reveal,
    rating,
    stop,
  );

  // Keeping ---------------------------------------------------------------------------------------

  const remove = book.twice(
    "Delete progress with cards",
    "Really delete all progress with cards?",
    () => deleteProgress(),
    {},
    () =>
      keep.say(
        "Press the button again to delete your progress with all cards. Your answers and texts will be kept.",
      ),
  );
  const keep = window.ResNetKeep.panel(element("p", {}, remove));

  let current = null; // { id, text }: the card on show, and what was stored about it
  let answered = 0;

  const chosen = () =>
    ids.filter((id) => {
      const { chapter: page, level: grade } = items.get(id).dataset;
      return (!chapter.value || page === chapter.value) && (!level.value || grade === level.value);
    });
  const agenda = () => state.agenda(chosen(), new Date(), state.newADay(USUAL_NEW_A_DAY), ids);
  const stored = (id) => store.get(state.PREFIX + id);

  function showTrouble() {
    const words = [];
    if (store.trouble()) words.push(store.words());
    const lost = ids.filter((id) => state.damaged.has(id)).length;
    if (lost) {
      words.push(
        `What was stored about ${plural(lost, "card")} is damaged, so ${lost === 1 ? "it counts" : "they count"} as new. All other progress is as it was.`,
      );
    }
    const text = words.join(" ");
    book.setText(trouble, text);
  }

  function showCounts(plan = agenda()) {
    const parts = [
      `${plan.review.length} to review`,
      `${plan.learning.length} being learned`,
      `${plan.fresh.length} new`,
    ];
    counts.textContent = `Due now: ${parts.join(", ")}. Your choice has ${plural(chosen().length, "card")}.`;
    showTrouble();
    return plan;
  }

  function pick(plan) {
    const soon = Date.now() + AHEAD_MS;
    const ahead = plan.later.find(
      ({ entry }) => entry.state !== state.REVIEW && Date.parse(entry.due) <= soon,
    );
    return (plan.learning[0] ?? plan.review[0] ?? plan.fresh[0] ?? ahead)?.id ?? null;
  }

  function span(ms) {
    const minutes = Math.max(1, Math.round(ms / 60e3));
    if (minutes < 60) return plural(minutes, "minute");
    const days = Math.round(ms / DAY_MS);
    if (days < 1) return plural(Math.round(minutes / 60), "hour");
    if (days < 60) return plural(days, "day");
    return days < 730
      ? plural(Math.round(days / 30.44), "month")
      : plural(Math.round(days / 365.25), "year");
  }

  const copyOf = (id, part) => [...items.get(id).querySelector(part).cloneNode(true).childNodes];

  function show(id) {
    current = { id, text: stored(id) };
    const data = items.get(id).dataset;
    const title = groups.find((group) => group.dataset.chapter === data.chapter).dataset.title;
    where.textContent = `${title} · ${data.level}${current.text === null ? " · new" : ""}`;
    question.replaceChildren(...copyOf(id, ".fc-front"));
    answer.replaceChildren();
    answer.hidden = rating.hidden = true;
    reveal.hidden = box.hidden = false;
    begin.hidden = true;
    question.focus({ preventScroll: true });
    box.scrollIntoView({ block: "nearest" });
  }

  function next(said) {
    const plan = showCounts();
    const id = pick(plan);
    if (id === null) return finish(said, plan);
    say.textContent = said;
    show(id);
  }

  function start() {
    answered = 0;
    next("The session has begun. Say the answer to yourself, and then show it.");
  }

  function finish(said, plan = showCounts()) {
    const first = plan.later[0];
    const words = [said, answered ? `You gave ${plural(answered, "answer")}.` : ""];
    if (pick(plan) === null) {
      words.push("No more cards of your choice are due.");
      if (first)
        words.push(
          `The next card comes back in ${span(Date.parse(first.entry.due) - Date.now())}.`,
        );
    }
    current = null;
    box.hidden = true;
    begin.hidden = false;
    say.textContent = words.filter(Boolean).join(" ");
    begin.focus({ preventScroll: true });
  }

  function cardToRate(id, now) {
    const entry = state.read(id);
    if (!entry) return { card: window.FSRS.createEmptyCard(now), entry, now };
    // A clock that was set back must not make a review lie before the one before it.
    const later = new Date(Math.max(now, Date.parse(entry.last_review)));
    return {
      card: { ...entry, due: new Date(entry.due), last_review: new Date(entry.last_review) },
      entry,
      now: later,
    };
  }

  function showAnswer() {
    if (!current || !answer.hidden) return;
    const about = items.get(current.id).querySelector(".fc-about").cloneNode(true);
    answer.replaceChildren(...copyOf(current.id, ".fc-back"), about);
    const { card, now } = cardToRate(current.id, new Date());
    const outcomes = scheduler.repeat(card, now);
    ratings.forEach((made, place) => {
      made.querySelector("small").textContent = span(outcomes[place + 1].card.due - now);
    });
    answer.hidden = rating.hidden = false;
    reveal.hidden = true;
    say.textContent =
      "The answer is shown. How well did you know it? Press 1 for again, 2 for hard, 3 for good or 4 for easy.";
    answer.focus({ preventScroll: true });
    box.scrollIntoView({ block: "nearest" });
  }

  function rate(grade) {
    if (!current || answer.hidden) return;
    const { id, text } = current;
    if (stored(id) !== text) return next("That card was answered in another tab.");
    const { card, entry, now } = cardToRate(id, new Date());
    const { first: _, ...after } = { ...scheduler.next(card, now, grade).card };
    const begun = entry?.first ?? now.toISOString();
    state.write(id, JSON.parse(JSON.stringify({ ...after, first: begun })));
    state.read(id);
    answered += 1;
    store.persist();
    const back = `that card comes back in ${span(after.due - now)}`;
    const condition = store.isKept(state.PREFIX + id) ? "" : " if you leave this page open";
    next(`${GRADES[grade - 1]}: ${back}${condition}.`);
  }

  box.addEventListener("keydown", (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey || event.repeat) return;
    const grade = ["1", "2", "3", "4"].indexOf(event.key) + 1;
    if (grade && !answer.hidden) {
      event.preventDefault();
      rate(grade);
    } else if (event.key === " " && !event.target.closest("button, a")) {
      event.preventDefault();
      showAnswer();
    }
  });

  // Another tab -----------------------------------------------------------------------------------

  store.watch((key) => {
    if (key !== null && !key.startsWith("resnet-measured:card")) return;
    if (document.activeElement !== perDay) perDay.value = state.newADay(USUAL_NEW_A_DAY);
    if (current && stored(current.id) !== current.text) {
      next(
        key === null
          ? "That card was changed elsewhere."
          : "That card was answered in another tab.",
      );
    } else showCounts();
  });
  addEventListener("visibilitychange", () => document.hidden || showCounts());

  // Delete ----------------------------------------------------------------------------------------

  function deleteProgress() {
    state.forget();
    if (current) finish("");
    showCounts();
    keep.say("Your progress with cards has been deleted, so all cards are new again.");
  }

  // The search leads to a card in the list of all; the card opens, since it was asked for.
  const openAsked = () => {
    const card = items.get(location.hash.slice(1));
    if (!card) return;
    card.querySelector("details").open = true;
    card.scrollIntoView();
  };
  addEventListener("hashchange", openAsked);

  choose.addEventListener("submit", (event) => event.preventDefault());
  for (const select of [chapter, level]) {
    select.addEventListener("change", () =>
      current ? next("You have changed the choice of cards.") : showCounts(),
    );
  }
  perDay.addEventListener("change", () => {
    const number = Math.min(
      state.MOST_NEW_A_DAY,
      Math.max(0, Math.round(Number(perDay.value)) || 0),
    );
    perDay.value = number;
    store.set(state.NEW_A_DAY, String(number));
    showCounts();
  });

  study.replaceChildren(choose, counts, begin, trouble, keep.reminder, box, say, keep.box);
  showCounts();
  openAsked();
})();
