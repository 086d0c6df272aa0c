// What witnesses say of the checkpoint (C2SP tlog-cosignature); the auditor names whom to believe.

import { checkSignature } from "./ed25519.js";
import { alike, bytesOf, decoded, demand, hex, unbase64 } from "./forms.js";
import { isNote } from "./log.js";

export const COSIGNED = "checkpoint.cosigned.txt";
const CHECKPOINT = "checkpoint.txt";
const [STAMP, LAST_SECOND] = [8, 253_402_300_799n];

// Return the further lines of the checkpoint, each as a name and what stands behind it.
async function furtherLines(v) {
  if (!v.pack.members.has(COSIGNED)) return [];
  v.owners.set(COSIGNED, "the checkpoint");
  const [note, own] = [await v.pack.read(COSIGNED), v.log.note];
  const whole = alike(note.subarray(0, own.length), own) && isNote(note);
  demand(whole, `is not ${CHECKPOINT} with further signatures`);
  const lines = decoded(note.subarray(own.length)).split("\n");
  return lines.map((line) => line.split(" ").slice(1));
}

function moment(stamp) {
  const seconds = BigInt(`0x${hex(stamp)}`);
  demand(seconds <= LAST_SECOND, "lacks something, or holds another thing in its place: a time");
  return `${new Date(Number(seconds) * 1000).toISOString().slice(0, 19)}Z`;
}

// Look which of the auditor's witnesses saw the log grow to this checkpoint.
export async function checkCosigned(v) {
  const [lines, told] = [await furtherLines(v), []];
  const note = decoded(v.log.note);
  const text = `${note.slice(0, note.lastIndexOf("\n\n"))}\n`;
  for (const key of v.witnesses) {
    const blobs = lines.filter(([name]) => name === key.name).map(([, blob]) => unbase64(blob));
    const ours = blobs.filter((blob) => hex(blob.slice(0, 4)) === key.keyId);
    if (!ours.length) {
      v.unchecked.push(`that ${key.name} saw this log: the pack holds no word of it`);
      continue;
    }
    const said = ours[0].slice(4);
    const stamp = said.slice(0, STAMP);
    const isTimed = stamp.length === STAMP;
    demand(isTimed, "has a signature that is not Ed25519");
    const head = `cosignature/v1\ntime ${BigInt(`0x${hex(stamp)}`)}\n`;
    await checkSignature(key.publicKey, bytesOf(head + text), said.slice(STAMP));
    told.push(`${key.name} saw it at ${moment(stamp)}`);
  }
  return told.length ? `Witnesses: ${told.join("; ")}` : "";
}
