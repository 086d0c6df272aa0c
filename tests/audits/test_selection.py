"""What a pack froze is read back as it was written."""

import json
from dataclasses import replace

import pytest

from audits import packs, selection
from audits.selection import Selection
from evidence import review
from tests.audits.world import SECURITY, World, hand_in_staff


@pytest.fixture
def frozen(world: World) -> Selection:
    review.accept(hand_in_staff(world, world.start), reviewer=world.alice)
    return packs.selection_of(packs.freeze(world.engagement(SECURITY), by=world.alice))


def test_it_is_read_back_as_it_was_written(frozen: Selection) -> None:
    assert Selection.from_text(frozen.to_text()) == frozen


def test_its_text_is_canonical_and_says_its_format(frozen: Selection) -> None:
    text = frozen.to_text()
    said = json.loads(text)
    assert said["format"] == selection.FORMAT
    plain = json.dumps(said, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert text == plain


def test_its_digest_changes_with_every_part(frozen: Selection) -> None:
    known = selection.digest(frozen.to_text())
    (item,) = frozen.items
    changed = [
        replace(frozen, items=()),
        replace(frozen, items=(replace(item, leaves=item.leaves[:1]),)),
        replace(frozen, shortfall=frozen.shortfall[1:]),
        replace(frozen, people={}),
        replace(frozen, about=replace(frozen.about, title="Another audit")),
    ]
    digests = {selection.digest(one.to_text()) for one in changed}
    assert len(digests) == len(changed)
    assert known not in digests
