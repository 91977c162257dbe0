/* Where the playground trains: in a worker, or in the page where workers are refused (a page that
   was opened as a file). Both take and give the same messages. */
(() => {
  "use strict";

  const PATIENCE_MS = 4000;

  /** Begins a training place. hear(message) gets what it says; returns send and stop.
      Messages that are sent before the place is ready wait for it. */
  function start(worker, hear) {
    const place = { send: null, stop: () => {}, kind: "none" };
    const waiting = [];

    const open = (kind, send, stop) => {
      Object.assign(place, { kind, send, stop });
      for (const message of waiting.splice(0)) send(message);
    };

    const inPage = () => {
      const driver = new globalThis.ResNetSession.Driver(hear, "page");
      open(
        "page",
        (message) => driver.hear(message),
        () => driver.hear({ type: "pause" }),
      );
    };

    const give = (message) => (place.send ? place.send(message) : waiting.push(message));
    try {
      // Browsers refuse a page from a file its worker, and Firefox says so in the console.
      if (location.protocol === "file:") throw new Error("no worker from a file");
      const made = new Worker(worker);
      const late = setTimeout(() => refuse(), PATIENCE_MS);
      let over = false;
      const refuse = () => {
        if (over) return;
        over = true;
        clearTimeout(late);
        made.terminate();
        inPage();
      };
      made.addEventListener("error", (event) => {
        event.preventDefault();
        if (place.kind === "worker") hear({ type: "lost" });
        else refuse();
      });
      made.addEventListener("message", ({ data }) => {
        if (data.type !== "ready") {
          if (place.kind === "worker") hear(data);
          return;
        }
        if (over) return;
        over = true;
        clearTimeout(late);
        open(
          "worker",
          (message) => made.postMessage(message, []),
          () => made.terminate(),
        );
      });
    } catch {
      inPage();
    }
    return { send: give, stop: () => place.stop(), where: () => place.kind };
  }

  globalThis.ResNetRunner = { start };
})();
