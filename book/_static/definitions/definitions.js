// Opens the definition of a term beside its link: when a pointer rests on the link, when the
// keyboard reaches it, and on the first tap of a finger. The second tap follows the link, as every
// other click does. The card stays while pointer or focus stays, the pointer may move onto it, and
// Escape or a tap elsewhere closes it (WCAG 2.2, success criterion 1.4.13).
(() => {
  const book = window.ResNetBook;
  if (!book) return;

  const LINK = "a[data-definition]";
  const OPEN_AFTER_MS = 150;
  const CLOSE_AFTER_MS = 300;
  const GAP_PX = 6;
  const MARGIN_PX = 8;

  const card = book.element("div", { class: "book-definition", hidden: true });
  (document.querySelector("main") ?? document.body).append(card);

  let current = null;
  let timer = 0;
  let byFinger = false;

  const linkOf = (target) => (target instanceof Element ? target.closest(LINK) : null);
  const inside = (part, node) => Boolean(part) && node instanceof Node && part.contains(node);

  const fill = (link) => {
    const source = document.getElementById(link.dataset.definition);
    const copy = source.cloneNode(true);
    for (const part of [copy, ...copy.querySelectorAll("[id]")]) part.removeAttribute("id");
    // The keyboard follows the term's own link, which has the focus.
    const entry = book.element("a", { href: link.href, tabindex: -1 }, "Open the entry");
    card.replaceChildren(copy, entry);
  };

  const place = (line) => {
    Object.assign(card.style, { left: "0", top: "0", maxHeight: "", maxWidth: "" });
    const { clientWidth: width, clientHeight: height } = document.documentElement;
    const below = height - line.bottom - GAP_PX - MARGIN_PX;
    const above = line.top - GAP_PX - MARGIN_PX;
    if (card.offsetHeight > Math.max(below, above))
      card.style.maxWidth = `${width - 2 * MARGIN_PX}px`;
    const origin = card.getBoundingClientRect();
    const under = origin.height <= below || below >= above;
    const tall = Math.min(origin.height, Math.max(under ? below : above, 0));
    const left = Math.max(MARGIN_PX, Math.min(line.left, width - origin.width - MARGIN_PX));
    const top = under ? line.bottom + GAP_PX : line.top - GAP_PX - tall;
    card.style.maxHeight = `${tall}px`;
    card.style.left = `${left - origin.left}px`;
    card.style.top = `${top - origin.top}px`;
  };

  const open = (link, y = null) => {
    clearTimeout(timer);
    if (link === current || !document.getElementById(link.dataset.definition)) return;
    current = link;
    fill(link);
    card.hidden = false;
    card.scrollTop = 0;
    const lines = [...link.getClientRects()];
    place(lines.find((line) => y !== null && y >= line.top && y <= line.bottom) ?? lines[0]);
  };

  const close = () => {
    clearTimeout(timer);
    card.hidden = true;
    current = null;
  };

  const leave = () => {
    clearTimeout(timer);
    if (current !== document.activeElement) timer = setTimeout(close, CLOSE_AFTER_MS);
  };

  document.addEventListener("pointerover", (event) => {
    if (event.pointerType === "touch") return;
    const link = linkOf(event.target);
    if (inside(card, event.target) || (link && link === current)) clearTimeout(timer);
    else if (link && !inside(link, event.relatedTarget)) {
      clearTimeout(timer);
      timer = setTimeout(open, OPEN_AFTER_MS, link, event.clientY);
    }
  });

  document.addEventListener("pointerout", (event) => {
    if (event.pointerType === "touch") return;
    const from = linkOf(event.target) ?? (inside(card, event.target) ? card : null);
    if (!from || inside(from, event.relatedTarget)) return;
    if (current) leave();
    else clearTimeout(timer);
  });

  document.addEventListener("focusin", (event) => {
    const link = linkOf(event.target);
    if (link?.matches(":focus-visible")) open(link);
  });

  document.addEventListener("focusout", (event) => {
    if (event.target === current && !card.matches(":hover") && !current.matches(":hover")) close();
  });

  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") close();
  });

  // A screen reader's tap has no size; it follows the link, whose description it has spoken.
  document.addEventListener("pointerdown", (event) => {
    byFinger = event.pointerType === "touch" && event.width > 0;
    if (!inside(card, event.target) && linkOf(event.target) !== current) close();
  });

  document.addEventListener("click", (event) => {
    const link = linkOf(event.target);
    if (link && byFinger && link !== current) {
      event.preventDefault();
      open(link, event.clientY);
    } else if (
      link ||
      (event.target instanceof Element && event.target.closest(".book-definition a"))
    ) {
      close();
    }
    byFinger = false;
  });

  addEventListener("resize", close);
  addEventListener("pagehide", close);
})();
