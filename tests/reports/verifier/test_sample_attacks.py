"""Samples that an insider with the key would like better: the verifier draws again and refuses.

The pack is made without our own writer. An attack bends a record; `relogged` ones are even logged
as if they had been thought of in time, so that only drawing again can tell.
"""

import hashlib
import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.reports.verifier import packs
from tests.reports.verifier.attacks import Attack, Attacks
from tests.reports.verifier.conftest import Verifier
from tests.reports.verifier.packs import Draft, Json, good
from tests.reports.verifier.trees import canonical, sha256

P1, D1, D2, W1 = (f"ENG-2026-1/{name}" for name in ("P1", "P1/D1", "P1/D2", "P1/D1/W1"))
PATHS = {P1: "populations/P1.json", D1: "draws/P1-D1.json", D2: "draws/P1-D2.json"}
PATHS |= {W1: "worksheets/P1-D1-W1.json"}
TABLE = "evidence/EV-000006/changes.csv"
ATTACKS = Attacks()


def table() -> bytes:
    days = [f"2026-01-{day:02}" for day in range(1, 29)] + [f"2026-02-{d:02}" for d in range(1, 9)]
    rows = "".join(f'CHG-{n},{day},"by\nhand"\n' for n, day in enumerate(days, 1))
    return f"change,merged_on,note\n{rows}".encode()


def keyed(seed: str, rows: range) -> list[int]:
    return sorted(rows, key=lambda row: hashlib.sha256(f"{seed}:{row}".encode()).hexdigest())


def draw_body(record: Json) -> Json:
    digest = sha256("".join(f"{row}\n" for row in record["rows"]).encode())
    named = {name: record[name] for name in ("seed", "method", "size", "population")}
    return named | {"algorithm": record["format"], "rows_sha256": digest}


def population() -> Json:
    return {
        "format": "countersign-population/v1",
        "ref": P1,
        "engagement": "ENG-2026-1",
        "control": "CH-01",
        "evidence": "EV-000006",
        "evidence_sha256": sha256(table()),
        "ipe_sha256": sha256(canonical({})),
        "retrieved_at": "2026-03-02T10:00:00.000000Z",
        "lag_days": 1,
        "table_sha256": sha256(table()),
        "period": {"from": "2026-01-01", "to": "2026-02-28"},
        "date_column": "merged_on",
        "profile": {"count": 36, "months": {"2026-01": 28, "2026-02": 8}},
    }


def a_draw(number: int, size: int) -> Json:
    nonce = "harbour lantern 47"
    lines = ("countersign-draw/v1", sha256(table()), "CH-01", "2026-01-01", "2026-02-28", nonce)
    seed = sha256("\n".join(lines).encode())
    shared = {name: population()[name] for name in ("table_sha256", "control", "period")}
    return shared | {
        "format": "countersign-draw/v1",
        "ref": f"{P1}/D{number}",
        "population": P1,
        "date_column": "merged_on",
        "nonce": nonce,
        "seed": seed,
        "method": "random",
        "size": size,
        "rows": sorted(keyed(seed, range(1, 37))[:size]),
    }


def sampled() -> Draft:
    """A good pack with a population, two draws and the work sheet of the first."""
    draft = good()
    days = {"covers_from": "2026-01-01", "covers_to": "2026-02-28"}
    days["collected_at"] = "2026-03-02T10:00:00.000000Z"
    packs.add(draft, "EV-000006", "changes.csv", table(), kind="event", said=days)
    enter(draft, "population", P1, population(), {"table_sha256": sha256(table())})
    first = a_draw(1, 5)
    enter(draft, "draw", D1, first, draw_body(first))
    second = a_draw(2, 9)
    enter(draft, "draw", D2, second, draw_body(second))
    sheet: Json = {
        "format": "countersign-worksheet/v1",
        "draw": D1,
        "number": 1,
        "attributes": [{"letter": "A", "title": "Ticket"}],
        "results": [
            {"row": first["rows"][0], "attribute": "A", "result": "pass", "evidence": "EV-000001"}
        ],
    }
    enter(draft, "worksheet", W1, sheet, {"draw": D1})
    finish(draft)
    return draft


def enter(draft: Draft, kind: str, ref: str, record: Json, body: Json) -> None:
    raw = canonical(record)
    draft.files[PATHS[ref]] = raw
    index = draft.log.append(kind, ref, body | {"record_sha256": sha256(raw)})
    leaf = {"index": index, "path": f"leaves/{index}.json", "proof": f"proofs/{index}.tlog-proof"}
    sample = {"kind": kind, "ref": ref, "path": PATHS[ref], "leaf": leaf}
    draft.manifest["samples"].append(sample)


def finish(draft: Draft) -> None:
    packs.finish(draft)
    note = draft.files["checkpoint.txt"].decode()
    for sample in draft.manifest["samples"]:
        leaf = sample["leaf"]
        draft.files[leaf["path"]] = draft.log.leaves[leaf["index"]]
        draft.files[leaf["proof"]] = draft.log.proof(leaf["index"], note)


def sample(draft: Draft, ref: str) -> Json:
    return next(one for one in draft.manifest["samples"] if one["ref"] == ref)


def relog(draft: Draft, ref: str, change: Callable[[Json], object]) -> None:
    """Change a record and the entry that binds it."""
    record = json.loads(draft.files[PATHS[ref]])
    change(record)
    raw = draft.files[PATHS[ref]] = canonical(record)
    index = sample(draft, ref)["leaf"]["index"]
    told = json.loads(draft.log.leaves[index])
    told["body"] |= {"record_sha256": sha256(raw)}
    told["body"] |= draw_body(record) if "rows" in record else {}
    draft.log.leaves[index] = canonical(told)
    finish(draft)


def drop(draft: Draft, ref: str) -> None:
    gone = sample(draft, ref)
    draft.manifest["samples"].remove(gone)
    for name in (gone["path"], gone["leaf"]["path"], gone["leaf"]["proof"]):
        del draft.files[name]


def change(**values: Any) -> Callable[[Json], None]:
    return lambda record: record.update(values)


def test_a_good_pack_is_valid(verified: Verifier) -> None:
    outcome = verified(sampled().pack())
    assert (outcome.status, outcome.failures) == (0, []), outcome
    said = "2 draws from 1 populations come out again; 1 entries of work sheets"
    assert said in outcome.passed[-1]


def test_a_draw_that_the_scope_names_must_be_there(verified: Verifier, tmp_path: Any) -> None:
    scope = tmp_path / "scope.txt"
    scope.write_text(f"{D1} {D2}\n")
    assert verified(sampled().pack(), "--scope", str(scope)).status == 0
    short = sampled()
    drop(short, D2)
    outcome = verified(short.pack(), "--scope", str(scope))
    assert outcome.refuses("manifest.json", f"lacks what your scope names: {D2}")


@ATTACKS.on(PATHS[D2], "where ENG-2026-1/P1/D1 comes next: one is missing")
def the_first_draw_is_hidden(draft: Draft) -> None:
    drop(draft, D1)
    drop(draft, W1)
    finish(draft)


@ATTACKS.on(PATHS[D1], "belongs to ENG-2026-1/P1, which is not in the pack")
def the_population_is_hidden(draft: Draft) -> None:
    drop(draft, P1)
    finish(draft)


@ATTACKS.on(PATHS[D1], "names other rows than the seed draws")
def another_row_is_chosen_and_logged(draft: Draft) -> None:
    rows = a_draw(1, 5)["rows"]
    other = next(row for row in range(1, 37) if row not in rows)
    relog(draft, D1, change(rows=sorted([other, *rows[1:]])))


@ATTACKS.on(PATHS[D1], "has another seed than its population and nonce give")
def the_nonce_is_changed(draft: Draft) -> None:
    relog(draft, D1, change(nonce="a nicer nonce"))


@ATTACKS.on(PATHS[D1], "names other rows than the seed draws")
def the_seed_is_rerolled(draft: Draft) -> None:
    lines = ("countersign-draw/v1", sha256(table()), "CH-01", "2026-01-01", "2026-02-28", "again")
    relog(draft, D1, change(nonce="again", seed=sha256("\n".join(lines).encode())))


@ATTACKS.on(PATHS[D1], "has another control than ENG-2026-1/P1")
def the_control_is_changed(draft: Draft) -> None:
    relog(draft, D1, change(control="CH-02"))


@ATTACKS.on(PATHS[D1], "names other rows than the seed draws")
def the_size_is_changed(draft: Draft) -> None:
    relog(draft, D1, change(size=4))


@ATTACKS.on(PATHS[D1], "is drawn by an unknown method, 'judgment'")
def the_method_is_ones_own(draft: Draft) -> None:
    relog(draft, D1, change(method="judgment"))


@ATTACKS.on("leaves/14.json", "was logged over another record")
def a_record_is_changed_after_it_was_logged(draft: Draft) -> None:
    record = json.loads(draft.files[PATHS[D1]]) | {"reason": "none"}
    draft.files[PATHS[D1]] = canonical(record)


@ATTACKS.on(PATHS[D1], "was logged before ENG-2026-1/P1 was")
def the_nonce_was_known_at_the_sealing(draft: Draft) -> None:
    first, second = sample(draft, P1)["leaf"], sample(draft, D1)["leaf"]
    leaves = draft.log.leaves
    one, other = first["index"], second["index"]
    leaves[one], leaves[other] = leaves[other], leaves[one]
    sample(draft, P1)["leaf"], sample(draft, D1)["leaf"] = second, first
    finish(draft)


@ATTACKS.on(PATHS[P1], "counts 37 rows of 36")
def the_population_counts_otherwise(draft: Draft) -> None:
    told = {"count": 37, "months": {"2026-01": 28, "2026-02": 9}}
    relog(draft, P1, change(profile=told))


@ATTACKS.on(PATHS[P1], "counts other rows by month")
def the_population_counts_other_months(draft: Draft) -> None:
    relog(draft, P1, change(profile={"count": 36, "months": {"2026-01": 27, "2026-02": 9}}))


@ATTACKS.on(PATHS[P1], "is not the table of EV-000001")
def the_population_is_another_item(draft: Draft) -> None:
    relog(draft, P1, change(evidence="EV-000001"))


@ATTACKS.on(PATHS[P1], "is sealed over other bytes than EV-000006")
def the_population_names_other_bytes(draft: Draft) -> None:
    relog(draft, P1, change(evidence_sha256="0" * 64))


@ATTACKS.on(PATHS[P1], "has another origin than EV-000006")
def the_population_names_another_origin(draft: Draft) -> None:
    relog(draft, P1, change(ipe_sha256="0" * 64))


@ATTACKS.on(PATHS[P1], "was retrieved at another time than EV-000006")
def the_population_names_another_time_of_retrieval(draft: Draft) -> None:
    relog(draft, P1, change(retrieved_at="2026-03-09T10:00:00.000000Z"))


@ATTACKS.on(PATHS[P1], "is of other days than EV-000006")
def the_population_is_of_other_days(draft: Draft) -> None:
    relog(draft, P1, change(period={"from": "2026-01-01", "to": "2026-03-31"}))


@ATTACKS.on(PATHS[P1], "before 2026-03-03: later events are not in it")
def the_source_was_asked_before_it_had_settled(draft: Draft) -> None:
    """It was 00:00 of March 3rd nowhere on earth when it was asked."""
    early = "2026-03-02T09:59:59.000000Z"
    index = draft.item("EV-000006")["leaves"][0]["index"]
    told = json.loads(draft.log.leaves[index])
    told["body"]["collected_at"] = early
    draft.log.leaves[index] = canonical(told)
    relog(draft, P1, change(retrieved_at=early, lag_days=2))


@ATTACKS.on(PATHS[P1], "later events are not in it")
def the_source_settles_before_the_events(draft: Draft) -> None:
    relog(draft, P1, change(lag_days=-60))


@ATTACKS.on(PATHS[W1], "rests on EV-000099, which is not in this pack")
def a_result_rests_on_evidence_that_is_not_there(draft: Draft) -> None:
    row = a_draw(1, 5)["rows"][0]
    told = {"row": row, "attribute": "A", "result": "pass", "evidence": "EV-000099"}
    relog(draft, W1, change(results=[told]))


@ATTACKS.on(PATHS[W1], "has a result of row 99, which was not drawn")
def a_result_is_about_a_row_that_was_not_drawn(draft: Draft) -> None:
    relog(draft, W1, change(results=[{"row": 99, "attribute": "A", "result": "pass"}]))


@ATTACKS.on(PATHS[W1], "that its sheet does not know")
def a_result_is_about_an_attribute_that_was_not_chosen(draft: Draft) -> None:
    row = a_draw(1, 5)["rows"][0]
    relog(draft, W1, change(results=[{"row": row, "attribute": "B", "result": "pass"}]))


@ATTACKS.on(PATHS[D1], "lies in another place than its own")
def a_draw_lies_elsewhere(draft: Draft) -> None:
    draft.files["draws/other.json"] = draft.files.pop(PATHS[D1])
    sample(draft, D1)["path"] = "draws/other.json"


ATTACKS.rows = [
    (attack, "draws/other.json" if attack is a_draw_lies_elsewhere else file, reason)
    for attack, file, reason in ATTACKS.rows
]


@ATTACKS.on("draws/P1-D3.json", "belongs to no item of the manifest")
def a_draw_is_unlisted(draft: Draft) -> None:
    draft.files["draws/P1-D3.json"] = b"{}"


@ATTACKS.each()
def test_it_refuses_a_sample_that_does_not_come_out_again(
    verified: Verifier, attack: Attack, file: str, reason: str
) -> None:
    draft = sampled()
    attack(draft)
    outcome = verified(draft.pack())
    assert outcome.refuses(file, reason), outcome


@pytest.mark.parametrize(
    ("method", "rows"),
    [("systematic", 5), ("stratified", 5), ("all", 36)],
)
def test_every_method_is_drawn_again(verified: Verifier, method: str, rows: int) -> None:
    draft = sampled()
    seed = a_draw(1, 5)["seed"]
    drop(draft, D2)
    drop(draft, W1)
    chosen = {
        "systematic": [
            (keyed(seed, range(1, 37))[0] - 1 + place * 36) // 5 + 1 for place in range(5)
        ],
        # 5 of 28 + 8: quotas 3.9 and 1.1, so 4 and 1.
        "stratified": sorted(keyed(seed, range(1, 29))[:4] + keyed(seed, range(29, 37))[:1]),
        "all": list(range(1, 37)),
    }[method]
    relog(draft, D1, change(method=method, size=rows, rows=chosen))
    outcome = verified(draft.pack())
    assert outcome.status == 0, outcome


def test_a_query_that_began_before_the_item_was_collected_counts(verified: Verifier) -> None:
    draft = sampled()
    item = draft.item("EV-000006")
    ipe = {"started_at": "2026-03-02T09:30:00+00:00"}
    item["metadata"]["population"]["ipe"] = ipe
    index = item["leaves"][0]["index"]
    told = json.loads(draft.log.leaves[index])
    told["body"]["metadata_sha256"] = sha256(canonical(item["metadata"]))
    draft.log.leaves[index] = canonical(told)
    relog(draft, P1, change(ipe_sha256=sha256(canonical(ipe))))
    outcome = verified(draft.pack())
    assert outcome.refuses(PATHS[P1], "was retrieved at another time than EV-000006")
    relog(draft, P1, change(retrieved_at="2026-03-02T09:30:00.000000Z"))
    assert verified(draft.pack()).status == 0


def test_the_latest_day_on_earth_counts(verified: Verifier) -> None:
    """At 10:00 UTC it is the next day on Kiritimati already."""
    draft = sampled()
    relog(draft, P1, change(lag_days=2))
    assert verified(draft.pack()).status == 0


def test_a_state_is_no_list_of_events(verified: Verifier) -> None:
    draft = sampled()
    item = draft.item("EV-000006")
    item["metadata"]["kind"] = "state"
    index = item["leaves"][0]["index"]
    told = json.loads(draft.log.leaves[index])
    told["body"]["metadata_sha256"] = sha256(canonical(item["metadata"]))
    draft.log.leaves[index] = canonical(told)
    relog(draft, P1, change(lag_days=60))
    assert verified(draft.pack()).status == 0


def test_a_later_algorithm_is_no_verdict(verified: Verifier) -> None:
    draft = sampled()
    relog(draft, D1, change(format="countersign-draw/v2"))
    outcome = verified(draft.pack())
    assert (outcome.status, outcome.verdict) == (2, "COULD NOT CHECK")
    assert "countersign-draw/v2" in outcome.unchecked[0]
