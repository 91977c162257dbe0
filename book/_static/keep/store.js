// What this browser keeps for the reader. Runs first on every page, before anything is drawn, so
// that a storage that is denied, full or forgetful stops neither the book's scripts nor the theme's:
// they get one that lasts until the page is closed. Also keeps forms from being sent before the
// script that answers them has arrived.
(() => {
  "use strict";

  const OURS = "resnet-measured:";
  const FILE = "resnet-measured-file:v1:"; // what is known about saved files; no progress itself
  const UNSAVED = `${FILE}unsaved`;
  const ASKED = `${FILE}asked`;
  const PROBE = "resnet-measured-probe";

  const WORDS = {
    off: "Your browser does not let this page store anything.",
    forgets:
      "Your browser accepts what this page stores but forgets everything at once, as some private windows do.",
    full: "Your browser's storage is full, so it cannot store more.",
  };
  const LASTS = " What you do from now on lasts until you close this page.";
  const SAVE = " Save it to a file to keep it.";
  const DAMAGED = "A stored entry was damaged and is left out. All others are kept.";

  const memory = new Map(); // what the browser would not keep
  const watchers = [];
  const isFull = (error) =>
    error?.name === "QuotaExceededError" || error?.name === "NS_ERROR_DOM_QUOTA_REACHED";

  const browsers = (name) => {
    try {
      return window[name] ?? null;
    } catch {
      return null;
    }
  };
  const real = browsers("localStorage");

  // Puts a text where it belongs, and says what is wrong with that place: "" for nothing.
  function put(key, text, area = real) {
    if (!area) return "off";
    try {
      area.setItem(key, text);
      return area.getItem(key) === text ? "" : "forgets";
    } catch (error) {
      return isFull(error) ? "full" : "off";
    }
  }

  function drop(key) {
    memory.delete(key);
    try {
      real?.removeItem(key);
    } catch {
      // What cannot be read cannot be removed either, and nobody sees it.
    }
  }

  let trouble = put(PROBE, String(Math.random()).padEnd(64, "."));
  drop(PROBE);
  const isLost = () => trouble === "off" || trouble === "forgets";

  function get(key) {
    if (memory.has(key)) return memory.get(key);
    if (isLost()) return null;
    try {
      return real.getItem(key);
    } catch {
      trouble = "off";
      return null;
    }
  }

  function write(key, text) {
    const wrong = isLost() ? trouble : put(key, text);
    trouble = wrong || trouble;
    if (wrong) memory.set(key, text);
    else memory.delete(key);
  }

  // Every progress that no file holds yet counts from its first moment.
  function set(key, text) {
    if (text === null) return drop(key);
    write(key, text);
    if (key.startsWith(OURS) && get(UNSAVED) === null) write(UNSAVED, new Date().toISOString());
  }

  function keys(prefix = OURS) {
    const found = [...memory.keys()];
    try {
      if (!isLost()) found.push(...Object.keys(real));
    } catch {
      trouble = "off";
    }
    return [...new Set(found)].filter((key) => key.startsWith(prefix));
  }

  // All of the entries or none: false where the browser has no room for them.
  function setAll(entries) {
    const before = [...entries.keys()].map((key) => [key, get(key)]);
    for (const [key, text] of entries) write(key, text);
    if (trouble !== "full" || before.every(([key]) => !memory.has(key))) return true;
    for (const [key] of before) if (!memory.delete(key)) drop(key);
    for (const [key, text] of before) if (text !== null && get(key) !== text) write(key, text);
    return false;
  }

  // `wanted(key, before, after)` is called for a change from elsewhere: another tab or a loaded
  // file. A key of null stands for any number of changes.
  const watch = (wanted) => watchers.push(wanted);
  const tell = (key, before = null, after = null) =>
    watchers.forEach((wanted) => wanted(key, before, after));
  addEventListener("storage", (event) => tell(event.key, event.oldValue, event.newValue));

  // Asks the browser not to delete what is stored here when it needs room or nobody visits. Asked
  // once in a browser's life, because Firefox shows the question to the reader.
  async function persist() {
    if (trouble || get(ASKED) !== null || !navigator.storage?.persist) return;
    write(ASKED, new Date().toISOString());
    try {
      await navigator.storage.persist();
    } catch {
      // A browser that cannot promise it keeps everything as long as before.
    }
  }

  async function isPersistent() {
    try {
      return !trouble && (await navigator.storage?.persisted?.()) === true;
    } catch {
      return false;
    }
  }

  const words = (canSave = true) => (trouble ? WORDS[trouble] + LASTS + (canSave ? SAVE : "") : "");

  window.ResNetStore = {
    OURS,
    FILE,
    UNSAVED,
    DAMAGED,
    get,
    set,
    keys,
    setAll,
    watch,
    tell,
    persist,
    isPersistent,
    words,
    trouble: () => trouble,
    isKept: (key) => !memory.has(key),
  };

  // The theme and Sphinx know `localStorage` and `sessionStorage` alone, and stop at an error.
  const standIn = (read, change, remove, names) => ({
    getItem: (key) => read(String(key)) ?? null,
    setItem: (key, text) => change(String(key), String(text)),
    removeItem: (key) => remove(String(key)),
    clear: () => names().forEach(remove),
    key: (place) => names()[place] ?? null,
    get length() {
      return names().length;
    },
  });

  function replace(name, value) {
    try {
      Object.defineProperty(window, name, { value, configurable: true });
    } catch {
      // Then the theme's own errors stay, and the book's scripts work all the same.
    }
  }

  if (trouble)
    replace(
      "localStorage",
      standIn(get, set, drop, () => keys("")),
    );
  if (put(PROBE, PROBE, browsers("sessionStorage"))) {
    const visit = new Map();
    replace(
      "sessionStorage",
      standIn(
        (key) => visit.get(key),
        (key, text) => visit.set(key, text),
        (key) => visit.delete(key),
        () => [...visit.keys()],
      ),
    );
  } else window.sessionStorage.removeItem(PROBE);

  // A form belongs to its script. Until that has arrived, Enter sends nothing and loads nothing.
  document.addEventListener(
    "submit",
    (event) => {
      if (!event.target.matches(".bd-search")) event.preventDefault();
    },
    true,
  );
})();
