/* What both networks answer to six digits: the pictures, the digit with the highest probability and
   this probability. */
(() => {
  "use strict";

  const { ResNetBook: book, ResNetPlayWords: words } = window;
  if (!book || !words) return;

  const SIDE = 8;
  const INK = 16; // the darkest grey value

  function draw(canvas, pixels) {
    const context = canvas.getContext("2d");
    const image = context.createImageData(SIDE, SIDE);
    for (const [at, value] of pixels.entries()) {
      const grey = 255 - Math.round((255 * value) / INK);
      image.data.set([grey, grey, grey, 255], 4 * at);
    }
    context.putImageData(image, 0, 0);
  }

  /** The digit with the highest probability: {digit, share}, or null where there are no numbers. */
  function best(row) {
    if (!row.every(Number.isFinite)) return null;
    const share = Math.max(...row);
    return { digit: row.indexOf(share), share };
  }

  /** Items in `list`; show(shot) writes the answers. */
  function make(list, digits) {
    const items = digits.shown.map((image) => {
      const digit = digits.testLabels[image];
      const canvas = book.element("canvas", { width: SIDE, height: SIDE });
      draw(canvas, digits.test.subarray(image * SIDE * SIDE, (image + 1) * SIDE * SIDE));
      const picture = book.element(
        "span",
        { role: "img", "aria-label": `A handwritten ${digit}` },
        canvas,
      );
      const lines = Object.fromEntries(
        words.KINDS.map((kind) => [kind, book.element("span", { class: `play-${kind}` })]),
      );
      list.append(book.element("li", {}, picture, ...Object.values(lines)));
      return { digit, lines };
    });

    function show(shot) {
      for (const [place, { digit, lines }] of items.entries())
        for (const kind of words.KINDS) {
          const found = best(shot[kind].answers[place]);
          const mark = found?.digit === digit ? "✓" : "✗";
          const text = found
            ? `${kind} ${found.digit} ${mark} ${words.percent(found.share)}`
            : `${kind} – none`;
          book.setText(lines[kind], text);
          lines[kind].classList.toggle("play-right", found?.digit === digit);
        }
    }

    return { show };
  }

  window.ResNetPlayAnswers = { make, best };
})();
