// Runs what the official client does with forms, merchants, files and webhooks, and prints it.
"use strict";
const fs = require("fs");
const { Client } = require("@finix-payments/finix");

const told = JSON.parse(fs.readFileSync(0, "utf8"));
const client = new Client(told.user, told.password, told.base);

async function failure(call) {
  try {
    await call();
    return null;
  } catch (error) {
    const problems = error.body || [];
    return { status: error.statusCode, codes: problems.map((one) => one.code) };
  }
}

// Its lists are sets.
const ids = (list) => [...list].map((one) => one.id);

async function everyPage(list, again) {
  const seen = ids(list);
  let page = list;
  while (page.hasMore) {
    page = await page.listNext(again);
    seen.push(...ids(page));
  }
  return seen;
}

async function forms() {
  const fetched = await client.ComplianceForms.list(told.form);
  const signed = await client.ComplianceForms.update(told.form, { pciSaqA: told.signature });
  const again = { ...told.signature, name: "Somebody Else" };
  return {
    before: { id: fetched.id, state: fetched.state, linkedTo: fetched.linkedTo },
    dueIsDate: fetched.dueAt instanceof Date,
    after: { state: signed.state, pciSaqA: signed.pciSaqA },
    other: await failure(() => client.ComplianceForms.update(told.form, { pciSaqA: again })),
    empty: await failure(() => client.ComplianceForms.update(told.form, {})),
    unknown: await failure(() => client.ComplianceForms.list("cf_nothing")),
  };
}

async function parties() {
  const merchants = await client.Merchants.list({ limit: 2 });
  const merchant = await client.Merchants.get(ids(merchants)[0]);
  const identity = await client.Identities.get(merchant.identity);
  const verifications = await client.Verifications.list({ limit: 5 });
  const tagged = await client.Merchants.update(merchant.id, { tags: { key: "value" } });
  return {
    merchants: await everyPage(merchants, 2),
    identities: await everyPage(await client.Identities.list({ limit: 2 }), 2),
    merchant: { state: merchant.onboardingState, application: merchant.application },
    business: identity.entity.businessName,
    verifications: verifications.size,
    tags: tagged.tags,
  };
}

async function files() {
  const created = await client.Files.create({
    displayName: "Scan", linkedTo: told.merchant, type: "PCI_DOCUMENT",
  });
  const sent = await client.Files.upload(created.id, { file: fs.createReadStream(told.path) });
  const link = await client.Files.createExternalLink(created.id, {
    type: "DOWNLOAD", duration: "5",
  });
  const content = await client.Files.download(created.id);
  return {
    status: [created.status, sent.status],
    listed: ids(await client.Files.list({ limit: 1 })),
    fetched: (await client.Files.get(created.id)).extension,
    content: Buffer.from(content).toString("latin1"),
    link: link.url,
    links: ids(await client.Files.listExternalLinks(created.id)),
    linkAgain: (await client.Files.getExternalLink(created.id, link.id)).id === link.id,
    id: created.id,
  };
}

async function webhooks() {
  const made = await client.Webhooks.create({ url: told.receiver, enabled: true });
  const changed = await client.Webhooks.update(made.id, { enabled: false });
  return {
    enabled: [made.enabled, changed.enabled],
    listed: ids(await client.Webhooks.list({ limit: 5 })),
    fetched: (await client.Webhooks.get(made.id)).url,
    id: made.id,
  };
}

const runs = { forms, parties, files, webhooks };
runs[told.run]().then(
  (found) => process.stdout.write(JSON.stringify(found)),
  (error) => {
    process.stderr.write(`${error.stack}\n${error.statusCode} ${JSON.stringify(error.body)}\n`);
    process.exit(1);
  },
);
