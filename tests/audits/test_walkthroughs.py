"""Walkthroughs: recorded by the auditor step by step, bound by a leaf, and counted."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from hashlib import sha256

import pytest
from django.db import DatabaseError, connection, transaction

from accounts.models import User
from audits import engagements, walkthroughs
from audits.days import today
from audits.errors import ClosedError, NotAllowedError, WalkthroughError
from audits.models import Engagement, Walkthrough
from audits.walkthroughs import Step, Walked
from controls.models import ControlVersion
from evidence.models import LedgerEntry
from tests.audits.sealing import admit, item
from tests.audits.test_draws import STRANGERS
from tests.audits.walking import WALKED
from tests.audits.world import World, hand_in, submission


@pytest.fixture
def engagement(world: World, bob: User) -> Engagement:
    engagement = world.engagement()
    admit(engagement, bob, by=world.alice)
    return engagement


@pytest.fixture
def record(world: World, engagement: Engagement, bob: User) -> Callable[..., Walkthrough]:
    def record(walked: Walked = WALKED, by: User = bob) -> Walkthrough:
        return walkthroughs.record_walkthrough(
            engagement, control=world.access, walked=walked, by=by
        )

    return record


Record = Callable[..., Walkthrough]


def test_it_keeps_what_was_said_and_seen(
    world: World, engagement: Engagement, bob: User, record: Record
) -> None:
    shown = item(world)
    step = Step("It is deployed.", "The list.\r\nRow 7.", [shown.ref, shown.ref, " "])
    made = record(replace(WALKED, steps=[*WALKED.steps, step], note=" All clear. "))
    said = made.said
    assert made.ref == f"{engagement.ref}/W1"
    assert (said["control"], said["wording"], said["walked_on"]) == ("AC-01", 1, "2026-09-14")
    assert said["asked"] == ["Release manager", "Developer"]
    assert said["steps"][2] == {
        "text": "It is deployed.",
        "inspected": "The list.\nRow 7.",
        "evidence": [shown.ref],
    }
    assert (said["result"], said["note"]) == ("as described", "All clear.")
    assert record().number == 2


def test_its_leaf_binds_the_record_and_has_no_words(record: Record) -> None:
    made = record()
    leaf = json.loads(made.ledger_entry.leaf)
    assert (leaf["kind"], leaf["subject"]) == ("walkthrough", made.ref)
    assert leaf["body"] == {
        "control": "AC-01",
        "result": "as described",
        "steps": 2,
        "record_sha256": sha256(made.record.encode()).hexdigest(),
    }


def test_it_is_held_against_the_wording_of_its_day(world: World, record: Record) -> None:
    ControlVersion.objects.create(
        control=world.access,
        number=2,
        statement="From October on.",
        effective_from=date(2026, 10, 1),
        digest="0" * 64,
    )
    assert record().said["wording"] == 1
    assert record(replace(WALKED, walked_on=date(2026, 10, 2))).said["wording"] == 2


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"item": " "}, "which item was followed"),
        ({"item": "x" * 501}, "more than 500"),
        ({"walked_on": today() + timedelta(days=1)}, "lies in the future"),
        ({"asked": []}, "Name 1 to 12 people"),
        ({"asked": ["x"] * 13}, "Name 1 to 12 people"),
        ({"asked": ["Release\nmanager"]}, "one line"),
        ({"steps": []}, "1 to 20 steps"),
        ({"steps": [Step("a", "b")] * 21}, "1 to 20 steps"),
        ({"steps": [Step("A ticket is opened.", " ")]}, "Step 1: say what happens, and what"),
        ({"steps": [Step("a", "b", ["EV-999999"])]}, "EV-999999 is no item of this engagement"),
        ({"steps": [Step("a\x00", "b")]}, "invisible"),
        ({"result": "fine"}, "one of as described, not as described"),
        ({"result": "not as described"}, "what is not as the control says"),
    ],
    ids=[
        *(
            "no-item",
            "long-item",
            "future",
            "nobody",
            "crowd",
            "two-lines",
            "no-step",
            "many-steps",
        ),
        *("only-asked", "stranger", "invisible", "odd-result", "no-reason"),
    ],
)
def test_what_is_odd_is_refused_and_nothing_kept(
    record: Record, change: dict[str, object], said: str
) -> None:
    leaves = LedgerEntry.objects.count()
    with pytest.raises(WalkthroughError, match=said):
        record(replace(WALKED, **change))  # type: ignore[arg-type]
    assert not Walkthrough.objects.exists()
    assert LedgerEntry.objects.count() == leaves


def test_what_lies_out_of_scope_is_no_evidence_of_it(world: World, record: Record) -> None:
    outside = hand_in(submission(b"restored\n", date(2026, 7, 1), None, world.restore))
    with pytest.raises(WalkthroughError, match=outside.ref):
        record(replace(WALKED, steps=[Step("a", "b", [outside.ref])]))


def test_a_control_out_of_scope_is_not_walked_through(
    world: World, engagement: Engagement, bob: User
) -> None:
    with pytest.raises(WalkthroughError, match="AV-01 is not in the scope"):
        walkthroughs.record_walkthrough(engagement, control=world.backup, walked=WALKED, by=bob)


def test_the_reach_counts_controls_and_not_walkthroughs(
    world: World, engagement: Engagement, record: Record
) -> None:
    before = walkthroughs.reach_of(engagement)
    assert (before.walked, before.whole, before.lacking) == (0, 1, [world.access])
    assert not walkthroughs.is_walked(engagement, world.access)
    record()
    record(replace(WALKED, result="not as described", note="Nobody approved it."))
    after = walkthroughs.reach_of(engagement)
    assert (after.walked, after.whole, after.lacking) == (1, 1, [])
    assert walkthroughs.is_walked(engagement, world.access)


@pytest.mark.parametrize("stranger", STRANGERS, ids=lambda who: who.__name__)
def test_only_its_auditors_record(
    world: World,
    engagement: Engagement,
    record: Record,
    stranger: Callable[[World, Engagement], User],
) -> None:
    with pytest.raises(NotAllowedError):
        record(by=stranger(world, engagement))
    assert not Walkthrough.objects.exists()


def test_nothing_is_recorded_once_the_engagement_is_closed(
    world: World, engagement: Engagement, record: Record
) -> None:
    engagements.close_engagement(engagement, by=world.alice)
    with pytest.raises(ClosedError):
        record()


@pytest.mark.parametrize(
    "deed", ["UPDATE {} SET number = 9", "DELETE FROM {}"], ids=["update", "delete"]
)
def test_the_database_changes_nothing(record: Record, deed: str) -> None:
    record()
    with (
        pytest.raises(DatabaseError, match="append-only"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(deed.format("audits_walkthrough"))
