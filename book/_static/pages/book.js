// Makes boxes that scroll sideways reachable by keyboard: without a tab stop, only a pointer
// could show their right edge.
(() => {
  const book = window.ResNetBook;
  if (!book) return;

  const SCROLLERS = "pre, .book-scroll, .math, .cell_output";

  const label = (box) => {
    if (box.matches("pre")) return "Code";
    if (box.matches(".book-scroll")) return "Table";
    return box.matches(".cell_output") ? "Output" : "Formula";
  };

  const update = (box) => {
    const scrolls = box.scrollWidth > box.clientWidth + 1;
    if (scrolls && !box.hasAttribute("tabindex")) {
      box.tabIndex = 0;
      box.setAttribute("role", "group");
      box.setAttribute("aria-label", `${label(box)}, scrolls sideways`);
      box.dataset.bookScrolls = "";
    } else if (!scrolls && "bookScrolls" in box.dataset) {
      for (const name of ["tabindex", "role", "aria-label", "data-book-scrolls"]) {
        box.removeAttribute(name);
      }
    }
  };

  const wrapTables = (root) => {
    for (const table of root.querySelectorAll("table")) {
      if (table.closest(".book-scroll, .book-table-scroll, .pst-scrollable-table-container"))
        continue;
      const box = book.element("div", { class: "book-scroll" });
      table.replaceWith(box);
      box.append(table);
    }
  };

  const sizes = new ResizeObserver((entries) => entries.forEach((e) => update(e.target)));

  // The extension makes its buttons once; its listener also hears those that come later.
  let count = 0;
  const addCopyButtons = (root) => {
    if (typeof iconCopy === "undefined") return;
    for (const code of root.querySelectorAll("div.highlight pre:not([id])")) {
      count += 1;
      code.id = `code-later-${count}`;
      const button = book.element("button", {
        class: "copybtn o-tooltip--left",
        "data-tooltip": "Copy",
        "data-clipboard-target": `#${code.id}`,
      });
      button.innerHTML = iconCopy; // oxlint-disable-line no-undef
      code.after(button);
    }
  };

  const attend = (root) => {
    wrapTables(root);
    root.querySelectorAll(SCROLLERS).forEach((box) => sizes.observe(box));
  };

  document.querySelectorAll(".bd-article").forEach(attend);
  window.ResNetLater?.watch((made) => {
    made.forEach(attend);
    made.forEach(addCopyButtons);
  });
})();

// What the theme shows and does not say: that code was copied, and whether a list of pages or of
// headings is open. And what it does not take back: the hint of a button goes with Escape.
(() => {
  const book = window.ResNetBook;
  const main = document.querySelector("main");
  if (!book || !main) return;

  const SPOKEN_AFTER_MS = 200; // when the other scripts have answered the press
  const wide = matchMedia("(min-width: 992px)");
  const said = main.appendChild(book.element("p", { class: "visually-hidden", role: "status" }));

  const sides = ["primary", "secondary"].flatMap((side) => {
    const buttons = book.all(`.${side}-toggle`);
    const box = document.getElementById(`pst-${side}-sidebar-checkbox`);
    // On a wide page the list of pages is there until it is put away.
    const isOpen = () => (side === "primary" && wide.matches ? !box.checked : box.checked);
    return box ? [{ buttons, box, isOpen }] : [];
  });

  const tell = () => {
    for (const { buttons, isOpen } of sides)
      for (const button of buttons) button.setAttribute("aria-expanded", isOpen());
  };

  // On their way down, because the theme stops some of them.
  const hear = (type, answer) => document.addEventListener(type, answer, true);
  hear("click", (event) => {
    setTimeout(tell);
    const copying = event.target.closest?.(".copybtn");
    if (!copying) return;
    setTimeout(() => {
      if (copying.classList.contains("success")) said.textContent = copying.dataset.tooltip;
    }, SPOKEN_AFTER_MS);
  });
  hear("keydown", (event) => {
    if (event.key !== "Escape") return;
    setTimeout(tell);
    for (const hinted of book.all("[data-bs-toggle='tooltip'][aria-describedby]"))
      window.bootstrap?.Tooltip?.getInstance(hinted)?.hide();
  });
  for (const { box } of sides) box.addEventListener("change", tell);
  wide.addEventListener("change", tell);
  tell();
})();

// On paper everything stands open. Styles do that where the browser can style a closed <details>.
(() => {
  if (CSS.supports("selector(::details-content)")) return;
  window.ResNetBook?.openForPrint(".bd-article details");
})();
