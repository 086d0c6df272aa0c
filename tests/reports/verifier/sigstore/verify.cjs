// Verifies a Sigstore bundle by code that is not ours: node verify.cjs BUNDLE KEY.pem HINT
const { createPublicKey } = require("node:crypto");
const { readFileSync } = require("node:fs");
const { bundleFromJSON } = require("@sigstore/bundle");
const { Verifier, toSignedEntity, toTrustMaterial } = require("@sigstore/verify");

const [bundle, pem, known] = process.argv.slice(2);
const nobody = { certificateAuthorities: [], timestampAuthorities: [], tlogs: [], ctlogs: [] };
const key = (hint) => {
  if (hint !== known) throw new Error(`no key is known for ${hint}`);
  return { publicKey: createPublicKey(readFileSync(pem)), validFor: () => true };
};
// Who holds the key is told by the auditor's own copy of it; no public log and no time is asked for.
const asked = { tlogThreshold: 0, ctlogThreshold: 0, timestampThreshold: 0 };
const entity = toSignedEntity(bundleFromJSON(JSON.parse(readFileSync(bundle, "utf8"))));
new Verifier(toTrustMaterial(nobody, key), asked).verify(entity);
console.log("verified");
