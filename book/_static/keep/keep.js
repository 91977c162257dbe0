// One file for all that a reader has done in this browser: saves it, loads it, and reminds of it
// when five days of progress lie in no file. Pages that hold progress show what `panel` returns.
(() => {
  "use strict";

  const { ResNetBook: book, ResNetStore: store, ResNetProgress: progress } = window;
  if (!book || !store || !progress) return;

  const { element, button } = book;

  const SAVED = `${store.FILE}saved`;
  const LATER = `${store.FILE}later`;
  const DAY_MS = 864e5;
  const REMIND_AFTER_DAYS = 5;
  const LARGEST_FILE_BYTES = 5e6;
  const NAME = "resnet-measured-progress.json";

  const dayOf = (key) => {
    const day = new Date(store.get(key) ?? NaN);
    return Number.isNaN(day.getTime()) ? null : day;
  };
  const inWords = (day) => book.inWords(day, { year: "numeric" });
  const daysSince = (key) => Math.floor((Date.now() - (dayOf(key) ?? Date.now())) / DAY_MS);

  // Days since the first progress that no file holds; 0 while there is no reason to remind.
  function unsavedDays() {
    const days = daysSince(store.UNSAVED);
    const asked = dayOf(LATER) === null || daysSince(LATER) >= REMIND_AFTER_DAYS;
    return asked && days > REMIND_AFTER_DAYS && store.keys().length ? days : 0;
  }

  const ABOUT =
    "What you do in this book stays in this browser: flashcards, answers, the exam and your texts. " +
    "One file holds all of it. You can load the file in another browser, and nothing that is newer there is lost.";
  const LASTING = "Your browser has agreed to keep it until you delete it yourself.";
  const PASSING =
    "A browser may delete what a page has stored. Safari does so when you have not come back for " +
    "seven days on which you used it, and every browser does so when you clear its data. " +
    "A saved file is not affected.";

  function panel(...more) {
    const fate = element("p", {}, PASSING);
    const last = element("span", { class: "keep-last" });
    const status = element("p", { class: "keep-say", role: "status" });
    const file = element("input", {
      id: "keep-file",
      type: "file",
      accept: ".json,application/json",
    });
    const words = element("span");
    const reminder = element("div", { class: "keep-reminder", role: "status" });

    const say = (text) => book.setText(status, text);

    function remind() {
      const days = unsavedDays();
      reminder.hidden = days === 0;
      if (days)
        words.textContent = `Your progress of the last ${days} days is stored in this browser only. ${PASSING}`;
    }

    function refresh() {
      const day = dayOf(SAVED);
      last.textContent = day
        ? `Last saved to a file on ${inWords(day)}.`
        : "You have not saved a file yet.";
      remind();
    }

    function save() {
      const content = progress.gather(store);
      const counts = Object.fromEntries(
        Object.keys(progress.KINDS).map((kind) => [kind, Object.keys(content[kind]).length]),
      );
      const blob = new Blob([JSON.stringify(content, null, 1)], { type: "application/json" });
      const link = element("a", { download: NAME, href: URL.createObjectURL(blob) });
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 60e3);
      store.set(SAVED, content.saved);
      store.set(store.UNSAVED, null);
      store.set(LATER, null);
      box.open = true;
      refresh();
      say(
        `Saved ${progress.counted(counts) || "an empty file, because there is no progress yet"}.`,
      );
    }

    function outcome({ taken, stayed }) {
      const parts = [`Loaded ${progress.counted(taken) || "nothing new"}.`];
      const left = Object.values(stayed).reduce((sum, number) => sum + number, 0);
      if (left) {
        const kept =
          left === 1
            ? "was not changed, because the one in this browser is"
            : "were not changed, because those in this browser are";
        parts.push(`${progress.counted(stayed)} ${kept} as new or newer.`);
      }
      return [...parts, store.words(false)].filter(Boolean).join(" ");
    }

    async function load(chosen) {
      try {
        if (chosen.size > LARGEST_FILE_BYTES) throw new Error("it is far too large");
        const changes = progress.plan(store, progress.readFile(await chosen.text()));
        if (!store.setAll(changes.texts))
          throw new Error("the browser's storage has no room for it");
        store.tell(null);
        say(outcome(changes));
      } catch (error) {
        say(`The file was refused: ${error.message}. Nothing was changed.`);
      }
      file.value = "";
      refresh();
    }

    const can = more.length ? "Save, load or delete" : "Save or load";
    const box = element(
      "details",
      { class: "keep" },
      element("summary", {}, `${can} your progress`),
      element("p", {}, ABOUT),
      fate,
      element("p", {}, button("Save to a file", save), " ", last),
      element("p", {}, element("label", { for: "keep-file" }, "Load from a file"), file),
      status,
      ...more,
    );

    const notNow = button("Not now", () => {
      store.set(LATER, new Date().toISOString());
      remind();
      box.querySelector("summary").focus();
    });
    const now = button("Save to a file now", save);
    reminder.append(element("p", {}, words), element("p", {}, now, " ", notNow));

    file.addEventListener("change", () => file.files[0] && load(file.files[0]));
    store.watch(refresh);
    store.isPersistent().then((lasting) => lasting && (fate.textContent = LASTING));
    refresh();
    return { reminder, box, say };
  }

  window.ResNetKeep = { panel };
})();
