/* What every explorable needs: its state in controls and address, its words, its start.

   A figure registers a setup function. Controls carry a letter (data-key); the address keeps them
   as #NAME=s0.50,b12,c1, several figures joined by "&". */
"use strict";

(function () {
  const QUIET_MS = 200;

  function decimals(step) {
    return (String(step).split(".")[1] || "").length;
  }

  function encode(control) {
    if (control.type === "checkbox") return control.dataset.key + (control.checked ? 1 : 0);
    return control.dataset.key + Number(control.value).toFixed(decimals(control.step || "1"));
  }

  function decode(control, text) {
    const number = Number(text);
    if (text === "" || Number.isNaN(number)) return;
    if (control.type === "checkbox") control.checked = number !== 0;
    else if (control.options) choose(control, number);
    else control.value = number; // the browser clamps it to the range
  }

  /** A number that is no option leaves the choice as it is. */
  function choose(control, number) {
    const found = [...control.options].find((option) => Number(option.value) === number);
    if (found) control.value = found.value;
  }

  function addressParts() {
    return location.hash.slice(1).split("&");
  }

  function readAddress(name) {
    const mine = addressParts().find((candidate) => candidate.startsWith(name + "="));
    return mine === undefined ? null : mine.slice(name.length + 1).split(",");
  }

  function writeAddress(name, values) {
    const isOther = (other) => other.includes("=") && !other.startsWith(name + "=");
    const hash = [...addressParts().filter(isOther), name + "=" + values.join(",")].join("&");
    try {
      // Unlike location.hash, this neither scrolls nor adds a step to "back".
      history.replaceState(history.state, "", location.pathname + location.search + "#" + hash);
    } catch {
      // Outputs in a frame without an address of its own, as in Colab, have no state to keep.
    }
  }

  function afterQuiet(action) {
    let timer;
    return () => {
      clearTimeout(timer);
      timer = setTimeout(action, QUIET_MS);
    };
  }

  function superscript(exponent) {
    return String(exponent).replace(
      /[-0-9]/g,
      (sign) => "⁰¹²³⁴⁵⁶⁷⁸⁹⁻"["0123456789-".indexOf(sign)],
    );
  }

  /** A plain number between 0.01 and 9999, a power of ten outside. */
  function format(value) {
    if (value === 0) return "0";
    if (value >= 0.01 && value < 999.5) return value.toPrecision(3);
    if (value >= 999.5 && value < 9999.5) return value.toFixed(0);
    const [digits, exponent] = value.toExponential(1).split("e");
    return digits + " × 10" + superscript(Number(exponent));
  }

  function fill(template, words) {
    return template.replace(/\{(\w+)\}/g, (_, name) => words[name]);
  }

  /** Finds the marked part of one figure, so that two copies on a page keep apart. */
  function part(root, name) {
    return root.querySelector(`[data-part="${name}"]`);
  }

  /** Gives parts of a figure their words, by name. */
  function write(root, words) {
    for (const [name, text] of Object.entries(words)) part(root, name).textContent = text;
  }

  /** Gives parts of a figure their path data, by name. */
  function draw(root, shapes) {
    for (const [name, d] of Object.entries(shapes)) part(root, name).setAttribute("d", d);
  }

  // Path data, as utils/display/svg.py writes them.

  /** At most two decimals; ties go away from zero. */
  function px(value) {
    return String(Number(value.toFixed(2)));
  }

  /** A template of path data, its numbers rounded. */
  function shape(texts, ...numbers) {
    return String.raw({ raw: texts }, ...numbers.map(px));
  }

  function line(points) {
    return points.length ? "M" + points.map(([x, y]) => shape`${x} ${y}`).join("L") : "";
  }

  function dots(points) {
    return points.map(([x, y]) => shape`M${x} ${y}h0`).join("");
  }

  function bar(left, top, width, height) {
    return shape`M${left} ${top}h${width}v${height}h${-width}z`;
  }

  /** Wire, shortcut arcs, kept and switched-off blocks of a row; cut: the wire ends at the latter. */
  function chain(places, gone, { pitch, size, rise, cut = false }) {
    const shapes = { wire: "", arcs: "", kept: "", gone: "" };
    for (const [index, [x, y]] of places.entries()) {
      const [edge, right, top] = [x + pitch / 2 - size / 2, x + pitch, y - rise];
      shapes[gone.includes(index) ? "gone" : "kept"] += bar(edge, y - size / 2, size, size);
      shapes.arcs += shape`M${x} ${y}C${x} ${top} ${right} ${top} ${right} ${y}`;
      if (!(cut && gone.includes(index))) shapes.wire += shape`M${x} ${y}H${right}`;
    }
    return shapes;
  }

  /** A setup for figures of few states, all drawn in Python: see drawn_states in figure.py. */
  function drawn(root, layers) {
    return function update(state) {
      const found = layers.map(({ keys, states }) => states[keys.map((key) => state[key])]);
      for (const [name, marks] of found.flatMap(({ parts }) => Object.entries(parts))) {
        for (const [key, value] of Object.entries(marks)) part(root, name).setAttribute(key, value);
      }
      return Object.assign({}, ...found);
    };
  }

  function bind(root, update) {
    const name = root.dataset.address;
    const controls = [...root.querySelectorAll("[data-key]")];
    const finding = root.querySelector(".ex-finding");
    let words = finding.textContent;

    function show() {
      const state = {};
      for (const control of controls) {
        const isCheck = control.type === "checkbox";
        state[control.dataset.key] = isCheck ? control.checked : Number(control.value);
      }
      const { finding: sentence, outputs } = update(state);
      words = sentence;
      for (const [key, text] of Object.entries(outputs)) {
        root.querySelector(`[data-output="${key}"]`).value = text;
        root.querySelector(`[data-key="${key}"]`).setAttribute("aria-valuetext", text);
      }
    }

    function say() {
      if (finding.textContent !== words) finding.textContent = words;
    }

    const settle = afterQuiet(() => {
      say();
      writeAddress(name, controls.map(encode));
    });

    function restore() {
      const values = readAddress(name);
      if (values === null) return;
      // Twice, because one control may set the range of another.
      for (let pass = 0; pass < 2; pass += 1) {
        for (const value of values) {
          const control = controls.find((candidate) => candidate.dataset.key === value[0]);
          if (control) decode(control, value.slice(1));
        }
        show();
      }
      say();
    }

    for (const control of controls) {
      control.addEventListener("input", () => {
        show();
        settle();
      });
    }
    window.addEventListener("hashchange", restore);
    show();
    say();
    restore();
    root.querySelector(".ex-controls").hidden = false;
  }

  /** Brings to life every figure of this name that still stands still. */
  function register(name, setup) {
    for (const root of document.querySelectorAll(`[data-explorable="${name}"]:not([data-live])`)) {
      root.dataset.live = "true";
      bind(root, setup(root, JSON.parse(part(root, "data").textContent)));
    }
  }

  const shared = { part, write, draw, drawn, format, fill, superscript };
  window.explorables = { register, ...shared, px, shape, line, dots, bar, chain };
})();
