// Adds to the timeline what a list cannot do: a filter by thread, keys, and both in the address.
(() => {
  "use strict";

  const book = window.ResNetBook;
  const timeline = document.querySelector(".timeline");
  if (!book || !timeline) return;

  const entries = book.all(".tl-entry", timeline);
  const status = timeline.querySelector(".tl-status");
  const everything = status.textContent;
  const LONG_GAP_YEARS = 4;
  const calm = matchMedia("(prefers-reduced-motion: reduce)");
  const chosen = new Set();
  const buttons = new Map();

  const threadsOf = (entry) => entry.dataset.threads.split(" ");
  const shown = () => entries.filter((entry) => !entry.hidden);

  function measureGaps(visible) {
    visible.forEach((entry, index) => {
      const before = index ? Number(visible[index - 1].dataset.year) : Number(entry.dataset.year);
      const years = Number(entry.dataset.year) - before;
      const label = entry.querySelector(".tl-gap");
      entry.style.setProperty("--tl-years", years);
      label.hidden = years < LONG_GAP_YEARS;
      label.textContent = label.hidden ? "" : `${years} years later`;
    });
  }

  function show(threads) {
    for (const entry of entries) {
      entry.hidden = threads.size > 0 && !threadsOf(entry).some((name) => threads.has(name));
    }
    measureGaps(shown());
  }

  function remember() {
    const query = new URLSearchParams(location.search);
    query.delete("thread");
    chosen.forEach((name) => query.append("thread", name));
    const text = query.toString();
    book.setAddress(location.pathname + (text && `?${text}`) + location.hash);
  }

  function update() {
    show(chosen);
    for (const [name, button] of buttons) {
      button.setAttribute("aria-pressed", String(name ? chosen.has(name) : chosen.size === 0));
    }
    const names = [...chosen].map((name) => buttons.get(name).dataset.label.toLowerCase());
    status.textContent = chosen.size
      ? `Showing ${shown().length} of ${entries.length} entries, those on ${names.join(" or ")}.`
      : everything;
    if (!shown().some((entry) => entry.tabIndex === 0)) setStop(shown()[0]);
  }

  function toggle(name) {
    if (!name) chosen.clear();
    else if (!chosen.delete(name)) chosen.add(name);
    update();
    remember();
  }

  function addButton(name, place, contents, label) {
    const attributes = { class: "tl-button", "data-label": label };
    const button = book.button(contents, () => toggle(name), attributes);
    buttons.set(name, button);
    place.append(button);
  }

  // One entry is in the tab order; the keys move this place.
  function setStop(entry) {
    for (const other of entries) other.tabIndex = other === entry ? 0 : -1;
  }

  function go(entry) {
    setStop(entry);
    entry.focus({ preventScroll: true });
    entry.scrollIntoView({ block: "center", behavior: calm.matches ? "instant" : "smooth" });
    book.setAddress(`#${entry.id}`);
  }

  function walk(event) {
    if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
    const entry = event.target.closest(".tl-entry");
    if (!entry) return;
    const visible = shown();
    const last = visible.length - 1;
    const here = visible.indexOf(entry);
    const next = {
      ArrowDown: here + 1,
      j: here + 1,
      ArrowUp: here - 1,
      k: here - 1,
      Home: 0,
      End: last,
    };
    if (!Object.hasOwn(next, event.key)) return;
    event.preventDefault();
    go(visible[Math.min(last, Math.max(0, next[event.key]))]);
  }

  function followAddress() {
    const target = entries.find((entry) => `#${entry.id}` === location.hash);
    if (!target) return;
    if (target.hidden) {
      chosen.clear();
      update();
      remember();
    }
    setStop(target);
    target.scrollIntoView({ block: "center", behavior: "instant" });
  }

  const list = timeline.querySelector(".tl-legend ul");
  const first = book.element("li");
  addButton("", first, ["All threads"], "all threads");
  list.prepend(first);
  for (const name of timeline.querySelectorAll(".tl-name")) {
    const label = [...name.childNodes].find((node) => node.nodeType === Node.TEXT_NODE).data.trim();
    const place = book.element("span");
    name.replaceWith(place);
    addButton(name.dataset.thread, place, [...name.childNodes], label);
  }
  timeline.querySelector("#tl-threads").textContent = "Choose one thread or several:";
  timeline.querySelector(".tl-keys").hidden = false;
  timeline.querySelector(".tl-list").addEventListener("keydown", walk);
  for (const entry of entries) entry.addEventListener("focus", () => setStop(entry));

  for (const name of new URLSearchParams(location.search).getAll("thread")) {
    if (buttons.has(name) && name) chosen.add(name);
  }
  setStop(entries[0]);
  update();
  followAddress();
  addEventListener("hashchange", followAddress);
  addEventListener("beforeprint", () => show(new Set()));
  addEventListener("afterprint", () => show(chosen));
})();
