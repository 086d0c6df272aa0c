// Step 6: findings, held word for word to the entries of the log, none of which may lack.

import { at, canonical, demand, listAt, numberAt, parse, same, textAt, words } from "./forms.js";

export const FINDINGS = "findings.json";
const REPEATED = ["step", "state", "side", "part", "exceptions", "population", "action", "due"];
const ABOUT = ["control", "expectation", "from", "to", "source"];

export async function checkFindings(v) {
  const told = listAt(parse(await v.pack.read(FINDINGS)), "findings");
  const refs = told.map((finding) => textAt(finding, "ref"));
  demand(same(refs, [...v.findings.keys()]), "tells of other findings than the manifest");
  for (const finding of told) await v.row("finding", finding.ref, () => checkFinding(v, finding));
}

async function checkFinding(v, finding) {
  const [ref, history] = [finding.ref, listAt(finding, "history")];
  const whole = history.length && history.every((one, place) => at(one, "step") === place + 1);
  demand(whole, `leaves out a part of the history of ${ref}`);
  const last = at(history[history.length - 1], "state");
  demand(same(at(finding, "state"), last), `gives ${ref} a state of its own`);
  const listed = listAt(v.findings.get(ref), "leaves").map((leaf) => numberAt(leaf, "index"));
  const own = history.map((one) => numberAt(one, "leaf"));
  demand(same(listed, own), `tells another history of ${ref} than the manifest`);
  for (const one of history) {
    await v.blaming(`leaves/${one.leaf}.json`, () => checkEntry(v, finding, one));
  }
}

async function checkEntry(v, finding, entry) {
  const leaf = await v.openLeaf(entry.leaf, finding.ref);
  const about = [at(leaf, "kind"), at(leaf, "subject"), at(leaf, "actor")];
  const here = [`finding.${at(entry, "kind")}`, finding.ref, at(entry, "actor")];
  demand(same(about, here), `is no entry of ${finding.ref} of this kind and author`);
  const body = at(leaf, "body");
  for (const name of REPEATED) {
    demand(same(at(body, name), at(entry, name)), `was logged with another ${name}`);
  }
  const evidence = at(body, "evidence") || "";
  demand(same(evidence, at(entry, "evidence")), "was logged with other evidence");
  const said = Object.create(null);
  for (const name of ["owner", "text", "value"]) said[name] = at(entry, name);
  const agrees = words(canonical(said)) === at(body, "words_sha256");
  demand(agrees, "was logged with other words");
  if (entry.step === 1) checkSubject(finding, body);
}

function checkSubject(finding, body) {
  const logged = ABOUT.every((name) => same(at(body, name), at(finding, name)));
  const digests = [words(at(finding, "title")), words(at(finding, "subject", "ref"))];
  const agrees = same(digests, [at(body, "title_sha256"), at(body, "subject_sha256")]);
  demand(logged && agrees, "was logged as a finding of something else");
}
