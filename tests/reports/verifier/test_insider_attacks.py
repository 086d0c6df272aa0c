"""Whoever holds the key can sign a bent pack: what was logged before it refuses it.

Each attack bends the draft of a good pack; it is then sealed anew with the true key, so that the
checksums, the manifest's digest and the signature all fit.
"""

import base64
import json

from tests.reports.verifier import packs, trees
from tests.reports.verifier.attacks import Attack, Attacks, replace, resign
from tests.reports.verifier.conftest import Verifier
from tests.reports.verifier.packs import KEY, Draft, good
from tests.reports.verifier.trees import canonical, sha256

FIRST = "evidence/EV-000001/staff_mfa 2026-01.csv"
SECOND = "evidence/EV-000002/restore.xlsx"
CHECKPOINT, MANIFEST = "checkpoint.txt", "manifest.json"
LEAF, PROOF = "leaves/1.json", "proofs/1.tlog-proof"

ATTACKS = Attacks()


def relog(draft: Draft, ref: str, kind: str, **changes: object) -> None:
    """Log an entry as it might have been logged had the insider thought of it in time."""
    item = draft.item(ref)
    leaf = next(leaf for leaf in item["leaves"] if leaf["kind"] == kind)
    told = json.loads(draft.log.leaves[leaf["index"]])
    told["body"] |= changes
    draft.log.leaves[leaf["index"]] = canonical(told)
    packs.finish(draft)


# --- What was logged cannot be changed any more ---------------------------------------------------
@ATTACKS.on(FIRST, "is not the file listed for EV-000001")
def the_manifest_lists_another_digest(draft: Draft) -> None:
    draft.item("EV-000001")["sha256"] = "0" * 64


@ATTACKS.on(FIRST, "is not the file listed for EV-000001")
def the_manifest_lists_another_size(draft: Draft) -> None:
    draft.item("EV-000001")["size"] += 1


@ATTACKS.on(LEAF, "is no evidence of these bytes as EV-000001")
def an_original_is_replaced(draft: Draft) -> None:
    draft.files[FIRST] = b"user,mfa\r\nalice,no\r\n"
    draft.item("EV-000001")["sha256"] = sha256(draft.files[FIRST])
    draft.item("EV-000001")["size"] = len(draft.files[FIRST])
    draft.item("EV-000001")["metadata"]["population"]["table_sha256"] = sha256(draft.files[FIRST])


@ATTACKS.on(LEAF, "was logged with another description")
def a_description_is_changed(draft: Draft) -> None:
    draft.item("EV-000001")["metadata"]["title"] = "A better title"


@ATTACKS.on(LEAF, "was logged with another description")
def two_descriptions_are_swapped(draft: Draft) -> None:
    first, fifth = draft.item("EV-000001"), draft.item("EV-000005")
    first["metadata"] = first["metadata"] | {"title": fifth["metadata"]["title"]}


@ATTACKS.on(LEAF, "is no evidence of these bytes as EV-000001")
def the_contents_of_two_items_are_swapped(draft: Draft) -> None:
    first, second = draft.item("EV-000001"), draft.item("EV-000002")
    draft.files[FIRST], draft.files[SECOND] = draft.files[SECOND], draft.files[FIRST]
    for name in ("sha256", "size"):
        first[name], second[name] = second[name], first[name]
    first["metadata"]["population"]["table_sha256"] = first["sha256"]


@ATTACKS.on(
    "evidence/EV-000002/restore.xlsx", "comes with another table than the one that was logged"
)
def a_table_is_replaced(draft: Draft) -> None:
    draft.files["tables/EV-000002.csv"] = b"table,rows\nusers,4\n"


@ATTACKS.on(
    "evidence/EV-000002/restore.xlsx", "comes with another table than the one that was logged"
)
def a_table_is_left_out(draft: Draft) -> None:
    del draft.files["tables/EV-000002.csv"]
    draft.item("EV-000002")["table"] = None


@ATTACKS.on("evidence/EV-000005/empty.txt", "comes with another table than the one that was logged")
def a_table_is_made_up(draft: Draft) -> None:
    draft.files["tables/EV-000005.csv"] = b"made,up\n"
    draft.item("EV-000005")["table"] = "tables/EV-000005.csv"


@ATTACKS.on(LEAF, "is not in the log")
def a_leaf_is_rewritten(draft: Draft) -> None:
    replace(draft, LEAF, b"2026-01-31T10", b"2026-01-30T10")


@ATTACKS.on(LEAF, "is not in the log")
def a_leaf_is_never_logged(draft: Draft) -> None:
    item = draft.item("EV-000001")
    item["metadata"]["title"] = "Never logged"
    told = json.loads(draft.files[LEAF])
    told["body"]["metadata_sha256"] = sha256(canonical(item["metadata"]))
    draft.files[LEAF] = canonical(told)


@ATTACKS.on(LEAF, "is not in the log")
def two_leaves_are_swapped(draft: Draft) -> None:
    files = draft.files
    files[LEAF], files["leaves/3.json"] = files["leaves/3.json"], files[LEAF]


@ATTACKS.on(LEAF, "has no proof of this place in the log")
def two_proofs_are_swapped(draft: Draft) -> None:
    files, other = draft.files, "proofs/3.tlog-proof"
    files[PROOF], files[other] = files[other], files[PROOF]


@ATTACKS.on(LEAF, "is not in the log")
def a_hash_of_a_proof_is_changed(draft: Draft) -> None:
    lines = draft.files[PROOF].split(b"\n")
    lines[2] = base64.b64encode(bytes(32))
    draft.files[PROOF] = b"\n".join(lines)


@ATTACKS.on(LEAF, "too many or too few hashes")
def a_proof_has_a_hash_more(draft: Draft) -> None:
    replace(draft, PROOF, b"index 1\n", b"index 1\n" + base64.b64encode(bytes(32)) + b"\n")


@ATTACKS.on(LEAF, "too many or too few hashes")
def a_proof_has_a_hash_less(draft: Draft) -> None:
    lines = draft.files[PROOF].split(b"\n")
    draft.files[PROOF] = b"\n".join(lines[:2] + lines[3:])


@ATTACKS.on(LEAF, "has no proof of this place in the log")
def a_hash_of_a_proof_is_longer(draft: Draft) -> None:
    lines = draft.files[PROOF].split(b"\n")
    lines[2] = base64.b64encode(base64.b64decode(lines[2]) + b"\0")
    draft.files[PROOF] = b"\n".join(lines)


@ATTACKS.on(LEAF, "has no proof of this place in the log")
def a_proof_is_written_in_another_base64(draft: Draft) -> None:
    lines = draft.files[PROOF].split(b"\n")
    lines[2] += b"\r"
    draft.files[PROOF] = b"\n".join(lines)


@ATTACKS.on(LEAF, "has no proof of this place in the log")
def a_proof_carries_extra_data(draft: Draft) -> None:
    replace(draft, PROOF, b"index 1", b"extra AAAA\nindex 1")


@ATTACKS.on(LEAF, "has no proof of this place in the log at this checkpoint")
def a_proof_leads_to_another_checkpoint(draft: Draft) -> None:
    draft.log.append("later", "log", {})
    draft.files[PROOF] = draft.log.proof(1, draft.log.checkpoint())


@ATTACKS.on(LEAF, "is numbered beyond the end of the log")
def the_log_is_cut_short_of_its_entries(draft: Draft) -> None:
    packs.aim(draft, 1, draft.log.hashes[0].hex())
    root = base64.b64encode(draft.log.hashes[0]).decode()
    resign(draft, f"{KEY.name}\n1\n{root}\n")


@ATTACKS.on("leaves/0.json", "is not in the log")
def a_node_of_the_tree_is_passed_off_as_a_leaf(draft: Draft) -> None:
    """The two lowest hashes as the bytes of a leaf, in a log of half as many entries."""
    hashes = draft.log.hashes[:2]
    draft.log.leaves = [b"".join(hashes)]
    note = KEY.note(f"{KEY.name}\n1\n{base64.b64encode(trees.node(*hashes)).decode()}\n")
    packs.aim(draft, 1, trees.node(*hashes).hex())
    item = draft.item("EV-000001")
    item["leaves"] = [
        {"index": 0, "kind": "evidence", "path": "leaves/0.json", "proof": "proofs/0.tlog-proof"}
    ]
    draft.files |= {
        CHECKPOINT: note.encode(),
        "leaves/0.json": draft.log.leaves[0],
        "proofs/0.tlog-proof": draft.log.proof(0, note),
    }


# --- Nothing belongs to two items, or to none -----------------------------------------------------
@ATTACKS.on("evidence/EV-000001/planted.csv", "belongs to no item of the manifest")
def a_file_is_planted_and_signed(draft: Draft) -> None:
    draft.files["evidence/EV-000001/planted.csv"] = b"never logged\n"


@ATTACKS.on("leaves/9.json", "belongs to no item of the manifest")
def an_entry_is_planted_and_signed(draft: Draft) -> None:
    draft.files["leaves/9.json"] = draft.log.leaves[9]


@ATTACKS.on("extra.exe", "belongs to no item of the manifest")
def a_program_is_planted_and_signed(draft: Draft) -> None:
    draft.files["extra.exe"] = b"MZ"


@ATTACKS.on(MANIFEST, "gives one ref to two items")
def an_item_is_counted_twice(draft: Draft) -> None:
    draft.manifest["items"].append(draft.item("EV-000001"))


@ATTACKS.on(MANIFEST, "puts EV-000002 in another folder")
def a_file_is_counted_as_two_items(draft: Draft) -> None:
    draft.item("EV-000002")["path"] = FIRST


@ATTACKS.on("leaves/1.json", "is listed with leaves/1.json, as EV-000001 is")
def an_entry_is_counted_for_two_items(draft: Draft) -> None:
    draft.item("EV-000002")["leaves"] = draft.item("EV-000001")["leaves"]


@ATTACKS.on("evidence/EV-000001/gone.csv", "which is not in the pack")
def an_item_has_no_file(draft: Draft) -> None:
    draft.item("EV-000001")["path"] = "evidence/EV-000001/gone.csv"
    del draft.files[FIRST]


@ATTACKS.on(LEAF, "which is not in the pack")
def an_item_has_no_proof(draft: Draft) -> None:
    del draft.files[PROOF]


@ATTACKS.on(FIRST, "lacks a log entry of its own")
def an_item_has_no_entry(draft: Draft) -> None:
    draft.item("EV-000001")["leaves"] = []


@ATTACKS.on(FIRST, "lacks a log entry of its own")
def an_item_has_only_a_review(draft: Draft) -> None:
    del draft.item("EV-000001")["leaves"][0]


@ATTACKS.on(FIRST, "lacks a log entry of its own before all others")
def a_review_comes_before_its_evidence(draft: Draft) -> None:
    packs.record(draft, draft.item("EV-000001"), "evidence", {})
    draft.item("EV-000001")["leaves"] = draft.item("EV-000001")["leaves"][:0:-1]
    packs.finish(draft)


@ATTACKS.on(MANIFEST, "numbers an entry of EV-000001 otherwise")
def an_entry_is_listed_under_another_number(draft: Draft) -> None:
    draft.item("EV-000001")["leaves"][0]["index"] = 2


@ATTACKS.on(MANIFEST, "puts a table in another place")
def a_table_lies_elsewhere(draft: Draft) -> None:
    draft.item("EV-000002")["table"] = "README.txt"


# --- The lists for people -------------------------------------------------------------------------
def listed(draft: Draft, old: str, new: str, name: str = "index.csv") -> None:
    """Change a list that is otherwise made to fit."""
    content = draft.files.get(name) or draft.seal()[name]
    assert old.encode() in content
    draft.files[name] = content.replace(old.encode(), new.encode(), 1)


@ATTACKS.on("scope.txt", "is not the list of what the manifest tells about")
def the_scope_leaves_an_item_out(draft: Draft) -> None:
    listed(draft, "EV-000003\n", "", "scope.txt")


@ATTACKS.on("scope.txt", "is not the list of what the manifest tells about")
def the_scope_names_more_than_there_is(draft: Draft) -> None:
    listed(draft, "EV-000003\n", "EV-000003\nEV-000009\n", "scope.txt")


@ATTACKS.on("index.csv", "says another thing of ['EV-000003'] than the manifest")
def the_index_says_that_an_old_version_counts(draft: Draft) -> None:
    listed(draft, "superseded", "current")


@ATTACKS.on("index.csv", "says another thing of ['EV-000005'] than the manifest")
def the_index_leaves_an_item_out(draft: Draft) -> None:
    draft.files["index.csv"] = b"".join(draft.seal()["index.csv"].splitlines(keepends=True)[:-1])


@ATTACKS.on("index.csv", "says another thing of [] than the manifest")
def the_index_has_an_item_more(draft: Draft) -> None:
    draft.files["index.csv"] = draft.seal()["index.csv"] + b"EV-000009,x,current,y,z\r\n"


@ATTACKS.on("index.csv", "lacks a column of Item")
def the_index_is_empty(draft: Draft) -> None:
    draft.files["index.csv"] = b""


@ATTACKS.on("index.csv", "has a cell that a spreadsheet would run: ['EV-000001', '=HYPERLINK")
def the_index_holds_a_formula(draft: Draft) -> None:
    listed(draft, "Title of EV-000001", "=HYPERLINK(1)")


@ATTACKS.on("shortfall.csv", "has a cell that a spreadsheet would run")
def the_shortfall_holds_a_formula(draft: Draft) -> None:
    draft.files["shortfall.csv"] += b'"@SUM(1)",AV-01,2026-01-01,2026-01-07,missed,late\r\n'


@ATTACKS.on("findings.csv", "has a cell that a spreadsheet would run")
def the_findings_hold_a_formula(draft: Draft) -> None:
    draft.files["findings.csv"] += b"F1,\t=1\r\n"


@ATTACKS.on("requests.json", "gives ENG-2026-1/R1 a state of its own")
def a_request_has_an_empty_thread(draft: Draft) -> None:
    told = {"ref": "ENG-2026-1/R1", "state": "asked", "thread": []}
    draft.manifest["requests"] = [{"ref": "ENG-2026-1/R1", "state": "asked", "leaves": []}]
    form = {"format": "countersign-requests/v1"}
    draft.files["requests.json"] = canonical(form | {"requests": [told]})


@ATTACKS.on("oscal/../x.json", "could lead out of its folder")
def an_oscal_file_leads_out_of_its_folder(draft: Draft) -> None:
    draft.files["oscal/../x.json"] = b"{}"


@ATTACKS.on("oscal/results.xml", "belongs to no item of the manifest")
def an_oscal_file_is_of_another_form(draft: Draft) -> None:
    draft.files["oscal/results.xml"] = b"<x/>"


# --- Reviews and versions -------------------------------------------------------------------------
@ATTACKS.on("leaves/2.json", "was decided by the preparer, user:1")
def an_item_is_reviewed_by_its_preparer(draft: Draft) -> None:
    relog(draft, "EV-000001", "review", reviewer="user:1")


@ATTACKS.on("leaves/2.json", "was decided by the preparer")
def an_item_is_reviewed_by_nobody(draft: Draft) -> None:
    relog(draft, "EV-000001", "review", reviewer="", prepared_by="user:1")


@ATTACKS.on("leaves/2.json", "lacks something")
def a_review_is_silent_about_the_preparer(draft: Draft) -> None:
    told = json.loads(draft.log.leaves[2])
    del told["body"]["prepared_by"]
    draft.log.leaves[2] = canonical(told)
    packs.finish(draft)


@ATTACKS.on("leaves/2.json", "is a review of EV-000003")
def a_review_is_of_another_item(draft: Draft) -> None:
    relog(draft, "EV-000001", "review", evidence="EV-000003")


@ATTACKS.on("leaves/2.json", "is no review of these bytes as EV-000001")
def a_review_is_of_other_bytes(draft: Draft) -> None:
    relog(draft, "EV-000001", "review", sha256="0" * 64)


@ATTACKS.on(FIRST, "is listed as 'current', but its last review says 'returned'")
def a_returned_item_is_listed_as_current(draft: Draft) -> None:
    relog(draft, "EV-000001", "review", decision="returned")


@ATTACKS.on("evidence/EV-000005/empty.txt", "is listed as 'current', but its last review says None")
def an_unreviewed_item_is_listed_as_current(draft: Draft) -> None:
    draft.item("EV-000005")["status"] = "current"


@ATTACKS.on(FIRST, "is listed as 'nearly current'")
def an_item_has_a_status_of_its_own(draft: Draft) -> None:
    draft.item("EV-000001")["status"] = "nearly current"


@ATTACKS.on("leaves/7.json", "replaced EV-000003, which is not listed as superseded")
def a_replaced_version_is_listed_as_current(draft: Draft) -> None:
    draft.item("EV-000003")["status"] = "current"


@ATTACKS.on("leaves/7.json", "replaced EV-000003, which is not listed as superseded")
def a_replaced_version_is_hidden(draft: Draft) -> None:
    item = draft.item("EV-000003")
    draft.manifest["items"].remove(item)
    for name in [
        item["path"],
        *(leaf[key] for leaf in item["leaves"] for key in ("path", "proof")),
    ]:
        del draft.files[name]


@ATTACKS.each()
def test_it_refuses_what_the_log_does_not_bear_out(
    verified: Verifier, attack: Attack, file: str, reason: str
) -> None:
    draft = good()
    attack(draft)
    outcome = verified(draft.pack())
    assert outcome.refuses(file, reason), outcome
