"""Where items stand, and what awaits a decision without reading all that was ever decided."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from django.core.cache import cache
from django.db.models import QuerySet

from accounts.models import User
from compliance.staff import standing
from evidence import awaiting, checks, intake, review
from evidence.models import Evidence
from tests import cast
from tests.audits.world import World
from tests.evidence import items
from tests.staff.desk import at_most


@pytest.fixture(autouse=True)
def fresh(db: None, var_dir: Path) -> Iterator[None]:
    """Nothing is remembered from another test: keys may be given again after a rollback."""
    cache.clear()
    yield
    cache.clear()


def item(name: str = "a", **changes: object) -> Evidence:
    return intake.receive(items.submission(content=name.encode(), **changes), actor="system")


def waiting() -> list[Evidence]:
    return list(awaiting.waiting().among(Evidence.objects.all()).order_by("pk"))


def one(evidence: Evidence) -> standing.Standing:
    return standing.of([evidence])[evidence.pk]


def test_a_new_item_awaits_review() -> None:
    assert one(item()).review == standing.AWAITING


def test_the_latest_decision_is_the_one_in_force(alice: User) -> None:
    evidence = item()
    review.return_with_reason(evidence, reviewer=alice, reason="Half of it is missing.")
    assert one(evidence).review == "returned"
    review.accept(evidence, reviewer=alice)
    assert one(evidence).review == "accepted"


def test_a_replaced_version_is_superseded_whatever_was_decided(alice: User) -> None:
    first = item()
    review.accept(first, reviewer=alice)
    second = item("b", supersedes=first)
    assert one(first).review == standing.SUPERSEDED
    assert one(second).review == standing.AWAITING


def test_a_pack_is_issued_and_awaits_nothing() -> None:
    pack = item(evidence_type=awaiting.PACK)
    assert one(pack).review == standing.ISSUED
    assert waiting() == []


def test_the_worst_check_speaks_for_the_item() -> None:
    expected = items.expectation()
    items.check(expected, "SELECT * FROM population WHERE NOT mfa", slug="fails")
    items.check(expected, "SELECT * FROM population WHERE user_id < 0", slug="passes")
    evidence = intake.receive(items.population(claims=(expected,)), actor="system")
    assert one(evidence).checks == standing.UNCHECKED
    checks.run(evidence, actor="system")
    stands = one(evidence)
    assert (stands.checks, stands.exceptions) == ("failed", 1)
    assert stands.check_words == "1 exception"


def test_the_controls_of_an_item_are_named_once(world: World) -> None:
    evidence = item(claims=(world.mfa, world.leavers, world.restore))
    assert one(evidence).controls == ["AC-01", "AV-01"]


def test_fifty_items_cost_as_many_queries_as_one(alice: User) -> None:
    many = [item(str(number)) for number in range(50)]
    with at_most(3):
        standing.of(many)


def test_what_was_decided_leaves_the_queue(alice: User) -> None:
    first, second = item("a"), item("b")
    assert waiting() == [first, second]
    review.accept(first, reviewer=alice)
    assert waiting() == [second]
    third = item("c")
    assert waiting() == [second, third]
    review.return_with_reason(third, reviewer=alice, reason="Not readable.")
    assert waiting() == [second]


def test_what_was_replaced_leaves_the_queue() -> None:
    first = item("a")
    assert waiting() == [first]
    second = item("b", supersedes=first)
    assert waiting() == [second]


def test_an_old_item_stays_in_the_queue_when_newer_ones_were_decided(alice: User) -> None:
    old = item("old")
    for number in range(5):
        review.accept(item(str(number)), reviewer=alice)
        assert waiting() == [old]


def test_it_looks_only_at_what_waited_and_at_what_came_since(alice: User) -> None:
    for number in range(30):
        review.accept(item(str(number)), reviewer=alice)
    assert waiting() == []
    with at_most(2):
        awaiting.waiting()


def test_it_looks_anew_after_a_backup_was_restored(alice: User) -> None:
    first = item("a")
    review.accept(first, reviewer=alice)
    assert waiting() == []
    # What was remembered reaches further than what is there now.
    cache.set("staff.waiting/1", ((), first.pk + 1000, True))
    second = item("b")
    assert waiting() == [second]


def test_a_queue_that_is_too_long_is_cut_and_still_found_whole(
    monkeypatch: pytest.MonkeyPatch, alice: User
) -> None:
    monkeypatch.setattr(awaiting, "_MOST_KEPT", 3)
    many = [item(str(number)) for number in range(8)]
    found = awaiting.waiting()
    assert not found.is_whole
    assert found.count == "3+"
    assert waiting() == many
    for evidence in many[:6]:
        review.accept(evidence, reviewer=alice)
    assert waiting() == many[6:]
    assert awaiting.waiting().count == "2"


def test_lists_by_decision_hold_the_newest_versions_only(alice: User) -> None:
    accepted, returned, old = item("a"), item("b"), item("c")
    review.accept(accepted, reviewer=alice)
    review.return_with_reason(returned, reviewer=alice, reason="Wrong month.")
    review.accept(old, reviewer=alice)
    newer = item("d", supersedes=old)

    def fit(rows: QuerySet[Evidence]) -> list[Evidence]:
        return list(rows.order_by("pk"))

    everything = Evidence.objects.all()
    assert fit(standing.decided(everything, "accepted")) == [accepted]
    assert fit(standing.decided(everything, "returned")) == [returned]
    assert fit(standing.superseded(everything)) == [old]
    assert waiting() == [newer]


def test_somebody_else_must_review(db: None) -> None:
    maker = cast.person("compliance-lead")
    evidence = item(prepared_by=maker, covers_to=date(2026, 10, 31))
    assert "another person" in review.obstacle(evidence, reviewer=maker).lower()
    assert review.obstacle(evidence, reviewer=cast.person("reviewer")) == ""
