// What this browser remembers about each flashcard, and how many cards are due. Every card has an
// entry of its own, so that tabs do not overwrite each other and a damaged entry loses only itself.
(() => {
  "use strict";

  const store = window.ResNetStore;
  const progress = window.ResNetProgress;
  if (!store || !progress) return;

  const PREFIX = progress.KINDS.cards.prefix;
  const NEW_A_DAY = `${progress.KINDS.settings.prefix}new-a-day`;
  const REVIEW = 2;
  const MOST_NEW_A_DAY = 999;

  const damaged = new Set();

  function read(id) {
    const text = store.get(PREFIX + id);
    const entry = text === null ? null : (progress.parse("cards", text) ?? null);
    if (text !== null && !entry) damaged.add(id);
    else damaged.delete(id);
    return entry;
  }

  const write = (id, entry) => store.set(PREFIX + id, JSON.stringify(entry));

  function forget() {
    for (const key of store.keys(PREFIX)) store.set(key, null);
    damaged.clear();
  }

  function newADay(usual) {
    const text = store.get(NEW_A_DAY);
    const chosen = Number(text);
    return /^\d{1,3}$/.test(text ?? "") ? Math.min(chosen, MOST_NEW_A_DAY) : usual;
  }

  const sameDay = (text, now) => new Date(text).toDateString() === now.toDateString();

  // Cards in review come due with their day, cards that are being learned at their minute.
  function isDue(entry, now) {
    const due = new Date(entry.due);
    return entry.state === REVIEW ? due <= now || sameDay(entry.due, now) : due <= now;
  }

  // What there is to do: `fresh` are new cards, as many as the limit of the day leaves.
  function agenda(ids, now, limit, counted = ids) {
    const known = new Map(counted.map((id) => [id, read(id)]));
    const started = [...known.values()].filter(
      (entry) => entry && sameDay(entry.first, now),
    ).length;
    const entries = ids.map((id) => ({ id, entry: known.get(id) }));
    const byDue = (a, b) => Date.parse(a.entry.due) - Date.parse(b.entry.due);
    const seen = entries.filter(({ entry }) => entry);
    const due = seen.filter(({ entry }) => isDue(entry, now)).sort(byDue);
    return {
      learning: due.filter(({ entry }) => entry.state !== REVIEW),
      review: due.filter(({ entry }) => entry.state === REVIEW),
      fresh: entries.filter(({ entry }) => !entry).slice(0, Math.max(0, limit - started)),
      later: seen.filter(({ entry }) => !isDue(entry, now)).sort(byDue),
    };
  }

  window.ResNetCards = {
    PREFIX,
    NEW_A_DAY,
    MOST_NEW_A_DAY,
    REVIEW,
    read,
    write,
    forget,
    newADay,
    agenda,
    damaged,
  };

  // The line on the start page: a plain link until the reader has studied.
  function showDue(line) {
    const ids = line.dataset.cards.split(" ");
    const entries = ids.map(read).filter(Boolean);
    if (entries.length === 0) return;
    const { learning, review } = agenda(ids, new Date(), 0);
    const due = learning.length + review.length;
    const words = { 0: "no card is due now", 1: "one card is due" }[due] ?? `${due} cards are due`;
    line.querySelector("a").textContent = "Your flashcards";
    line.querySelector("span").textContent =
      `: ${words}, and you have begun ${entries.length} of ${ids.length} cards.`;
  }

  for (const line of document.querySelectorAll(".fc-due")) {
    showDue(line);
    store.watch(() => showDue(line));
    addEventListener("pageshow", () => showDue(line));
  }
})();
