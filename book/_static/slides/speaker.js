// The speaker's window: the slide of the class, the next one, the notes, and a clock. It is the same
// page with ?speaker, opened by the presentation; the two tell each other where they are.
//
// reveal.js has such a window as a plugin. It writes a page with a script of its own into a frame,
// which the content policy of our pages forbids and which needs a server; this one needs neither.
window.ResNetSpeaker = (() => {
  "use strict";

  const KIND = "resnet-slides";
  let other = null;

  // A page from a file has no origin that could be named, so the window itself is compared.
  const tell = (message) => {
    if (other && !other.closed) other.postMessage({ kind: KIND, ...message }, "*");
  };

  const hear = (act) => {
    window.addEventListener("message", ({ source, data }) => {
      if (source === other && data?.kind === KIND) act(data);
    });
  };

  // In the presentation -----------------------------------------------------------------------

  let place = () => 0;

  const open = () => {
    const address = `${location.pathname}?speaker#slide=${place() + 1}`;
    const size = "popup,width=1200,height=760";
    other = window.open(address, KIND, size);
  };

  const follow = (deck) => {
    place = () => deck.getIndices().h;
    const say = () => tell({ slide: place(), fragment: deck.getIndices().f ?? -1 });
    for (const event of ["slidechanged", "fragmentshown", "fragmenthidden"]) deck.on(event, say);
    hear(({ go }) => {
      if (go === "next") deck.next();
      else if (go === "back") deck.prev();
      say();
    });
  };

  // In the speaker's window -------------------------------------------------------------------

  const two = (number) => String(number).padStart(2, "0");

  const clock = (since) => {
    const now = new Date();
    const seconds = Math.floor((now - since) / 1000);
    const passed = `${Math.floor(seconds / 60)}:${two(seconds % 60)}`;
    return `${two(now.getHours())}:${two(now.getMinutes())} · ${passed} since the start`;
  };

  const button = (words, action) => {
    const made = document.createElement("button");
    made.type = "button";
    made.textContent = words;
    made.addEventListener("click", action);
    return made;
  };

  const bar = () => {
    let since = new Date();
    const shown = document.createElement("span");
    const counter = document.createElement("span");
    const tick = () => (shown.textContent = clock(since));
    const again = button("Clock to zero", () => {
      since = new Date();
      tick();
    });
    setInterval(tick, 1000);
    tick();
    const made = document.createElement("header");
    made.className = "speaker-bar";
    const [back, next] = [
      button("← Back", () => tell({ go: "back" })),
      button("Next →", () => tell({ go: "next" })),
    ];
    made.append(back, next, counter, shown, again);
    return { made, counter };
  };

  const fit = () => {
    const style = document.documentElement.style;
    const now = Math.min((window.innerWidth * 0.6 - 24) / 1280, (window.innerHeight - 100) / 720);
    const next = (window.innerWidth * 0.4 - 24) / 1280;
    style.setProperty("--now", now);
    style.setProperty("--next", next * 0.7);
    const notes = document.querySelector(".speaker-notes");
    notes.style.top = `${84 + 720 * next * 0.7 + 12}px`;
  };

  const show = () => {
    const root = document.documentElement;
    root.classList.add("framed", "speaker");
    other = window.opener;
    const slides = [...document.querySelectorAll(".slide")];
    const { made, counter } = bar();
    const notes = document.createElement("section");
    notes.className = "speaker-notes";
    notes.setAttribute("aria-live", "polite");
    notes.tabIndex = 0;
    document.body.append(made, notes);

    const turn = (index) => {
      for (const [at, slide] of slides.entries()) {
        slide.classList.toggle("is-now", at === index);
        slide.classList.toggle("is-next", at === index + 1);
      }
      counter.textContent = `${index + 1} of ${slides.length}`;
      const read = slides[index].querySelector(".notes");
      notes.replaceChildren(...[...read.childNodes].map((node) => node.cloneNode(true)));
      notes.scrollTop = 0;
    };

    const forward = ["ArrowRight", "ArrowDown", "PageDown", " ", "n"];
    const backward = ["ArrowLeft", "ArrowUp", "PageUp", "p"];
    document.addEventListener("keydown", (event) => {
      if (event.target.closest("button") && event.key === " ") return;
      if (forward.includes(event.key)) tell({ go: "next" });
      else if (backward.includes(event.key)) tell({ go: "back" });
      else return;
      event.preventDefault();
    });
    hear(({ slide }) => turn(Math.min(slide, slides.length - 1)));
    window.addEventListener("resize", fit);
    const first = Number(/slide=(\d+)/.exec(location.hash)?.[1] ?? 1);
    turn(Math.min(Math.max(first, 1), slides.length) - 1);
    fit();
    tell({ go: "here" });
    root.dataset.ready = "speaker";
  };

  return { open, follow, show };
})();
