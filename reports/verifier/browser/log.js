// The log: its key, what it says of itself, and the way from an entry to its root.

import { checkSignature, decodePoint } from "./ed25519.js";
import {
  CannotCheckError,
  alike,
  bytesOf,
  decoded,
  demand,
  hex,
  joined,
  listAt,
  parse,
  textAt,
  unbase64,
  wholeNumber,
} from "./forms.js";
import { dayNumber } from "./moments.js";
import { sha256 } from "./sha256.js";

const NOTE =
  /^((\S+)\n(0|[1-9][0-9]{0,17})\n([A-Za-z0-9+/]{43}=)\n)\n((?:— \S+ [A-Za-z0-9+/]+=*\n){1,16})$/;
const PROOF =
  /^c2sp\.org\/tlog-proof@v1\nindex (0|[1-9][0-9]*)\n((?:[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=\n)*)\n([^]*)$/;

// The verifier key of a log, as C2SP signed notes write it: name+id+base64. Another kind of key
// begins with another byte: 4 is that of a witness.
export function readKey(vkey, kind = 1) {
  const parts = /^([^+]*)\+([^+]*)\+([^]*)$/.exec(vkey);
  demand(parts, "it is not name+id+base64");
  const [, name, keyId, encoded] = parts;
  const data = unbase64(encoded);
  const digest = hex(sha256(joined(bytesOf(`${name}\n`), data)));
  demand(keyId === digest.slice(0, 8), "its parts do not belong together");
  const isKind = data[0] === kind && data.length === 33;
  demand(isKind, `it is not an Ed25519 key of type ${kind}`);
  decodePoint(data.slice(1));
  return { vkey, name, keyId, publicKey: data.slice(1) };
}

// Return type and bytes of what a key has signed in a DSSE envelope.
export async function openEnvelope(raw, key) {
  const envelope = parse(raw);
  const kind = textAt(envelope, "payloadType");
  const payload = unbase64(textAt(envelope, "payload"));
  const ours = listAt(envelope, "signatures").filter((one) => textAt(one, "keyid") === key.keyId);
  demand(ours.length, `is not signed by the log ${key.name}`);
  const signature = unbase64(textAt(ours[0], "sig"));
  const head = `DSSEv1 ${bytesOf(kind).length} ${kind} ${payload.length} `;
  await checkSignature(key.publicKey, joined(bytesOf(head), payload), signature);
  return [kind, payload];
}

export function isNote(note) {
  return NOTE.test(decoded(note));
}

// Return how many entries a signed note speaks of, before anybody looks at its signature.
export function sizeOfNote(note) {
  const found = NOTE.exec(decoded(note));
  return found ? wholeNumber(found[3]) : 0;
}

// Open the signed note in which the log that has the key's name says of its size and root.
export async function readCheckpoint(note, key) {
  const found = NOTE.exec(decoded(note));
  demand(found, "is not the signed checkpoint of a log");
  const [, text, origin, size, root, lines] = found;
  const named = lines.trimEnd().split("\n").map((line) => line.split(" ").slice(1));
  const blobs = named.filter(([name]) => name === key.name).map(([, blob]) => unbase64(blob));
  const ours = blobs.filter((blob) => hex(blob.slice(0, 4)) === key.keyId);
  demand(ours.length && origin === key.name, `is not signed by the log ${key.name}`);
  for (const blob of ours) await checkSignature(key.publicKey, bytesOf(text), blob.slice(4));
  return { size: wholeNumber(size), root: unbase64(root), note };
}

// Return place, hashes and checkpoint of a proof, or nothing where it has another form.
export function readProof(raw) {
  const found = PROOF.exec(decoded(raw));
  if (!found) return null;
  const hashes = found[2].split("\n").slice(0, -1).map(unbase64);
  return { place: found[1], hashes, note: bytesOf(found[3]) };
}

const NODE = new Uint8Array([1]);

export function node(left, right) {
  return sha256(joined(NODE, left, right));
}

// Return the root that an audit path leads to from a leaf hash (RFC 6962, section 2.1.1).
export function climb(hashed, index, size, path) {
  let [place, width] = [BigInt(index), BigInt(size)];
  demand(place >= 0n && place < width, "is numbered beyond the end of the log");
  const onTheRight = [];
  while (width > 1n) {
    const left = 1n << BigInt((width - 1n).toString(2).length - 1);
    onTheRight.push(place >= left);
    [place, width] = place >= left ? [place - left, width - left] : [place, left];
  }
  const count = onTheRight.length;
  demand(path.length === count, "has a proof with too many or too few hashes");
  const up = (below, sibling) => (onTheRight.pop() ? node(sibling, below) : node(below, sibling));
  return path.reduce(up, hashed);
}

export function leafHash(entry) {
  return sha256(joined(new Uint8Array([0]), entry));
}

const BROUGHT = new Map([
  ["--key", "the verifier key"],
  ["--witness", "the key of a witness"],
  ["--held-checkpoint", "the checkpoint that you kept"],
  ["--scope", "your list of refs"],
  ["--not-before", "your first day"],
  ["--within", "your number of days"],
]);

// What the auditor brings; nothing in a pack can stand in for it.
export async function readAnchors(asked) {
  const { key: vkey, held: note, scope: refs } = asked;
  const { nonce = null, request = null, notBefore = "", within = null } = asked;
  let what = "--key";
  try {
    const key = readKey(vkey);
    what = "--witness";
    const witnesses = (asked.witnesses ?? []).map((one) => readKey(one, 4));
    what = "--held-checkpoint";
    const held = note ? await readCheckpoint(note, key) : null;
    what = "--scope";
    const scope = refs ? decoded(refs).split(/\s+/).filter(Boolean) : [];
    what = "--not-before";
    const day = /^(\d{4}-\d\d-\d\d)(T\d\d:\d\d:\d\d\.\d{6}Z)?$/.exec(notBefore || "2000-01-01");
    demand(day && dayNumber(day[1]) !== null, "it is no day such as 2026-11-21");
    what = "--within";
    demand(within === null || Number.isSafeInteger(within), "it is no number of days");
    const own = nonce === null ? null : nonce.trim().normalize("NFC");
    const found = { key, witnesses, held, scope: new Set(scope) };
    return { ...found, nonce: own, request, notBefore, within };
  } catch (error) {
    const told = `anything, because ${BROUGHT.get(what)} (${what}) cannot be used`;
    throw new CannotCheckError(`${told}: ${error.message}`);
  }
}

export function isSameRoot(one, other) {
  return alike(one.root, other.root);
}
