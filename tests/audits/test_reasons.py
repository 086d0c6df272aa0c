"""Each item of an occurrence is told why it counts, or why it does not."""

from datetime import date

import pytest

from audits import reasons
from audits.claims import Claimed, Decision, Kind
from controls.cadence import Window
from tests.audits.occurrences import MAY, MAY_END, expected, item

WINDOW = Window(MAY, MAY_END, date(2026, 6, 5))
JUNE = date(2026, 6, 2)


@pytest.mark.parametrize(
    ("kind", "claim", "words"),
    [
        (Kind.EVENT, item("EV-1", MAY, MAY_END), "covers 2026-05-01 to 2026-05-31, and was"),
        (Kind.EVENT, item("EV-1", MAY, MAY_END, collected=MAY_END), "to 2026-05-30 only"),
        (Kind.DOCUMENT, item("EV-1", date(2026, 1, 1), MAY), "in force on 2026-05-01."),
        (Kind.STATE, item("EV-1", MAY, collected=MAY), "shows the state of 2026-05-01"),
    ],
)
def test_what_counts_says_for_which_days(kind: Kind, claim: Claimed, words: str) -> None:
    assert reasons.counts(claim, expected(kind), WINDOW, ["EV-1"])
    assert words in reasons.why(claim, expected(kind), WINDOW, ["EV-1"])


@pytest.mark.parametrize(
    ("kind", "claim", "words"),
    [
        (Kind.EVENT, item("EV-1", MAY, decision=Decision.RETURNED), "was returned"),
        (Kind.EVENT, item("EV-1", MAY, is_superseded=True), "newer version"),
        (Kind.EVENT, item("EV-1", MAY)._replace(is_partial=True), "incomplete"),
        (Kind.EVENT, item("EV-1", MAY, collected=MAY), "before its days were over. Retr"),
        (Kind.EVENT, item("EV-1", JUNE), "outside this time"),
        (Kind.DOCUMENT, item("EV-1", JUNE), "outside this time"),
        (Kind.STATE, item("EV-1", JUNE, collected=JUNE), "counts for 2026-06-02 only"),
        (Kind.STATE, item("EV-1", MAY, MAY_END, collected=JUNE), "none of the days"),
    ],
)
def test_what_does_not_count_says_why(kind: Kind, claim: Claimed, words: str) -> None:
    assert not reasons.counts(claim, expected(kind), WINDOW, ["EV-1"])
    assert words in reasons.why(claim, expected(kind), WINDOW, ["EV-1"])


def test_an_item_that_another_one_overtook_says_so() -> None:
    claim = item("EV-1", MAY, collected=MAY)
    assert not reasons.counts(claim, expected(Kind.STATE), WINDOW, ["EV-2"])
    assert "later item speaks" in reasons.why(claim, expected(Kind.STATE), WINDOW, ["EV-2"])


def test_the_lag_of_the_source_is_named() -> None:
    slow = expected(Kind.EVENT)._replace(lag_days=3)
    said = reasons.why(item("EV-1", MAY_END, collected=date(2026, 6, 2)), slow, WINDOW, [])
    assert "3 days had passed for its source to settle" in said
