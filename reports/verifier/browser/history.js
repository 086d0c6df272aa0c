// Step 5: the log begins with the older one of an earlier pack, and with what the auditor has kept.

import { alike, at, bytesOf, demand, hex, listAt, parse, record, same, textAt, unbase64 } from "./forms.js";
import { openCheckpoint } from "./keys.js";
import { isSameRoot, node } from "./log.js";

const FORMAT = "countersign-consistency/v1";
export const CONSISTENCY = "consistency.json";
const FIRST = "Hold that pack to your checkpoint first, and this one to its";
const [COUNT, CHECKPOINT] = ["has a proof with too many or too few hashes", "checkpoint.txt"];

// Refuse a log that does not begin with an older one of itself (RFC 9162, section 2.1.4.2).
export function checkHistory(old, present, proof) {
  const [size, whole] = [BigInt(old.size), BigInt(present.size)];
  demand(size > 0n && size < whole, "starts from a log that is not an older and shorter one");
  // The proof leaves out what the older log says of itself, where that is one whole subtree.
  const path = (size & (size - 1n)) === 0n ? [old.root, ...proof] : proof;
  let [first, second] = [size - 1n, whole - 1n];
  while (first & 1n) [first, second] = [first >> 1n, second >> 1n];
  demand(path.length, COUNT);
  let [before, after] = [path[0], path[0]];
  for (const hashed of path.slice(1)) {
    demand(second, COUNT);
    if (first & 1n || first === second) {
      [before, after] = [node(hashed, before), node(hashed, after)];
      while (first && !(first & 1n)) [first, second] = [first >> 1n, second >> 1n];
    } else {
      after = node(after, hashed);
    }
    [first, second] = [first >> 1n, second >> 1n];
  }
  demand(!second, COUNT);
  const leads = alike(before, old.root) && alike(after, present.root);
  demand(leads, `does not lead from the ${old.size} entries of then to the log of this pack`);
}

function told(checkpoint) {
  return record({ size: checkpoint.size, root: hex(checkpoint.root) });
}

// Follow the log from the pack before, and from what the auditor has kept.
export async function checkConsistency(v) {
  const said = parse(await v.pack.read(CONSISTENCY));
  v.requireVersion(textAt(said, "format"), FORMAT);
  demand(same(at(said, "to"), told(v.log)), "leads to another log than that of this pack");
  const [from, pack, proof] = [at(said, "from"), at(said, "pack"), listAt(said, "proof")];
  let [older, sentence] = [null, ""];
  if (from) {
    older = await openCheckpoint(v, bytesOf(textAt(said, "checkpoint")));
    demand(same(from, told(older)), "starts from another log than its older checkpoint says");
    checkHistory(older, v.log, proof.map(unbase64));
    const entries = older.size.toLocaleString("en-US");
    sentence = `History: the log continues the ${entries} entries of ${pack}`;
  } else {
    demand(at(said, "reason") && !proof.length, "has no start, and no reason for that");
  }
  await checkHeld(v, older, pack);
  return sentence;
}

// Hold the log to the checkpoint that the auditor has kept.
async function checkHeld(v, older, pack) {
  const { held, log } = v;
  if (!held) return;
  await v.blaming(CHECKPOINT, () => {
    demand(log.size >= held.size, `is older than yours of ${held.size} entries`);
    for (const known of older ? [log, older] : [log]) {
      const agrees = known.size !== held.size || isSameRoot(known, held);
      demand(agrees, "has another root than yours: the history of the log was rewritten");
    }
  });
  if (held.size === log.size || held.size === older?.size) return;
  const what = `that the log continues yours of ${held.size} entries: the pack`;
  const next = older
    ? `proves it from the ${older.size} of ${pack} on. ${FIRST}`
    : "holds no such proof. Ask for a pack that begins with yours; keep your";
  v.unchecked.push(`${what} ${next} ${CHECKPOINT}`);
}
