"""Reverse tests and walkthroughs bent by an insider: only doing them again can tell."""

import json
from collections.abc import Callable
from typing import Any

from tests.reports.verifier.attacks import Attack, Attacks
from tests.reports.verifier.conftest import Verifier
from tests.reports.verifier.packs import Draft, Json
from tests.reports.verifier.test_sample_attacks import (
    P1,
    finish,
    keyed,
    sample,
    sampled,
    table,
)
from tests.reports.verifier.trees import canonical, sha256

T1, T2, T3, E1 = (f"{P1}/{name}" for name in ("T1", "T2", "T3", "T2/E1"))
W1 = "ENG-2026-1/W1"
PATHS = {T1: "reversetests/P1-T1.json", T2: "reversetests/P1-T2.json"}
PATHS |= {T3: "reversetests/P1-T3.json", E1: "reversetests/P1-T2-E1.json"}
PATHS |= {W1: "walkthroughs/W1.json"}
NONCE = "another lantern 48"
ATTACKS = Attacks()


def digest(rows: list[int]) -> str:
    return sha256("".join(f"{row}\n" for row in rows).encode())


def about(ref: str, number: int, direction: str) -> Json:
    return {
        "format": "countersign-reversetest/v1",
        "ref": ref,
        "population": P1,
        "number": number,
        "direction": direction,
        "control": "CH-01",
        "table_sha256": sha256(table()),
        "rows_in_table": 36,
    }


def looked_up() -> Json:
    found = {"id": "CHG-7", "seen": "the log", "outcome": "found", "count": 1, "rows": [7]}
    missed = {"id": "CHG-99", "seen": "the log", "outcome": "not found", "count": 0, "rows": []}
    return about(T1, 1, "completeness") | {"column": "change", "looked_up": [found, missed]}


def chosen() -> Json:
    by = {"selection": {"by": "number"}, "rows": [3, 17], "rows_sha256": digest([3, 17])}
    return about(T2, 2, "accuracy") | by


def drawn() -> Json:
    lines = ("countersign-draw/v1", sha256(table()), "CH-01", "2026-01-01", "2026-02-28", NONCE)
    seed = sha256("\n".join(lines).encode())
    rows = sorted(keyed(seed, range(1, 37))[:4])
    named = {"by": "nonce", "algorithm": "countersign-draw/v1", "method": "random", "nonce": NONCE}
    selection = named | {"seed": seed, "size": 4}
    told = {"selection": selection, "rows": rows, "rows_sha256": digest(rows)}
    return about(T3, 3, "accuracy") | told


def answered() -> Json:
    differs = [{"column": "merged_on", "listed": "2026-01-17", "seen": "2026-01-18"}]
    results = [
        {"row": 3, "outcome": "agrees", "differs": [], "note": "", "evidence": ""},
        {"row": 17, "outcome": "differs", "differs": differs, "note": "", "evidence": ""},
    ]
    return {"format": "countersign-reverseentry/v1", "ref": E1, "test": T2, "results": results}


def walked() -> Json:
    return {
        "format": "countersign-walkthrough/v1",
        "ref": W1,
        "engagement": "ENG-2026-1",
        "control": "CH-01",
        "asked": ["Release manager"],
        "steps": [{"text": "a", "inspected": "b", "evidence": ["EV-000006"]}],
        "result": "as described",
    }


def body(record: Json) -> Json:
    """What the entry of the log repeats of a record."""
    if "looked_up" in record:
        outcomes = [one["outcome"] for one in record["looked_up"]]
        counts = {"looked_up": len(outcomes), "not_found": outcomes.count("not found")}
        several = outcomes.count("found several times")
        return {"direction": record["direction"], "several": several, **counts}
    if "selection" in record:
        rows = record["rows"]
        return {
            "direction": record["direction"],
            "rows": len(rows),
            "rows_sha256": digest(rows),
        }
    if "results" in record:
        results = record["results"]
        exceptions = sum(one["outcome"] != "agrees" for one in results)
        return {"test": record["test"], "results": len(results), "exceptions": exceptions}
    named = {name: record[name] for name in ("control", "result")}
    return named | {"steps": len(record["steps"])}


def enter(draft: Draft, kind: str, ref: str, record: Json) -> None:
    raw = canonical(record)
    draft.files[PATHS[ref]] = raw
    index = draft.log.append(kind, ref, body(record) | {"record_sha256": sha256(raw)})
    leaf = {"index": index, "path": f"leaves/{index}.json", "proof": f"proofs/{index}.tlog-proof"}
    draft.manifest["samples"].append({"kind": kind, "ref": ref, "path": PATHS[ref], "leaf": leaf})


def whole() -> Draft:
    """A good pack with a test in each direction, one by a nonce, and a walkthrough."""
    draft = sampled()
    enter(draft, "walkthrough", W1, walked())
    enter(draft, "reversetest", T1, looked_up())
    enter(draft, "reversetest", T2, chosen())
    enter(draft, "reverseentry", E1, answered())
    enter(draft, "reversetest", T3, drawn())
    finish(draft)
    return draft


def relog(draft: Draft, ref: str, change: Callable[[Json], object]) -> None:
    """Change a record and the entry that binds it, so that both say the same."""
    record = json.loads(draft.files[PATHS[ref]])
    change(record)
    raw = draft.files[PATHS[ref]] = canonical(record)
    index = sample(draft, ref)["leaf"]["index"]
    told = json.loads(draft.log.leaves[index])
    told["body"] |= body(record) | {"record_sha256": sha256(raw)}
    draft.log.leaves[index] = canonical(told)
    finish(draft)


def change(**values: Any) -> Callable[[Json], None]:
    return lambda record: record.update(values)


def bend(draft: Draft, ref: str, name: str, place: int, **values: Any) -> None:
    relog(draft, ref, lambda record: record[name][place].update(values))


def test_a_good_pack_is_valid(verified: Verifier) -> None:
    outcome = verified(whole().pack())
    assert (outcome.status, outcome.failures) == (0, []), outcome
    assert "3 reverse tests too; 1 walkthroughs" in outcome.passed[-1]


@ATTACKS.on(PATHS[T1], "says of 'CHG-99' that it was found, which its table does not")
def what_is_missing_was_found(draft: Draft) -> None:
    bend(draft, T1, "looked_up", 1, outcome="found", count=1, rows=[9])


@ATTACKS.on(PATHS[T1], "says of 'CHG-7' that it was not found")
def what_is_there_is_missing(draft: Draft) -> None:
    bend(draft, T1, "looked_up", 0, outcome="not found", count=0, rows=[])


@ATTACKS.on(PATHS[T1], "says of 'CHG-7' that it was found")
def it_is_found_in_another_row(draft: Draft) -> None:
    bend(draft, T1, "looked_up", 0, rows=[8])


@ATTACKS.on(PATHS[T1], "looks one id up twice")
def an_id_is_looked_up_twice(draft: Draft) -> None:
    bend(draft, T1, "looked_up", 1, id="CHG-7")


@ATTACKS.on(PATHS[T1], "has another table_sha256 than ENG-2026-1/P1")
def it_was_looked_up_in_another_table(draft: Draft) -> None:
    relog(draft, T1, change(table_sha256="0" * 64))


@ATTACKS.on(PATHS[T1], "counts other rows than its table has")
def it_was_looked_up_in_fewer_rows(draft: Draft) -> None:
    relog(draft, T1, change(rows_in_table=35))


@ATTACKS.on(PATHS[T1], "is not the test that was logged")
def a_miss_is_not_counted_in_the_log(draft: Draft) -> None:
    index = sample(draft, T1)["leaf"]["index"]
    told = json.loads(draft.log.leaves[index])
    told["body"]["not_found"] = 0
    draft.log.leaves[index] = canonical(told)
    finish(draft)


@ATTACKS.on(PATHS[T2], "where ENG-2026-1/P1/T1 comes next: one is missing")
def a_test_that_failed_is_hidden(draft: Draft) -> None:
    gone = sample(draft, T1)
    draft.manifest["samples"].remove(gone)
    for name in (gone["path"], gone["leaf"]["path"], gone["leaf"]["proof"]):
        del draft.files[name]
    finish(draft)


@ATTACKS.on(PATHS[T2], "chooses rows that its table does not have")
def a_row_beyond_the_table_is_chosen(draft: Draft) -> None:
    relog(draft, T2, change(rows=[3, 17, 37]))


@ATTACKS.on(PATHS[T3], "chooses other rows than its nonce draws")
def nicer_rows_are_chosen(draft: Draft) -> None:
    rows = drawn()["rows"]
    other = next(row for row in range(1, 37) if row not in rows)
    relog(draft, T3, change(rows=sorted([other, *rows[1:]])))


@ATTACKS.on(PATHS[T3], "does not say how its rows were chosen")
def the_rows_were_chosen_somehow(draft: Draft) -> None:
    relog(draft, T3, change(selection={"by": "judgment"}))


@ATTACKS.on(PATHS[E1], "has a row that was not chosen")
def a_row_that_was_not_chosen_agrees(draft: Draft) -> None:
    bend(draft, E1, "results", 0, row=4)


@ATTACKS.on(PATHS[E1], "tells of row 17 another merged_on than the list has")
def the_list_is_made_to_agree(draft: Draft) -> None:
    same = [{"column": "merged_on", "listed": "2026-01-18", "seen": "2026-01-19"}]
    bend(draft, E1, "results", 1, differs=same)


@ATTACKS.on(PATHS[E1], "an outcome of row 17 that its columns do not bear out")
def a_difference_is_called_agreement(draft: Draft) -> None:
    bend(draft, E1, "results", 1, outcome="agrees")


@ATTACKS.on(PATHS[E1], "rests on EV-000999, which is not in this pack")
def a_row_taken_back_rests_on_nothing(draft: Draft) -> None:
    bend(draft, E1, "results", 0, evidence="EV-000999")


@ATTACKS.on(PATHS[W1], "points to what is not in the pack: EV-000999")
def a_walkthrough_points_nowhere(draft: Draft) -> None:
    bend(draft, W1, "steps", 0, evidence=["EV-000999"])


@ATTACKS.on(PATHS[W1], "has no step, or asked nobody")
def a_walkthrough_asked_nobody(draft: Draft) -> None:
    relog(draft, W1, change(asked=[]))


@ATTACKS.on(PATHS[W1], "is not the walkthrough that was logged")
def a_walkthrough_has_another_result(draft: Draft) -> None:
    record = json.loads(draft.files[PATHS[W1]]) | {"result": "not as described"}
    raw = draft.files[PATHS[W1]] = canonical(record)
    index = sample(draft, W1)["leaf"]["index"]
    told = json.loads(draft.log.leaves[index])
    told["body"]["record_sha256"] = sha256(raw)
    draft.log.leaves[index] = canonical(told)
    finish(draft)


@ATTACKS.each()
def test_it_refuses_a_test_that_does_not_come_out_again(
    verified: Verifier, attack: Attack, file: str, reason: str
) -> None:
    draft = whole()
    attack(draft)
    outcome = verified(draft.pack())
    assert outcome.refuses(file, reason), outcome


def test_a_later_format_is_no_verdict(verified: Verifier) -> None:
    for ref in (T1, E1, W1):
        draft = whole()
        relog(draft, ref, lambda one: one.update(format=one["format"].replace("/v1", "/v2")))
        outcome = verified(draft.pack())
        assert (outcome.status, outcome.verdict) == (2, "COULD NOT CHECK"), ref
