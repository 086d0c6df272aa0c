// Step 6: the threads of requests, held to the log; their answers, held to the items of the pack.

import {
  at,
  demand,
  isObject,
  listAt,
  listOf,
  maybe,
  numberAt,
  parse,
  same,
  textAt,
  words,
} from "./forms.js";
import { cellsAt, placesOf, rowsFrom } from "./lists.js";

export const REQUESTS = "requests.json";
export const REQUEST_LIST = "requests.csv";
const MOVES = new Map([
  ["asked", "Open"],
  ["answered", "Answered"],
  ["returned", "Returned"],
  ["accepted", "Accepted"],
  ["withdrawn", "Withdrawn"],
]);

export async function checkRequests(v) {
  const told = listAt(parse(await v.pack.read(REQUESTS)), "requests");
  const refs = told.map((request) => textAt(request, "ref"));
  demand(same(refs, [...v.requests.keys()]), "tells of other requests than the manifest");
  for (const request of told) await v.row("request", request.ref, () => checkRequest(v, request));
  await v.blaming(REQUEST_LIST, () => checkList(v, told));
}

async function checkRequest(v, request) {
  const [ref, thread] = [request.ref, listAt(request, "thread")];
  const listed = v.requests.get(ref);
  const leaves = listAt(listed, "leaves").map((leaf) => numberAt(leaf, "index"));
  const own = thread.map((entry) => numberAt(entry, "leaf"));
  const rising = leaves.every((index, place) => place === 0 || leaves[place - 1] <= index);
  demand(same(leaves, own) && rising, `tells another thread of ${ref} than the manifest`);
  const bodies = [];
  for (const entry of thread) {
    await v.blaming(`leaves/${entry.leaf}.json`, async () => {
      bodies.push(await checkEntry(v, ref, entry));
    });
  }
  const moves = thread.map((entry) => at(entry, "kind")).filter((kind) => MOVES.has(kind));
  const state = moves[moves.length - 1];
  const agrees = state && at(request, "state") === state && at(listed, "state") === state;
  demand(agrees, `gives ${ref} a state of its own`);
  checkWords(request, bodies);
}

// Return what was logged of an entry; its evidence is what lies in this pack.
async function checkEntry(v, ref, entry) {
  const leaf = await v.openLeaf(entry.leaf, ref);
  const about = [at(leaf, "kind"), at(leaf, "subject"), at(leaf, "actor")];
  const due = [`request.${at(entry, "kind")}`, ref, at(entry, "actor")];
  demand(same(about, due), `is no entry of ${ref} of this kind and author`);
  const body = at(leaf, "body");
  const told = [at(entry, "side"), words(at(entry, "text"))];
  demand(same([at(body, "side"), at(body, "text_sha256")], told), "has other words");
  const evidence = listAt(entry, "evidence");
  demand(same(maybe(body, "evidence", []), evidence), "was logged with other evidence");
  for (const answer of evidence) {
    const item = v.items.get(at(answer, "ref"));
    const here = item && same(item.sha256, at(answer, "sha256"));
    demand(here, `answers ${ref} with ${answer.ref}, which is not in this pack`);
  }
  return body;
}

// Hold the words to the last entry that asked or changed them.
function checkWords(request, bodies) {
  const worded = bodies.filter((body) => isObject(body) && "request_sha256" in body);
  demand(worded.length, `has no entry with the words of ${request.ref}`);
  const body = worded[worded.length - 1];
  const told = [
    words(at(request, "title")),
    words(at(request, "text")),
    at(request, "controls"),
    at(request, "due") || "",
    at(request, "owner"),
  ];
  const names = ["title_sha256", "request_sha256", "refs", "due", "owner"];
  const logged = names.map((name) => at(body, name));
  demand(same(logged, told), `gives ${request.ref} other words than were logged`);
}

// Hold the list for people to the threads: the same requests, states and evidence.
async function checkList(v, requests) {
  const lines = [];
  for await (const row of rowsFrom(v, REQUEST_LIST)) lines.push(row);
  const places = placesOf(["request", "state", "evidence"], lines.shift() ?? []);
  const rows = lines.map((row) => cellsAt(row, places));
  const told = requests.map((request) => {
    const answers = request.thread.map((entry) => entry.evidence).filter((one) => one.length);
    const refs = listOf(answers[answers.length - 1] ?? []).map((answer) => answer.ref);
    return [request.ref, MOVES.get(request.state), refs.join(" ")];
  });
  const agrees = same(rows, told);
  demand(agrees, "tells of other requests, states or evidence than the threads");
}
