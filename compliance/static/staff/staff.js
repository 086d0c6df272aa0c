// Small comforts of the staff door. Every page works without them.
"use strict";

// One open menu at a time; a click beside it or Escape closes it.
document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll("details.cs-menu[open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of document.querySelectorAll("details.cs-menu[open]")) menu.open = false;
});

document.addEventListener("DOMContentLoaded", () => {
  copyButtons();
  pickers();
  selectAll();
  refreshing();
  filesKeepTheirNames();
});

// The skin would write the name of a chosen file into the next field of text, such as a title.
function filesKeepTheirNames() {
  for (const input of document.querySelectorAll("input[type=file]")) input.hasChangeListener = true;
}

// <button data-copy="id"> copies the value of a field.
function copyButtons() {
  for (const button of document.querySelectorAll("[data-copy]")) {
    const field = document.getElementById(button.dataset.copy);
    if (!field) continue;
    button.hidden = false;
    button.addEventListener("click", async () => {
      field.select();
      let copied = false;
      try {
        await navigator.clipboard.writeText(field.value);
        copied = true;
      } catch {
        copied = document.execCommand("copy");
      }
      button.querySelector("[data-words]").textContent = copied ? "Copied" : "Press Ctrl + C";
    });
  }
}

// <select data-go> and <input data-go> send their form as soon as something is chosen.
function pickers() {
  for (const field of document.querySelectorAll("[data-go]")) {
    field.addEventListener("change", () => field.form.requestSubmit());
    for (const button of field.form.querySelectorAll("[data-without-script]")) button.hidden = true;
  }
}

// <input data-all="name"> ticks every box of that name.
function selectAll() {
  for (const all of document.querySelectorAll("[data-all]")) {
    const boxes = () => document.querySelectorAll(`input[name="${all.dataset.all}"]:not(:disabled)`);
    all.closest("[hidden]")?.removeAttribute("hidden");
    all.addEventListener("change", () => boxes().forEach((box) => { box.checked = all.checked; }));
  }
}

// <div id="x" data-refresh="3"> is fetched anew every 3 seconds while the page is looked at.
function refreshing() {
  for (const part of document.querySelectorAll("[data-refresh]")) {
    const again = () => setTimeout(() => renew(part.id), Number(part.dataset.refresh) * 1000);
    const renew = async (id) => {
      const old = document.getElementById(id);
      if (!old) return;
      if (document.hidden || old.contains(document.activeElement)) return again();
      try {
        const answer = await fetch(location.href, { headers: { "X-Requested-With": "refresh" } });
        if (!answer.ok || answer.redirected) return;
        const page = new DOMParser().parseFromString(await answer.text(), "text/html");
        const fresh = page.getElementById(id);
        if (!fresh) return;
        old.replaceWith(fresh);
        document.dispatchEvent(new Event("renewed"));
        // A part that is finished comes without the mark, and then the asking ends.
        if (fresh.dataset.refresh) again();
      } catch {
        again();
      }
    };
    again();
  }
}
