"""What answers a request: in scope, or brought into it on purpose."""

import json
from datetime import date

import pytest

from accounts.models import User
from audits import packs, scope
from audits.errors import (
    OutOfScopeError,
    RequestError,
)
from audits.models import Engagement, PackFile
from evidence import intake
from evidence.models import Evidence, LedgerEntry
from tests.audits.asking import admit, answered, asked, state
from tests.audits.world import World, clock, hand_in, hand_in_staff, moment, submission


@pytest.fixture
def engagement(world: World, bob: User) -> Engagement:
    made = world.engagement()
    admit(made, bob, by=world.alice)
    return made


@pytest.fixture
def item(world: World) -> Evidence:
    """Evidence in scope."""
    return hand_in_staff(world, date(2026, 6, 30))


@pytest.fixture
def stray(world: World) -> Evidence:
    """Evidence that claims nothing."""
    return hand_in(submission(b"organisation chart", date(2026, 6, 30)))


def last_leaf() -> tuple[str, str, dict[str, object]]:
    entry = LedgerEntry.objects.order_by("index").last()
    assert entry
    body: dict[str, object] = json.loads(entry.leaf)["body"]
    return entry.kind, entry.subject, body


class TestScope:
    def test_what_claims_nothing_in_scope_is_refused_with_what_to_do(
        self, engagement: Engagement, world: World, bob: User, stray: Evidence
    ) -> None:
        request = asked(engagement, bob)
        with pytest.raises(OutOfScopeError, match=f"{stray.ref} claims nothing .* Hand in"):
            answered(request, stray, world.alice)
        assert state(request) == "asked"
        assert stray not in scope.evidence_of(engagement)

    def test_brought_in_on_purpose_it_is_evidence_of_this_engagement_and_no_other(
        self, engagement: Engagement, world: World, bob: User, stray: Evidence, item: Evidence
    ) -> None:
        other = world.engagement()
        answered(asked(engagement, bob), stray, world.alice, widen=True)
        assert last_leaf()[2]["brought_into_scope"] == [stray.ref]
        assert set(scope.evidence_of(engagement)) == {item, stray}
        assert set(scope.evidence_of(other)) == {item}
        answered(asked(engagement, bob), stray, world.alice)

    def test_it_goes_into_packs_from_the_answer_on(
        self, engagement: Engagement, world: World, bob: User, stray: Evidence
    ) -> None:
        with clock(moment(date(2026, 9, 1))):
            answered(asked(engagement, bob), stray, world.alice, widen=True)
        before = packs.freeze(engagement, by=None, as_of=moment(date(2026, 8, 31)))
        after = packs.freeze(engagement, by=None, as_of=moment(date(2026, 9, 2)))
        assert [one.ref for one in packs.selection_of(before).items] == []
        assert [one.ref for one in packs.selection_of(after).items] == [stray.ref]

    def test_a_pack_is_no_answer(self, engagement: Engagement, world: World, bob: User) -> None:
        pack = packs.freeze(engagement, by=None)
        with clock(pack.sealed_at):
            file = intake.receive(submission(b"zip", world.start), actor="system")
        PackFile.objects.create(pack=pack, evidence=file, sha256=file.blob_id, size=3)
        with pytest.raises(RequestError, match="is a pack"):
            answered(asked(engagement, bob), file, world.alice, widen=True)
