// The same script, run beside the page: it verifies, so that the page stays free to answer.

import { Verification } from "./verification.js";

const EVERY = 100;

// Tell how far it is, but not more often than a person can see.
export function paced(tell) {
  let [last, named] = [0, ""];
  return (step, done, whole) => {
    const now = performance.now();
    if (step === named && now - last < EVERY) return;
    [last, named] = [now, step];
    tell({ step, done, whole });
  };
}

export function serve() {
  self.onmessage = async ({ data }) => {
    const verification = new Verification(paced((progress) => self.postMessage({ progress })));
    try {
      self.postMessage({ result: await verification.run(data.pack, data.anchors) });
    } catch (error) {
      self.postMessage({ crash: String(error) });
    }
  };
}
