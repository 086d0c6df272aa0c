// Shows all times of a page in UTC, and back by the clocks of the person: by button or by the key u.
// The choice stays in this browser. Without this script UTC stands in the title of each time.
"use strict";

function kept(name) {
  try {
    return localStorage.getItem(name);
  } catch {
    return null;
  }
}

function keep(name, value) {
  try {
    localStorage.setItem(name, value);
  } catch {
    // A browser that keeps nothing forgets the choice with the page.
  }
}

// Keys without Ctrl can be turned off, for who speaks to the computer.
function singleKeys() {
  return kept("single-keys") !== "off";
}

function isTyping(event) {
  return event.target.matches("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]");
}

document.addEventListener("DOMContentLoaded", () => {
  const own = new WeakMap();
  const buttons = document.querySelectorAll("[data-utc]");
  let isUtc = kept("times") === "utc";

  const show = () => {
    for (const time of document.querySelectorAll("time.moment[title]")) {
      if (isUtc && !own.has(time)) {
        own.set(time, [...time.childNodes]);
        time.textContent = time.title;
      } else if (!isUtc && own.has(time)) {
        time.replaceChildren(...own.get(time));
        own.delete(time);
      }
    }
    for (const button of buttons) button.setAttribute("aria-pressed", String(isUtc));
  };
  const turn = () => {
    isUtc = !isUtc;
    keep("times", isUtc ? "utc" : "own");
    show();
  };

  for (const button of buttons) {
    button.hidden = false;
    button.addEventListener("click", turn);
  }
  document.addEventListener("keydown", (event) => {
    if (event.key !== "u" || event.ctrlKey || event.metaKey || event.altKey) return;
    if (!isTyping(event) && singleKeys() && buttons.length) turn();
  });
  document.addEventListener("renewed", show);
  show();
});
