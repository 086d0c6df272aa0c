"""The last of a list left out: no other entry points to it, so the entry of the pack must count."""

import json
from typing import Any

from tests.reports.verifier.attacks import Attack, Attacks
from tests.reports.verifier.conftest import Verifier
from tests.reports.verifier.packs import Draft, Json
from tests.reports.verifier.test_reverse_attacks import E1, T3, W1, whole
from tests.reports.verifier.test_sample_attacks import D2, drop, finish
from tests.reports.verifier.trees import canonical, sha256

F1, R1 = "ENG-2026-1/F1", "ENG-2026-1/R1"
FINDINGS, REQUESTS, LIST = "findings.json", "requests.json", "requests.csv"
ATTACKS = Attacks()


def listed(index: int) -> Json:
    return {"index": index, "path": f"leaves/{index}.json", "proof": f"proofs/{index}.tlog-proof"}


def a_step(draft: Draft, step: int, state: str, kind: str, text: str) -> Json:
    """Log a step of a finding and return how the pack tells it."""
    said = {"step": step, "state": state, "side": "company", "part": "", "exceptions": None}
    said |= {"population": None, "action": None, "due": None}
    words = {"owner": "", "text": text, "value": ""}
    body = said | {"evidence": None, "words_sha256": sha256(canonical(words))}
    about = {"control": "CH-01", "expectation": "", "from": "2026-01-01", "to": "2026-01-31"}
    if step == 1:
        named = {"title_sha256": sha256(b"Late"), "subject_sha256": sha256(b"EV-000001")}
        body |= about | {"source": "check"} | named
    index = draft.log.append(f"finding.{kind}", F1, body, "user:1")
    return said | words | {"evidence": "", "kind": kind, "actor": "user:1", "leaf": index}


def with_finding(draft: Draft) -> None:
    texts = (("opened", "Found."), ("note", "No!"))
    history = [a_step(draft, n, "open", *one) for n, one in enumerate(texts, 1)]
    finding: Json = {
        "ref": F1,
        "title": "Late",
        "state": "open",
        "control": "CH-01",
        "expectation": "",
    }
    finding |= {"from": "2026-01-01", "to": "2026-01-31", "source": "check"}
    finding |= {"subject": {"kind": "item", "ref": "EV-000001"}, "history": history}
    leaves = [listed(one["leaf"]) for one in history]
    draft.manifest["findings"] = [{"ref": F1, "state": "open", "leaves": leaves}]
    form = {"format": "countersign-findings/v1"}
    draft.files[FINDINGS] = canonical(form | {"findings": [finding]})


def a_post(draft: Draft, kind: str, text: str, more: Json) -> Json:
    """Log an entry of the thread of a request and return how the pack tells it."""
    body = {"side": "auditor", "text_sha256": sha256(text.encode()), "evidence": []} | more
    index = draft.log.append(f"request.{kind}", R1, body, "user:9")
    told = {"kind": kind, "side": "auditor", "text": text, "evidence": [], "actor": "user:9"}
    return told | {"leaf": index}


def with_request(draft: Draft) -> None:
    words: Json = {"title_sha256": sha256(b"Lists"), "request_sha256": sha256(b"All of June")}
    words |= {"refs": [], "due": "", "owner": ""}
    thread = [a_post(draft, "asked", "", words), a_post(draft, "note", "Where is July?", {})]
    leaves = [listed(one["leaf"]) for one in thread]
    request: Json = {"ref": R1, "state": "asked", "title": "Lists", "text": "All of June"}
    request |= {"controls": [], "due": "", "owner": "", "thread": thread}
    draft.manifest["requests"] = [{"ref": R1, "state": "asked", "leaves": leaves}]
    draft.files[REQUESTS] = canonical({"format": "countersign-requests/v1", "requests": [request]})
    draft.files[LIST] = b"request,state,evidence\r\nENG-2026-1/R1,Open,\r\n"


def told() -> Draft:
    """A good pack with samples, tests in reverse, a walkthrough, a finding and a request."""
    draft = whole()
    # Logged about an item, and not a part of this pack.
    draft.log.append("check", "EV-000001", {"sha256": draft.item("EV-000001")["sha256"]})
    with_finding(draft)
    with_request(draft)
    finish(draft)
    lay(draft)
    return draft


def lay(draft: Draft) -> None:
    """Lay down the entries of findings and requests with their proofs."""
    note = draft.files["checkpoint.txt"].decode()
    for kind in ("findings", "requests"):
        for leaf in (leaf for one in draft.manifest[kind] for leaf in one["leaves"]):
            draft.files[leaf["path"]] = draft.log.leaves[leaf["index"]]
            draft.files[leaf["proof"]] = draft.log.proof(leaf["index"], note)


def remove(draft: Draft, leaf: Json) -> None:
    for name in ("path", "proof"):
        del draft.files[leaf[name]]


def shorten(draft: Draft, kind: str, name: str, history: str) -> None:
    """Leave out the last entry of a finding or a request, in manifest and paper alike."""
    remove(draft, draft.manifest[kind][0]["leaves"].pop())
    paper: Any = json.loads(draft.files[name])
    paper[kind][0][history].pop()
    draft.files[name] = canonical(paper)


def empty(draft: Draft, kind: str, name: str) -> None:
    """Leave out the only finding or request, in manifest and paper alike."""
    for leaf in draft.manifest[kind].pop()["leaves"]:
        remove(draft, leaf)
    paper = json.loads(draft.files[name])
    draft.files[name] = canonical(paper | {kind: []})


def test_a_good_pack_is_valid(verified: Verifier) -> None:
    outcome = verified(told().pack())
    assert (outcome.status, outcome.failures) == (0, []), outcome


SEAL = f"leaves/{told().manifest['seal']['index']}.json"


@ATTACKS.on(SEAL, "was logged with 2 draws, where the pack has 1")
def the_last_draw_is_left_out(draft: Draft) -> None:
    drop(draft, D2)


@ATTACKS.on(SEAL, "was logged with 3 reverse tests, where the pack has 2")
def the_last_reverse_test_is_left_out(draft: Draft) -> None:
    drop(draft, T3)


@ATTACKS.on(SEAL, "was logged with 1 entries of reverse tests, where the pack has 0")
def the_exceptions_of_a_reverse_test_are_left_out(draft: Draft) -> None:
    drop(draft, E1)


@ATTACKS.on(SEAL, "was logged with 1 walkthroughs, where the pack has 0")
def the_last_walkthrough_is_left_out(draft: Draft) -> None:
    drop(draft, W1)


@ATTACKS.on(SEAL, "was logged with 1 findings, where the pack has 0")
def the_last_finding_is_left_out(draft: Draft) -> None:
    empty(draft, "findings", FINDINGS)


@ATTACKS.on(SEAL, "was logged with 1 requests, where the pack has 0")
def the_last_request_is_left_out(draft: Draft) -> None:
    empty(draft, "requests", REQUESTS)
    draft.files[LIST] = b"request,state,evidence\r\n"


@ATTACKS.on(SEAL, "was logged with 1 shortfall, where the pack has 0")
def the_last_shortfall_is_left_out(draft: Draft) -> None:
    draft.manifest["shortfall"].pop()


@ATTACKS.on(SEAL, "entries of the log, where the pack shows")
def the_last_step_of_a_finding_is_left_out(draft: Draft) -> None:
    shorten(draft, "findings", FINDINGS, "history")


@ATTACKS.on(SEAL, "entries of the log, where the pack shows")
def the_last_entry_of_a_thread_is_left_out(draft: Draft) -> None:
    shorten(draft, "requests", REQUESTS, "thread")


@ATTACKS.on(SEAL, "entries of the log, where the pack shows")
def the_last_review_of_an_item_is_left_out(draft: Draft) -> None:
    item = draft.item("EV-000001")
    remove(draft, item["leaves"].pop())
    item["status"] = "awaiting review"


@ATTACKS.on(SEAL, "was logged with other entries of it")
def another_entry_stands_in_for_a_review(draft: Draft) -> None:
    """As many entries as before, so that counting them is not enough."""
    item = draft.item("EV-000001")
    remove(draft, item["leaves"].pop())
    item["status"] = "awaiting review"
    (place,) = (n for n, leaf in enumerate(draft.log.leaves) if b'"kind":"check"' in leaf)
    item["leaves"].append(listed(place) | {"kind": "check"})
    note = draft.files["checkpoint.txt"].decode()
    draft.files[f"leaves/{place}.json"] = draft.log.leaves[place]
    draft.files[f"proofs/{place}.tlog-proof"] = draft.log.proof(place, note)


@ATTACKS.each()
def test_it_sees_that_the_last_of_a_list_is_missing(
    verified: Verifier, attack: Attack, file: str, reason: str
) -> None:
    draft = told()
    attack(draft)
    outcome = verified(draft.pack())
    assert outcome.refuses(file, reason), outcome
