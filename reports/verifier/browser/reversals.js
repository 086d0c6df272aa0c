// Step 7: tests in the reverse direction done again, and walkthroughs held to what they point to.

import { DRAW, digestOfRows, drawAgain, seedOf } from "./draws.js";
import {
  at,
  demand,
  listAt,
  listOf,
  maybe,
  numberAt,
  quoted,
  same,
  textAt,
} from "./forms.js";
import { rowsOf } from "./tables.js";

const REVERSE_TEST = "countersign-reversetest/v1";
const REVERSE_ENTRY = "countersign-reverseentry/v1";
const WALKTHROUGH = "countersign-walkthrough/v1";
const MOST_NAMED = 20;
const OUTCOMES = ["not found", "found", "found several times"];
const LACKS = "lacks something, or holds another thing in its place:";

// A row of a table, whose cells are asked for by the names of their columns.
class Row {
  constructor(number, cells, header) {
    this.number = number;
    this.cells = cells;
    this.header = header;
    demand(cells.length >= header.length, `${LACKS} a cell of a row`);
  }

  cell(column) {
    const place = this.header.lastIndexOf(column);
    demand(place >= 0, `${LACKS} ${quoted(column)}`);
    return this.cells[place];
  }
}

// Yield every row of a sealed population in batches, part by part.
async function* tableRows(v, sealed) {
  let number = 0;
  for (const part of listOf(maybe(sealed, "parts", [sealed]))) {
    const item = v.items.get(at(part, "evidence"));
    demand(item, `${LACKS} ${quoted(part.evidence)}`);
    let header = null;
    for await (const batch of rowsOf(v.pack.lines(item.table || item.path))) {
      const rows = header ? batch : batch.slice(1);
      header ??= batch[0];
      const start = number;
      number += rows.length;
      const own = header;
      yield rows.map((cells, place) => new Row(start + place + 1, cells, own));
    }
    demand(header, `${LACKS} a header`);
  }
}

// Look everything up in the table again, or choose the rows again.
export async function checkReverseTest(v, state, { ref, parent, record, body }) {
  v.requireVersion(textAt(record, "format"), REVERSE_TEST);
  const isAbout = same([at(record, "ref"), at(record, "population")], [ref, parent]);
  demand(isAbout, `is not about ${ref}`);
  const [sealed, months] = [state.records.get(parent), state.months.get(parent)];
  for (const name of ["table_sha256", "control"]) {
    demand(same(at(record, name), at(sealed, name)), `has another ${name} than ${parent}`);
  }
  const agrees = at(record, "rows_in_table") === months.length;
  demand(agrees, "counts other rows than its table has");
  const direction = at(record, "direction");
  demand(at(body, "direction") === direction, "was logged in another direction");
  if (direction === "completeness") {
    await checkLookedUp(v, sealed, record, body);
  } else {
    demand(direction === "accuracy", "goes in no direction that is known");
    checkChosen(sealed, record, body, months);
  }
}

async function checkLookedUp(v, sealed, record, body) {
  const lookedUp = listAt(record, "looked_up");
  const hits = new Map(lookedUp.map((one) => [textAt(one, "id"), []]));
  demand(hits.size === lookedUp.length, "looks one id up twice");
  for await (const rows of tableRows(v, sealed)) {
    for (const row of rows) hits.get(row.cell(at(record, "column")))?.push(row.number);
  }
  const counts = new Map();
  for (const one of lookedUp) {
    const found = hits.get(one.id);
    const outcome = OUTCOMES[Math.min(found.length, 2)];
    const told = [at(one, "outcome"), at(one, "count"), at(one, "rows")];
    const agrees = same(told, [outcome, found.length, found.slice(0, MOST_NAMED)]);
    const said = `says of ${quoted(one.id)} that it was ${told[0]}`;
    demand(agrees, `${said}, which its table does not`);
    counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
  }
  const logged = ["looked_up", "not_found", "several"].map((name) => at(body, name));
  const [missed, several] = [OUTCOMES[0], OUTCOMES[2]].map((outcome) => counts.get(outcome) ?? 0);
  demand(same(logged, [hits.size, missed, several]), "is not the test that was logged");
}

function checkChosen(sealed, record, body, months) {
  const [rows, selection] = [listAt(record, "rows"), at(record, "selection")];
  const rising = rows.every((row, place) => place === 0 || rows[place - 1] < row);
  const real = rows.length && rising && rows[0] >= 1 && rows[rows.length - 1] <= months.length;
  demand(real, "chooses rows that its table does not have");
  const by = at(selection, "by");
  if (by === "nonce") {
    const days = ["from", "to"].map((name) => textAt(sealed, "period", name));
    const about = [textAt(sealed, "table_sha256"), textAt(sealed, "control"), ...days];
    const seed = seedOf(...about, textAt(selection, "nonce"));
    const again = drawAgain(seed, "random", numberAt(selection, "size"), months);
    const told = [at(selection, "seed"), rows, at(selection, "algorithm")];
    demand(same([seed, again, DRAW], told), "chooses other rows than its nonce draws");
  } else {
    demand(by === "number", "does not say how its rows were chosen");
  }
  const logged = [at(body, "rows_sha256"), at(body, "rows")];
  demand(same(logged, [digestOfRows(rows), rows.length]), "is not the choice that was logged");
}

// Hold what the source is said to have shown against the rows of the list.
export async function checkReverseEntry(v, state, { ref, parent, record, body }) {
  v.requireVersion(textAt(record, "format"), REVERSE_ENTRY);
  const about = [at(record, "ref"), at(record, "test"), at(body, "test")];
  demand(same(about, [ref, parent, parent]), `is not about ${ref}`);
  const [test, results] = [state.records.get(parent), listAt(record, "results")];
  const told = new Map(results.map((one) => [numberAt(one, "row"), one]));
  demand(told.size === results.length, "says two things of one row");
  const chosen = new Set(listOf(maybe(test, "rows", [])));
  demand([...told.keys()].every((row) => chosen.has(row)), "has a row that was not chosen");
  const exceptions = results.filter((one) => at(one, "outcome") !== "agrees").length;
  const logged = [at(body, "results"), at(body, "exceptions")];
  const counted = same(logged, [results.length, exceptions]);
  demand(counted, "counts other exceptions than it tells");
  for await (const rows of tableRows(v, state.records.get(at(test, "population")))) {
    for (const row of rows) checkCells(row, told.get(row.number));
  }
  for (const one of results) checkOutcome(v, one);
}

function checkCells(row, one) {
  if (!one) return;
  for (const cell of listAt(one, "differs")) {
    const [column, listed] = [at(cell, "column"), at(cell, "listed")];
    const real = row.cell(column) === listed && listed !== at(cell, "seen");
    demand(real, `tells of row ${row.number} another ${column} than the list has`);
  }
}

function checkOutcome(v, one) {
  const [row, outcome] = [one.row, one.outcome];
  const known = ["agrees", "differs", "not there"].includes(outcome);
  const fits = known && listAt(one, "differs").length > 0 === (outcome === "differs");
  demand(fits, `has an outcome of row ${row} that its columns do not bear out`);
  const evidence = at(one, "evidence");
  demand(!evidence || v.items.has(evidence), `rests on ${evidence}, which is not in this pack`);
}

// Hold a walkthrough against its entry, and what it points to against the pack.
export function checkWalkthrough(v, state, { ref, parent, record, body }) {
  v.requireVersion(textAt(record, "format"), WALKTHROUGH);
  const isAbout = same([at(record, "ref"), at(record, "engagement")], [ref, parent]);
  demand(isAbout, `is not about ${ref}`);
  const steps = listAt(record, "steps");
  const logged = ["control", "result", "steps"].map((name) => at(body, name));
  const told = [at(record, "control"), at(record, "result"), steps.length];
  demand(same(logged, told), "is not the walkthrough that was logged");
  const known = ["as described", "not as described"].includes(told[1]);
  demand(known, "has no known result");
  demand(steps.length && listAt(record, "asked").length, "has no step, or asked nobody");
  const cited = new Set(steps.flatMap((step) => listAt(step, "evidence")));
  const lost = [...cited].filter((shown) => !v.items.has(shown)).sort();
  demand(!lost.length, `points to what is not in the pack: ${lost.join(", ")}`);
}
