/* Where the playground trains: in a worker, or in the page where workers are refused (a page that
   was opened as a file). Both take and give the same messages. */
(() => {
  "use strict";

  const PATIENCE_MS = 4000;

  /** Begins a place of training. hear(message) gets what it says; returns send, stop and where.
      What is sent before the place is ready waits for it. */
  function start(worker, hear) {
    const waiting = [];
    let kind = "none";
    let deliver = (message) => waiting.push(message);
    let stop = () => {};

    const open = (name, send, end) => {
      kind = name;
      deliver = send;
      stop = end;
      for (const message of waiting.splice(0)) send(message);
    };

    const inPage = () => {
      const driver = new globalThis.ResNetSession.Driver(hear, "page");
      const pause = () => driver.hear({ type: "pause" });
      open("page", (message) => driver.hear(message), pause);
    };

    /** A worker says "ready" first. Until then an error, or silence, sends the training home. */
    const inWorker = () => {
      const made = new Worker(worker);
      const begin = () => {
        clearTimeout(late);
        const send = (message) => made.postMessage(message, []);
        open("worker", send, () => made.terminate());
      };
      const refuse = () => {
        if (kind !== "none") return;
        clearTimeout(late);
        made.terminate();
        inPage();
      };
      const late = setTimeout(refuse, PATIENCE_MS);
      made.addEventListener("message", ({ data }) => {
        if (kind === "worker") hear(data);
        else if (data.type === "ready" && kind === "none") begin();
      });
      made.addEventListener("error", (event) => {
        event.preventDefault();
        if (kind === "worker") hear({ type: "lost" });
        else refuse();
      });
    };

    // Browsers refuse a page from a file its worker, and Firefox says so in the console.
    const refused = location.protocol === "file:" || typeof Worker === "undefined";
    try {
      if (refused) inPage();
      else inWorker();
    } catch {
      inPage();
    }
    return { send: (message) => deliver(message), stop: () => stop(), where: () => kind };
  }

  globalThis.ResNetRunner = { start };
})();
