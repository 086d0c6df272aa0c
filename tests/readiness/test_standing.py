"""Standing: how old an item may be, and how well several expectations are shown together."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import permutations

import pytest

from controls.cadence import Cadence, windows
from readiness.standing import Backing, Item, Standing, together

DAY = date(2026, 6, 30)
MOMENT = datetime(2026, 6, 30, 9, tzinfo=UTC)
ITEM = Item(1, "EV-000001", "A list", "eve", DAY, MOMENT, MOMENT, is_accepted=True)
STANDING = Standing(1, "list", "List", "AC-01", 1, "Control", "monthly", 5, "", "engineer", ITEM)


def made(backing: Backing) -> Standing:
    item = {
        Backing.PROVEN: ITEM,
        Backing.UNREVIEWED: replace(ITEM, is_accepted=False),
        Backing.CONTRADICTED: replace(ITEM, failed=("c",)),
        Backing.CLAIM: None,
    }[backing]
    return replace(STANDING, item=item)


@pytest.mark.parametrize("cadence", list(Cadence))
def test_an_item_is_in_force_until_the_next_one_is_due(cadence: Cadence) -> None:
    standing = replace(STANDING, cadence=cadence)
    until = standing.in_force_until
    assert until
    following = windows(cadence, DAY + timedelta(days=1), DAY + timedelta(days=400), days_allowed=5)
    assert until >= following[0].due
    assert standing.backing(until) is Backing.PROVEN
    assert standing.backing(until + timedelta(days=1)) is Backing.CLAIM


def test_it_is_not_in_force_for_much_longer_than_that() -> None:
    assert STANDING.in_force_until == date(2026, 8, 5)


@pytest.mark.parametrize(
    ("changed", "backing", "lack"),
    [
        ({}, Backing.PROVEN, ""),
        ({"is_accepted": False}, Backing.UNREVIEWED, "nobody has reviewed EV-000001 yet"),
        ({"failed": ("doors",)}, Backing.CONTRADICTED, "EV-000001 did not pass doors"),
        (
            {"covers_to": date(2026, 1, 31)},
            Backing.CLAIM,
            "EV-000001 was in force until 2026-03-08",
        ),
    ],
)
def test_it_says_what_stands_behind_it_and_what_is_lacking(
    changed: dict[str, object], backing: Backing, lack: str
) -> None:
    standing = replace(STANDING, item=replace(ITEM, **changed))  # type: ignore[arg-type]
    assert (standing.backing(DAY), standing.lack(DAY)) == (backing, lack)


def test_without_an_item_it_is_a_mere_claim() -> None:
    standing = replace(STANDING, item=None)
    assert standing.backing(DAY) is Backing.CLAIM
    assert standing.lack(DAY) == "no evidence has come yet"
    assert not standing.is_in_force(DAY)


@pytest.mark.parametrize(
    ("parts", "whole"),
    [
        ([], Backing.CLAIM),
        ([Backing.PROVEN, Backing.PROVEN], Backing.PROVEN),
        ([Backing.PROVEN, Backing.UNREVIEWED], Backing.UNREVIEWED),
        ([Backing.PROVEN, Backing.CLAIM], Backing.PARTLY),
        ([Backing.CLAIM, Backing.CLAIM], Backing.CLAIM),
        ([Backing.PROVEN, Backing.CLAIM, Backing.CONTRADICTED], Backing.CONTRADICTED),
    ],
)
def test_several_are_shown_as_well_as_the_worst(parts: list[Backing], whole: Backing) -> None:
    for order in permutations(parts):
        assert together([made(part) for part in order], DAY) is whole


def test_every_backing_has_words() -> None:
    assert len({backing.words for backing in Backing}) == len(Backing)
