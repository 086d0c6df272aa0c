// Step 6: the lists for people say what the manifest says, and no spreadsheet would run a cell.

import { at, decoded, demand, listAt, maybe, numberAt, quoted, same, textAt, words } from "./forms.js";
import { DAY, momentOf } from "./moments.js";
import { rowsOf } from "./tables.js";

const [SCOPE, INDEX] = ["scope.txt", "index.csv"];
const LISTS = [INDEX, "shortfall.csv", "requests.csv", "findings.csv"];
const COLUMNS = ["Item", "Status", "File in this pack", "SHA-256"];

const SAMPLE_NAMES = new Map([
  ["population", "populations"],
  ["draw", "draws"],
  ["walkthrough", "walkthroughs"],
  ["worksheet", "entries of work sheets"],
  ["reversetest", "reverse tests"],
  ["reverseentry", "entries of reverse tests"],
]);

async function* withoutMark(batches) {
  let isFirst = true;
  for await (const lines of batches) {
    if (isFirst) lines[0] = lines[0].replace(/^\ufeff/, "");
    isFirst = false;
    yield lines;
  }
}

// Yield the rows of a list for people one by one, the header first.
export async function* rowsFrom(v, name) {
  for await (const rows of rowsOf(withoutMark(v.pack.lines(name)))) yield* rows;
}

// Return where these columns are in a header.
export function placesOf(names, header) {
  const there = names.every((name) => header.includes(name));
  demand(there, `lacks a column of ${names.join(", ")}`);
  return names.map((name) => header.indexOf(name));
}

export function cellsAt(row, places) {
  const whole = places.every((place) => place < row.length);
  demand(whole, "lacks something, or holds another thing in its place: a cell of a row");
  return places.map((place) => row[place]);
}

export async function checkScopeList(v, refs) {
  await v.blaming(SCOPE, async () => {
    const due = refs.map((ref) => `${ref}\n`).join("");
    const agrees = decoded(await v.pack.read(SCOPE)) === due;
    demand(agrees, "is not the list of what the manifest tells about");
  });
}

export async function checkLists(v) {
  for (const name of LISTS) {
    await v.blaming(name, async () => {
      for await (const row of rowsFrom(v, name)) {
        const runs = row.some((cell) => /^[=+\-@\t\r]/.test(cell));
        const told = row.slice(0, 2).map(quoted).join(", ");
        demand(!runs, `has a cell that a spreadsheet would run: [${told}]`);
      }
    });
  }
  await v.blaming(INDEX, () => checkIndex(v));
}

async function checkIndex(v) {
  const rows = rowsFrom(v, INDEX);
  const places = placesOf(COLUMNS, (await rows.next()).value ?? []);
  const items = v.items.values();
  for (;;) {
    const [row, item] = [await rows.next(), items.next()];
    if (row.done && item.done) return;
    const { ref, status, path, sha256 } = item.done ? {} : item.value;
    const due = item.done ? [] : [ref, status, path, sha256];
    const hasCells = !row.done && row.value.length;
    const found = hasCells ? cellsAt(row.value, places).map((cell) => cell.replace(/^'/, "")) : null;
    const told = item.done ? "[]" : `[${quoted(ref)}]`;
    demand(same(found, due), `says another thing of ${told} than the manifest`);
  }
}

// Hold the pack to its own entry, the last one: the nonce is older than the checkpoint.
export async function checkSeal(v) {
  const index = numberAt(v.manifest, "seal", "index");
  const bound = at(v.told, "bound_to");
  await v.blaming(`leaves/${index}.json`, async () => {
    const isLast = BigInt(index) === BigInt(v.log.size) - 1n;
    demand(isLast, "is not the last entry, that of the pack itself");
    const body = await v.openBody(index, "pack", textAt(v.told, "pack"));
    const nonce = at(bound, "nonce");
    for (const [name, value] of [
      ["engagement", at(v.told, "engagement")],
      ["sealed_at", at(v.told, "sealed_at")],
      ["as_of", at(v.manifest, "as_of")],
      ["request", at(bound, "request")],
      ["nonce_sha256", nonce ? words(nonce) : null],
    ]) {
      demand(same(at(body, name), value), `was logged with another ${name} than the pack has`);
    }
    checkCounts(v, body);
    v.sealed = body;
  });
}

// Count every list as when the pack was sealed: the last of a list could lack unseen.
function checkCounts(v, body) {
  const lists = [["items", v.items.size], ["shortfall", listAt(v.manifest, "shortfall").length]];
  lists.push(["findings", v.findings.size], ["requests", v.requests.size]);
  const told = lists.map(([name, here]) => [name, at(body, name), here]);
  const found = new Map();
  for (const { kind } of v.samples) found.set(kind, (found.get(kind) ?? 0) + 1);
  const kinds = at(body, "samples");
  for (const kind of [...new Set([...Object.keys(kinds), ...found.keys()])].sort()) {
    told.push([SAMPLE_NAMES.get(kind) ?? kind, maybe(kinds, kind, 0), found.get(kind) ?? 0]);
  }
  for (const [name, logged, here] of told) {
    demand(logged === here, `was logged with ${logged} ${name}, where the pack has ${here}`);
  }
}

// Hold the entries that lie here to those of the sealing: reviews and steps are in them.
export async function checkEntries(v) {
  const own = numberAt(v.manifest, "seal", "index");
  const names = [...v.owners.keys()].filter((name) => name.startsWith("leaves/"));
  const numbers = names.map((name) => Number(name.slice(7, -5))).filter((number) => number !== own);
  const digest = words(numbers.sort((one, other) => one - other).map((one) => `${one}\n`).join(""));
  await v.blaming(`leaves/${own}.json`, () => {
    const [logged, here] = [at(v.sealed, "entries"), numbers.length];
    const told = `was logged with ${logged} entries of the log, where the pack shows ${here}`;
    demand(logged === here, told);
    demand(at(v.sealed, "entries_sha256") === digest, "was logged with other entries of it");
  });
}

// Refuse a pack that was not sealed for this auditor's nonce or request, or not lately.
export function checkBinding(v) {
  const [bound, sealed] = [at(v.told, "bound_to"), textAt(v.told, "sealed_at")];
  for (const name of ["nonce", "request"]) {
    const [found, wanted] = [at(bound, name), v[name]];
    const told = found ? `for another ${name}` : `without a ${name}`;
    const fits = wanted === null || wanted === found;
    demand(fits, `was sealed ${told}: it is not the one you asked for`);
  }
  const request = maybe(bound, "request");
  const known = !request || v.requests.has(request);
  demand(known, `was sealed for ${request}, which is no request of this pack`);
  const late = sealed >= v.notBefore;
  demand(late, `was sealed at ${sealed}, before ${v.notBefore}: it may be an old one`);
  const age = BigInt(Date.now()) * 1000n - momentOf(sealed);
  const lately = v.within === null || (-DAY < age && age <= BigInt(v.within) * DAY);
  demand(lately, `was sealed at ${sealed}, not within ${v.within} days of now`);
}
