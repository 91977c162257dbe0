// Explain it yourself: a text of the reader, kept while it is written, and the concepts it names.
(() => {
  "use strict";

  const { ResNetBook: book, ResNetStore: store, ResNetQuestions: questions } = window;
  const progress = window.ResNetProgress;
  if (!book || !questions) return;

  const { element, all } = book;
  const { sets, PREFIXES, button, save, readEntry, readResult, record } = questions;
  const { texts: DRAFT, ticks: TICKS, older: OLDER, results: RESULT } = PREFIXES;

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
    const concepts = all("[data-concept]", rubric);
    const tick = (concept) => concept.querySelector("input");
    const feedback = root.querySelector(".q-feedback");
    const last = element("span", { class: "q-past" });
    const say = (...parts) => {
      feedback.replaceChildren(...parts);
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
    let known = store.get(DRAFT + id) ?? "";
    const early = area.value; // written before this script arrived
    const keepEarly = () => {
      if (known && !early.includes(known)) {
        save(OLDER + id, progress.bothTexts(store.get(OLDER + id) ?? known, known));
      }
      known = early;
      save(DRAFT + id, known);
    };

    const older = element("div", { class: "q-older" });
    const offerOlder = () => {
      const text = store.get(OLDER + id) ?? "";
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
      const stored = store.get(DRAFT + id) ?? "";
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
      const stored = store.get(DRAFT + id) ?? "";
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
      if (key === null) arrived(known, store.get(DRAFT + id) ?? "");
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

  all('.q[data-kind="short"]').forEach(explain);
  sets.filter(({ dataset }) => dataset.mode === "explain").forEach(questions.offerFile);
  questions.reveal();
})();
