// Makes a presentation of the slides, which stand on the page as a text. On a phone held upright
// they stay a text; with ?print each becomes a page, and ?speaker is the window of slides/speaker.js.
//
// The address keeps the slide as #slide=5, beside the states of the figures to touch. Arrow keys
// move a control that has the focus; page up, page down and Escape always belong to the slides.
(() => {
  "use strict";

  const WIDTH = 1280;
  const HEIGHT = 720;
  const HEIGHT_WITH_NOTES = 1810;
  const WIDE = "(min-width: 700px)";
  const root = document.documentElement;
  const asked = new URLSearchParams(location.search);
  const HELP = [
    ["→ ↓ Space, swipe", "next"],
    ["← ↑, swipe back", "back"],
    ["Page down, page up", "next and back, also while a control of a figure has the focus"],
    ["Esc", "leaves a figure; else all slides at a glance"],
    ["S", "the speaker's window: notes, next slide, clock"],
    ["F", "full screen"],
    ["B", "a black screen, until the next press"],
    ["M", "links: other weeks, print, the page for teachers"],
    ["?", "this list"],
  ];

  // The slide in the address ------------------------------------------------------------------

  const parts = () =>
    location.hash
      .slice(1)
      .split("&")
      .filter((part) => part.includes("="));

  const slideOfAddress = () => {
    const found = parts().find((part) => part.startsWith("slide="));
    const number = found ? Number(found.slice(6)) : 1;
    return Number.isInteger(number) && number > 0 ? number - 1 : 0;
  };

  const writeAddress = (index) => {
    const others = parts().filter((part) => !part.startsWith("slide="));
    const hash = [`slide=${index + 1}`, ...others].join("&");
    history.replaceState(history.state, "", `${location.pathname}${location.search}#${hash}`);
  };

  // Keys --------------------------------------------------------------------------------------

  const isControl = (element) => element?.matches?.("input, select, textarea, button, summary");

  const showHelp = () => {
    const open = document.querySelector(".deck-help");
    if (open) {
      open.remove();
      return;
    }
    const box = document.createElement("dialog");
    box.className = "deck-help";
    box.innerHTML = "<h2>Keys</h2><dl></dl>";
    for (const [keys, does] of HELP) {
      const [name, words] = [document.createElement("dt"), document.createElement("dd")];
      name.textContent = keys;
      words.textContent = does;
      box.querySelector("dl").append(name, words);
    }
    const close = document.createElement("button");
    close.textContent = "Close";
    close.addEventListener("click", () => box.close());
    box.addEventListener("close", () => box.remove());
    box.append(close);
    document.body.append(box);
    box.showModal();
  };

  const showLinks = () => {
    const links = document.querySelector(".deck-nav");
    if (links.classList.toggle("shown")) links.querySelector("a").focus();
    else document.activeElement.blur();
  };

  /** Before reveal.js sees a key: a clicker turns pages whatever has the focus, Escape gives it up. */
  const keepKeys = (deck) => (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const dialog = document.querySelector("dialog[open]");
    if (dialog) {
      event.stopImmediatePropagation();
      // Removed at once, so that its button does not keep the next key.
      if (event.key === "Escape") dialog.remove();
      return;
    }
    const inControl = isControl(document.activeElement);
    if (event.key === "PageDown" || event.key === "PageUp") {
      event.preventDefault();
      event.stopImmediatePropagation();
      if (event.key === "PageDown") deck.next();
      else deck.prev();
    } else if (event.key === "Escape" && inControl) {
      event.stopImmediatePropagation();
      document.activeElement.blur();
    } else if (inControl) {
      event.stopImmediatePropagation();
    }
  };

  // Start -------------------------------------------------------------------------------------

  const present = async () => {
    // The last class keeps off the style that reveal.js has for paper; slides.css has its own.
    root.classList.add("framed", "deck", "print-pdf");
    // A swipe over a figure moves its controls; anywhere else it turns the page.
    for (const figure of document.querySelectorAll(".explorable")) {
      figure.setAttribute("data-prevent-swipe", "");
    }
    // The style sheet of reveal.js knows its class, so that the other forms are free of it.
    const main = document.querySelector(".presentation");
    main.classList.add("reveal");
    const deck = new window.Reveal(main, {
      width: WIDTH,
      height: HEIGHT,
      margin: 0,
      minScale: 0.1,
      maxScale: 4,
      center: false,
      display: "flex",
      hash: false,
      history: false,
      transition: "none",
      backgroundTransition: "none",
      overview: true,
      help: false,
      controlsTutorial: false, // an arrow that bounces until somebody presses it
      scrollActivationWidth: 0,
      keyboard: {
        83: () => window.ResNetSpeaker.open(),
        77: showLinks,
        191: showHelp,
        63: showHelp,
      },
    });
    document.addEventListener("keydown", keepKeys(deck), { capture: true });
    await deck.initialize();
    deck.slide(slideOfAddress());
    deck.on("slidechanged", ({ indexh }) => {
      // A control of a slide that is gone would keep the keys.
      if (isControl(document.activeElement)) document.activeElement.blur();
      writeAddress(indexh);
    });
    window.addEventListener("hashchange", () => {
      if (parts().some((part) => part.startsWith("slide="))) deck.slide(slideOfAddress());
    });
    document.addEventListener("keypress", (event) => {
      if (event.key === "?" && !isControl(document.activeElement)) showHelp();
    });
    window.ResNetSpeaker.follow(deck);
    paperOf(HEIGHT);
    root.dataset.ready = "deck";
  };

  /** The size of the paper is that of a slide, or of one with its notes. */
  const paperOf = (height) => {
    const style = document.createElement("style");
    style.textContent = `@page { size: ${WIDTH}px ${height}px; margin: 0; }`;
    document.head.append(style);
  };

  /** One slide a page. */
  const page = (withNotes) => {
    root.classList.add("framed", "paged");
    root.classList.toggle("with-notes", withNotes);
    paperOf(withNotes ? HEIGHT_WITH_NOTES : HEIGHT);
    root.dataset.ready = "paged";
  };

  const start = () => {
    if (asked.has("print")) page(asked.get("print") === "notes");
    else if (asked.has("speaker")) window.ResNetSpeaker.show();
    else if (window.matchMedia(WIDE).matches) present();
    else root.dataset.ready = "text";
    if (!asked.has("print") && !asked.has("speaker")) {
      // A phone that is turned gets the other form.
      window.matchMedia(WIDE).addEventListener("change", () => location.reload());
    }
  };

  if (document.readyState === "complete") start();
  else document.addEventListener("DOMContentLoaded", start);
})();
