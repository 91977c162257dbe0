// What the browser keeps of the reader's work on questions, and what the page says about it.
// Without the scripts of this folder every question and its answer can still be read.
(() => {
  "use strict";

  const sets = [...document.querySelectorAll(".q-set")];
  const { ResNetBook: book, ResNetStore: store, ResNetProgress: progress } = window;
  if (sets.length === 0 || !book || !store || !progress) return;

  const { setText } = book;
  const PREFIXES = Object.fromEntries(
    Object.entries(progress.KINDS).map(([kind, { prefix }]) => [kind, prefix]),
  );

  const button = (words, action, attributes = {}) =>
    book.button(words, action, { class: "q-button", ...attributes });
  const quiet = (words, action) => button(words, action, { class: "q-button q-quiet" });
  const paragraph = (...parts) => book.element("p", {}, ...parts);

  const notice = sets[0].querySelector(".q-notice");
  const notify = (text) => setText(notice, text);

  const canSave = sets.some((set) => set.dataset.mode !== "quick");
  // Whatever a reader leaves here is a reason to ask the browser for storage that lasts.
  const save = (key, text) => {
    store.set(key, text);
    if (store.trouble()) notify(store.words(canSave));
    else if (text !== null) store.persist();
  };

  const forget = (kinds) => {
    for (const kind of kinds) for (const key of store.keys(PREFIXES[kind])) save(key, null);
  };

  // What an entry holds, or null where there is none or it is damaged.
  const readEntry = (kind, id) => {
    const text = store.get(PREFIXES[kind] + id);
    const entry = text === null ? null : progress.parse(kind, text);
    if (entry === undefined) notify(store.DAMAGED);
    return entry ?? null;
  };

  const readResult = (id) => readEntry("results", id);

  const record = (id, right, more = {}) => {
    const before = readResult(id) ?? { n: 0, right: 0 };
    const after = { n: before.n + 1, right: before.right + (right ? 1 : 0), last: right, ...more };
    save(PREFIXES.results + id, JSON.stringify(after));
  };

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

  // Shows the question that the address names, also where it lies in a closed group.
  const reveal = () => {
    const target =
      location.hash.startsWith("#q-") && document.getElementById(location.hash.slice(1));
    if (!target) return;
    const group = target.closest(".q-group");
    if (group) {
      window.ResNetLater?.unfold(group);
      group.open = true;
    }
    target.scrollIntoView();
  };
  addEventListener("hashchange", reveal);
  book.openForPrint(".q-set details");

  window.ResNetQuestions = {
    sets,
    PREFIXES,
    button,
    quiet,
    paragraph,
    notify,
    save,
    forget,
    readEntry,
    readResult,
    record,
    offerFile,
    reveal,
  };
})();
