/* The buttons that save a run: as data, as a picture of its curves, as a notebook. The files are
   made by export.js; where it did not arrive, the buttons stay hidden. */
(() => {
  "use strict";

  const { ResNetBook: book, ResNetPlaySettings: address } = window;
  if (!book || !address) return;

  function runOf(training) {
    const { shot, losses, copiedFrom, copiedAt } = training;
    const { settings } = shot;
    return {
      settings,
      address: address.written(settings),
      steps: shot.steps,
      errors: shot.errors,
      losses,
      stopped: { plain: shot.plain.stopped, residual: shot.residual.stopped },
      copied: copiedFrom,
      copiedAt,
    };
  }

  function described({ address: text, copied, copiedAt }) {
    if (copied === null) return text;
    return `${text}, copied from ${copied} blocks after ${copiedAt} steps`;
  }

  /** Wires the buttons of a playground to its training. */
  function make(root, data, training) {
    const { ResNetExport: files } = window;
    if (!files) return;
    const said = root.querySelector(".play-saved");
    const svg = root.querySelector(".play-curves svg");
    const title = "A plain and a residual network, side by side";
    const acts = {
      json: (run, name) => files.download(`${name}.json`, files.json(run)),
      picture: (run, name) =>
        files.download(`${name}.svg`, files.picture(svg, { title, settings: described(run) })),
      notebook: (run, name) => files.download(`${name}.ipynb`, files.notebook(data.notebook, run)),
    };
    for (const button of book.all("[data-export]", root))
      button.addEventListener("click", () => {
        if (!training.shot) return;
        const run = runOf(training);
        const name = `playground-${described(run).replaceAll(/[ ,]+/g, "-")}`;
        try {
          acts[button.dataset.export](run, name);
          book.setText(said, "");
        } catch (problem) {
          book.setText(said, problem.message);
        }
      });
    root.querySelector(".play-export").hidden = false;
  }

  window.ResNetPlaySaved = { make, runOf };
})();
