// The seven steps, each resting on the last, in the order and with the words of verify.py.

import { Pack, Source, checkName, crc32 } from "./container.js";
import { checkEngagementEntry, engagementEntries, unlike } from "./engagement.js";
import { FINDINGS, checkFindings } from "./findings.js";
import {
  CannotCheckError,
  RefusedError,
  at,
  alike,
  byRef,
  bytesOf,
  decoded,
  demand,
  hex,
  inOrder,
  listAt,
  parse,
  quoted,
  same,
  textAt,
} from "./forms.js";
import { Item, checkItem, itemOf } from "./items.js";
import { CONSISTENCY, checkConsistency } from "./history.js";
import { checkBinding, checkEntries, checkLists, checkScopeList, checkSeal } from "./lists.js";
import { KEYS, checkKeyEntries, checkKeys, openCheckpoint } from "./keys.js";
import { climb, leafHash, openEnvelope, readAnchors, readProof } from "./log.js";
import { MEANINGS } from "./meanings.js";
import { REQUESTS, REQUEST_LIST, checkRequests } from "./requests.js";
import { checkSamples } from "./samples.js";
import { Sha256 } from "./sha256.js";
import { checkTimeStamps } from "./stamps.js";
import { COSIGNED, checkCosigned } from "./witnesses.js";

const [FORMAT, PREDICATE_TYPE] = ["countersign-pack/v1", "https://countersign.invalid/pack/v1"];
const STATEMENT_TYPE = "https://in-toto.io/Statement/v1";
const PAYLOAD_TYPE = "application/vnd.in-toto+json";
const [STATEMENT, BUNDLE] = ["statement.dsse.json", "statement.sigstore.json"];
const [MANIFEST, SUMS, CHECKPOINT] = ["manifest.json", "SHA256SUMS", "checkpoint.txt"];
const BUNDLE_TYPE = "application/vnd.dev.sigstore.bundle.v0.3+json";
const COVERS = ["cover.pdf", "cover.html"];
const PAPERS = ["README.txt", "index.xlsx", "verify.py", "scope.txt", FINDINGS, REQUESTS];
const LISTS = ["index.csv", "shortfall.csv", REQUEST_LIST, "findings.csv"];
const SEALS = [STATEMENT, BUNDLE, MANIFEST, SUMS, CHECKPOINT, CONSISTENCY];
const FIXED = [...SEALS, ...PAPERS, ...LISTS];
// These are bound by the statement alone; what they say follows from the rest of the pack.
const FURTHER = /^oscal\/[A-Za-z0-9][A-Za-z0-9._-]*\.json$/;
// A smaller file is digested by the browser itself, which is faster; a larger one in pieces.
const SMALL = 2 ** 22;

export const STEPS = [
  ["Container", "the pack"],
  ["Key", KEYS],
  ["Signature", STATEMENT],
  ["Files", SUMS],
  ["Log", CHECKPOINT],
  ["Witnesses", COSIGNED],
  ["History", CONSISTENCY],
  ["Manifest", MANIFEST],
  ["Time-stamps", MANIFEST],
  ["Items", MANIFEST],
  ["Samples", MANIFEST],
  ["Nothing else", MANIFEST],
];

const [FILES, ITEMS] = ["Files", "Items"].map((step) => STEPS.findIndex(([name]) => name === step));

function listing(number) {
  return number.toLocaleString("en-US");
}

// One pack; each step says what it has proved, and keeps it for the steps behind it.
export class Verification {
  constructor(tell = () => {}) {
    this.tell = tell;
    this.passed = [];
    this.failures = [];
    this.unchecked = [];
    this.meaning = "";
    this.steps = [];
    this.rows = [];
    this.owners = new Map();
  }

  // Note what is wrong inside as a failure of this file, and go on behind it.
  async blaming(file, check) {
    try {
      return await check();
    } catch (error) {
      if (error instanceof CannotCheckError) throw error;
      const known = error instanceof RefusedError;
      const odd = "lacks something, or holds another thing in its place";
      this.failures.push({ file, reason: known ? error.message : `${odd}: ${error}` });
      return "";
    }
  }

  async run(blob, anchors) {
    try {
      const known = globalThis.crypto?.subtle;
      if (!known) throw new CannotCheckError("signatures: open this page from a file or by https");
      Object.assign(this, await readAnchors(anchors));
      this.source = new Source(blob);
      await this.takeSteps();
    } catch (error) {
      if (!(error instanceof CannotCheckError)) throw error;
      this.unchecked.push(error.message);
    }
    return this.result();
  }

  result() {
    const status = this.failures.length ? 1 : this.unchecked.length ? 2 : 0;
    const verdict = ["VALID", "INVALID", "COULD NOT CHECK"][status];
    const { passed, failures, meaning, unchecked, steps, rows, about } = this;
    return { status, verdict, passed, failures, meaning, unchecked, steps, rows, about };
  }

  async takeSteps() {
    const checks = [
      () => this.checkContainer(),
      () => checkKeys(this),
      () => this.checkSignature(),
      () => this.checkFiles(),
      () => this.checkLog(),
      () => checkCosigned(this),
      () => checkConsistency(this),
      () => this.checkManifest(),
      () => checkTimeStamps(this),
      () => this.checkItems(),
      () => checkSamples(this),
      () => this.checkStrays(),
    ];
    for (const [number, check] of checks.entries()) {
      const [name, file] = STEPS[number];
      this.tell(name, 0, 0);
      const sentence = await this.blaming(file, check);
      this.steps.push({ name, sentence, failed: this.failures.length > 0 });
      if (this.failures.length) {
        this.meaning = MEANINGS.get(name);
        await this.lookFurther(checks.slice(number + 1, ITEMS + 1), number);
        return;
      }
      if (sentence) this.passed.push(sentence);
    }
  }

  // After a failure there is no other verdict, but each item can still be told good or bad, as
  // long as statement, checkpoint and manifest are whole.
  async lookFurther(checks, number) {
    const told = this.failures;
    const papers = new Set([STATEMENT, CHECKPOINT, MANIFEST]);
    if (!this.signed || number > FILES || told.some(({ file }) => papers.has(file))) return;
    const [found, unchecked] = [[...told], [...this.unchecked]];
    for (const check of checks) {
      this.failures = [];
      await this.blaming(MANIFEST, check);
      found.push(...this.failures);
      if (this.failures.some(({ file }) => papers.has(file))) break;
    }
    const byFile = new Map(found.map((one) => [one.file, one.reason]));
    for (const row of this.rows) {
      const files = row.kind === "item" ? this.items.get(row.ref).files : [];
      for (const file of files.filter((one) => byFile.has(one))) {
        const reason = `${file} ${byFile.get(file)}`;
        if (!row.reasons.includes(reason)) row.reasons.push(reason);
      }
    }
    [this.failures, this.unchecked] = [told, unchecked];
  }

  // Check something that is shown as a row of its own, and keep with it why it is refused.
  async row(kind, ref, check, title = "") {
    const before = this.failures.length;
    const row = { kind, ref, title, reasons: [] };
    this.rows.push(row);
    try {
      return await check();
    } catch (error) {
      row.reasons.push(error.message);
      throw error;
    } finally {
      row.reasons.push(...this.failures.slice(before).map((one) => `${one.file} ${one.reason}`));
    }
  }

  async checkContainer() {
    this.pack = await Pack.of(this.source);
    const names = this.pack.members;
    const lacking = FIXED.filter((name) => !names.has(name)).sort().join(", ");
    const covers = COVERS.filter((name) => names.has(name)).length;
    demand(!lacking && covers === 1, `lacks ${lacking || "its one cover"}`);
    for (const name of names.keys()) await this.blaming(name, () => checkName(name));
    return `Container: a ZIP of ${names.size} plain files and nothing else`;
  }

  async checkSignature() {
    const [kind, payload] = await openEnvelope(await this.pack.read(STATEMENT), this.key);
    const statement = parse(payload);
    const isStatement = kind === PAYLOAD_TYPE && at(statement, "_type") === STATEMENT_TYPE;
    demand(isStatement, "is signed, but is not a statement");
    this.requireVersion(textAt(statement, "predicateType"), PREDICATE_TYPE);
    this.told = at(statement, "predicate");
    const subjects = listAt(statement, "subject");
    const digests = subjects.map((one) => [textAt(one, "name"), textAt(one, "digest", "sha256")]);
    const signed = new Map(digests);
    demand(signed.size === subjects.length, "names a file twice");
    this.signed = signed;
    const names = new Set([...signed.keys(), ...this.pack.members.keys()]);
    for (const seal of [STATEMENT, BUNDLE]) names.delete(seal);
    for (const name of [...names].sort()) {
      await this.blaming(name, () => {
        demand(this.pack.members.has(name), "is signed, but is not in the pack");
        demand(signed.has(name), "is in the pack, but is not signed");
      });
    }
    await this.blaming(BUNDLE, () => this.checkBundle());
    return `Signature: ${this.key.name} has signed a list of ${signed.size} files`;
  }

  // Hold the bundle to the envelope: the same bytes in it, and one way to write the rest.
  async checkBundle() {
    const [due, found] = [new Sha256().update(bytesOf('{"dsseEnvelope":')), new Sha256()];
    const key = `{"publicKey":{"hint":"${this.key.keyId}"}}`;
    for await (const piece of this.pack.pieces(STATEMENT)) due.update(piece);
    due.update(bytesOf(`,"mediaType":"${BUNDLE_TYPE}","verificationMaterial":${key}}`));
    for await (const piece of this.pack.pieces(BUNDLE)) found.update(piece);
    const isSame = alike(due.digest(), found.digest());
    demand(isSame, `is not the same envelope as ${STATEMENT} in a bundle for this key`);
  }

  requireVersion(found, known) {
    if (found !== known && found.startsWith(known.slice(0, -1))) {
      const reason = `the pack is of format ${found}; this verifier knows ${known}`;
      throw new CannotCheckError(reason);
    }
    demand(found === known, `is of type ${quoted(found)} where it must be ${quoted(known)}`);
  }

  async checkFiles() {
    const members = [...this.pack.members.values()];
    const whole = members.reduce((sum, member) => sum + member.size, 0);
    let done = 0;
    for (const { name, size, crc } of members) {
      await this.blaming(name, async () => {
        const tell = (read) => this.tell("Files", done + read, whole);
        const [digest, checksum] = await this.digest(name, size, tell);
        const fits = !this.signed.has(name) || digest === this.signed.get(name);
        demand(fits, `is not the file that was signed: its SHA-256 is ${digest}`);
        // Programs that unpack a ZIP refuse a file of another checksum, or warn of it.
        demand(checksum === crc, "is whole, but the ZIP tells another checksum (CRC-32)");
      });
      done += size;
    }
    const names = inOrder([...this.signed.keys()].filter((name) => name !== SUMS));
    const due = names.map((name) => `${this.signed.get(name)}  ${name}\n`).join("");
    const listed = decoded(await this.pack.read(SUMS));
    demand(listed === due, "is not the list of the signed digests");
    return `Files: each has its signed SHA-256; ${listing(whole)} bytes`;
  }

  async digest(name, size, tell) {
    if (size <= SMALL) {
      const { value: whole } = await this.pack.pieces(name).next();
      tell(size);
      const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", whole));
      return [hex(digest), crc32(whole)];
    }
    const hashed = new Sha256();
    let checksum = 0;
    for await (const piece of this.pack.pieces(name)) {
      hashed.update(piece);
      checksum = crc32(piece, checksum);
      tell(hashed.length);
    }
    return [hex(hashed.digest()), checksum];
  }

  async checkLog() {
    this.log = await openCheckpoint(this, await this.pack.read(CHECKPOINT));
    await this.blaming(KEYS, () => checkKeyEntries(this));
    return `Log: ${listing(this.log.size)} entries under the root ${hex(this.log.root)}`;
  }

  async checkManifest() {
    const manifest = parse(await this.pack.read(MANIFEST), itemOf);
    this.requireVersion(textAt(manifest, "format"), FORMAT);
    this.compare(manifest);
    this.manifest = manifest;
    this.findings = byRef(listAt(manifest, "findings"), "names a finding twice");
    this.requests = byRef(listAt(manifest, "requests"), "names a request twice");
    const items = listAt(manifest, "items");
    const odd = items.find((item) => !(item instanceof Item));
    demand(odd === undefined, "lacks something, or holds another thing in its place: an item");
    this.items = new Map(items.map((item) => [item.ref, item]));
    demand(this.items.size === items.length, "gives one ref to two items");
    delete manifest.items;
    this.engagement = textAt(this.told, "engagement");
    this.samples = listAt(manifest, "samples");
    for (const entry of engagementEntries(at(manifest, "engagement"))) {
      const leaf = `leaves/${entry.index}.json`;
      await this.blaming(leaf, () => checkEngagementEntry(this, entry));
    }
    checkBinding(this);
    const [pack, organisation] = [textAt(manifest, "pack"), at(manifest, "organisation")];
    const sealed = at(manifest, "sealed_at");
    const shortfall = listAt(manifest, "shortfall").length;
    this.about = { pack, organisation, sealed, engagement: this.engagement, shortfall };
    const what = `Manifest: pack ${pack} of ${organisation}, sealed at ${sealed}`;
    return `${what}; it declares ${shortfall} shortfalls`;
  }

  // Manifest, statement and checkpoint tell of the same pack, engagement and log.
  compare(manifest) {
    const { told, log, key } = this;
    const origin = at(manifest, "log", "origin");
    const size = at(manifest, "log", "size");
    for (const [here, signed] of [
      [this.signed.get(MANIFEST), at(told, "manifest_sha256")],
      [at(manifest, "pack"), at(told, "pack")],
      [at(manifest, "engagement", "ref"), at(told, "engagement")],
      [at(manifest, "sealed_at"), at(told, "sealed_at")],
      [at(manifest, "bound_to"), at(told, "bound_to")],
      [origin, at(told, "origin")],
      [origin, key.name],
      [size, at(told, "log_size")],
      [size, log.size],
      [at(manifest, "log", "root"), hex(log.root)],
    ]) {
      demand(same(here, signed), unlike(here, signed));
    }
  }

  // --- Step 6 ---
  async checkItems() {
    const samples = this.samples.map((sample) => textAt(sample, "ref"));
    const known = [this.items.keys(), samples, this.findings.keys(), this.requests.keys()];
    const present = known.flatMap((refs) => [...refs]);
    const there = new Set(present);
    const missing = [...this.scope].filter((ref) => !there.has(ref)).sort();
    demand(!missing.length, `lacks what your scope names: ${missing.join(", ")}`);
    await checkScopeList(this, present);
    await checkLists(this);
    await this.blaming(MANIFEST, () => checkSeal(this));
    let [done, entries] = [0, 0];
    for (const item of this.items.values()) {
      const check = () => this.blaming(item.path, () => checkItem(this, item));
      await this.row("item", item.ref, check, item.title);
      done += 1;
      entries += item.entries.length;
      this.tell("Items", done, this.items.size);
    }
    await this.blaming(FINDINGS, () => checkFindings(this));
    await this.blaming(REQUESTS, () => checkRequests(this));
    const sentence = `Items: ${this.items.size} items, bound by ${entries} entries of the log`;
    const findings = this.findings.size ? `, and ${this.findings.size} findings` : "";
    const requests = this.requests.size ? `, and ${this.requests.size} requests` : "";
    return sentence + findings + requests;
  }

  async checkStrays() {
    await checkEntries(this);
    const known = new Set([...FIXED, ...COVERS, ...this.owners.keys()]);
    const others = [...this.signed.keys()].filter((name) => !known.has(name));
    const strays = others.filter((name) => !FURTHER.test(name)).sort();
    for (const file of strays) {
      this.failures.push({ file, reason: "belongs to no item of the manifest" });
    }
    return "";
  }

  // Keep that a file belongs to this item, and so to no other.
  claim(name, ref) {
    demand(this.signed.has(name), `is listed with ${name}, which is not in the pack`);
    const owner = this.owners.get(name);
    demand(owner === undefined, `is listed with ${name}, as ${owner} is`);
    this.owners.set(name, ref);
    return name;
  }

  // Return what an entry of this kind says of its subject.
  async openBody(index, kind, ref) {
    const leaf = await this.openLeaf(index, ref);
    const isAbout = same([at(leaf, "kind"), at(leaf, "subject")], [kind, ref]);
    demand(isAbout, `is no ${kind} of these bytes as ${ref}`);
    return at(leaf, "body");
  }

  // Return an entry of the log, once its proof leads from it to the root.
  async openLeaf(index, ref) {
    const entry = await this.pack.read(this.claim(`leaves/${index}.json`, ref));
    const raw = await this.pack.read(this.claim(`proofs/${index}.tlog-proof`, ref));
    const proof = readProof(raw);
    const isHere = proof && proof.place === String(index) && alike(proof.note, this.log.note);
    demand(isHere, "has no proof of this place in the log at this checkpoint");
    const root = climb(leafHash(entry), index, this.log.size, proof.hashes);
    demand(alike(root, this.log.root), "is not in the log: its proof leads to another root");
    return parse(entry);
  }
}
