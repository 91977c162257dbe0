/* What a reader may set, in the controls and in the page's address:
   #play=b20,w32,nbatch,she,l0.03,m0.9,i0. The choices come from the page's data. */
(() => {
  "use strict";

  const FORM = /^b(\d+),w(\d+),n([a-z]+),s([a-z]+),l([\d.]+),m([\d.]+),i(\d+)$/;
  const NAMES = ["blocks", "width", "normalisation", "start", "rate", "momentum", "seed"];
  const TEXTS = new Set(["normalisation", "start"]);

  /** As it is behind "#play=". */
  function written({ blocks, width, normalisation, start, rate, momentum, seed }) {
    return `b${blocks},w${width},n${normalisation},s${start},l${rate},m${momentum},i${seed}`;
  }

  /** Whether a setting may have this value. A pair of numbers stands for all whole ones between. */
  function offered(choices, name, value) {
    if (name !== "blocks" && name !== "seed") return choices[name].some(([one]) => one === value);
    const [least, most] = choices[name];
    return Number.isInteger(value) && value >= least && value <= most;
  }

  /** The settings of an address, or what is wrong with it: {settings} or {fault}. */
  function read(text, choices) {
    const found = FORM.exec(text);
    if (!found) return { fault: "The address of this page holds settings that cannot be read." };
    const settings = {};
    for (const [place, name] of NAMES.entries()) {
      const value = found[place + 1];
      settings[name] = TEXTS.has(name) ? value : Number(value);
      if (!offered(choices, name, settings[name]))
        return {
          fault: `The address of this page asks for the ${choices.words[name]} ${value}, which the playground does not offer.`,
        };
    }
    return { settings };
  }

  function parts() {
    return location.hash.slice(1).split("&").filter(Boolean);
  }

  /** What the page's address says to the playground of this name, or null. */
  function asked(name) {
    const own = parts().find((part) => part.startsWith(`${name}=`));
    if (own === undefined) return null;
    try {
      return decodeURIComponent(own.slice(name.length + 1));
    } catch {
      return own;
    }
  }

  /** The page's address with these settings; other playgrounds' parts stay. */
  function address(name, settings) {
    const others = parts().filter((part) => part.includes("=") && !part.startsWith(`${name}=`));
    return `#${[...others, `${name}=${written(settings)}`].join("&")}`;
  }

  function same(one, other) {
    return NAMES.every((name) => one[name] === other[name]);
  }

  window.ResNetPlaySettings = { NAMES, written, offered, read, asked, address, same };
})();
