/* What a reader takes away from the playground: her run as data, as a picture, or as a notebook.
   A run is {settings, address, steps, errors, losses: {plain, residual}, stopped: {plain, residual},
   copied, copiedAt}, with all losses since the first step; copied is the number of blocks that a
   deeper network was copied from and copiedAt the step at which it was, or both are null. */
(() => {
  "use strict";

  const ENGINE = 1; // raised when the same settings give other numbers
  const KINDS = ["plain", "residual"];
  const RECORDED = 50; // losses that a notebook compares
  const COLUMNS = 72;
  const DIGITS = 10;
  const SVG = "http://www.w3.org/2000/svg";

  // Data -----------------------------------------------------------------------------------------

  /** What JSON has no number for becomes a word. */
  const worded = (_, value) =>
    typeof value === "number" && !Number.isFinite(value) ? String(value) : value;

  /** The run as a file of JSON. */
  function json(run) {
    const { settings, address, steps, errors, losses, stopped = null } = run;
    const { copied = null, copiedAt = null } = run;
    const told = { what: "playground", engine: ENGINE, address, settings, steps, copied, copiedAt };
    const text = JSON.stringify({ ...told, stopped, errors, losses }, worded, 1);
    return new Blob([text], { type: "application/json" });
  }

  // Picture --------------------------------------------------------------------------------------

  const BAKED = [
    ..."fill fill-opacity stroke stroke-width stroke-opacity stroke-dasharray".split(" "),
    ..."stroke-linecap stroke-linejoin opacity display visibility".split(" "),
    ..."font-family font-size font-weight font-style text-anchor dominant-baseline".split(" "),
  ];
  const MARGIN = 16;
  const LINE = 22;
  const LETTER = 7; // pixels a letter takes, generously

  /** Does something while the page is in its light theme; nothing fades meanwhile. */
  function inLight(work) {
    const root = document.documentElement;
    const theme = root.dataset.theme;
    const still = document.createElement("style");
    still.textContent = "*, *::before, *::after { transition: none !important; }";
    document.head.append(still);
    try {
      root.dataset.theme = "light";
      return work();
    } finally {
      if (theme === undefined) delete root.dataset.theme;
      else root.dataset.theme = theme;
      root.getBoundingClientRect();
      still.remove();
    }
  }

  /** A copy in which every mark carries its own colours and letters, as they are in this place. */
  function baked(svg) {
    const copy = svg.cloneNode(true);
    svg.after(copy);
    const marks = [copy, ...copy.querySelectorAll("*")];
    const styles = marks.map((mark) => {
      const style = getComputedStyle(mark);
      return BAKED.map((name) => [name, style.getPropertyValue(name)]);
    });
    const { width, height } = copy.getBoundingClientRect();
    const text = getComputedStyle(copy).color;
    copy.remove();
    for (const [place, mark] of marks.entries()) {
      for (const { name } of Array.from(mark.attributes))
        if (/^(class|id|style|tabindex|role|on.*|aria-.*|data-.*)$/.test(name))
          mark.removeAttribute(name);
      for (const [name, value] of styles[place]) if (value) mark.setAttribute(name, value);
    }
    for (const script of copy.querySelectorAll("script, foreignObject")) script.remove();
    return { copy, width, height, text };
  }

  /** The curves as a file of SVG that needs no style sheet: light, with what they show above.
      words: {title, settings}. */
  function picture(svg, { title, settings }) {
    const { copy, width, height, text } = inLight(() => baked(svg));
    const head = MARGIN + 2 * LINE;
    const wide = Math.max(width, LETTER * Math.max(title.length, settings.length)) + 2 * MARGIN;
    const sheet = document.createElementNS(SVG, "svg");
    const add = (name, attributes, content = "") => {
      const made = document.createElementNS(SVG, name);
      for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
      made.textContent = content;
      sheet.append(made);
    };
    const size = { width: wide, height: height + head + MARGIN };
    sheet.setAttribute("viewBox", `0 0 ${size.width} ${size.height}`);
    for (const [key, value] of Object.entries(size)) sheet.setAttribute(key, value);
    add("title", {}, `${title}. ${settings}`);
    add("rect", { ...size, fill: "white" });
    const letters = { x: MARGIN, fill: text, "font-family": "sans-serif" };
    add("text", { ...letters, y: MARGIN + 10, "font-size": 14, "font-weight": "bold" }, title);
    add("text", { ...letters, y: MARGIN + 10 + LINE, "font-size": 12 }, settings);
    const frame = { x: MARGIN, y: head, width, height };
    for (const [key, value] of Object.entries(frame)) copy.setAttribute(key, value);
    sheet.append(copy);
    return new Blob([new XMLSerializer().serializeToString(sheet)], { type: "image/svg+xml" });
  }

  // Notebook -------------------------------------------------------------------------------------

  /** A number as Python reads it. */
  function python(value) {
    if (Number.isNaN(value)) return "nan";
    if (!Number.isFinite(value)) return value > 0 ? "inf" : "-inf";
    return value.toPrecision(DIGITS);
  }

  /** Numbers in indented rows that fit a cell. */
  function rows(values) {
    const made = [];
    for (const value of values) {
      const word = `${python(value)},`;
      const longer = `${made.at(-1) ?? ""} ${word}`;
      if (made.length && longer.length <= COLUMNS) made[made.length - 1] = longer;
      else made.push(`    ${word}`);
    }
    return made.join("\n");
  }

  /** The template of utils/chapters/playground/notebook.py with this run in its slots. */
  function notebook(template, run) {
    const { address, losses, copied = null } = run;
    if (copied !== null)
      throw new Error(
        "These networks began as copies of trained ones. Reset, train anew, then take the notebook.",
      );
    const recorded = KINDS.map((kind) => losses[kind].slice(0, RECORDED));
    const steps = Math.max(...recorded.map((values) => values.length));
    if (!steps) throw new Error("There is no step yet to compare. Train first.");
    const slots = { "@address@": address, "@steps@": String(steps) };
    for (const [place, kind] of KINDS.entries()) slots[`@${kind}@`] = rows(recorded[place]);
    const fill = (source) =>
      Object.entries(slots).reduce((text, [slot, value]) => text.replaceAll(slot, value), source);
    const cells = template.cells.map((cell) => ({ ...cell, source: fill(cell.source) }));
    const text = JSON.stringify({ ...template, cells }, null, 1);
    return new Blob([text], { type: "application/x-ipynb+json" });
  }

  // Files ----------------------------------------------------------------------------------------

  /** Saves a file under a name. */
  function download(name, blob) {
    const link = document.createElement("a");
    link.download = name;
    link.href = URL.createObjectURL(blob);
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60e3);
  }

  globalThis.ResNetExport = { json, picture, notebook, download };
})();
