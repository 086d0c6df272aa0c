"""The queue of gaps: always the same order, the gravest first."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from readiness.gaps import Deed, Gap, GapKind, queued

GAPS = st.builds(
    Gap,
    kind=st.sampled_from(GapKind),
    weight=st.integers(1, 5),
    name=st.text("ab", max_size=2),
    title=st.just(""),
    why=st.just(""),
    deed=st.sampled_from(Deed),
    key=st.just(""),
)


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.lists(GAPS))
def test_the_gravest_come_first_and_nothing_is_lost(gaps: list[Gap]) -> None:
    found = queued(gaps)
    assert [gap.weight for gap in found] == sorted((gap.weight for gap in gaps), reverse=True)
    assert sorted(map(repr, found)) == sorted(map(repr, gaps))


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.lists(GAPS, unique_by=lambda gap: (gap.kind, gap.weight, gap.name)), st.randoms())
def test_the_order_does_not_depend_on_how_they_came(gaps: list[Gap], random: object) -> None:
    mixed = list(gaps)
    random.shuffle(mixed)  # type: ignore[attr-defined]
    assert queued(mixed) == queued(gaps)


def test_at_the_same_weight_mistakes_come_first() -> None:
    made = [Gap(kind, 3, "a", "", "", Deed.LOOK, "") for kind in reversed(GapKind)]
    assert [gap.kind for gap in queued(made)] == list(GapKind)
    assert len({kind.words for kind in GapKind}) == len(GapKind)
