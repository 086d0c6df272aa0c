"""The rule sets of the house: planted faults are found, all of them and nothing else."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import pytest

from evidence.reconcile import run
from evidence.reconcile.outcome import Outcome, State
from registers.errors import ReconcilingError
from registers.reconciling import shipped

DAY = date(2026, 3, 10)
AT = f"{DAY}T10:00:00+00:00"
Rows = Sequence[str]


@dataclass(frozen=True)
class Case:
    """Files of each leg, and the breaks that must come of them: reason and id."""

    slug: str
    legs: Mapping[str, Rows]
    breaks: Sequence[tuple[str, str]]
    days_later: int = 2

    def __str__(self) -> str:
        return self.slug


REQUEST = "idempotency_key,kind,amount_minor,currency,at,client"
PAYMENT = "idempotency_key,payment_id,kind,amount_minor,currency,at,client,last_four"
TRACED = "payment_id,kind,state,amount_minor,currency,at"
MOVED = "payment_id,kind,amount_minor,currency,at"
EVENT = "event_id,about,amount_minor,currency,at"
DELIVERY = "event_id,about,state,amount_minor,currency,at"
BATCH = "record_id,batch_id,kind,amount_minor,currency,at"
OUTCOME = "record_id,batch_id,kind,outcome,amount_minor,currency,at"
CHECKED = "check_id,answer,amount_minor,currency,at"
COPIED = "record_id,state,amount_minor,currency,at"

CASES = [
    Case(
        "duplicates",
        {
            "requests": [
                REQUEST,
                *(f"k{n},payment,{n}00,EUR,{AT},C1" for n in range(1, 6)),
            ],
            "payments": [
                PAYMENT,
                f"k1,p1,payment,100,EUR,{AT},C1,4242",
                # Twice by one key.
                f"k2,p2,payment,200,EUR,{AT},C1,4242",
                f"k2,p9,payment,200,EUR,{AT},C1,4242",
                f"k3,p3,payment,300,EUR,{AT},C1,4242",
                # The same content once more under a key that nobody asked for.
                f"x4,p7,payment,400,EUR,{DAY}T10:05:00+00:00,C1,4242",
                f"k4,p4,payment,400,EUR,{AT},C1,4242",
                # A payment that nobody asked for, and like no other.
                f"x6,p6,payment,999,EUR,{AT},C2,4242",
            ],
        },
        [
            ("duplicate", "k2"),
            ("duplicate", "x4"),
            ("missing_in_platform", "x6"),
            # A request that led to none.
            ("missing_in_processor", "k5"),
        ],
    ),
    Case(
        "payment-trace",
        {
            "api": [
                f"{TRACED},client",
                *(f"p{n},payment,completed,{n}00,EUR,{AT},C1" for n in range(1, 8)),
                f"p8,payment,failed,800,EUR,{AT},C1",
            ],
            "ledger": [
                MOVED,
                *(f"p{n},payment,{n}00,EUR,{AT}" for n in (1, 2, 3, 4, 6)),
                f"p7,payment,701,EUR,{AT}",
            ],
            "processor": [
                "payment_id,processor_id,kind,state,amount_minor,currency,at",
                *(f"p{n},t{n},payment,completed,{n}00,EUR,{AT}" for n in (1, 3, 5, 6, 7)),
                f"p4,t4,payment,failed,400,EUR,{AT}",
                f"p8,t8,payment,failed,800,EUR,{AT}",
            ],
            "webhooks": [
                TRACED,
                *(f"p{n},payment,completed,{n}00,EUR,{AT}" for n in (1, 2, 4, 5, 6, 7)),
                f"p8,payment,failed,800,EUR,{AT}",
            ],
        },
        [
            ("missing_in_processor", "p2"),
            ("missing_in_platform", "p3"),
            ("status", "p4"),
            ("missing_in_ledger", "p5"),
            ("amount", "p7"),
        ],
    ),
    Case(
        "settlement-trace",
        {
            "processor": [
                "entry_id,settlement_id,kind,amount_minor,currency,at",
                f"e1,SET-1,payment,1000,EUR,{AT}",
                f"e2,SET-1,fee,-30,EUR,{AT}",
                f"e3,SET-2,payment,500,EUR,{AT}",
                f"e4,SET-3,payment,700,EUR,{AT}",
            ],
            "bank": [
                "text,amount_minor,currency,at",
                f"Payout SET-1 of the processor,970,EUR,{AT}",
                f"Payout SET-2,499,EUR,{AT}",
                f"Payout SET-9,100,EUR,{AT}",
            ],
        },
        [
            ("amount", "e3"),
            ("missing_in_bank", "e4"),
            ("unexpected_in_bank", "SET-9"),
        ],
        days_later=9,
    ),
    Case(
        "webhook-delivery",
        {
            "events": [EVENT, *(f"v{n},payment,{n}00,EUR,{AT}" for n in range(1, 5))],
            "deliveries": [
                DELIVERY,
                f"v1,payment,delivered,100,EUR,{AT}",
                f"v2,payment,given_up,200,EUR,{AT}",
                f"v4,payment,trying,400,EUR,{AT}",
                f"v7,payment,delivered,700,EUR,{AT}",
            ],
        },
        [
            ("status", "v2"),
            ("missing_in_platform", "v3"),
            ("status", "v4"),
            ("missing_in_platform", "v7"),
        ],
        days_later=8,
    ),
    Case(
        "batch-records",
        {
            "handed_in": [BATCH, *(f"r{n},b{n % 2},payment,{n}00,EUR,{AT}" for n in range(1, 6))],
            "came_out": [
                OUTCOME,
                f"r1,b1,payment,done,100,EUR,{AT}",
                f"r2,b0,payment,failed,200,EUR,{AT}",
                f"r3,b1,payment,done,310,EUR,{AT}",
                f"r5,b1,payment,done,500,EUR,{AT}",
                f"r9,b1,payment,done,900,EUR,{AT}",
            ],
        },
        [
            ("status", "r2"),
            ("amount", "r3"),
            ("missing_in_ledger", "r4"),
            ("missing_in_platform", "r9"),
        ],
    ),
    Case(
        "account-checks",
        {
            "recorded": [
                CHECKED,
                f"c1,passed,0,EUR,{AT}",
                f"c2,passed,0,EUR,{AT}",
                f"c3,refused,0,EUR,{AT}",
                f"c4,refused,0,EUR,{AT}",
            ],
            "provider": [
                "check_id,answer,amount_minor,currency,answered_at",
                f"c1,passed,0,EUR,{AT}",
                f"c2,refused,0,EUR,{AT}",
                f"c3,refused,0,EUR,{AT}",
                f"c5,passed,0,EUR,{AT}",
            ],
        },
        [
            # We say passed, the provider says refused.
            ("unknown", "c2"),
            ("missing_in_processor", "c4"),
            ("missing_in_platform", "c5"),
        ],
    ),
    Case(
        "sync-completeness",
        {
            "origin": [
                COPIED,
                f"d1,completed,100,EUR,{AT}",
                f"d2,failed,200,EUR,{AT}",
                f"d3,completed,300,EUR,{AT}",
                f"d4,completed,400,EUR,{AT}",
            ],
            "copy": [
                "record_id,state,amount_minor,currency,copied_at",
                f"d1,completed,100,EUR,{AT}",
                f"d3,pending,300,EUR,{AT}",
                f"d4,completed,401,EUR,{AT}",
                f"d8,completed,800,EUR,{AT}",
            ],
        },
        [
            ("missing_in_ledger", "d2"),
            ("unknown", "d3"),
            ("amount", "d4"),
            ("missing_in_platform", "d8"),
        ],
    ),
    Case(
        "failed-jobs",
        {
            "failures": [
                "job_id,amount_minor,currency,failed_at",
                *(f"j{n},{n}00,EUR,{AT}" for n in range(1, 4)),
                # It failed lately: there is still time.
                f"j4,400,EUR,{DAY + timedelta(days=8)}T10:00:00+00:00",
            ],
            "reviews": [
                "job_id,outcome,amount_minor,currency,reviewed_at",
                f"j1,cleared,100,EUR,{DAY + timedelta(days=1)}T10:00:00+00:00",
                f"j3,open,300,EUR,{DAY + timedelta(days=1)}T10:00:00+00:00",
            ],
        },
        [("missing_in_ledger", "j2"), ("status", "j3")],
        days_later=10,
    ),
]


def reconciled(case: Case, folder: Path, *, legs: Mapping[str, Rows] | None = None) -> Outcome:
    given = {}
    for leg, rows in (legs or case.legs).items():
        path = folder / f"{leg}.csv"
        path.write_text("\n".join(rows) + "\n", encoding="utf-8")
        given[leg] = [path]
    as_of = DAY + timedelta(days=case.days_later)
    return run.reconcile(
        shipped.get(case.slug).rules, given, scratch=folder, terms=run.Terms(as_of)
    )


def told(outcome: Outcome) -> list[tuple[str, str]]:
    return sorted({(each.reason, each.left.ids or each.right.ids) for each in outcome.breaks})


@pytest.mark.parametrize("case", CASES, ids=str)
def test_all_planted_faults_are_found_and_nothing_else(case: Case, tmp_path: Path) -> None:
    outcome = reconciled(case, tmp_path)
    assert outcome.state is State.BREAKS, [f.refused for f in outcome.files]
    assert told(outcome) == sorted(case.breaks)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_without_faults_nothing_is_found(case: Case, tmp_path: Path) -> None:
    """The first row of each leg is the whole one; the settlement needs its fee, too."""
    whole = 3 if case.slug == "settlement-trace" else 2
    legs = {leg: rows[: whole if leg == "processor" else 2] for leg, rows in case.legs.items()}
    assert reconciled(case, tmp_path, legs=legs).state is State.CLEAN


def test_every_rule_set_is_tried_here_and_says_what_it_finds() -> None:
    assert {case.slug for case in CASES} == {*shipped.known()}
    for slug, each in shipped.known().items():
        assert (each.rules.name, each.rules.version >= 1) == (slug, True)
        assert each.title
        assert each.about.endswith(".")
    with pytest.raises(ReconcilingError, match="No rule set"):
        shipped.get("moon")
