// Keeps a draft while it is being filled in; without scripts the button "Keep the draft" does it.
"use strict";

document.addEventListener("DOMContentLoaded", () => {
  const form = document.querySelector("form[data-draft]");
  if (!form) return;
  const said = form.querySelector("[data-kept]");
  const stamp = form.querySelector("[name=draft_seen]");
  const pause = 2000;
  const patience = 15000;
  let timer = 0;
  let running = null;
  let isSending = false;

  const send = async () => {
    const typed = new FormData(form);
    // Files are sent by a button only, and what is ticked away is not yet decided.
    for (const [name, value] of [...typed.entries()]) {
      if (value instanceof File || name.startsWith("drop-")) typed.delete(name);
    }
    typed.set("do", "auto");
    try {
      const signal = AbortSignal.timeout(patience);
      const answer = await fetch(form.action, { method: "POST", body: typed, signal });
      const isOurs = (answer.headers.get("content-type") || "").startsWith("application/json");
      const told = isOurs ? await answer.json() : {};
      // What is typed from now on is based on what was just kept.
      if (told.seen) stamp.value = told.seen;
      const time = new Date().toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
      const isKept = isOurs && answer.ok;
      said.textContent = isKept ? `Kept at ${time}` : told.problem || "Not kept: press Keep the draft";
    } catch {
      said.textContent = "Not kept: the server does not answer";
    }
  };

  // One at a time: two on their way at once would contradict each other.
  const keep = () => {
    if (running) {
      later();
      return;
    }
    running = send().finally(() => {
      running = null;
    });
  };

  const later = () => {
    clearTimeout(timer);
    timer = setTimeout(keep, pause);
  };

  form.addEventListener("input", (event) => {
    if (event.target.type === "file" || event.target.name.startsWith("drop-")) return;
    isSending = false;
    later();
  });

  // A draft that is being sent must not be overtaken by what was typed before.
  form.addEventListener("submit", async (event) => {
    clearTimeout(timer);
    if (!running) {
      isSending = true;
      return;
    }
    event.preventDefault();
    const button = event.submitter;
    await running;
    if (!isSending) form.requestSubmit(button);
  });

  // The browser's way back may show the page as it was when it was sent; the draft went on since.
  window.addEventListener("pageshow", (event) => {
    if (event.persisted && isSending) window.location.reload();
  });
});
