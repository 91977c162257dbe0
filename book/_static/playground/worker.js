/* The playground's training, away from the page, so that the page answers at once. */
globalThis.importScripts("kernels.js", "random.js", "layers.js", "engine.js", "session.js");

const driver = new globalThis.ResNetSession.Driver((message) => postMessage(message, []), "worker");

addEventListener("message", ({ data }) => driver.hear(data));
postMessage({ type: "ready" }, []);
