// Keys of the review queue; every deed has a button as well.
"use strict";

document.addEventListener("DOMContentLoaded", () => {
  const items = [...document.querySelectorAll("[data-item]")];
  if (!items.length) return;
  document.querySelector("[data-keys]").hidden = false;

  const place = () => items.findIndex((item) => item.contains(document.activeElement));
  const go = (number) => {
    const item = items[Math.max(0, Math.min(items.length - 1, number))];
    item.focus({ preventScroll: true });
    item.scrollIntoView({ block: "start", behavior: "auto" });
  };
  const press = (selector) => {
    const item = items[Math.max(0, place())];
    const part = item.querySelector(selector);
    if (!part || part.disabled) return;
    part.click();
    if (!part.matches("summary")) return;
    // The form must not hide below the bar at the bottom.
    item.querySelector("textarea")?.focus({ preventScroll: true });
    part.parentElement.scrollIntoView({ block: "nearest" });
  };
  const keys = {
    j: () => go(place() + 1),
    k: () => go(place() - 1),
    a: () => press('button[data-key="a"]'),
    r: () => press('summary[data-key="r"]'),
    x: () => press("[data-choose]"),
    o: () => press("[data-open]"),
  };

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || !singleKeys()) return;
    if (document.querySelector("dialog[open]")) return;
    if (event.target.matches("input:not([type=checkbox]), textarea, select")) return;
    const deed = keys[event.key.toLowerCase()];
    // A deed needs a chosen item, so that a stray key decides about nothing.
    if (!deed || (place() < 0 && !"jk".includes(event.key.toLowerCase()))) return;
    event.preventDefault();
    deed();
  });
});
