// Draws after countersign-draw/v1, as docs/sampling.md explains it.

import { Sha256, sha256 } from "./sha256.js";
import { bytesOf, demand, hex, numberOf, quoted, words } from "./forms.js";

export const DRAW = "countersign-draw/v1";
const JOIN = "countersign-joined/v1";

// The key of a row: SHA-256 over the seed, a colon, and the number of the row.
function keyOf(seed, row) {
  return hex(new Sha256().update(seed).update(bytesOf(String(row))).digest());
}

// Return the `most` rows with the smallest keys, smallest first.
function smallest(seed, rows, most) {
  const start = bytesOf(`${seed}:`);
  const byKey = ([one], [other]) => (one < other ? -1 : Number(one > other));
  let kept = [];
  for (const row of rows) {
    kept.push([keyOf(start, row), row]);
    // Of a million rows only the best are kept, so that memory stays flat.
    if (kept.length > 2 * most + 4096) kept = kept.sort(byKey).slice(0, most);
  }
  return kept.sort(byKey).slice(0, most).map(([, row]) => row);
}

function counted(months) {
  const counts = new Map();
  for (const month of months) counts.set(month, (counts.get(month) ?? 0) + 1);
  return counts;
}

// Share the places of a stratified draw among months, by the largest remainders.
function shares(items, size) {
  const months = [...items.keys()].sort();
  const count = [...items.values()].reduce((sum, number) => sum + number, 0);
  const quota = (month) => size * items.get(month);
  const places = new Map(months.map((month) => [month, Math.floor(quota(month) / count)]));
  const left = size - [...places.values()].reduce((sum, number) => sum + number, 0);
  const byRemainder = [...months].sort((one, other) => (quota(other) % count) - (quota(one) % count));
  for (const month of byRemainder.slice(0, left)) places.set(month, places.get(month) + 1);
  while (size >= months.length && months.some((month) => places.get(month) === 0)) {
    const most = Math.max(...places.values());
    const giver = months.find((month) => places.get(month) === most);
    places.set(giver, most - 1);
    const taker = months.find((month) => places.get(month) === 0);
    places.set(taker, places.get(taker) + 1);
  }
  return places;
}

function* numbers(count) {
  for (let row = 1; row <= count; row += 1) yield row;
}

function* numbersOf(month, months) {
  for (let row = 1; row <= months.length; row += 1) if (months[row - 1] === month) yield row;
}

function ascending(rows) {
  return rows.sort((one, other) => one - other);
}

// Return the row numbers that a seed draws from rows of these months, in ascending order.
export function drawAgain(seed, method, size, months) {
  const count = months.length;
  demand(numberOf(size) >= 1 && size <= count, `draws ${size} of ${count} items`);
  if (method === "all") return [...numbers(count)];
  if (method === "random") return ascending(smallest(seed, numbers(count), size));
  if (method === "systematic") {
    const start = smallest(seed, numbers(count), 1)[0] - 1;
    const place = (number) => Math.floor((start + number * count) / size) + 1;
    return Array.from({ length: size }, (_, number) => place(number));
  }
  demand(method === "stratified", `is drawn by an unknown method, ${quoted(method)}`);
  const chosen = [...shares(counted(months), size)].flatMap(([month, places]) =>
    smallest(seed, numbersOf(month, months), places),
  );
  return ascending(chosen);
}

export function seedOf(table, control, start, end, nonce) {
  return words([DRAW, table, control, start, end, nonce].join("\n"));
}

export function digestOfParts(digests) {
  return words([JOIN, ...digests].join("\n"));
}

export function digestOfRows(rows) {
  return hex(sha256(bytesOf(rows.map((row) => `${row}\n`).join(""))));
}

export function monthsOf(months) {
  return Object.assign(Object.create(null), Object.fromEntries(counted(months)));
}
