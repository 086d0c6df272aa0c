"""Whatever the rows are: nothing is lost, nothing counts twice, and no order changes the digest."""

import tempfile
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from evidence.reconcile.outcome import Outcome
from tests.evidence.reconcile.small import ALL, reconcile, row, rule_text

PASSES = """
      - {id: P1, left: own_id, right: own_id}
      - {id: P2, left: processor_id, right: processor_id}
      - {id: P4, left: own_id, right: parent_id}
      - {id: P3, left: settlement_id, right: settlement_id, tolerance: {EUR: 2}}
      - {id: P6, within_days: 1}
"""
TEXT = rule_text(passes=PASSES, leg_extra="duplicate_seconds: 60", kinds=(ALL, ALL))

rows = st.lists(
    st.builds(
        lambda own, other, batch, parent, kind, status, amount, currency, day: row(
            own,
            amount,
            other=other,
            batch=batch,
            parent=parent,
            kind=kind,
            status=status,
            currency=currency,
            time=f"2026-03-{day:02}T10:00:00+00:00",
        ),
        st.sampled_from(["", "A", "B", "C"]),
        st.sampled_from(["", "T1", "T2"]),
        st.sampled_from(["", "S1"]),
        st.sampled_from(["", "A", "B"]),
        st.sampled_from(["sale", "refund", "adjust", "novel"]),
        st.sampled_from(["ok", "wait", "bad"]),
        st.sampled_from(["1.00", "2.00", "-1.00", "0.01"]),
        st.sampled_from(["EUR", "USD"]),
        st.sampled_from([2, 3, 19]),
    ),
    max_size=7,
)
few = settings(max_examples=12, suppress_health_check=list(HealthCheck))


def run(left: list[str], right: list[str]) -> Outcome:
    with tempfile.TemporaryDirectory() as folder:
        # A mark of its own keeps equal legs from being the same file.
        return reconcile(Path(folder), TEXT, left, [*right, row("mark", "7.77")])


def essence(found: Outcome) -> object:
    """All that a run says of content, without the places at which rows stood."""
    breaks = Counter((each.id.split("-")[0], each.reason, each.comparison) for each in found.breaks)
    return found.digest, found.state, found.totals, breaks, found.candidates, found.tolerated


@few
@given(rows, rows)
def test_the_identities_hold_whatever_comes(left: list[str], right: list[str]) -> None:
    found = run(left, right)
    assert found.failed_identities == []
    assert found.file_breaks == []
    for side, count in (("left", len(left)), ("right", len(right) + 1)):
        assert sum(total.count for total in found.totals if total.side == side) == count


@few
@given(rows, rows, st.randoms(use_true_random=False))
def test_no_order_of_rows_changes_the_outcome(
    left: list[str], right: list[str], by: object
) -> None:
    before = essence(run(left, right))
    assert essence(run(left, right)) == before
    by.shuffle(left)  # type: ignore[attr-defined]
    by.shuffle(right)  # type: ignore[attr-defined]
    assert essence(run(left, right)) == before


@pytest.mark.parametrize(
    "changed",
    [
        {"status": "bad"},
        {"amount": "10.01"},
        {"currency": "USD"},
        {"time": "2026-03-03T10:00:00+00:00"},
    ],
)
def test_other_pairs_have_another_digest(changed: dict[str, str]) -> None:
    first = run([row("A")], [row("A")])
    assert run([row("A", **changed)], [row("A", **changed)]).digest != first.digest
    assert run([row("A"), row("B")], [row("A"), row("B")]).digest != first.digest


def test_whatever_stands_in_a_break_is_in_the_digest() -> None:
    first = run([row("A")], [row("A"), row("B")])
    other = run([row("A")], [row("A"), row("B", merchant="M2")])
    assert other.digest != first.digest
