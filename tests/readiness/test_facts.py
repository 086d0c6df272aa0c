"""What was missed: what nothing is known of is judged together, and each is told for itself."""

from collections import Counter

import pytest

from audits import changes
from audits.coverage import State
from audits.summed import cover_summed
from readiness.facts import Facts, _last_quarter
from tests.readiness.ground import Ground, ago

pytestmark = pytest.mark.django_db
RHYTHMS = {
    "one-list": "weekly",
    "second-list": "weekly",
    "third-list": "daily",
    "shown-list": "weekly",
}


@pytest.fixture
def ground(ground: Ground) -> Ground:
    for slug, cadence in RHYTHMS.items():
        ground.expect(slug, cadence=cadence, since=ago(60))
    ground.show("shown-list", age=9)
    return ground


def one_by_one(facts: Facts, slug: str) -> Counter[State]:
    expected = next(one for one in facts._wanted if one.slug == slug).expected
    start = _last_quarter(facts.today)
    question = changes.question([expected], start, facts.today, facts.moment)
    (block,) = cover_summed([expected], question, {}, {})
    return Counter(one.state for one in block.short())


def test_each_is_told_as_if_it_were_judged_alone(ground: Ground) -> None:
    facts = Facts()
    missed = facts.missed(RHYTHMS)
    for slug in ("one-list", "second-list", "third-list"):
        assert missed[slug].counts == one_by_one(facts, slug)
    assert missed["one-list"].counts != missed["third-list"].counts
    assert missed["shown-list"].counts != missed["one-list"].counts
    assert list(missed) == sorted(RHYTHMS, key=list(facts.standings).index)


def test_who_has_skipped_days_is_judged_alone(ground: Ground) -> None:
    expectation = ground.made["second-list"]
    before = Facts().missed(RHYTHMS)
    span = changes.Span(ago(40), ago(15), ago(15))
    changes.skip(expectation, span=span, reason="The office was shut.", by=ground.alice)
    after = Facts().missed(RHYTHMS)
    assert after["one-list"].counts == before["one-list"].counts
    assert (
        after["second-list"].counts.get(State.MISSED, 0)
        < before["second-list"].counts[State.MISSED]
    )
