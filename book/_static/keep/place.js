// Remembers on each chapter which section the reader saw last, and leads back there from the start
// page. The place stays in this browser and is no progress: no saved file holds it.
(() => {
  "use strict";

  const store = window.ResNetStore;
  const article = document.querySelector(".bd-article");
  if (!store || !article) return;

  const KEY = "resnet-measured-place:v1";
  const ID = /^[\w-]{1,200}$/;
  const LONGEST = 200;
  const READ_AFTER_MS = 5000; // a page that is left sooner, without scrolling, was not read
  const EYES = 0.4; // share of the window above which a heading counts as reached

  const line = document.querySelector(".book-left-off");

  function show() {
    line.hidden = true;
    let place;
    try {
      place = JSON.parse(store.get(KEY));
    } catch {
      return;
    }
    const pages = JSON.parse(line.dataset.pages);
    if (!place || !Object.hasOwn(pages, place.page)) return;
    const words = [place.title, place.heading].filter((text) => typeof text === "string" && text);
    if (!words.length) return;
    const link = line.querySelector("a");
    link.textContent = words.map((text) => text.slice(0, LONGEST)).join(": ");
    link.href = pages[place.page] + (ID.test(place.section) ? `#${place.section}` : "");
    line.hidden = false;
  }

  const wordsOf = (heading) => {
    const copy = heading.cloneNode(true);
    copy.querySelectorAll(".headerlink").forEach((mark) => mark.remove());
    return copy.textContent.trim().slice(0, LONGEST);
  };

  function remember() {
    if (performance.now() < READ_AFTER_MS && scrollY < innerHeight / 2) return;
    const root = new URL(document.documentElement.dataset.content_root ?? "./", location.href);
    const page = location.pathname.slice(root.pathname.length).replace(/\.html$/, "");
    const reached = [...article.querySelectorAll("section[id] > h2")].filter(
      (heading) => heading.getBoundingClientRect().top < EYES * innerHeight,
    );
    const heading = reached.at(-1);
    const place = {
      page,
      title: wordsOf(article.querySelector("h1")),
      section: heading ? heading.parentElement.id : "",
      heading: heading ? wordsOf(heading) : "",
    };
    store.set(KEY, JSON.stringify(place));
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
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "hidden") remember();
  });
  addEventListener("pagehide", remember);
})();
