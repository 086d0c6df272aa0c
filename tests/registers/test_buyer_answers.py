"""Answers to buyers: read by a second person, and proven or openly not."""

import pytest

from accounts.models import User
from registers import entries, registry, relations
from registers.errors import EntryError
from registers.models import Relation
from tests.audits.world import World
from tests.registers.books import GOOD

pytestmark = pytest.mark.django_db
BOOK = registry.get("buyer_answers")


@pytest.mark.parametrize(
    ("changes", "place", "told"),
    [
        ({"read_by": "Alice@example.org"}, "read_by", "Another person"),
        ({"read_again": "2026-10-01"}, "read_again", "before it was read"),
        ({"why_unproven": ""}, "evidence", "or say why nothing does yet"),
        ({"public": "yes"}, "public", "needs an item that proves it"),
    ],
    ids=["read by the writer", "read again too early", "mere claim", "public without proof"],
)
def test_what_does_not_fit_is_refused(
    alice: User, changes: dict[str, str], place: str, told: str
) -> None:
    with pytest.raises(EntryError) as caught:
        entries.add(BOOK, given={**GOOD["buyer_answers"], **changes}, by=alice)
    assert told in caught.value.problems[place]


def test_an_answer_is_found_at_the_control_that_proves_it(world: World, alice: User) -> None:
    given = {**GOOD["buyer_answers"], "why_unproven": "", "controls": world.access.ref}
    made = entries.add(BOOK, given=given, by=alice)
    assert list(relations.naming(Relation.CONTROL, world.access.ref)) == [made]
