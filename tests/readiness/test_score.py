"""The score: nothing but accepted evidence earns, and what keeps from being ready is said."""

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from readiness.score import Asked, Judged, Value, Verdict, by_group, score
from readiness.standing import Backing

ASKED = st.builds(
    Asked,
    id=st.text("abc", min_size=1, max_size=3),
    group=st.sampled_from(["security", "availability"]),
    weight=st.integers(1, 5),
    value=st.none() | st.sampled_from(Value),
    reason=st.sampled_from(["", " ", "We have no such thing."]),
    backing=st.sampled_from(Backing),
)
JUDGED = st.builds(
    Judged, id=st.just("m"), weight=st.integers(1, 5), verdict=st.sampled_from(Verdict)
)
SHOWN = Asked("q", "security", 3, Value.YES, "", Backing.PROVEN)
CLEAR = Judged("m", 4, Verdict.CLEAR)


def test_a_programme_is_ready_when_all_is_shown_and_no_mistake_is_there() -> None:
    found = score([SHOWN, replace(SHOWN, value=Value.NOT_APPLICABLE, reason="None.")], [CLEAR])
    assert (found.points, found.is_ready, found.hindrances) == (100, True, ())
    assert (found.shown, found.applying) == (1, 1)


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.lists(ASKED, min_size=1))
def test_claims_alone_earn_nothing_and_are_never_ready(asked: list[Asked]) -> None:
    claimed = [replace(one, value=Value.YES, backing=Backing.CLAIM) for one in asked]
    found = score(claimed, [CLEAR])
    assert (found.points, found.is_ready) == (0, False)
    assert "a mere claim" in " ".join(one.words for one in found.hindrances)


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.lists(ASKED), st.lists(JUDGED))
def test_ready_means_that_everything_that_applies_is_shown(
    asked: list[Asked], judged: list[Judged]
) -> None:
    found = score(asked, judged)
    whole = all(one.is_shown for one in asked if one.applies)
    clear = all(one.verdict is Verdict.CLEAR for one in judged)
    assert found.is_ready == (whole and clear and any(one.applies for one in asked))
    assert found.is_ready == (not found.hindrances)
    assert 0 <= found.points <= 100
    assert (found.points == 100) == (whole and found.applying > 0)


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.lists(ASKED, min_size=1), st.data())
def test_losing_its_evidence_never_raises_a_score(asked: list[Asked], data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(asked) - 1))
    worse = list(asked)
    worse[place] = replace(asked[place], backing=Backing.CLAIM)
    assert score(worse, []).points <= score(asked, []).points
    assert not score(worse, []).is_ready or score(asked, []).is_ready


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.lists(ASKED), st.lists(JUDGED))
def test_the_order_of_questions_does_not_matter(asked: list[Asked], judged: list[Judged]) -> None:
    assert score(asked, judged) == score(asked[::-1], judged[::-1])


def test_nothing_is_ready_where_nothing_applies() -> None:
    away = replace(SHOWN, value=Value.NOT_APPLICABLE, reason="We have none.")
    for asked in ([], [away]):
        found = score(asked, [])
        assert (found.points, found.is_ready) == (0, False)
        assert found.hindrances[0].words == "Nothing applies, so nothing was shown."


def test_what_does_not_apply_needs_a_reason() -> None:
    found = score([SHOWN, replace(SHOWN, value=Value.NOT_APPLICABLE, reason=" ")], [])
    assert (found.points, found.is_ready) == (50, False)
    assert found.hindrances[0].words == "1 question is said not to apply without a reason."


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"value": None}, "1 question is not answered yet."),
        ({"value": Value.NO}, "1 question is answered no."),
        ({"backing": Backing.PARTLY}, "1 question is answered yes and shown in part only."),
        (
            {"backing": Backing.UNREVIEWED},
            "1 question is answered yes by evidence that nobody has reviewed.",
        ),
        (
            {"backing": Backing.CONTRADICTED},
            "1 question is answered yes although a check of the evidence found otherwise.",
        ),
    ],
)
def test_it_says_what_keeps_a_programme_from_being_ready(
    changed: dict[str, object], words: str
) -> None:
    found = score([SHOWN, replace(SHOWN, **changed)], [CLEAR])  # type: ignore[arg-type]
    assert (found.points, found.is_ready) == (50, False)
    assert [one.words for one in found.hindrances] == [words]


def test_mistakes_that_are_found_or_not_judged_keep_from_being_ready_the_gravest_first() -> None:
    judged = [Judged("a", 3, Verdict.NOT_JUDGED), Judged("b", 5, Verdict.FOUND), CLEAR]
    found = score([SHOWN], judged)
    assert (found.points, found.is_ready) == (100, False)
    assert [one.words for one in found.hindrances] == [
        "1 common mistake is found in the data.",
        "1 common mistake is not judged, because there is no data.",
    ]


def test_each_group_has_a_score_of_its_own() -> None:
    groups = by_group([SHOWN, replace(SHOWN, group="availability", value=None)])
    assert {name: found.points for name, found in groups.items()} == {
        "security": 100,
        "availability": 0,
    }
