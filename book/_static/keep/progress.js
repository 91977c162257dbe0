// What a reader's progress consists of: the entries of every kind, the one file that holds them
// all, and how a loaded file joins what is here. What a file says is checked field by field and
// copied; nothing of it is run, and no newer progress gives way to an older one.
(() => {
  "use strict";

  const FORMAT = "resnet-measured";
  const VERSION = 1;
  const OLD_FORMAT = "resnet-measured-cards"; // cards alone, as the flashcards saved them once
  const ID = /^[a-z0-9]+(-[a-z0-9]+)*$/;
  const DATE = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
  const LONGEST_TEXT = 1_000_000;
  const LONGEST_ANSWER = 10_000;
  const MOST_VALUES = 100;
  const CONCEPTS = 4;

  const within = (low, high) => (value) =>
    typeof value === "number" && value >= low && value <= high;
  const count = (value) => Number.isInteger(value) && value >= 0;
  const flag = (value) => typeof value === "boolean";
  const date = (value) =>
    typeof value === "string" && DATE.test(value) && !Number.isNaN(Date.parse(value));
  const text = (longest) => (value) => typeof value === "string" && value.length <= longest;
  const list =
    (isRight, most = MOST_VALUES) =>
    (value) =>
      Array.isArray(value) && value.length <= most && value.every(isRight);
  const isId = (value) => typeof value === "string" && value.length <= 200 && ID.test(value);

  // A check of an object: exactly the known fields, or the name of the first one that is wrong.
  const fields =
    (known, isSound = () => true) =>
    (entry) => {
      if (typeof entry !== "object" || entry === null || Array.isArray(entry))
        return { wrong: "entry" };
      const clean = {};
      for (const [name, { isRight, optional }] of Object.entries(known)) {
        if (optional && !Object.hasOwn(entry, name)) continue;
        if (!Object.hasOwn(entry, name) || !isRight(entry[name])) return { wrong: name };
        clean[name] = entry[name];
      }
      return isSound(clean) ? { entry: clean } : { wrong: "entry" };
    };
  const needed = (checks) =>
    Object.fromEntries(Object.entries(checks).map(([name, isRight]) => [name, { isRight }]));
  const value = (isRight) => (entry) => (isRight(entry) ? { entry } : { wrong: "entry" });

  const checkCard = fields(
    needed({
      due: date,
      last_review: date,
      first: date,
      stability: within(0.001, 1e6),
      difficulty: within(1, 10),
      elapsed_days: within(0, 1e6),
      scheduled_days: within(0, 1e6),
      learning_steps: count,
      reps: (number) => count(number) && number > 0,
      lapses: count,
      state: (number) => [1, 2, 3].includes(number),
    }),
  );
  const checkResult = fields(
    {
      ...needed({ n: (number) => count(number) && number > 0, right: count, last: flag }),
      covered: { isRight: (number) => count(number) && number <= CONCEPTS, optional: true },
    },
    ({ n, right }) => right <= n,
  );
  const checkAnswer = fields(
    needed({ values: list(text(LONGEST_ANSWER)), checked: flag, at: date }),
  );
  const checkSitting = fields(
    needed({
      draw: (name) => ["exam", "ten", "diagnostic"].includes(name),
      ids: list(isId),
      done: flag,
      at: date,
    }),
  );

  // Both of two texts that were written apart; each part once, in an order that does not depend
  // on which of them is at hand, so that two tabs agree.
  const DIVIDER = "\n\n[other version]\n";
  const bothTexts = (mine, theirs) => {
    const parts = [...new Set([...mine.split(DIVIDER), ...theirs.split(DIVIDER)])];
    const wanted = parts.filter(
      (part) => !parts.some((other) => other !== part && other.includes(part)),
    );
    return wanted.sort().join(DIVIDER);
  };

  const later = (field) => (mine, theirs) =>
    Date.parse(theirs[field]) > Date.parse(mine[field]) ? theirs : mine;
  const stays = (mine) => mine;

  const place = (names) => new RegExp(`^(${names}):${ID.source.slice(1)}`);

  // Each kind: where its entries lie, how they are called, checked, and joined with those of a file.
  const KINDS = {
    cards: {
      prefix: "card:v1:",
      word: "card",
      id: ID,
      check: checkCard,
      join: later("last_review"),
    },
    results: {
      prefix: "q:v1:",
      word: "result",
      id: ID,
      check: checkResult,
      join: (mine, theirs) => (theirs.n > mine.n ? theirs : mine),
    },
    answers: {
      prefix: "answer:v1:",
      word: "answer",
      id: place("quick|exam|practice"),
      check: checkAnswer,
      join: later("at"),
    },
    sittings: {
      prefix: "sitting:v1:",
      word: "set of questions",
      plural: "sets of questions",
      id: /^(exam|practice)$/,
      check: checkSitting,
      join: later("at"),
    },
    texts: {
      prefix: "text:v1:",
      word: "text",
      id: ID,
      check: value(text(LONGEST_TEXT)),
      plain: true,
      join: bothTexts,
    },
    older: {
      prefix: "older:v1:",
      word: "older text",
      id: ID,
      check: value(text(LONGEST_TEXT)),
      plain: true,
      join: bothTexts,
    },
    ticks: {
      prefix: "ticks:v1:",
      word: "list of ticks",
      plural: "lists of ticks",
      id: ID,
      check: value(list((number) => count(number) && number < CONCEPTS, CONCEPTS)),
      join: stays,
    },
    settings: {
      prefix: "cards:v1:",
      word: "setting",
      id: /^new-a-day$/,
      check: value((chosen) => typeof chosen === "string" && /^\d{1,3}$/.test(chosen)),
      plain: true,
      join: stays,
    },
  };
  for (const kind of Object.values(KINDS)) kind.prefix = `resnet-measured:${kind.prefix}`;

  // What a stored text says, or undefined where it is damaged.
  function parse(kind, stored) {
    const { check, plain } = KINDS[kind];
    try {
      return check(plain ? stored : JSON.parse(stored)).entry;
    } catch {
      return undefined;
    }
  }

  const write = (kind, entry) => (KINDS[kind].plain ? entry : JSON.stringify(entry));

  const sections = () => Object.keys(KINDS);

  // All sound entries of this browser as the content of a file.
  function gather(store, now = new Date()) {
    const file = { format: FORMAT, version: VERSION, saved: now.toISOString() };
    for (const [kind, { prefix, id }] of Object.entries(KINDS)) {
      const entries = store
        .keys(prefix)
        .sort()
        .map((key) => [key.slice(prefix.length), parse(kind, store.get(key))])
        .filter(([name, entry]) => id.test(name) && entry !== undefined);
      file[kind] = Object.fromEntries(entries);
    }
    return file;
  }

  const isTable = (table) => typeof table === "object" && table !== null && !Array.isArray(table);
  const article = (word) => `${/^[aeiou]/.test(word) ? "an" : "a"} ${word}`;
  const short = (name) => String(name).slice(0, 40);

  function readSection(kind, table) {
    const { id, word, check } = KINDS[kind];
    if (!isTable(table)) throw new Error(`its list of ${kind} is missing`);
    return Object.entries(table).map(([name, raw]) => {
      if (name.length > 200 || !id.test(name))
        throw new Error(`“${short(name)}” cannot be the name of ${article(word)}`);
      const { entry, wrong } = check(raw);
      if (wrong) throw new Error(`the entry of ${name} is damaged (${wrong})`);
      return { kind, name, entry };
    });
  }

  // The entries of a file; an Error says why it is refused.
  function readFile(content) {
    let file;
    try {
      file = JSON.parse(content);
    } catch {
      throw new Error("it is damaged, or it is not a JSON file");
    }
    if (!isTable(file) || ![FORMAT, OLD_FORMAT].includes(file.format)) {
      throw new Error("it was not saved by this book");
    }
    if (file.version !== VERSION) {
      throw new Error(
        `it has version ${String(file.version).slice(0, 20)}, but this page reads only version ${VERSION}`,
      );
    }
    const wanted = file.format === OLD_FORMAT ? ["cards"] : sections();
    const strange = Object.keys(file).find(
      (name) => !["format", "version", "saved", ...wanted].includes(name),
    );
    if (strange !== undefined)
      throw new Error(`it has a part “${short(strange)}”, which this page does not know`);
    return wanted.flatMap((kind) => readSection(kind, file[kind]));
  }

  // What a file changes here: keys with their new texts, and counts of new and of kept entries.
  function plan(store, entries) {
    const texts = new Map();
    const taken = {};
    const stayed = {};
    for (const { kind, name, entry } of entries) {
      const key = KINDS[kind].prefix + name;
      const stored = store.get(key);
      const mine = stored === null ? undefined : parse(kind, stored);
      const after = write(kind, mine === undefined ? entry : KINDS[kind].join(mine, entry));
      const counts = mine !== undefined && after === write(kind, mine) ? stayed : taken;
      counts[kind] = (counts[kind] ?? 0) + 1;
      if (counts === taken) texts.set(key, after);
    }
    return { texts, taken, stayed };
  }

  function amount(number, kind) {
    const { word, plural } = KINDS[kind];
    return window.ResNetBook.plural(number, word, plural);
  }

  // Counts in words: "12 cards, 30 results and 1 text".
  function counted(counts) {
    const parts = sections()
      .filter((kind) => counts[kind])
      .map((kind) => amount(counts[kind], kind));
    return window.ResNetBook.listed(parts);
  }

  globalThis.ResNetProgress = {
    KINDS,
    ID,
    DIVIDER,
    bothTexts,
    parse,
    write,
    gather,
    readFile,
    plan,
    counted,
  };
})();
