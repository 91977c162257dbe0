// Remembers on each chapter which section the reader saw last, and leads back there from the start
// page. The place stays in this browser and is no progress: no saved file holds it.
(() => {
  "use strict";

  const store = window.ResNetStore;
  const article = document.querySelector(".bd-article");
  if (!store || !article) return;

  const KEY = "resnet-measured-place:v1";
  const ID = /^[\w-]{1,200}$/;
  const LONGEST = 80;
  const READ_AFTER_MS = 5000; // a page that is left sooner, without the reader's scrolling, was not read
  const EYES = 0.4; // share of the window above which a heading counts as reached
  const END = "what-to-read-next"; // who is here goes on with the next chapter

  const line = document.querySelector(".book-left-off");
  const words = (text) => (typeof text === "string" ? text.trim().slice(0, LONGEST) : "");

  function stored() {
    try {
      const place = JSON.parse(store.get(KEY));
      return typeof place?.page === "string" && words(place.title) ? place : null;
    } catch {
      return null;
    }
  }

  function show() {
    const pages = JSON.parse(line.dataset.pages);
    const place = stored();
    line.hidden = !place || !Object.hasOwn(pages, place.page);
    if (line.hidden) return;
    const link = line.querySelector("a");
    const section = typeof place.section === "string" && ID.test(place.section);
    link.textContent = [place.title, place.heading].map(words).filter(Boolean).join(": ");
    link.href = pages[place.page] + (section ? `#${place.section}` : "");
  }

  const wordsOf = (heading) => {
    const copy = heading.cloneNode(true);
    copy.querySelectorAll(".headerlink").forEach((mark) => mark.remove());
    return words(copy.textContent);
  };

  const nameOf = (address) => {
    const root = new URL(document.documentElement.dataset.content_root ?? "./", location.href);
    return new URL(address, location.href).pathname
      .slice(root.pathname.length)
      .replace(/\.html$/, "");
  };

  function here() {
    const reached = [...article.querySelectorAll("section[id] > h2")].filter(
      (heading) => heading.getBoundingClientRect().top < EYES * innerHeight,
    );
    const heading = reached.at(-1);
    const next = document.querySelector("a.right-next");
    if (heading?.parentElement.id === END && next)
      return {
        page: nameOf(next.href),
        title: words(next.querySelector(".prev-next-title")?.textContent),
      };
    return {
      page: nameOf(location.href),
      title: wordsOf(article.querySelector("h1")),
      section: heading ? heading.parentElement.id : "",
      heading: heading ? wordsOf(heading) : "",
    };
  }

  if (line) {
    show();
    // A browser may bring the start page back as it was when the reader left it.
    addEventListener("pageshow", show);
    store.watch((key) => {
      if (key === KEY || key === null) show();
    });
    return;
  }

  let scrolled = false; // by the reader: a link to a section scrolls too
  for (const kind of ["wheel", "touchmove", "keydown"])
    addEventListener(kind, () => (scrolled = true), { once: true, passive: true });
  const remember = () => {
    if (scrolled || performance.now() > READ_AFTER_MS) store.set(KEY, JSON.stringify(here()));
  };
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "hidden") remember();
  });
  addEventListener("pagehide", remember);
})();
