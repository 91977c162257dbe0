/* The lesion lab: ResNet-20 in ONNX Runtime Web, one switch for every residual branch.

   Engine and network are fetched from this site when the reader presses the button, or come as one
   script where the page was opened from a file; pictures stay in the browser. The state is in the
   address: #lab=PICTURE,GATES with one digit a block. */
(() => {
  "use strict";

  const { ResNetBook: book, ResNetPixels: pictures } = window;
  if (!book || !pictures) return;

  const { SIZE, drawMap, slices, average } = pictures;
  const OWN = "own";

  // Words ----------------------------------------------------------------------------------------

  function softmax(logits) {
    const highest = Math.max(...logits);
    const powers = logits.map((logit) => Math.exp(logit - highest));
    const sum = powers.reduce((a, b) => a + b, 0);
    return powers.map((power) => power / sum);
  }

  function percent(share) {
    if (share < 0.005) return "<\u00a01\u00a0%";
    if (share >= 0.995) return ">\u00a099\u00a0%";
    return `${Math.round(100 * share)}\u00a0%`;
  }

  function best(shares) {
    return shares.indexOf(Math.max(...shares));
  }

  function listing(numbers) {
    return `${numbers.length === 1 ? "block" : "blocks"} ${book.listed(numbers)}`;
  }

  function lesionWords(gates) {
    const off = gates.flatMap((gate, index) => (gate ? [] : [index + 1]));
    if (off.length === 0) return "With all blocks on";
    if (off.length === gates.length) return "With all blocks off";
    return `With ${listing(off)} off`;
  }

  /** The finding in a sentence. */
  function finding(classes, gates, now, intact) {
    const before = best(intact);
    const after = best(now);
    const start = lesionWords(gates);
    const share = (index) => `${classes[index]} ${percent(now[index])}`;
    if (gates.every((gate) => gate))
      return `${start}, the network gives ${share(after)} and answers ${classes[after]}.`;
    const compared = (index) => `${share(index)} (${percent(intact[index])} when intact)`;
    const first = `${start}, the network gives ${compared(before)}.`;
    if (before === after) return `${first} The answer stays ${classes[after]}.`;
    return `${first} The answer changes to ${compared(after)}.`;
  }

  // Engine ---------------------------------------------------------------------------------------

  async function fetchBytes(address, heard, cache) {
    const answer = await fetch(address, { cache });
    if (!answer.ok) throw new Error(`${address.split("/").pop()} is missing (${answer.status})`);
    const parts = [];
    const reader = answer.body.getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      parts.push(value);
      heard(value.length);
    }
    return new Uint8Array(await new Blob(parts).arrayBuffer());
  }

  /** Some hosts unpack a .gz on the way; the first two bytes tell. */
  async function unzipped(bytes) {
    if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes;
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    return new Uint8Array(await new Response(stream).arrayBuffer());
  }

  function run(address) {
    return new Promise((resolve, reject) => {
      const script = document.createElement("script");
      script.src = address;
      script.addEventListener("load", resolve);
      script.addEventListener("error", () =>
        reject(new Error(`${address.split("/").pop()} is missing`)),
      );
      document.head.append(script);
    });
  }

  const bytesOf = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));

  /** What `load` needs, for a page from a file: browsers fetch nothing for it, but run scripts. */
  async function filesAlone(address) {
    if (!window.ResNetLabFiles) await run(address);
    const { engine, binary, network } = window.ResNetLabFiles;
    return [await unzipped(bytesOf(binary)), bytesOf(network), engine];
  }

  /** The same from this site. A browser keeps what arrived broken, a module for as long as the page
      lives: a later attempt asks past its cache, and for the engine at an address of its own. */
  async function fetched(data, progress, attempt) {
    let seen = 0;
    const heard = (count) => {
      seen += count;
      progress(Math.min(1, seen / data.bytes));
    };
    const cache = attempt > 1 ? "reload" : "default";
    const engine = new URL(data.engine, document.baseURI);
    if (attempt > 1) engine.searchParams.set("attempt", attempt);
    return Promise.all([
      fetchBytes(data.binary, heard, cache).then(unzipped),
      fetchBytes(data.network, heard, cache),
      import(engine.href),
    ]);
  }

  /** Loads engine and network; returns ask(pixels, gates), which answers one pass after another. */
  async function load(data, ...told) {
    const alone = location.protocol === "file:";
    const files = alone ? filesAlone(data.alone) : fetched(data, ...told);
    const [binary, network, ort] = await files;
    ort.env.wasm.numThreads = 1; // more need headers that a static host does not send
    ort.env.wasm.wasmBinary = binary;
    const session = await ort.InferenceSession.create(network, { executionProviders: ["wasm"] });
    let queue = Promise.resolve();
    return (pixels, gates) => {
      const answer = queue.then(async () => {
        const start = performance.now();
        const found = await session.run({
          image: new ort.Tensor("float32", pictures.toInput(pixels), [1, 3, SIZE, SIZE]),
          gates: new ort.Tensor("float32", Float32Array.from(gates), [gates.length]),
        });
        const { logits, ...maps } = found;
        return { logits: [...logits.data], maps, milliseconds: performance.now() - start };
      });
      queue = answer.catch(() => {});
      return answer;
    };
  }

  // Address --------------------------------------------------------------------------------------

  function readAddress(data) {
    const found = location.hash.match(/(?:^#|&)lab=([a-z]+),([01]+)(?:&|$)/);
    if (!found || found[2].length !== data.blocks.length) return null;
    const names = Object.keys(data.pictures);
    const picture = names.includes(found[1]) ? found[1] : names[0];
    return { picture, gates: [...found[2]].map(Number) };
  }

  function writeAddress(picture, gates) {
    book.setAddress(`#lab=${picture},${gates.join("")}`);
  }

  // The bench ------------------------------------------------------------------------------------

  function setUp(root) {
    const data = JSON.parse(root.querySelector(".lab-data").textContent);
    const find = (selector) => root.querySelector(selector);
    const findAll = (selector) => book.all(selector, root);
    const switches = findAll("[data-block]");
    const drawings = Object.fromEntries(
      Object.entries(data.pictures).map(([name, { pixels }]) => [name, pictures.unpack(pixels)]),
    );
    const allOn = () => data.blocks.map(() => 1);
    const state = { picture: Object.keys(drawings)[0], gates: allOn() };
    const own = { pixels: null };
    const intactOf = new Map();
    let ask = null;
    let turn = 0;
    let attempts = 0;

    const pixels = () => (state.picture === OWN ? own.pixels : drawings[state.picture]);
    const trouble = (words) => {
      find(".lab-trouble").textContent = words;
    };

    function showControls() {
      for (const radio of findAll('[name="lab-picture"]'))
        radio.checked = radio.value === state.picture;
      switches.forEach((box, index) => {
        box.checked = state.gates[index] === 1;
      });
      pictures.drawPixels(find(".lab-seen canvas"), pixels());
    }

    function showBars(now, intact) {
      findAll(".lab-bars tbody tr").forEach((row, index) => {
        row.classList.toggle("lab-best", index === best(now));
        row.querySelector("i").style.width = `${100 * now[index]}%`;
        row.querySelector("b").style.left = `${100 * intact[index]}%`;
        row.querySelector(".lab-now").textContent = percent(now[index]);
        row.querySelector(".lab-intact").textContent = percent(intact[index]);
      });
    }

    function showMaps(maps, intact) {
      for (const place of findAll("[data-map]")) {
        const name = place.dataset.map;
        const number = Number(name.slice("block".length));
        const whole = slices(intact[name]);
        const now = slices(maps[name]);
        [...place.querySelectorAll("canvas")].forEach((canvas, index) => {
          drawMap(canvas, now[index], Math.max(...whole[index]));
        });
        const off = number > 0 && !state.gates[number - 1];
        place.classList.toggle("lab-off", off);
        place.querySelector(".lab-mean").textContent =
          `${off ? "off; " : ""}mean ${average(now[0]).toFixed(2)} (intact ${average(whole[0]).toFixed(2)})`;
      }
    }

    async function intactAnswer() {
      const key = pixels();
      if (!intactOf.has(key)) intactOf.set(key, await ask(key, allOn()));
      return intactOf.get(key);
    }

    /** Asks the network anew; an answer that has been overtaken is not shown. */
    async function update() {
      showControls();
      if (!ask) return;
      turn += 1;
      const mine = turn;
      try {
        const intact = await intactAnswer();
        const found = await ask(pixels(), state.gates);
        if (mine !== turn) return;
        const [now, before] = [softmax(found.logits), softmax(intact.logits)];
        showBars(now, before);
        showMaps(found.maps, intact.maps);
        find(".lab-finding").textContent = finding(data.classes, state.gates, now, before);
        find(".lab-time").textContent = `${found.milliseconds.toFixed(1)} ms`;
        root.dataset.logits = JSON.stringify(found.logits);
        root.dataset.shown = `${state.picture},${state.gates.join("")}`;
      } catch (problem) {
        trouble(`The network could not answer (${problem.message}). Load the page again.`);
      }
    }

    function change(changes) {
      Object.assign(state, changes);
      trouble("");
      writeAddress(state.picture, state.gates);
      return update();
    }

    async function begin() {
      const button = find(".lab-load");
      const bar = find("progress");
      trouble("");
      button.disabled = true;
      bar.hidden = false;
      try {
        attempts += 1;
        ask = await load(
          data,
          (share) => {
            bar.value = share;
          },
          attempts,
        );
        find(".lab-start").hidden = true;
        find(".lab-bench").hidden = false;
        window.lesionLab = { ask, shrink: pictures.shrink, pixels: () => [...pixels()], state };
        await update();
        find('[name="lab-picture"]:checked')?.focus({ preventScroll: true });
      } catch (problem) {
        bar.hidden = true;
        bar.value = 0;
        button.disabled = false;
        find(".lab-without").hidden = false;
        trouble(
          `The network could not be loaded: ${problem.message}. Try again, or load the page again. The table further down shows the results for the drawings.`,
        );
      }
    }

    async function takeFile(input) {
      const [file] = input.files;
      if (!file) return;
      input.value = ""; // the same file chosen once more is a change, too
      if (!pictures.canvasTells()) {
        trouble(
          "Your browser protects its canvas, so that sites cannot recognise you. Therefore the lab would read noise instead of your picture. Allow this page to read the canvas, or choose one of the drawings.",
        );
        return;
      }
      try {
        own.pixels = await pictures.readFile(file);
      } catch {
        trouble(
          "The browser cannot read this file as a picture. Choose a JPEG, PNG or WebP file, which every browser can read.",
        );
        return;
      }
      await change({ picture: OWN });
    }

    function randomLesion() {
      const gates = allOn();
      const count = 1 + Math.floor(3 * Math.random());
      for (let i = 0; i < count; i += 1) gates[Math.floor(gates.length * Math.random())] = 0;
      return gates;
    }

    function restore() {
      const wanted = readAddress(data);
      if (!wanted) return;
      Object.assign(state, wanted);
      trouble("");
      find(".lab-asked").textContent =
        `This address asks for the ${data.pictures[state.picture].drawn} ${lesionWords(state.gates).replace("With", "with")}. Load the network to see its answer.`;
      update();
    }

    for (const radio of findAll('[name="lab-picture"]')) {
      radio.addEventListener("change", () => change({ picture: radio.value }));
    }
    switches.forEach((box, index) => {
      box.addEventListener("change", () => {
        change({
          gates: state.gates.map((gate, at) => (at === index ? Number(box.checked) : gate)),
        });
      });
    });
    for (const button of findAll("[data-stage]")) {
      button.addEventListener("click", () =>
        change({
          gates: state.gates.map((gate, at) =>
            data.blocks[at].stage === Number(button.dataset.stage) ? 0 : gate,
          ),
        }),
      );
    }
    find(".lab-all").addEventListener("click", () => change({ gates: allOn() }));
    find(".lab-random").addEventListener("click", () => change({ gates: randomLesion() }));
    find(".lab-load").addEventListener("click", begin);
    find('[type="file"]').addEventListener("change", (event) => takeFile(event.target));
    window.addEventListener("hashchange", restore);

    find(".lab-without").hidden = true;
    find(".lab-start").hidden = false;
    restore();
  }

  for (const root of book.all(".lab")) setUp(root);
})();
