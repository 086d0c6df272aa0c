"""Whether an answer is backed: every kind that it names proven, in the window, today."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from readiness.buyers.backing import Ground, backed
from readiness.standing import Item, Standing

TODAY = date(2026, 10, 1)
WINDOW = (date(2026, 1, 1), date(2026, 12, 31))
ITEM = Item(
    key=1,
    ref="EV-1",
    title="Factors",
    owner="",
    covers_from=date(2026, 9, 1),
    covers_to=date(2026, 9, 30),
    collected_at=datetime(2026, 9, 30, tzinfo=UTC),
    received_at=datetime(2026, 9, 30, tzinfo=UTC),
    is_accepted=True,
)
FACTORS = Standing(
    key=1,
    slug="factors",
    title="Factors of all staff",
    control="AC-01",
    control_key=1,
    control_title="Second factor",
    cadence="monthly",
    days_allowed=5,
    collector="",
    owner_role="",
    item=ITEM,
)


def ground(*standings: Standing, window: tuple[date, date] | None = WINDOW) -> Ground:
    return Ground({one.slug: one for one in standings}, TODAY, window)


def test_accepted_fresh_evidence_in_the_window_backs_an_answer() -> None:
    found = backed(["AC-01"], ["factors"], ground(FACTORS))
    assert found.is_backed
    assert (found.evidence, found.as_of) == (("EV-1",), date(2026, 9, 30))


@pytest.mark.parametrize(
    ("item", "why"),
    [
        (None, "no evidence has come yet"),
        (replace(ITEM, is_accepted=False), "nobody has reviewed EV-1"),
        (replace(ITEM, failed=("mfa",)), "did not pass mfa"),
        (replace(ITEM, covers_to=date(2026, 6, 1)), "was in force until"),
        (
            replace(ITEM, covers_from=date(2027, 1, 1), covers_to=date(2027, 1, 2)),
            "lies outside of the window",
        ),
    ],
    ids=["none", "unreviewed", "failed", "old", "outside"],
)
def test_what_is_missing_is_said(item: Item | None, why: str) -> None:
    for kinds in (["factors"], []):
        found = backed(["AC-01"], kinds, ground(replace(FACTORS, item=item)))
        assert not found.is_backed
    assert why in backed(["AC-01"], ["factors"], ground(replace(FACTORS, item=item))).lacks[0]


def test_every_kind_that_is_named_must_be_proven() -> None:
    other = replace(FACTORS, slug="other", item=None)
    assert not backed(["AC-01"], ["factors", "other"], ground(FACTORS, other)).is_backed
    assert backed(["AC-01"], [], ground(FACTORS, other)).is_backed
    assert not backed(["AC-01"], ["gone"], ground(FACTORS)).is_backed


def test_a_control_with_a_contradiction_backs_nothing() -> None:
    wrong = replace(FACTORS, slug="other", item=replace(ITEM, ref="EV-2", failed=("mfa",)))
    assert not backed(["AC-01"], [], ground(FACTORS, wrong)).is_backed


def test_an_answer_that_names_nothing_is_not_backed() -> None:
    assert backed([], [], ground(FACTORS)).lacks == ("it names no control and no kind of evidence",)
