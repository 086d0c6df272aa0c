// Keeps a draft while it is being filled in; without scripts the button "Keep the draft" does it.
"use strict";

document.addEventListener("DOMContentLoaded", () => {
  const form = document.querySelector("form[data-draft]");
  if (!form) return;
  const said = form.querySelector("[data-kept]");
  const pause = 2000;
  let timer = 0;

  const keep = async () => {
    const typed = new FormData(form);
    // Files are sent by a button only, and what is ticked away is not yet decided.
    for (const [name, value] of [...typed.entries()]) {
      if (value instanceof File || name.startsWith("drop-")) typed.delete(name);
    }
    typed.set("do", "auto");
    try {
      const answer = await fetch(form.action, { method: "POST", body: typed });
      const time = new Date().toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
      said.textContent = answer.status === 204 ? `Kept at ${time}` : "Not kept: press Keep the draft";
    } catch {
      said.textContent = "Not kept: the server does not answer";
    }
  };

  form.addEventListener("input", (event) => {
    if (event.target.type === "file" || event.target.name.startsWith("drop-")) return;
    clearTimeout(timer);
    timer = setTimeout(keep, pause);
  });
  // A draft that is being sent must not be overtaken by what was typed before.
  form.addEventListener("submit", () => clearTimeout(timer));
});
