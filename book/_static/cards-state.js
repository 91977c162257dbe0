// What this browser remembers about each flashcard, and how many cards are due. Every card has an
// entry of its own, so that tabs do not overwrite each other and a damaged entry loses only itself.
(() => {
  "use strict";

  const PREFIX = "resnet-measured:card:v1:";
  const NEW_A_DAY = "resnet-measured:cards:v1:new-a-day";
  const ID = /^[a-z0-9]+(-[a-z0-9]+)*$/;
  const DATE = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
  const LEARNING = 1;
  const REVIEW = 2;
  const RELEARNING = 3;
  const MOST_NEW_A_DAY = 999;

  const memory = new Map(); // what the browser would not keep
  const damaged = new Set();
  let trouble = ""; // "off" or "full" once the browser has refused to keep something

  function getText(key) {
    if (memory.has(key)) return memory.get(key);
    try {
      return localStorage.getItem(key);
    } catch {
      trouble = "off";
      return null;
    }
  }

  const store = (key, text) =>
    text === null ? localStorage.removeItem(key) : localStorage.setItem(key, text);

  const isFull = (error) =>
    error.name === "QuotaExceededError" || error.name === "NS_ERROR_DOM_QUOTA_REACHED";

  function setText(key, text) {
    try {
      store(key, text);
      memory.delete(key);
    } catch (error) {
      trouble = isFull(error) ? "full" : "off";
      memory.set(key, text);
    }
  }

  const within = (low, high) => (value) =>
    typeof value === "number" && value >= low && value <= high;
  const count = (value) => Number.isInteger(value) && value >= 0;
  const date = (value) =>
    typeof value === "string" && DATE.test(value) && !Number.isNaN(Date.parse(value));

  const FIELDS = {
    due: date,
    last_review: date,
    first: date,
    stability: within(0.001, 1e6),
    difficulty: within(1, 10),
    elapsed_days: within(0, 1e6),
    scheduled_days: within(0, 1e6),
    learning_steps: count,
    reps: (value) => count(value) && value > 0,
    lapses: count,
    state: (value) => [LEARNING, REVIEW, RELEARNING].includes(value),
  };

  // The entry with exactly the known fields, or the name of the first one that is wrong.
  function check(entry) {
    if (typeof entry !== "object" || entry === null || Array.isArray(entry)) return { wrong: "entry" };
    const clean = {};
    for (const [name, isRight] of Object.entries(FIELDS)) {
      if (!Object.hasOwn(entry, name) || !isRight(entry[name])) return { wrong: name };
      clean[name] = entry[name];
    }
    return { entry: clean };
  }

  function readText(text) {
    try {
      return check(JSON.parse(text)).entry ?? null;
    } catch {
      return null;
    }
  }

  function read(id) {
    const text = getText(PREFIX + id);
    const entry = text === null ? null : readText(text);
    if (text !== null && !entry) damaged.add(id);
    else damaged.delete(id);
    return entry;
  }

  const write = (id, entry) => setText(PREFIX + id, JSON.stringify(entry));

  // All of the entries or none: false where the browser has no room for them.
  function writeAll(entries) {
    const before = Object.keys(entries).map((id) => [PREFIX + id, getText(PREFIX + id)]);
    for (const [id, entry] of Object.entries(entries)) write(id, entry);
    if (trouble !== "full" || before.every(([key]) => !memory.has(key))) return true;
    for (const [key] of before) if (!memory.has(key)) store(key, null);
    for (const [key, text] of before) {
      memory.delete(key);
      if (text !== null) setText(key, text);
    }
    return false;
  }

  function storedIds() {
    const keys = [...memory.keys()];
    try {
      keys.push(...Object.keys(localStorage));
    } catch {
      trouble = "off";
    }
    const ids = keys.filter((key) => key.startsWith(PREFIX)).map((key) => key.slice(PREFIX.length));
    return [...new Set(ids)];
  }

  function forget() {
    for (const id of storedIds()) {
      memory.delete(PREFIX + id);
      try {
        store(PREFIX + id, null);
      } catch {
        trouble = "off";
      }
    }
    damaged.clear();
  }

  function newADay(usual) {
    const text = getText(NEW_A_DAY);
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
    const started = [...known.values()].filter((entry) => entry && sameDay(entry.first, now)).length;
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
    PREFIX, NEW_A_DAY, MOST_NEW_A_DAY, ID, LEARNING, REVIEW, RELEARNING,
    check, read, readText, getText, setText, write, writeAll, storedIds, forget, newADay, agenda,
    damaged, trouble: () => trouble,
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
    line.querySelector("span").textContent = `: ${words}, ${entries.length} of ${ids.length} begun.`;
  }

  for (const line of document.querySelectorAll(".fc-due")) {
    showDue(line);
    addEventListener("storage", () => showDue(line));
    addEventListener("pageshow", () => showDue(line));
  }
})();
