/* The blocks of both networks as strips: a cell for each block, bright where gradient or response
   are large. One logarithmic scale serves both networks, so that strips can be compared. */
(() => {
  "use strict";

  const { ResNetBook: book, ResNetPlayWords: words } = window;
  if (!book || !words) return;

  // A scale that is read the same with every kind of colour vision, and in grey: from black over
  // purple and orange to light yellow. Red, green and blue.
  const COLOURS = [
    [0, 0, 4],
    [87, 16, 110],
    [188, 55, 84],
    [249, 142, 9],
    [252, 255, 164],
  ];
  const LEAST = -4; // powers of ten
  const MOST = 2;
  const SHOWN = { gradients: "gradient", responses: "response" };

  function blend(share) {
    return `rgb(${book.colourAt(COLOURS, share).map(Math.round).join(" ")})`;
  }

  /** The colour of a value, or null for what is no number. */
  function colour(value) {
    if (value === null || !Number.isFinite(value)) return null;
    return blend(value > 0 ? (Math.log10(value) - LEAST) / (MOST - LEAST) : 0);
  }

  function legend() {
    const bar = book.element("span", { class: "play-scale" });
    bar.style.background = `linear-gradient(to right, ${COLOURS.map((_, at) => blend(at / (COLOURS.length - 1))).join(", ")})`;
    const marks = book.element("span", { class: "play-marks" });
    const middle = (LEAST + MOST) / 2;
    marks.append(
      book.element("span", {}, `${words.raised(LEAST)} or less`),
      book.element("span", {}, words.raised(middle)),
      book.element("span", {}, `${words.raised(MOST)} or more`),
    );
    return book.element("div", { class: "play-legend", "aria-hidden": "true" }, bar, marks);
  }

  /** Strips in `place`, with a slider that reads one block aloud.
      show(shot) colours them. */
  function make(place, id) {
    let shot = null;
    let picked = 1;
    const strips = [];
    const slider = book.element("input", {
      type: "range",
      id: `${id}-block`,
      min: 1,
      max: 1,
      value: 1,
    });
    const readout = book.element("p", { class: "play-readout" });

    for (const kind of words.KINDS)
      for (const [what, name] of Object.entries(SHOWN)) {
        const cells = book.element("div", { class: "play-cells" });
        strips.push({ kind, what, cells });
        place.append(
          book.element(
            "div",
            { class: `play-strip play-${kind}`, "aria-hidden": "true" },
            book.element("span", { class: "play-name" }, `${kind}, ${name}`),
            cells,
          ),
        );
      }
    const numbers = book.element("div", { class: "play-numbers", "aria-hidden": "true" });
    const label = book.element("label", { for: slider.id }, "Block to read");
    place.append(
      book.element("div", { class: "play-strip" }, book.element("span"), numbers),
      legend(),
      book.element("div", { class: "play-pick" }, label, slider),
      readout,
    );

    function valueOf(kind, what, block) {
      return shot?.[kind][what]?.[block - 1] ?? null;
    }

    function reading(kind) {
      if (!shot[kind].gradients) return `${kind}: not trained yet`;
      const parts = Object.entries(SHOWN).map(
        ([what, name]) => `${name} ${words.number(valueOf(kind, what, picked))}`,
      );
      return `${kind}: ${parts.join(", ")}`;
    }

    /** What a screen reader hears of the slider changes when it is moved, and when all stands. */
    function read(aloud) {
      if (!shot) return;
      const said = `Block ${picked}. ${words.KINDS.map(reading).join("; ")}`;
      readout.textContent = `${said}.`;
      if (aloud) slider.setAttribute("aria-valuetext", said);
      for (const { cells } of strips)
        for (const [at, cell] of [...cells.children].entries())
          cell.classList.toggle("play-picked", at + 1 === picked);
    }

    function pick(block) {
      picked = Math.max(1, Math.min(shot?.settings.blocks ?? 1, block));
      slider.value = picked;
      read(true);
    }

    function lay(count) {
      for (const { cells } of strips) {
        cells.replaceChildren();
        for (let block = 1; block <= count; block += 1) cells.append(book.element("i"));
      }
      numbers.replaceChildren();
      for (let block = 1; block <= count; block += 1) {
        const named = block === 1 || block === count || (block % 5 === 0 && count - block > 1);
        numbers.append(book.element("span", {}, named ? String(block) : ""));
      }
      slider.max = count;
      pick(Math.min(picked, count));
    }

    function show(next) {
      shot = next;
      const count = next.settings.blocks;
      if (numbers.children.length !== count) lay(count);
      for (const { kind, what, cells } of strips)
        for (const [at, cell] of [...cells.children].entries()) {
          const value = valueOf(kind, what, at + 1);
          cell.style.background = colour(value) ?? "";
          cell.classList.toggle(
            "play-broken",
            next[kind].stopped !== null && colour(value) === null,
          );
        }
      read(!shot.running);
    }

    const follow = (event) => {
      if (event.type === "pointermove" && event.pointerType !== "mouse") return;
      const box = strips[0].cells.getBoundingClientRect();
      const share = (event.clientX - box.left) / box.width;
      if (shot && share >= 0 && share < 1) pick(1 + Math.floor(share * shot.settings.blocks));
    };
    for (const { cells } of strips)
      for (const type of ["pointermove", "pointerdown"]) cells.addEventListener(type, follow);
    slider.addEventListener("input", () => pick(Number(slider.value)));

    return { show };
  }

  /** All values as a table, for readers who do not see the strips. It is kept up while it is open. */
  function table(details) {
    const body = details.querySelector("tbody");
    let shot = null;
    function fill(onPaper = false) {
      if (!shot || !(details.open || onPaper)) return;
      const count = shot.settings.blocks;
      while (body.children.length > count) body.lastElementChild.remove();
      while (body.children.length < count) {
        const row = book.element(
          "tr",
          {},
          book.element("th", { scope: "row" }, String(body.children.length + 1)),
        );
        for (let cell = 0; cell < 4; cell += 1) row.append(book.element("td"));
        body.append(row);
      }
      for (const [at, row] of [...body.children].entries()) {
        const values = words.KINDS.flatMap((kind) =>
          Object.keys(SHOWN).map((what) => shot[kind][what]?.[at]),
        );
        for (const [place, value] of values.entries())
          book.setText(row.children[place + 1], value === undefined ? "–" : words.number(value));
      }
    }
    details.addEventListener("toggle", () => fill());
    addEventListener("beforeprint", () => fill(true));
    return {
      show(next) {
        shot = next;
        fill();
      },
    };
  }

  window.ResNetPlayStrips = { make, table, colour };
})();
