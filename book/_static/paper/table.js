// Sorts the tables of the paper. Without this script they stand in the paper's order.
(() => {
  const book = window.ResNetBook;
  if (!book) return;

  const value = (row, index) => {
    const cell = row.cells[index];
    if ("value" in cell.dataset) return Number(cell.dataset.value);
    if (cell.querySelector(".visually-hidden")) return null;
    return cell.classList.contains("paper-number") ? null : cell.textContent;
  };

  const compare = (a, b) =>
    typeof a === "number" && typeof b === "number" ? a - b : String(a).localeCompare(String(b));

  const sorted = (rows, index, direction) => {
    if (direction === "none") return rows;
    const sign = direction === "ascending" ? 1 : -1;
    return [...rows].sort((one, other) => {
      const [a, b] = [value(one, index), value(other, index)];
      if (a === null || b === null) return (a === null) - (b === null);
      return sign * compare(a, b);
    });
  };

  const NEXT = { none: "ascending", ascending: "descending", descending: "none" };

  const setup = (box) => {
    const body = box.querySelector("tbody");
    const original = [...body.rows];
    const status = box.querySelector('[role="status"]');
    const headers = [...box.querySelectorAll('th[scope="col"]')];

    const sort = (header, name) => {
      const direction = NEXT[header.getAttribute("aria-sort") ?? "none"];
      for (const other of headers) other.removeAttribute("aria-sort");
      if (direction !== "none") header.setAttribute("aria-sort", direction);
      body.append(...sorted(original, headers.indexOf(header), direction));
      status.textContent =
        direction === "none" ? "In the paper's order." : `Sorted by ${name}, ${direction}.`;
    };

    for (const header of headers) {
      const name = header.textContent;
      header.replaceChildren(book.button(name, () => sort(header, name)));
    }
  };

  book.all(".paper-sortable").forEach(setup);
})();
