// Explain it yourself: a text of the reader, kept while it is written, and the concepts it names.
(() => {
  "use strict";

  const { ResNetBook: book, ResNetStore: store, ResNetQuestions: questions } = window;
  const progress = window.ResNetProgress;
  if (!book || !questions?.found) return;

  const { element, all } = book;
  const { sets, PREFIXES, button, quiet, paragraph, save, readEntry, readResult, record } =
    questions;
  const { texts: DRAFT, ticks: TICKS, older: OLDER, results: RESULT } = PREFIXES;

  const explain = ({ root, answer }) => {
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
        say(paragraph(words));
        area.focus();
      };
      const add = () => {
        area.value = `${area.value.trimEnd()}\n\n${text}`;
        typed();
        settle("The older text has been added below yours.");
      };
      const summary = element("summary", {}, "The older text");
      older.replaceChildren(
        paragraph("You have an older text for this question. It is kept until you decide."),
        element("details", {}, summary, element("p", { class: "q-older-text" }, text)),
        element(
          "p",
          { class: "q-buttons" },
          button("Add it below my text", add),
          quiet("Delete the older text", () => settle("The older text has been deleted.")),
        ),
      );
    };
    const keepBoth = (theirs) => {
      const both = progress.bothTexts(area.value, theirs);
      if (both !== area.value) {
        area.value = both;
        say(
          paragraph(
            "This text was changed in another tab at the same time. Both versions are " +
              "kept, one below the other. Delete what you do not want.",
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
      const verdict = answer.judge(answer.values());
      if (!verdict) {
        say(paragraph(answer.missing));
        return;
      }
      concepts.forEach((concept, place) => {
        tick(concept).checked = verdict.found[place];
      });
      saveTicks();
      rubric.open = true;
      const found = verdict.found.filter(Boolean).length;
      const why =
        found === 0
          ? "No concept is ticked, because the search has found no words for any of them in your text. "
          : `${found} of ${concepts.length} concepts ${found === 1 ? "is" : "are"} ticked, because ` +
            `your text has words that go with ${found === 1 ? "it" : "them"}. `;
      say(
        paragraph(
          why +
            "You can judge this better than a word search, so correct the ticks. Then count the concepts.",
        ),
      );
    };

    const count = () => {
      const left = concepts.filter((concept) => !tick(concept).checked);
      const covered = concepts.length - left.length;
      const score = `Your text covers ${covered} of ${concepts.length} concepts.`;
      const parts = [paragraph(element("strong", {}, score))];
      if (left.length) {
        const copy = (concept, part) => concept.querySelector(part).cloneNode(true);
        const items = left.map((concept) =>
          element("li", {}, copy(concept, ".q-text"), ": ", copy(concept, ".q-see")),
        );
        parts.push(
          paragraph(left.length === 1 ? "This concept is missing:" : "These concepts are missing:"),
          element("ul", {}, ...items),
        );
      }
      rubric.open = true;
      root.querySelector(".q-solution").open = true;
      say(...parts);
      record(id, left.length === 0, { covered });
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
    const [suggests, counts] = [
      button("Suggest ticks", suggest),
      button("Count the concepts", count),
    ];
    root.querySelector(".q-buttons").append(suggests, " ", counts, " ", last);
    root.querySelector(".q-form").addEventListener("submit", (event) => event.preventDefault());
  };

  questions.found.filter(({ answer }) => answer.explains).forEach(explain);
  sets.filter(({ dataset }) => dataset.mode === "explain").forEach(questions.offerFile);
  questions.reveal();
})();
