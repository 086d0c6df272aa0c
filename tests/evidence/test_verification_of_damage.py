"""The check of the log goes on past whatever damage it meets, and its absence is told."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from evidence import checks, intake, ledger, merkle, review, verification
from evidence import verification_stages as stages
from evidence.log_models import LogCheck
from evidence.models import CheckResult, Evidence, LedgerEntry, Review
from evidence.standing import of_log
from tests.evidence import items
from tests.evidence.test_signing import grow
from tests.evidence.test_verification import checked, found, item, update

__all__ = ["item"]
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("var_dir")]


def forge_leaf(index: int, text: str) -> None:
    """Rewrite a leaf together with its hash."""
    update(LedgerEntry, index, leaf=text, leaf_hash=merkle.leaf_hash(text.encode()))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param("[]", "The leaf is no object with a body.", id="list"),
        pytest.param('{"body":[]}', "The leaf is no object with a body.", id="no body"),
        pytest.param("[" * 100_000, "The leaf is no JSON.", id="deep"),
        pytest.param('{"body":{"a":1.5}}', "The leaf is no JSON.", id="float"),
    ],
)
def test_a_leaf_that_is_none_does_not_silence_the_check(text: str, said: str) -> None:
    grow(3)
    forge_leaf(1, text)
    check = checked()
    assert check.finished_at
    assert ("leaf 1", said) in check.problems.values_list("subject", "sentence")


def test_a_row_that_no_leaf_can_hold_does_not_silence_the_check() -> None:
    wanted = items.expectation()
    items.check(wanted, "SELECT 1 WHERE false")
    made = intake.receive(items.population(claims=[wanted]), actor="system")
    (result,) = checks.run(made, actor="system")
    update(CheckResult, result.pk, exceptions={"rows": [[0.5]]})
    check = checked()
    assert check.finished_at
    sentence = "The row of check result cannot be read as its leaf tells it (LedgerError)."
    assert list(check.problems.values_list("sentence", flat=True)) == [sentence]


def test_a_leaf_that_lacks_what_its_rows_need_does_not_silence_the_check() -> None:
    with transaction.atomic():
        ledger.append("campaign.confirmed", subject="CAM-1", body={"x": 1}, actor="system")
    ((_, sentence),) = found()
    assert sentence.endswith("cannot be read as its leaf tells it (KeyError).")


def test_a_row_that_cannot_be_loaded_does_not_hide_the_others(
    item: Evidence, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = review.accept(item, reviewer=alice)
    other = intake.receive(items.submission(title="Second"), actor="system")
    review.accept(other, reviewer=alice)
    load = Review.from_db.__func__  # type: ignore[attr-defined]

    def damaged(cls: Any, db: Any, names: Any, values: Any) -> Any:
        made = load(cls, db, names, values)
        if made.pk == kept.pk:
            raise ValueError(made.pk)
        return made

    monkeypatch.setattr(Review, "from_db", classmethod(damaged))
    assert [sentence for _, sentence in found()] == [
        "The row of review cannot be read as its leaf tells it (ValueError)."
    ]


def test_more_rows_take_no_more_queries() -> None:
    wanted = items.expectation()

    def asked() -> int:
        intake.receive(items.submission(claims=[wanted]), actor="system")
        with CaptureQueriesContext(connection) as captured:
            stages.leaves("", ledger.size())
        return len(captured)

    assert asked() == asked()


def test_a_check_that_is_not_finished_for_days_is_told() -> None:
    grow(3)
    assert of_log().is_well
    long_ago = timezone.now() - timedelta(days=4)
    update(LedgerEntry, 0, recorded_at=long_ago)
    assert of_log().is_unchecked
    assert not of_log().is_well
    check = checked()
    assert not of_log().is_unchecked
    LogCheck.objects.filter(pk=check.pk).update(finished_at=long_ago)
    verification.begin()
    assert of_log().is_unchecked
