// The window that finds things and goes there, and the one that tells of the keys.
// The link behind the first leads to a page that does the same without scripts.
"use strict";

document.addEventListener("DOMContentLoaded", () => {
  const link = document.querySelector("[data-find]");
  const finding = document.getElementById("find-window");
  const keys = document.getElementById("keys-window");
  if (!link || !finding || !keys) return;
  const field = finding.querySelector("input");
  const list = document.getElementById("find-list");
  const said = finding.querySelector("[data-said]");
  const isMac = /Mac|iPhone|iPad/.test(navigator.platform);
  let chosen = -1;
  let timer = 0;
  let asking = null;

  const options = () => [...list.querySelectorAll("a[role=option]")];
  const choose = (number) => {
    const all = options();
    chosen = all.length ? (number + all.length) % all.length : -1;
    all.forEach((option, place) => option.setAttribute("aria-selected", String(place === chosen)));
    if (chosen < 0) {
      field.removeAttribute("aria-activedescendant");
      return;
    }
    field.setAttribute("aria-activedescendant", all[chosen].id);
    all[chosen].scrollIntoView({ block: "nearest" });
  };

  const ask = async () => {
    asking?.abort();
    const now = new AbortController();
    asking = now;
    try {
      const words = new URLSearchParams({ q: field.value, part: "1" });
      const answer = await fetch(`${link.href}?${words}`, { signal: now.signal });
      // A session that has ended leads to the sign-in: then the page itself is asked.
      if (!answer.ok || answer.redirected) {
        window.location.assign(link.href);
        return;
      }
      const part = new DOMParser().parseFromString(await answer.text(), "text/html");
      // Not the label of a demo, which stands on every page.
      list.replaceChildren(...part.querySelectorAll("body > [role=group], body > [role=option]"));
      const count = options().length;
      said.textContent = count === 1 ? "1 thing fits" : `${count} things fit`;
      choose(0);
    } catch (error) {
      if (error.name === "AbortError") return;
      list.textContent = "The server does not answer. Try again.";
      said.textContent = list.textContent;
    }
  };

  const open = () => {
    if (finding.open) return;
    keys.close();
    finding.showModal();
    field.select();
    ask();
  };

  link.querySelector("kbd").textContent = isMac ? "⌘ K" : "Ctrl K";
  link.querySelector("kbd").hidden = false;
  link.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    open();
  });
  field.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(ask, 150);
  });
  field.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) {
      event.preventDefault();
      choose(chosen + step);
    }
  });
  field.form.addEventListener("submit", (event) => {
    const option = options()[chosen];
    if (!option) return;
    event.preventDefault();
    option.click();
  });

  // A click beside a window closes it, as Escape does.
  for (const shown of [finding, keys]) {
    shown.addEventListener("click", (event) => {
      if (event.target === shown || event.target.closest("[data-close]")) shown.close();
    });
  }

  const button = document.querySelector("[data-keys-open]");
  const single = keys.querySelector("[data-single-keys]");
  const tell = () => single.setAttribute("aria-pressed", String(singleKeys()));
  button.hidden = false;
  button.addEventListener("click", () => keys.showModal());
  single.addEventListener("click", () => {
    keep("single-keys", singleKeys() ? "off" : "on");
    tell();
  });
  tell();

  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && !event.shiftKey && !event.altKey && event.key.toLowerCase() === "k") {
      event.preventDefault();
      open();
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event) || !singleKeys()) return;
    if (document.querySelector("dialog[open]")) return;
    if (event.key === "?") {
      event.preventDefault();
      keys.showModal();
    }
    const search = document.querySelector("#content form[role=search] input[type=search]");
    if (event.key === "/" && search) {
      event.preventDefault();
      search.focus();
    }
  });
});
