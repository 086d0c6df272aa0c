"""The timetable: phases follow each other, steps are spread over their phase."""

from datetime import date, timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from readiness.timetable import Stretch, laid_out

START = date(2026, 1, 5)
STRETCHES = st.lists(
    st.builds(Stretch, weeks=st.integers(1, 52), steps=st.integers(1, 9).map(lambda n: "x" * n)),
    max_size=6,
).map(
    lambda found: [
        Stretch(one.weeks, [f"{place}-{number}" for number in range(len(one.steps))])
        for place, one in enumerate(found)
    ]
)


def test_two_steps_share_a_phase_of_two_weeks() -> None:
    due = laid_out(START, [Stretch(2, ["a", "b"]), Stretch(1, ["c"])])
    assert due == {"a": date(2026, 1, 11), "b": date(2026, 1, 18), "c": date(2026, 1, 25)}


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(STRETCHES)
def test_every_step_has_a_day_in_its_phase_in_order(phases: list[Stretch]) -> None:
    due = laid_out(START, phases)
    begins = START
    for phase in phases:
        ends = begins + timedelta(days=7 * phase.weeks - 1)
        found = [due[step] for step in phase.steps]
        assert found == sorted(found)
        assert begins - timedelta(days=1) <= found[0]
        assert found[-1] == ends
        begins = ends + timedelta(days=1)
