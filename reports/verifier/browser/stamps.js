// Time-stamps after RFC 3161: what they say of the checkpoint. Who has signed that is for openssl.

import { alike, at, demand, hex, listAt, textAt } from "./forms.js";
import { momentOf } from "./moments.js";

const [SIGNED_DATA, TIME_STAMP] = ["2a864886f70d010702", "2a864886f70d0109100104"];
const IMPRINTS = new Map([
  ["608648016503040201", "SHA-256"],
  ["608648016503040202", "SHA-384"],
  ["608648016503040203", "SHA-512"],
]);
const EARLY = "which is before the pack says that it was sealed";
const UNCHECKED = "not checked here: openssl ts -verify does, or verify.py with --tsa-ca";
const [SELF_ISSUED, OWN_WORD] = ["self-issued", "issued by the company itself: proves nothing against it"];
const CUT = "is not a time-stamp: it is cut short";
const OTHER = "holds something else than a signed time";
// Clocks of two machines differ a little; a time-stamp before the sealing by more refuses the pack.
const SKEW = 300_000_000n;

// Cut DER into its elements, each with its tag.
function elements(data, least = 1) {
  const found = [];
  let place = 0;
  while (place < data.length) {
    demand(data.length - place > 1, CUT);
    let [size, start] = [data[place + 1], place + 2];
    if (size > 0x7f) {
      const digits = data.subarray(start, start + (size & 0x7f));
      start += size & 0x7f;
      size = digits.reduce((number, byte) => number * 256 + byte, 0);
    }
    demand(start + size <= data.length, CUT);
    found.push({ tag: data[place], content: data.subarray(start, start + size) });
    place = start + size;
  }
  demand(found.length >= least, CUT);
  return found;
}

function isObjectId(element, id) {
  return element.tag === 6 && hex(element.content) === id;
}

// Return what stands wrapped under a known name.
function under(id, data) {
  const [kind, wrapped] = elements(data, 2);
  demand(isObjectId(kind, id), OTHER);
  return elements(wrapped.content)[0].content;
}

// Return the algorithm, the digest and the time that the answer of an authority names.
export function readTimeStamp(raw) {
  const [status, ...token] = elements(elements(raw)[0].content);
  const [granted] = elements(status.content);
  const isGranted = granted.tag === 2 && granted.content.length === 1 && granted.content[0] < 2;
  demand(isGranted && token.length, "was not granted");
  const signed = elements(under(SIGNED_DATA, token[0].content), 3);
  const info = elements(under(TIME_STAMP, signed[2].content))[0].content;
  const [, , imprint, , stated] = elements(info, 5);
  const [algorithm, digest] = elements(imprint.content, 2);
  const name = IMPRINTS.get(hex(elements(algorithm.content)[0].content));
  demand(name, "lacks something, or holds another thing in its place: a digest that is known");
  const text = String.fromCharCode(...stated.content.subarray(0, 64));
  const parts = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(?:\.\d+)?Z$/.exec(text);
  demand(stated.tag === 0x18 && parts, "is not a time-stamp: it names no time");
  const [year, month, day, hours, minutes, seconds] = parts.slice(1);
  const told = `${year}-${month}-${day}T${hours}:${minutes}:${seconds}`;
  return { name, digest: digest.content, told: `${told}Z`, moment: momentOf(`${told}.000000Z`) };
}

// Read what authorities say of the checkpoint.
export async function checkTimeStamps(v) {
  const said = [];
  for (const [place, token] of listAt(v.manifest, "tokens").entries()) {
    const path = textAt(token, "path");
    await v.blaming(path, async () => {
      const due = new RegExp(`^tokens/[A-Za-z0-9.-]+-${place + 1}\\.tsr$`);
      demand(due.test(path), `lies in another place than that of token ${place + 1}`);
      const stamp = readTimeStamp(await v.pack.read(v.claim(path, "the checkpoint")));
      const digest = new Uint8Array(await crypto.subtle.digest(stamp.name, v.log.note));
      demand(alike(digest, stamp.digest), "is about something else than this checkpoint.txt");
      const sealed = momentOf(at(v.told, "sealed_at"));
      demand(stamp.moment + SKEW >= sealed, `says ${stamp.told}, ${EARLY}`);
      const authority = at(token, "authority");
      const meaning = authority === SELF_ISSUED ? OWN_WORD : UNCHECKED;
      said.push(`${authority} says ${stamp.told}, ${meaning}`);
    });
  }
  return said.length ? `Time-stamps: ${said.join("; ")}` : "";
}
