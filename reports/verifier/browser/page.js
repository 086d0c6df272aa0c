// What the person sees: takes pack and anchors, shows how far it is, and what was found.

import { Verification, STEPS } from "./verification.js";
import { paced } from "./worker.js";
import { bytesOf } from "./forms.js";

const SHOWN_AT_ONCE = 100;
const SIGNS = { good: "✓", bad: "✗", open: "?" };
const SPOKEN = { good: "holds:", bad: "refused:", open: "not checked:" };
const SILENT = {
  Key: "the pack tells of no exchange of it; yours must have signed everything",
  Witnesses: "none that you named has spoken of it",
  History: "the pack holds no proof from an earlier one",
  "Time-stamps": "the pack has none",
  Samples: "the pack has none",
};
const VERDICTS = [
  ["good", "Valid", "All steps hold. Read whether it is the pack, engagement and day that you expect."],
  ["bad", "Invalid", "Something was changed, or is not as the format demands; see what is wrong."],
  ["open", "Could not check", "There is no verdict. Never take this for valid or for invalid."],
];

function part(id) {
  return document.getElementById(id);
}

// What a hostile pack put into a text must not hide or turn around what stands beside it.
export function visible(text) {
  return String(text).replace(/[\p{C}\p{Zl}\p{Zp}]/gu, (letter) => {
    return `\\u{${letter.codePointAt(0).toString(16)}}`;
  });
}

function element(name, text = "", classes = "") {
  const made = document.createElement(name);
  made.textContent = visible(text);
  made.className = classes;
  return made;
}

// A line with its sign, said in words for those who do not see it.
function line(mark, name, reasons) {
  const made = element("li", "", mark);
  const sign = element("span", SIGNS[mark], "sign");
  sign.setAttribute("aria-hidden", "true");
  const told = element("div", "", "told");
  told.append(element("span", `${SPOKEN[mark]} `, "unseen"), element("b", name));
  told.append(...reasons.filter(Boolean).map((reason) => element("span", reason, "why")));
  made.append(sign, told);
  return made;
}

function isRefused(row) {
  return row.reasons.length > 0;
}

class Page {
  constructor() {
    this.worker = null;
    this.run = 0;
    this.rows = [];
    this.shown = 0;
  }

  start() {
    part("ask").addEventListener("submit", (event) => {
      event.preventDefault();
      this.verify();
    });
    part("stop").addEventListener("click", () => this.stop());
    part("more").addEventListener("click", () => this.showMore());
    part("only").addEventListener("change", () => this.choose());
    part("find").addEventListener("input", () => this.choose());
    part("save").addEventListener("click", () => this.save());
    addEventListener("dragover", (event) => {
      event.preventDefault();
      part("drop").classList.add("over");
    });
    addEventListener("dragleave", () => part("drop").classList.remove("over"));
    addEventListener("drop", (event) => {
      event.preventDefault();
      part("drop").classList.remove("over");
      if (event.dataTransfer.files.length) part("pack").files = event.dataTransfer.files;
    });
  }

  // Return what is asked for, or nothing where something is missing that only the person has.
  asked() {
    const [pack] = part("pack").files;
    const key = part("key").value.trim();
    part("pack-fault").textContent = pack ? "" : "Choose the pack.";
    part("key-fault").textContent = key ? "" : "Enter the key; without it nothing can be checked.";
    for (const [name, value] of [["pack", pack], ["key", key]]) {
      part(name).setAttribute("aria-invalid", String(!value));
    }
    if (!pack) part("pack").focus();
    else if (!key) part("key").focus();
    return pack && key ? { pack, key } : null;
  }

  async verify() {
    const asked = this.asked();
    if (!asked) return;
    this.halt();
    this.run += 1;
    const run = this.run;
    this.name = asked.pack.name;
    part("result").hidden = true;
    part("work").hidden = false;
    this.progress({ step: STEPS[0][0], done: 0, whole: 0 });
    const [held] = part("held").files;
    const scope = part("scope").value;
    const note = held ? new Uint8Array(await held.arrayBuffer()) : null;
    const own = (id) => part(id).value.trim();
    const anchors = {
      key: asked.key,
      witnesses: own("witness").split(/\s+/).filter(Boolean),
      held: note,
      scope: scope.trim() ? bytesOf(scope) : null,
      nonce: own("nonce") || null,
      request: own("request") || null,
      notBefore: own("not-before"),
    };
    const answer = await this.answer(asked.pack, anchors);
    if (run === this.run) this.show(answer);
  }

  // Verify beside the page; where the browser forbids that, in the page itself.
  answer(pack, anchors) {
    return new Promise((resolve) => {
      let hasBegun = false;
      const here = () => {
        const tell = paced((progress) => this.progress(progress));
        new Verification(tell).run(pack, anchors).then(resolve, (error) => resolve(crashed(error)));
      };
      try {
        const script = new Blob([document.scripts[0].textContent], { type: "text/javascript" });
        const address = URL.createObjectURL(script);
        this.worker = new Worker(address);
        URL.revokeObjectURL(address);
      } catch {
        here();
        return;
      }
      this.worker.onerror = (event) => {
        event.preventDefault();
        this.halt();
        // What made the worker give up on a pack, such as memory, would here take the page along.
        if (hasBegun) resolve(crashed(event.message));
        else here();
      };
      this.worker.onmessage = ({ data }) => {
        hasBegun = true;
        if (data.progress) this.progress(data.progress);
        else resolve(data.result ?? crashed(data.crash));
      };
      this.worker.postMessage({ pack, anchors });
    });
  }

  halt() {
    this.worker?.terminate();
    this.worker = null;
  }

  stop() {
    this.halt();
    this.run += 1;
    part("work").hidden = true;
    part("verify").focus();
  }

  progress({ step, done, whole }) {
    const number = STEPS.findIndex(([name]) => name === step) + 1;
    const share = whole ? Math.floor((100 * done) / whole) : 0;
    const told = whole ? `: ${share} %` : "";
    part("doing").textContent = `Step ${number} of ${STEPS.length}, ${step}${told}`;
    if (whole) part("bar").value = done / whole;
    else part("bar").removeAttribute("value");
  }

  show(result) {
    this.halt();
    this.result = result;
    const [mark, verdict, meaning] = VERDICTS[result.status];
    part("work").hidden = true;
    const section = part("result");
    section.className = mark;
    section.dataset.verdict = result.verdict;
    section.dataset.run = this.run;
    part("verdict").textContent = `${SIGNS[mark]} ${verdict}`;
    part("meaning").textContent = meaning;
    this.showAbout(result.about);
    this.showSteps(result);
    part("means").textContent = result.meaning ?? "";
    this.showList("bad", "failures", result.failures, (one) => line("bad", one.file, [one.reason]));
    this.showList("open", "unchecked", result.unchecked, (one) => line("open", one, []));
    this.rows = [...result.rows.filter(isRefused), ...result.rows.filter((row) => !isRefused(row))];
    part("each").hidden = !this.rows.length;
    part("find").value = "";
    part("only").value = "all";
    this.choose();
    section.hidden = false;
    part("verdict").focus();
  }

  showAbout(about) {
    const facts = about
      ? [
          ["Pack", about.pack],
          ["Organisation", about.organisation],
          ["Engagement", about.engagement],
          ["Sealed at", about.sealed],
          ["Shortfalls it declares", about.shortfall],
          ["File", this.name],
        ]
      : [["File", this.name]];
    const pairs = facts.flatMap(([name, value]) => [element("dt", name), element("dd", value)]);
    part("about").replaceChildren(...pairs);
  }

  showSteps({ steps, unchecked }) {
    const lines = STEPS.map(([name], number) => {
      const step = steps[number];
      if (!step) return line("open", name, ["does not count, as an earlier step does not hold"]);
      const told = step.failed ? "does not hold; see below" : step.sentence.replace(`${name}: `, "");
      const silent = SILENT[name] ?? "every file belongs to something";
      return line(step.failed ? "bad" : "good", name, [told || silent]);
    });
    // Without a first step there was nothing to begin with, so that no step is worth a line.
    part("steps").replaceChildren(...(steps.length || !unchecked.length ? lines : []));
  }

  showList(whole, list, entries, make) {
    part(whole).hidden = !entries.length;
    const lines = entries.slice(0, 1000).map(make);
    if (entries.length > lines.length) {
      lines.push(line("open", `${entries.length - lines.length} more; save the result to see all`, []));
    }
    part(list).replaceChildren(...lines);
  }

  // --- Each item ---
  choose() {
    const only = part("only").value === "bad";
    const wanted = part("find").value.trim().toLowerCase();
    this.chosen = this.rows.filter((row) => {
      const told = `${row.kind} ${row.ref} ${row.title} ${row.reasons.join(" ")}`.toLowerCase();
      return (isRefused(row) || !only) && told.includes(wanted);
    });
    this.shown = 0;
    part("rows").replaceChildren();
    const refused = this.rows.filter(isRefused).length;
    part("count").textContent = `${this.chosen.length} of ${this.rows.length}; ${refused} refused`;
    this.showMore();
  }

  showMore() {
    const next = this.chosen.slice(this.shown, this.shown + SHOWN_AT_ONCE);
    part("rows").append(...next.map((row) => this.row(row)));
    this.shown += next.length;
    part("more").hidden = this.shown >= this.chosen.length;
  }

  row(row) {
    const name = row.title ? `${row.ref} ${row.title}` : `${row.ref} (${row.kind})`;
    if (isRefused(row)) return line("bad", name, row.reasons);
    const whole = { item: "bytes, description, reviews and log entries agree" }[row.kind];
    return line("good", name, [whole ?? "agrees with the entries of the log"]);
  }

  save() {
    const { verdict, status, passed, failures, meaning, unchecked, rows } = this.result;
    const told = { verdict, exit_status: status, passed, failures, meaning, unchecked };
    const whole = { file: this.name, checked_at: new Date().toISOString(), ...told, rows };
    const text = JSON.stringify(whole, null, 2);
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([text], { type: "application/json" }));
    link.download = `${this.name}.result.json`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  }
}

function crashed(error) {
  const reason = `anything: this page met something that it does not know (${error})`;
  const nothing = { passed: [], failures: [], steps: [], rows: [] };
  return { status: 2, verdict: "COULD NOT CHECK", unchecked: [reason], ...nothing };
}

export function show() {
  new Page().start();
}
