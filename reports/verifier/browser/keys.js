// The key of the log: exchanged and revoked by entries that the keys themselves have signed.

import { checkSignature } from "./ed25519.js";
import {
  CannotCheckError,
  alike,
  at,
  bytesOf,
  canonical,
  demand,
  isObject,
  joined,
  listAt,
  numberAt,
  parse,
  textAt,
  unbase64,
} from "./forms.js";
import { climb, leafHash, readCheckpoint, readKey, sizeOfNote } from "./log.js";

export const KEYS = "keys.json";
const [KEY_EVENTS, KEY_EVENT] = ["countersign-keys/v1", "countersign-key-event/v1"];

// A key, and the checkpoints that it signs: of more than `after` and at most `until` entries.
export function spanOf(key, after = -1, isVouched = true) {
  return { key, after, until: null, revoked: null, isVouched };
}

// The text of a key is written in one way only, so that the same text is the same key.
function isSame(one, other) {
  return one !== null && other !== null && one.vkey === other.vkey;
}

// Return every key of a log, the first one first; each event must be signed as it has to be.
async function keySpans(told, name) {
  demand(at(told, "origin") === name, `is about another log than ${name}`);
  const leaves = listAt(told, "events").map((one) => [
    numberAt(one, "index"),
    parse(bytesOf(textAt(one, "leaf"))),
  ]);
  demand(leaves.length, "lacks something, or holds another thing in its place: an entry");
  const spans = [spanOf(readKey(textAt(leaves[0][1], "body", "old")))];
  let before = -1;
  for (const [index, leaf] of leaves) {
    const [kind, body] = [at(leaf, "kind"), at(leaf, "body")];
    const isOwn = kind === `key.${at(body, "event")}` && index === at(body, "log_size");
    const known = kind === "key.retold" || isOwn;
    const told = `has entry ${index} in another place than it was made for`;
    demand(known && index > before, told);
    const isOurs = at(body, "format") === KEY_EVENT && at(body, "origin") === name;
    demand(isOurs, `has a strange entry ${index}`);
    before = index;
    await checkKeyEvent(body, spans, index);
  }
  return spans;
}

// Return who has to sign an event, once it fits the keys before it.
function signersOf(body, spans, index) {
  const last = spans[spans.length - 1];
  const [old, event, fresh] = [readKey(textAt(body, "old")), at(body, "event"), textAt(body, "new")];
  const valid = last.until === null && last.revoked === null ? last.key : null;
  if (event === "revoked") {
    demand(!fresh, `has a revocation that names a new key, entry ${index}`);
    return Object.keys(at(body, "signatures")).filter((vkey) => {
      const key = readKey(vkey);
      return isSame(key, old) || isSame(key, valid);
    });
  }
  const isNext = event === "rotated" ? isSame(valid, old) : valid === null;
  const key = readKey(fresh);
  const isNew = !spans.some((one) => isSame(one.key, key));
  const fits = isNext && isSame(last.key, old) && isNew;
  demand(fits, `has entry ${index}, which exchanges another key than the one of then`);
  return event === "rotated" ? [at(body, "old"), fresh] : [fresh];
}

// Hold one event to the keys before it, and let them be what it says.
async function checkKeyEvent(body, spans, index) {
  const signatures = at(body, "signatures");
  demand(isObject(signatures), "lacks something, or holds another thing in its place: 'signatures'");
  const due = signersOf(body, spans, index);
  demand(due.length, `has entry ${index}, which no key of the log has signed`);
  const signed = Object.assign(Object.create(null), body);
  delete signed.signatures;
  const text = joined(bytesOf(`${KEY_EVENT}\0`), bytesOf(canonical(signed)));
  for (const vkey of due) {
    demand(vkey in signatures, `has entry ${index} without the signature of ${vkey}`);
    const key = readKey(vkey);
    demand(key.name === body.origin, `has entry ${index} about the key of another log`);
    await checkSignature(key.publicKey, text, unbase64(textAt(signatures, vkey)));
  }
  turn(body, spans, index);
}

function turn(body, spans, index) {
  const last = spans[spans.length - 1];
  if (body.event === "revoked") {
    const held = spans.find((one) => one.key.vkey === body.old);
    demand(held, "lacks something, or holds another thing in its place: the key that it revokes");
    demand(held.revoked === null, `has entry ${index}, which revokes a key once more`);
    held.revoked = index;
    held.until ??= index;
    return;
  }
  last.until ??= index;
  spans.push(spanOf(readKey(body.new), index, body.event === "rotated"));
}

// Return the key of now, where the one that the auditor holds vouches for it.
function trustedKey(spans, held) {
  const place = spans.findIndex((one) => isSame(one.key, held));
  demand(place >= 0, "does not tell of the key that you hold: it is about another log");
  const since = spans[place].revoked;
  if (since !== null || !spans.slice(place + 1).every((one) => one.isVouched)) {
    const told = since === null ? "cannot vouch for the one of now" : `was revoked by entry ${since}`;
    const advice = "Get the new one, by another way than this";
    throw new CannotCheckError(`the pack: the key that you hold ${told}. ${advice}`);
  }
  const last = spans[spans.length - 1];
  demand(last.revoked === null, "tells that the key of now is revoked");
  return last.key;
}

// Follow the key of the log from the one that the auditor holds to the one of now.
export async function checkKeys(v) {
  v.spans = [spanOf(v.key)];
  if (!v.pack.members.has(KEYS)) return "";
  v.owners.set(KEYS, "the key of the log");
  const told = parse(await v.pack.read(KEYS));
  v.requireVersion(textAt(told, "format"), KEY_EVENTS);
  v.spans = await keySpans(told, v.key.name);
  v.key = trustedKey(v.spans, v.key);
  const events = listAt(told, "events").length;
  return `Key: ${v.key.keyId} signs now, ${events} entries lead from and to yours`;
}

// Open a checkpoint by the key that signed at its size.
export async function openCheckpoint(v, note) {
  const size = sizeOfNote(note);
  const fits = ({ after, until }) => after < size && (until === null || size <= until);
  const found = v.spans.find(fits);
  demand(found || !size, "was signed when the key of the log was revoked");
  return readCheckpoint(note, (found ?? v.spans[0]).key);
}

// Look that the log holds the entries about its key, as far as it reaches.
export async function checkKeyEntries(v) {
  if (!v.pack.members.has(KEYS)) return;
  for (const one of listAt(parse(await v.pack.read(KEYS)), "events")) {
    const [index, path] = [numberAt(one, "index"), listAt(one, "proof").map(unbase64)];
    if (index >= v.log.size) {
      demand(!path.length, `proves entry ${index}, which is younger than the log`);
      continue;
    }
    const root = climb(leafHash(bytesOf(textAt(one, "leaf"))), index, v.log.size, path);
    demand(alike(root, v.log.root), `tells of entry ${index}, which the log does not hold`);
  }
}
