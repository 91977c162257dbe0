/* One training as the page sees it: what was begun, what came last, whether it runs. Experiments
   wait here for their trainings to arrive. */
(() => {
  "use strict";

  const { ResNetPlayWords: words } = window;
  if (!words) return;

  const STOPPED = "The experiment was stopped.";

  /** changed(what) is called after "shot", "state", "busy" and "lost"; `problem` says more then. */
  function make(worker, digits, changed) {
    const own = {
      settings: null,
      shot: null,
      running: false,
      fast: false,
      copiedFrom: null,
      copiedAt: null,
    };
    Object.assign(own, { losses: { plain: [], residual: [] }, lost: false, problem: null });
    let place = null;
    let awaited = 0; // beginnings that have not been answered yet
    let goal = null;
    let waiting = null; // {until, heard, resolve, reject}

    function hear(message) {
      if (message.type === "shot") return take(message);
      own.running = false;
      own.lost = true;
      own.problem = message.type === "failed" ? message.message : null;
      changed("lost");
      interrupt("The training was lost.");
    }

    /** What a training still says that was given up meanwhile is not shown. Each beginning is
        answered by a shot without steps. */
    function take(shot) {
      if (shot.steps === 0 && shot.known === 0 && awaited > 0) {
        awaited -= 1;
        for (const kind of words.KINDS) own.losses[kind] = [];
      }
      if (awaited > 0) return;
      for (const kind of words.KINDS) own.losses[kind].push(...shot[kind].losses);
      own.shot = shot;
      own.settings = { ...shot.settings };
      // The answer to a beginning does not know yet that a run was asked for.
      if (shot.steps > 0) own.running = shot.running;
      changed("shot");
      if (!waiting) return;
      waiting.heard(shot);
      if (shot.running || !(shot.finished || shot.steps >= waiting.until)) return;
      const { resolve } = waiting;
      waiting = null;
      goal = null;
      changed("busy");
      resolve(shot);
    }

    function begin(settings) {
      const first = !place;
      place ??= globalThis.ResNetRunner.start(worker, hear);
      Object.assign(own, {
        settings: { ...settings },
        copiedFrom: null,
        copiedAt: null,
        running: false,
      });
      goal = null;
      awaited += 1;
      place.send({ type: "begin", settings: own.settings, ...(first && { digits }) });
      place.send({ type: "speed", fast: own.fast });
      changed("busy");
    }

    function run() {
      own.running = true;
      place.send({ type: "run", to: goal });
      changed("state");
    }

    function pause() {
      own.running = false;
      place.send({ type: "pause" });
      changed("state");
    }

    function fast(now) {
      own.fast = now;
      place.send({ type: "speed", fast: now });
      changed("state");
    }

    /** Ends the wait of an experiment; its training stays where it is. */
    function interrupt(why = STOPPED) {
      if (!waiting) return;
      const { reject } = waiting;
      waiting = null;
      goal = null;
      if (!own.lost) pause();
      changed("busy");
      reject(new Error(why));
    }

    /** The same settings from the start, in a new place if the old one was lost. */
    function reset() {
      interrupt();
      if (own.lost) {
        place.stop();
        place = null;
        awaited = 0;
        Object.assign(own, { lost: false, problem: null });
      }
      begin(own.settings);
    }

    function until(steps, heard) {
      return new Promise((resolve, reject) => {
        waiting = { until: steps, heard, resolve, reject };
        goal = steps;
        changed("busy");
      });
    }

    async function goOn(steps, heard) {
      const before = own.fast;
      const done = until(steps, heard);
      fast(true);
      run();
      try {
        return await done;
      } finally {
        if (own.lost) own.fast = before;
        else fast(before);
      }
    }

    async function deepen(blocks) {
      const done = until(0, () => {});
      own.copiedFrom = own.settings.blocks;
      own.copiedAt = own.shot.steps;
      awaited += 1;
      place.send({ type: "deepen", blocks });
      const shot = await done;
      changed("busy");
      return shot;
    }

    return Object.assign(own, {
      begin,
      run,
      pause,
      setFast: fast,
      step: () => place.send({ type: "step" }),
      reset,
      interrupt,
      goOn,
      deepen,
      busy: () => waiting !== null,
      where: () => place?.where() ?? "none",
    });
  }

  window.ResNetPlayTraining = { make };
})();
