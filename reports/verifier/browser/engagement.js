// What is said of the engagement, and the entries of the log that must say the same.

import { at, demand, isObject, listAt, listOf, maybe, quoted, record, same, textAt, words } from "./forms.js";

function entry(leaf, kind, body, by = "") {
  return { index: at(leaf, "index"), kind, body: record(body), by };
}

function opening(told, reasons, moved) {
  const body = { type: at(told, "type") };
  if (!maybe(told, "chosen")) body.categories = reasons;
  if (!moved.has("freeze")) body.freeze_on = maybe(told, "freeze_on") || "";
  if (!moved.has("window")) {
    body.window_from = at(told, "window_from");
    body.window_to = at(told, "window_to");
  }
  return entry(at(told, "opened"), "engagement.opened", body);
}

function change(one) {
  const body = { before: at(one, "before"), after: at(one, "after") };
  body.reason_sha256 = words(at(one, "reason"));
  return entry(at(one, "leaf"), `engagement.${at(one, "what")}_changed`, body, at(one, "by"));
}

function userEntityControl(one) {
  const body = { cuec: at(one, "ref"), criterion: at(one, "criterion"), number: at(one, "number") };
  body.text_sha256 = words(at(one, "text"));
  return entry(at(one, "leaf"), "cuec.worded", body, at(one, "by"));
}

function section(one) {
  const body = { section: at(one, "section"), number: at(one, "number") };
  body.carried = at(one, "is_carried");
  body.text_sha256 = at(one, "text_sha256");
  return entry(at(one, "leaf"), "description.written", body, at(one, "by"));
}

function assertion(one, kind) {
  const body = { number: at(one, "number"), text_sha256: at(one, "text_sha256") };
  if (kind === "assertion.signed") body.position_sha256 = words(at(one, "position"));
  return entry(at(one, "leaf"), kind, body, at(one, "by"));
}

function category(one) {
  return record({
    category: at(one, "name"),
    reason_sha256: words(at(one, "reason")),
    ground: maybe(one, "ground"),
  });
}

function optional(told, name) {
  return listOf(maybe(told, name, []));
}

// Return index, kind, body and author of the entry behind each fact.
export function engagementEntries(told) {
  const reasons = listAt(told, "categories").map(category);
  const changes = optional(told, "changes");
  const moved = new Map(changes.map((one) => [textAt(one, "what"), at(one, "after")]));
  const now = [
    ["window", [at(told, "window_from"), at(told, "window_to")]],
    ["freeze", ["", maybe(told, "freeze_on") || ""]],
  ];
  for (const [what, days] of now) {
    const agrees = !moved.has(what) || same(moved.get(what), days);
    demand(agrees, `says another ${what} than the last change of it`);
  }
  const found = maybe(told, "opened") ? [opening(told, reasons, moved)] : [];
  const chosen = maybe(told, "chosen");
  if (chosen) found.push(entry(chosen, "engagement.categories", { categories: reasons }));
  found.push(...changes.map(change));
  found.push(...optional(told, "user_entity_controls").map(userEntityControl));
  found.push(...optional(told, "description").map(section));
  for (const [name, kind] of [["assertion", "assertion.written"], ["signature", "assertion.signed"]]) {
    const one = maybe(told, name);
    if (one) found.push(assertion(one, kind));
  }
  return found;
}

// Hold one thing that is said of the engagement to the entry that binds it.
export async function checkEngagementEntry(v, { index, kind, body, by }) {
  const leaf = await v.openLeaf(index, v.engagement);
  const actor = at(leaf, "actor");
  const about = [at(leaf, "kind"), at(leaf, "subject"), by || actor];
  demand(same(about, [kind, v.engagement, actor]), `is no ${kind} by ${by || "anybody"}`);
  for (const name of Object.keys(body)) {
    const logged = at(leaf, "body");
    const agrees = isObject(logged) && same(maybe(logged, name), body[name]);
    demand(agrees, `was logged with another ${name}`);
  }
}

export function unlike(here, signed) {
  return `says ${quoted(here)} where the signed papers say ${quoted(signed)}`;
}
