// What the search finds among questions and cards, below the pages that it finds.
(() => {
  "use strict";

  const { ResNetBook: book, Stemmer } = window;
  const results = document.getElementById("search-results");
  const query = new URLSearchParams(location.search).get("q");
  if (!book || !results || !query || !Stemmer || !window.splitQuery) return;

  const { element, button, plural } = book;
  const INDEX = "searchasked.js";
  const AT_FIRST = 8;

  // The words of the query as Sphinx takes them: without the most frequent ones, as stems.
  const stemmer = new Stemmer();
  const words = new Set(
    window
      .splitQuery(query)
      .map((word) => word.toLowerCase())
      .filter((word) => !window.stopwords.includes(word) && !/^\d+$/.test(word))
      .map((word) => stemmer.stemWord(word)),
  );

  // Who has a word, as it stands in the index or, as in the search for pages, inside longer ones.
  const holders = (table, word) => {
    if (Object.hasOwn(table, word)) return new Set(table[word]);
    if (word.length < 3) return new Set();
    const longer = Object.keys(table).filter((stem) => stem.includes(word));
    return new Set(longer.flatMap((stem) => table[stem]));
  };

  // Entries that have every word that any entry has; first those whose prompt has most of them.
  const matching = (index) => {
    const said = [...words].map((word) => holders(index.said, word)).filter((set) => set.size > 0);
    if (said.length === 0) return [];
    const asked = [...words].map((word) => holders(index.asked, word));
    const weight = (number) => asked.filter((set) => set.has(number)).length;
    return [...said[0]]
      .filter((number) => said.every((set) => set.has(number)))
      .sort((a, b) => weight(b) - weight(a) || a - b)
      .map((number) => index.entries[number]);
  };

  const line = ([asked, page, anchor, kind]) => {
    const address = `${page}.html${anchor && `#${anchor}`}`;
    return element("li", {}, element("a", { href: address }, asked), ` (${kind})`);
  };

  const show = (found) => {
    const list = element("ul", { class: "search" }, ...found.slice(0, AT_FIRST).map(line));
    const more = button(`Show all ${found.length}`, () => {
      const rest = found.slice(AT_FIRST).map(line);
      list.append(...rest);
      more.remove();
      rest[0].firstChild.focus();
    });
    results.after(
      element(
        "section",
        { class: "search-asked", "aria-labelledby": "search-asked-title" },
        element("h2", { id: "search-asked-title" }, "Questions and cards"),
        element("p", {}, `${plural(found.length, "entry has", "entries have")} these words.`),
        list,
        ...(found.length > AT_FIRST ? [more] : []),
      ),
    );
  };

  // A script and no request, because a page that was opened from a file may make none.
  const script = element("script", { src: INDEX });
  script.addEventListener("load", () => {
    const found = matching(window.ResNetAsked);
    if (found.length > 0) show(found);
  });
  document.body.append(script);
})();
