// Step 6: items, held to the log by their own entries and by their reviews.

import {
  at,
  canonical,
  demand,
  isObject,
  listAt,
  maybe,
  numberAt,
  record,
  same,
  textAt,
  textOf,
  words,
} from "./forms.js";

// What is checked and shown of an item; the rest of a long manifest need not be kept.
export class Item {
  constructor(value) {
    const [path, table, described] = [textAt(value, "path"), at(value, "table"), at(value, "metadata")];
    this.ref = textAt(value, "ref");
    const folder = path.split("/").slice(0, -1).join("/");
    demand(folder === `evidence/${this.ref}`, `puts ${this.ref} in another folder: ${path}`);
    const usual = table === null || table === `tables/${this.ref}.csv`;
    demand(usual, `puts a table in another place: ${table}`);
    this.path = path;
    this.table = table;
    this.sha256 = at(value, "sha256");
    this.size = at(value, "size");
    this.status = at(value, "status");
    const population = maybe(described, "population", record({}));
    const ipe = maybe(population, "ipe", record({}));
    this.tableSha256 = maybe(population, "table_sha256");
    this.ipeSha256 = words(canonical(ipe));
    this.startedAt = maybe(ipe, "started_at");
    this.kind = at(described, "kind");
    this.metadataSha256 = words(canonical(described));
    this.title = String(maybe(described, "title", ""));
    this.entries = listAt(value, "leaves").map((leaf) => this.entryOf(leaf));
  }

  entryOf(leaf) {
    const index = numberAt(leaf, "index");
    const names = [`leaves/${index}.json`, `proofs/${index}.tlog-proof`];
    const usual = same([at(leaf, "path"), at(leaf, "proof")], names);
    demand(usual, `numbers an entry of ${this.ref} otherwise`);
    return { index, kind: textAt(leaf, "kind") };
  }

  get files() {
    const ofEntries = this.entries.flatMap(({ index }) => [
      `leaves/${index}.json`,
      `proofs/${index}.tlog-proof`,
    ]);
    return [this.path, ...(this.table ? [this.table] : []), ...ofEntries];
  }
}

// Make an item of an object of the manifest, if it is one.
export function itemOf(value) {
  const isItem = isObject(value) && "leaves" in value && "metadata" in value && "ref" in value;
  return isItem ? new Item(value) : value;
}

function rising(numbers) {
  return numbers.every((number, place) => place === 0 || numbers[place - 1] <= number);
}

export async function checkItem(v, item) {
  const path = v.claim(item.path, item.ref);
  const found = [v.signed.get(path), v.pack.member(path).size];
  demand(same(found, [item.sha256, item.size]), `is not the file listed for ${item.ref}`);
  if (item.table || item.tableSha256) {
    const table = item.table ? v.claim(item.table, item.ref) : item.path;
    const logged = v.signed.get(table) === item.tableSha256;
    demand(logged, "comes with another table than the one that was logged");
  }
  const kinds = item.entries.map(({ kind }) => kind);
  const own = kinds[0] === "evidence" && kinds.lastIndexOf("evidence") === 0;
  const inOrder = rising(item.entries.map(({ index }) => index));
  demand(own && inOrder, "lacks a log entry of its own before all others");
  await checkStatus(v, item);
}

async function checkStatus(v, item) {
  let decision = null;
  for (const { index, kind } of item.entries) {
    await v.blaming(`leaves/${index}.json`, async () => {
      const body = await openEntry(v, index, kind, item);
      if (kind === "evidence") checkDescription(v, item, body);
      if (kind === "review") decision = checkReview(item, body);
    });
  }
  const due = decision === null ? "awaiting review" : decision === "returned" ? decision : "current";
  const fits = item.status === "superseded" || item.status === due;
  const told = decision === null ? "None" : `'${decision}'`;
  demand(fits, `is listed as '${item.status}', but its last review says ${told}`);
}

// Return what an entry about the bytes of an item says.
async function openEntry(v, index, kind, item) {
  const body = await v.openBody(index, kind, item.ref);
  const isOfThese = same(at(body, "sha256"), item.sha256);
  demand(isOfThese, `is no ${kind} of these bytes as ${item.ref}`);
  return body;
}

function checkDescription(v, item, body) {
  const logged = [at(body, "size"), at(body, "metadata_sha256")];
  const agrees = same(logged, [item.size, item.metadataSha256]);
  demand(agrees, "was logged with another description");
  const before = at(body, "supersedes");
  const told = before === null || v.items.get(before)?.status === "superseded";
  demand(told, `replaced ${before}, which is not listed as superseded`);
}

// Return the decision of a review that somebody else than the preparer has made.
function checkReview(item, body) {
  const [reviewer, preparer] = [at(body, "reviewer"), at(body, "prepared_by")];
  const evidence = at(body, "evidence");
  demand(evidence === item.ref, `is a review of ${evidence}`);
  demand(reviewer && !same(reviewer, preparer), `was decided by the preparer, ${reviewer}`);
  return textOf(at(body, "decision"));
}
