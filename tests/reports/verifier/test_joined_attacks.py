"""Joined populations that an insider with the key would like better: each part is held to its own.

The pack is made without our own writer. Attacks bend the record and log it anew, as if it had been
thought of in time, so that only the tables themselves can tell.
"""

import hashlib
from typing import Any

from tests.reports.verifier import packs
from tests.reports.verifier.attacks import Attack, Attacks
from tests.reports.verifier.conftest import Verifier
from tests.reports.verifier.packs import Draft, Json, good
from tests.reports.verifier.test_sample_attacks import (
    D1,
    P1,
    PATHS,
    change,
    draw_body,
    enter,
    finish,
    keyed,
    relog,
)
from tests.reports.verifier.trees import canonical, sha256

HEADER = b"change,merged_on\n"
JANUARY = HEADER + b"".join(b"CHG-%d,2026-01-%02d\n" % (day, day) for day in range(1, 29))
FEBRUARY = HEADER + b"".join(b"CHG-%d,2026-02-%02d\n" % (28 + day, day) for day in range(1, 9))
ATTACKS = Attacks()


def digest(*tables: bytes) -> str:
    return sha256("\n".join(("countersign-joined/v1", *map(sha256, tables))).encode())


def parts() -> list[Json]:
    days = ("2026-01-01", "2026-01-31"), ("2026-02-01", "2026-02-28")
    return [
        {
            "evidence": f"EV-00000{number}",
            "evidence_sha256": sha256(content),
            "ipe_sha256": sha256(canonical({})),
            "retrieved_at": f"2026-03-0{number}T10:00:00.000000Z",
            "table_sha256": sha256(content),
            "period": {"from": start, "to": end},
            "rows": content.count(b"\n") - 1,
        }
        for number, content, (start, end) in zip((6, 7), (JANUARY, FEBRUARY), days, strict=True)
    ]


def population() -> Json:
    return {
        "format": "countersign-population/v2",
        "ref": P1,
        "engagement": "ENG-2026-1",
        "control": "CH-01",
        "evidence": "EV-000006",
        "evidence_sha256": sha256(JANUARY),
        "ipe_sha256": sha256(canonical({})),
        "retrieved_at": "2026-03-07T10:00:00.000000Z",
        "lag_days": 1,
        "table_sha256": digest(JANUARY, FEBRUARY),
        "period": {"from": "2026-01-01", "to": "2026-02-28"},
        "columns": ["change", "merged_on"],
        "date_column": "merged_on",
        "profile": {"count": 36, "months": {"2026-01": 28, "2026-02": 8}},
        "parts": parts(),
    }


def joined(**changes: Any) -> Draft:
    """A good pack with a population of two months, and a draw of five rows from both."""
    draft = good()
    for name, content, part in zip(
        ("january", "february"), (JANUARY, FEBRUARY), parts(), strict=True
    ):
        said = {"covers_from": part["period"]["from"], "covers_to": part["period"]["to"]}
        said["collected_at"] = part["retrieved_at"]
        packs.add(draft, part["evidence"], f"{name}.csv", content, kind="event", said=said)
    record = population() | changes
    enter(draft, "population", P1, record, {"table_sha256": record["table_sha256"]})
    nonce, table = "harbour lantern 47", record["table_sha256"]
    period = record["period"]
    lines = ("countersign-draw/v1", table, "CH-01", period["from"], period["to"], nonce)
    seed = sha256("\n".join(lines).encode())
    draw = {name: record[name] for name in ("table_sha256", "control", "period", "date_column")}
    draw |= {"format": "countersign-draw/v1", "ref": D1, "population": P1, "nonce": nonce}
    draw |= {"seed": seed, "method": "stratified", "size": 5}
    draw["rows"] = sorted(keyed(seed, range(1, 29))[:4] + keyed(seed, range(29, 37))[:1])
    enter(draft, "draw", D1, draw, draw_body(draw))
    finish(draft)
    return draft


def test_a_good_pack_is_valid(verified: Verifier) -> None:
    outcome = verified(joined().pack())
    assert (outcome.status, outcome.failures) == (0, []), outcome
    assert "1 draws from 1 populations come out again" in outcome.passed[-1]


def test_the_seed_stands_on_the_digest_of_all_parts() -> None:
    assert hashlib.sha256(JANUARY).hexdigest() != population()["table_sha256"]
    assert digest(JANUARY, FEBRUARY) != digest(FEBRUARY, JANUARY)


def test_a_later_form_is_no_verdict(verified: Verifier) -> None:
    outcome = verified(joined(format="countersign-population/v3").pack())
    assert (outcome.status, outcome.verdict) == (2, "COULD NOT CHECK")


def bent(place: int, **values: Any) -> list[Json]:
    """Return the parts with one of them changed."""
    found = parts()
    found[place] |= values
    return found


def part_days(place: int, start: str, end: str) -> list[Json]:
    return bent(place, period={"from": start, "to": end})


@ATTACKS.on(PATHS[P1], "is not the digest of its parts in their order")
def a_part_is_left_out(draft: Draft) -> None:
    relog(draft, P1, change(parts=parts()[:1]))


@ATTACKS.on(PATHS[P1], "is not the digest of its parts in their order")
def the_parts_change_places(draft: Draft) -> None:
    relog(draft, P1, change(parts=parts()[::-1]))


@ATTACKS.on(PATHS[P1], "has a gap or an overlap before EV-000007")
def a_day_is_left_out(draft: Draft) -> None:
    relog(draft, P1, change(parts=part_days(1, "2026-02-02", "2026-02-28")))


@ATTACKS.on(PATHS[P1], "has a gap or an overlap before EV-000007")
def a_day_is_told_twice(draft: Draft) -> None:
    relog(draft, P1, change(parts=part_days(1, "2026-01-31", "2026-02-28")))


@ATTACKS.on(PATHS[P1], "has a gap or an overlap before EV-000006")
def it_begins_later_than_it_says(draft: Draft) -> None:
    relog(draft, P1, change(parts=part_days(0, "2026-01-02", "2026-01-31")))


@ATTACKS.on(PATHS[P1], "ends before its end")
def it_ends_earlier_than_it_says(draft: Draft) -> None:
    relog(draft, P1, change(parts=part_days(1, "2026-02-01", "2026-02-27")))


@ATTACKS.on(PATHS[P1], "is not the table of EV-000001")
def a_part_is_another_item(draft: Draft) -> None:
    relog(draft, P1, change(parts=bent(0, evidence="EV-000001")))


@ATTACKS.on(PATHS[P1], "'EV-000099'")
def a_part_is_not_in_the_pack(draft: Draft) -> None:
    relog(draft, P1, change(parts=bent(0, evidence="EV-000099")))


@ATTACKS.on(PATHS[P1], "counts 27 rows of EV-000006")
def a_part_counts_other_rows(draft: Draft) -> None:
    relog(draft, P1, change(parts=bent(0, rows=27)))


@ATTACKS.on(PATHS[P1], "has other columns than the table of EV-000006")
def it_names_other_columns(draft: Draft) -> None:
    relog(draft, P1, change(columns=["change", "deployed_on"], date_column="deployed_on"))


@ATTACKS.on(PATHS[P1], "has a gap or an overlap before EV-000006")
def a_part_ends_before_it_begins(draft: Draft) -> None:
    relog(draft, P1, change(parts=part_days(0, "2026-01-01", "2025-12-31")))


@ATTACKS.on(PATHS[P1], "lacks something")
def it_has_no_parts(draft: Draft) -> None:
    relog(draft, P1, lambda record: record.pop("parts"))


@ATTACKS.on(PATHS[P1], "is not the table of EV-000006")
def it_claims_to_be_one_table(draft: Draft) -> None:
    relog(draft, P1, change(format="countersign-population/v1"))


@ATTACKS.each()
def test_it_refuses_parts_that_do_not_fit(
    verified: Verifier, attack: Attack, file: str, reason: str
) -> None:
    draft = joined()
    attack(draft)
    outcome = verified(draft.pack())
    assert outcome.refuses(file, reason), outcome
