// Step 7: populations counted anew, draws repeated, results held to the rows that were drawn.

import {
  DRAW,
  digestOfParts,
  digestOfRows,
  drawAgain,
  monthsOf,
  seedOf,
} from "./draws.js";
import { at, demand, hex, listAt, listOf, maybe, numberAt, parse, same, textAt } from "./forms.js";
import { DAY, dayNumber, dayText, isoMoment, momentOf } from "./moments.js";
import { checkReverseEntry, checkReverseTest, checkWalkthrough } from "./reversals.js";
import { sha256 } from "./sha256.js";
import { rowsOf } from "./tables.js";

const [POPULATION, JOINED] = ["countersign-population/v1", "countersign-population/v2"];
// Where it is the latest day on earth when it is midnight in Greenwich.
const EASTERNMOST = (14n * DAY) / 24n;
const WORKSHEET = "countersign-worksheet/v1";
const PLACES = new Map([
  ["population", ["populations", "P"]],
  ["draw", ["draws", "D"]],
  ["worksheet", ["worksheets", "W"]],
  ["reversetest", ["reversetests", "T"]],
  ["reverseentry", ["reversetests", "E"]],
  ["walkthrough", ["walkthroughs", "W"]],
]);
const CHECKS = new Map([
  ["population", checkPopulation],
  ["draw", checkDraw],
  ["worksheet", checkWorksheet],
  ["reversetest", checkReverseTest],
  ["reverseentry", checkReverseEntry],
  ["walkthrough", checkWalkthrough],
]);
const RESULTS = new Set(["pass", "deviation", "not applicable", "not tested"]);

export async function checkSamples(v) {
  const state = {
    counts: new Map(),
    places: new Map([[v.engagement, -1]]),
    records: new Map(),
    months: new Map(),
    letters: new Map(),
  };
  for (const sample of v.samples) {
    await v.row(textAt(sample, "kind"), textAt(sample, "ref"), () =>
      v.blaming(textAt(sample, "path"), () => checkSample(v, state, sample)),
    );
  }
  const count = (kind) => v.samples.filter((sample) => sample.kind === kind).length;
  if (!v.samples.length) return "";
  const sentence = `${count("draw")} draws from ${count("population")} populations come out again`;
  const reversed = count("reversetest") ? `; ${count("reversetest")} reverse tests too` : "";
  const walked = count("walkthrough") ? `; ${count("walkthrough")} walkthroughs` : "";
  return `Samples: ${sentence}; ${count("worksheet")} entries of work sheets${reversed}${walked}`;
}

async function checkSample(v, state, sample) {
  const [kind, ref, index] = [sample.kind, sample.ref, numberAt(sample, "leaf", "index")];
  const known = PLACES.get(kind);
  demand(known, `lacks something, or holds another thing in its place: '${kind}'`);
  const [folder, letter] = known;
  const parent = ref.slice(0, Math.max(0, ref.lastIndexOf("/")));
  const counted = `${kind} of ${parent}`;
  const number = (state.counts.get(counted) ?? 0) + 1;
  state.counts.set(counted, number);
  const due = `${parent}/${letter}${number}`;
  demand(ref === due, `is ${ref}, where ${due} comes next: one is missing`);
  const hasParent = state.places.has(parent);
  demand(hasParent, `belongs to ${parent}, which is not in the pack before it`);
  const own = ref.slice(v.engagement.length + 1).replaceAll("/", "-");
  demand(sample.path === `${folder}/${own}.json`, "lies in another place than its own");
  demand(index > state.places.get(parent), `was logged before ${parent} was`);
  const raw = await v.pack.read(v.claim(sample.path, ref));
  let body = null;
  await v.blaming(`leaves/${index}.json`, async () => {
    body = await v.openBody(index, kind, ref);
    const agrees = at(body, "record_sha256") === hex(sha256(raw));
    demand(agrees, `was logged over another record than ${sample.path}`);
  });
  const record = parse(raw);
  const about = { ref, parent, record, body };
  if (!v.failures.length) await CHECKS.get(kind)(v, state, about);
  state.places.set(ref, index);
  state.records.set(ref, record);
}

// Count the rows of the table anew, in all and by month.
async function checkPopulation(v, state, { ref, parent, record, body }) {
  const isJoined = at(record, "format") === JOINED;
  if (!isJoined) v.requireVersion(textAt(record, "format"), POPULATION);
  const isAbout = same([at(record, "ref"), at(record, "engagement")], [ref, parent]);
  demand(isAbout, `is not about ${ref}`);
  const known = new Map();
  const months = [];
  state.months.set(ref, months);
  const parts = isJoined ? checkParts(record) : [record];
  for (const part of parts) {
    const before = months.length;
    for await (const cells of monthCells(v, part, record)) {
      // One text for each month: a million rows share a dozen of them.
      for (const cell of cells) {
        if (!known.has(cell)) known.set(cell, cell);
        months.push(known.get(cell));
      }
    }
    const rows = maybe(part, "rows", months.length - before);
    demand(rows === months.length - before, `counts ${rows} rows of ${at(part, "evidence")}`);
  }
  const told = at(record, "profile");
  const count = at(told, "count");
  demand(count === months.length, `counts ${count} rows of ${months.length}`);
  const agrees = !at(record, "date_column") || same(monthsOf(months), at(told, "months"));
  demand(agrees, "counts other rows by month than its table has");
  const logged = same(at(body, "table_sha256"), at(record, "table_sha256"));
  demand(logged, "was logged for another table");
  await checkRetrieval(v, record, parts);
}

// Return the parts of a joined population, which lie one behind the other.
function checkParts(record) {
  const [parts, period] = [listAt(record, "parts"), at(record, "period")];
  const digest = digestOfParts(parts.map((part) => textAt(part, "table_sha256")));
  const agrees = digest === at(record, "table_sha256");
  demand(agrees, "is not the digest of its parts in their order");
  let due = dayNumber(at(period, "from"));
  for (const part of parts) {
    const [start, end] = ["from", "to"].map((name) => dayNumber(at(part, "period", name)));
    const follows = due === start && start <= end;
    demand(follows, `has a gap or an overlap before ${at(part, "evidence")}`);
    due = end + 1;
  }
  demand(due - 1 === dayNumber(at(period, "to")), "ends before its end");
  return parts;
}

// Hold what a population says of its origin to its parts, and these to their items.
async function checkRetrieval(v, record, parts) {
  demand(parts.length, "lacks something, or holds another thing in its place: its parts");
  for (const name of ["evidence", "evidence_sha256", "ipe_sha256"]) {
    const agrees = same(at(record, name), at(parts[0], name));
    demand(agrees, `has another ${name} than its first part`);
  }
  const latest = parts.map((part) => textAt(part, "retrieved_at")).sort().pop();
  const isLatest = at(record, "retrieved_at") === latest;
  demand(isLatest, "was not retrieved when its last part was");
  for (const part of parts) await checkOrigin(v, part, numberAt(record, "lag_days"));
}

// Hold what is said of a table's origin to its item; events must all have happened.
async function checkOrigin(v, part, lag) {
  const item = v.items.get(at(part, "evidence"));
  const ofItem = same(at(part, "evidence_sha256"), item.sha256);
  demand(ofItem, `is sealed over other bytes than ${item.ref}`);
  const hasOrigin = same(at(part, "ipe_sha256"), item.ipeSha256);
  demand(hasOrigin, `has another origin than ${item.ref}`);
  const logged = at(parse(await v.pack.read(`leaves/${item.entries[0].index}.json`)), "body");
  const days = ["from", "to"].map((name) => at(part, "period", name));
  const covers = ["covers_from", "covers_to"].map((name) => at(logged, name));
  const isAlone = Object.keys(at(part, "period")).length === 2;
  demand(same(days, covers) && isAlone, `is of other days than ${item.ref}`);
  let asked = momentOf(at(logged, "collected_at"));
  const started = item.startedAt ? isoMoment(item.startedAt) : asked;
  if (started < asked) asked = started;
  const retrieved = at(part, "retrieved_at");
  demand(momentOf(retrieved) === asked, `was retrieved at another time than ${item.ref}`);
  const whole = dayNumber(covers[1]) + 1 + lag;
  const settled = lag >= 0 && Number((asked + EASTERNMOST) / DAY) >= whole;
  const told = `was retrieved at ${retrieved}, before ${dayText(whole)}`;
  demand(settled || item.kind !== "event", `${told}: later events are not in it`);
}

function month(cell) {
  // Python counts a letter beyond the first 65,536 as one, where JavaScript counts two.
  return /[\ud800-\udfff]/.test(cell) ? [...cell].slice(0, 7).join("") : cell.slice(0, 7);
}

// Yield the months of the rows of a table, empty where it has no dates.
async function* monthCells(v, part, record) {
  const item = v.items.get(at(part, "evidence"));
  demand(item, `lacks something, or holds another thing in its place: '${part.evidence}'`);
  const isTable = same(at(part, "table_sha256"), item.tableSha256);
  demand(isTable, `is not the table of ${item.ref}`);
  const column = at(record, "date_column");
  let place;
  for await (let rows of rowsOf(v.pack.lines(item.table || item.path))) {
    if (place === undefined) {
      place = placeOf(column, rows[0], record, item);
      rows = rows.slice(1);
    }
    yield rows.map((row) => (place === null ? "" : month(cellOf(row, place))));
  }
  demand(place !== undefined, "lacks something, or holds another thing in its place: a header");
}

function placeOf(column, header, record, item) {
  const agrees = !("parts" in record) || same(header, at(record, "columns"));
  demand(agrees, `has other columns than the table of ${item.ref}`);
  if (!column) return null;
  const place = header.indexOf(column);
  demand(place >= 0, `'${column}' is not in list`);
  return place;
}

function cellOf(row, place) {
  const isThere = place < row.length;
  demand(isThere, "lacks something, or holds another thing in its place: a cell of a row");
  return row[place];
}

// Draw again.
function checkDraw(v, state, { ref, parent, record, body }) {
  v.requireVersion(textAt(record, "format"), DRAW);
  const isAbout = same([at(record, "ref"), at(record, "population")], [ref, parent]);
  demand(isAbout, `is not about ${ref}`);
  const sealed = state.records.get(parent);
  for (const name of ["table_sha256", "control", "period", "date_column"]) {
    demand(same(at(record, name), at(sealed, name)), `has another ${name} than ${parent}`);
  }
  const [period, nonce] = [at(sealed, "period"), textAt(record, "nonce")];
  const isVisible = !/[\p{C}\p{Zl}\p{Zp}]/u.test(nonce) && !/(?! )\p{Zs}/u.test(nonce);
  demand(isVisible, "has a nonce with invisible characters");
  const days = ["from", "to"].map((name) => textAt(period, name));
  const seed = seedOf(textAt(sealed, "table_sha256"), textAt(sealed, "control"), ...days, nonce);
  demand(seed === at(record, "seed"), "has another seed than its population and nonce give");
  const [method, size] = [at(record, "method"), at(record, "size")];
  const rows = drawAgain(seed, method, size, state.months.get(parent));
  demand(same(rows, at(record, "rows")), "names other rows than the seed draws");
  demand(rows.length === size, "names another number of rows than its size");
  const names = ["seed", "method", "size", "rows_sha256", "algorithm"];
  const logged = names.map((name) => at(body, name));
  const told = [seed, method, size, digestOfRows(rows), DRAW];
  demand(same(logged, told), "is not the draw that was logged");
  state.letters.set(ref, new Set());
}

// Hold results against the rows and attributes of their draw.
function checkWorksheet(v, state, { ref, parent, record, body }) {
  v.requireVersion(textAt(record, "format"), WORKSHEET);
  const named = `${at(record, "draw")}/W${at(record, "number")}`;
  demand(same([named, at(body, "draw")], [ref, parent]), `is not about ${ref}`);
  const letters = state.letters.get(parent);
  for (const one of listOf(maybe(record, "attributes", []))) letters.add(at(one, "letter"));
  const rows = new Set(listAt(state.records.get(parent), "rows"));
  for (const one of listOf(maybe(record, "results", []))) {
    const row = at(one, "row");
    demand(rows.has(row), `has a result of row ${row}, which was not drawn`);
    const known = letters.has(at(one, "attribute")) && RESULTS.has(at(one, "result"));
    demand(known, `has a result that its sheet does not know, of row ${row}`);
    const evidence = at(one, "evidence");
    const here = !evidence || v.items.has(evidence);
    demand(here, `rests on ${evidence}, which is not in this pack`);
  }
}

