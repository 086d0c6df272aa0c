"""Freezing a pack: all that claims something in scope, what is missing, a leaf and a checkpoint."""

import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from audits import packs, selection
from audits.errors import FreezeError, NotAllowedError, PackDamagedError
from audits.models import Engagement, Pack
from controls.models import ControlVersion
from evidence import keeping, keys, ledger, review, signed_note
from evidence.models import Checkpoint, LedgerEntry
from tests import cast
from tests.audits.world import (
    SECURITY,
    World,
    clock,
    hand_in,
    hand_in_staff,
    moment,
    submission,
)

Queries = Callable[[int], AbstractContextManager[object]]


@pytest.fixture
def engagement(world: World) -> Engagement:
    return world.engagement(SECURITY, "Availability")


def frozen(engagement: Engagement, by: User | None = None) -> selection.Selection:
    return packs.selection_of(packs.freeze(engagement, by=by))


class TestSelection:
    def test_everything_that_claims_something_in_scope_goes_in(
        self, world: World, engagement: Engagement
    ) -> None:
        ours = [
            hand_in_staff(world, date(2026, 6, 10)),
            hand_in(submission(b"leavers", world.start, world.end, world.leavers)),
        ]
        hand_in_staff(world, date(2026, 5, 10))
        hand_in(submission(b"unclaimed", world.start, world.end))
        assert [item.ref for item in frozen(engagement).items] == [item.ref for item in ours]

    def test_an_item_whose_content_was_disposed_of_is_listed_as_lacking(
        self, world: World, engagement: Engagement
    ) -> None:
        kept = hand_in_staff(world, date(2026, 6, 10))
        gone = hand_in(submission(b"leavers", world.start, world.end, world.leavers))
        second = cast.person("compliance-lead")
        with clock(moment(date(2050, 1, 1))):
            proposal = keeping.propose_disposal(
                gone, by=world.alice, reason="The people asked for it."
            )
            keeping.decide(proposal, by=second, is_approved=True)
        chosen = frozen(engagement)
        assert [item.ref for item in chosen.items] == [kept.ref]
        (lack,) = [one for one in chosen.shortfall if one.state == selection.DISPOSED]
        assert lack.evidence == (gone.ref,)
        assert lack.reason == "Disposed of on 2050-01-01 (UTC) because: The people asked for it."
        assert chosen.expected(lack).slug == "leavers"

    def test_a_replaced_failing_version_is_not_hidden(
        self, world: World, engagement: Engagement
    ) -> None:
        first = hand_in_staff(world, date(2026, 6, 10), without_mfa=1)
        second = hand_in_staff(world, date(2026, 6, 10), supersedes=first)
        review.accept(second, reviewer=world.alice)
        third = hand_in_staff(world, date(2026, 7, 10))
        review.return_with_reason(third, reviewer=world.alice, reason="Wrong system.")
        hand_in_staff(world, date(2026, 8, 10))
        assert [item.status for item in frozen(engagement).items] == [
            "superseded",
            "current",
            "returned",
            "awaiting review",
        ]

    def test_all_versions_of_an_item_go_in_whatever_each_of_them_claims(
        self, world: World, engagement: Engagement
    ) -> None:
        first = hand_in(submission(b"of May", date(2026, 5, 1), date(2026, 5, 31)))
        second = hand_in_staff(world, date(2026, 6, 10), supersedes=first)
        third = hand_in(
            submission(b"of May again", date(2026, 5, 1), date(2026, 5, 31), supersedes=second),
            received=date(2026, 6, 20),
        )
        items = frozen(engagement).items
        assert [item.ref for item in items] == [first.ref, second.ref, third.ref]
        assert [item.status for item in items] == ["superseded", "superseded", "awaiting review"]
        assert [item.expectations for item in items] == [(), (1,), ()]

    def test_each_item_has_its_leaves_the_evidence_leaf_first(
        self, world: World, engagement: Engagement
    ) -> None:
        item = hand_in_staff(world, date(2026, 6, 10))
        other = hand_in_staff(world, date(2026, 7, 10))
        review.accept(item, reviewer=world.alice)
        mine, theirs = frozen(engagement).items
        kinds = [LedgerEntry.objects.get(index=index).kind for index in mine.leaves]
        assert kinds == ["evidence", "check", "review"]
        assert [LedgerEntry.objects.get(index=index).subject for index in mine.leaves] == [
            item.ref
        ] * 3
        assert theirs.leaves[0] == other.ledger_entry_id
        assert len(theirs.leaves) == 2

    def test_it_names_the_claims_in_scope(self, world: World) -> None:
        hand_in(submission(b"both", world.start, world.end, world.leavers, world.restore))
        chosen = frozen(world.engagement(SECURITY))
        (item,) = chosen.items
        assert [chosen.expectations[place].slug for place in item.expectations] == ["leavers"]

    def test_it_lists_its_own_shortfall(self, world: World, engagement: Engagement) -> None:
        hand_in_staff(world, date(2026, 6, 10))
        hand_in_staff(world, date(2026, 7, 10), without_mfa=1)
        hand_in(submission(b"half", date(2026, 6, 1), date(2026, 6, 20), world.leavers))
        hand_in(
            submission(b"late", date(2026, 7, 1), date(2026, 7, 31), world.leavers),
            received=date(2026, 8, 20),
        )
        chosen = frozen(engagement)
        found = [
            (chosen.expectations[lack.expectation].slug, lack.start, lack.state)
            for lack in chosen.shortfall
        ]
        assert found == [
            ("leavers", "2026-06-01", "partial"),
            ("leavers", "2026-07-01", "late"),
            ("leavers", "2026-08-01", "missed"),
            ("staff-mfa-state", "2026-07-01", "failing"),
            ("staff-mfa-state", "2026-08-01", "missed"),
            ("restore-report", "2026-06-01", "missed"),
            ("restore-report", "2026-07-01", "missed"),
        ]
        assert chosen.totals["met"] == 1

    def test_an_engagement_without_evidence_gives_a_pack_of_its_shortfall(
        self, engagement: Engagement
    ) -> None:
        chosen = frozen(engagement)
        assert chosen.items == ()
        assert len(chosen.shortfall) == 8

    def test_it_writes_down_what_may_change_later(
        self, world: World, engagement: Engagement, settings: object
    ) -> None:
        settings.ORGANISATION = "Northbank Payments"  # type: ignore[attr-defined]
        item = hand_in_staff(world, date(2026, 6, 10))
        review.accept(item, reviewer=world.alice)
        pack = packs.freeze(engagement, by=world.alice)
        settings.ORGANISATION = "Another name"  # type: ignore[attr-defined]
        world.access.title = "Another title"
        world.access.save()
        User.objects.filter(pk=world.alice.pk).update(full_name="Alice Married")
        chosen = packs.selection_of(Pack.objects.get(pk=pack.pk))
        assert chosen.organisation == "Northbank Payments"
        assert chosen.controls[0].title == "Second factor for staff"
        assert chosen.people == {f"user:{world.alice.pk}": "Alice Lindqvist"}
        assert chosen.about.categories[0].reason == f"Customers ask for {SECURITY}."

    def test_who_prepared_an_item_is_named_too(
        self, world: World, engagement: Engagement, charlie: User
    ) -> None:
        hand_in_staff(world, date(2026, 6, 10), prepared_by=charlie)
        assert frozen(engagement).people == {f"user:{charlie.pk}": "Charlie Outsider"}

    def test_it_knows_which_wordings_were_in_force(
        self, world: World, engagement: Engagement
    ) -> None:
        for number, effective in ((2, "2026-05-01"), (3, "2026-07-01"), (4, "2026-09-01")):
            ControlVersion.objects.create(
                control=world.access,
                number=number,
                statement=f"Wording {number}",
                effective_from=date.fromisoformat(effective),
                digest=str(number) * 64,
            )
        access, backup = frozen(engagement).controls
        assert (access.versions, backup.versions) == ((2, 3), (1,))

    def test_a_wording_that_was_overtaken_before_its_day_was_never_in_force(
        self, world: World, engagement: Engagement
    ) -> None:
        for number, effective in ((2, "2026-08-01"), (3, "2026-07-01")):
            ControlVersion.objects.create(
                control=world.access,
                number=number,
                statement=f"Wording {number}",
                effective_from=date.fromisoformat(effective),
                digest=str(number) * 64,
            )
        assert frozen(engagement).controls[0].versions == (1, 3)


class TestAsOf:
    def test_it_knows_nothing_that_came_later(self, world: World, engagement: Engagement) -> None:
        first = hand_in_staff(world, date(2026, 6, 10))
        review.accept(first, reviewer=world.alice)
        hand_in_staff(world, date(2026, 6, 20), supersedes=first)
        past = packs.freeze(engagement, by=world.alice, as_of=moment(date(2026, 6, 15)))
        chosen = packs.selection_of(past)
        (item,) = chosen.items
        assert (item.ref, item.status) == (first.ref, "awaiting review")
        assert len(item.leaves) == 2
        assert chosen.as_of == "2026-06-15T09:00:00.000000Z"

    def test_it_refuses_a_moment_in_the_future(self, engagement: Engagement) -> None:
        with pytest.raises(FreezeError, match="future"):
            packs.freeze(engagement, by=None, as_of=timezone.now() + timedelta(minutes=1))
        assert not Pack.objects.exists()


class TestSeal:
    def test_a_leaf_binds_the_selection(self, world: World, engagement: Engagement) -> None:
        pack = packs.freeze(engagement, by=world.alice)
        leaf = json.loads(pack.ledger_entry.leaf)
        assert (leaf["kind"], leaf["subject"]) == ("pack", f"{engagement.ref}/1")
        assert leaf["actor"] == f"user:{world.alice.pk}"
        assert leaf["body"]["selection_sha256"] == selection.digest(pack.selection)
        assert (leaf["body"]["items"], leaf["body"]["shortfall"]) == (0, 8)

    def test_the_checkpoint_includes_that_leaf(self, engagement: Engagement) -> None:
        pack = packs.freeze(engagement, by=None)
        assert pack.checkpoint.size == pack.ledger_entry_id + 1 == ledger.size()
        verifier = signed_note.Signer(keys.log_origin(), keys.signing_key()).verifier
        text = signed_note.open_note(pack.checkpoint.note, [verifier])
        stated = signed_note.Checkpoint.from_text(text)
        assert stated.root == ledger.root(pack.checkpoint.size)

    def test_packs_are_numbered_within_their_engagement(
        self, world: World, engagement: Engagement
    ) -> None:
        refs = [packs.freeze(engagement, by=None).ref for _ in range(2)]
        assert refs == [f"{engagement.ref}/1", f"{engagement.ref}/2"]
        assert packs.freeze(world.engagement(), by=None).number == 1

    def test_a_failure_leaves_neither_leaf_nor_checkpoint(
        self, engagement: Engagement, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        size = ledger.size()
        monkeypatch.setattr(Pack, "save", lambda *_, **__: (_ for _ in ()).throw(DatabaseError))
        with pytest.raises(DatabaseError):
            packs.freeze(engagement, by=None)
        assert ledger.size() == size
        assert not Checkpoint.objects.exists()

    def test_it_is_sealed_at_the_moment_of_freezing(self, engagement: Engagement) -> None:
        noon = datetime(2026, 9, 15, 12, tzinfo=UTC)
        with clock(noon):
            pack = packs.freeze(engagement, by=None)
        assert (pack.sealed_at, pack.as_of) == (noon, noon)

    def test_it_refuses_who_may_not_build_packs(
        self, engagement: Engagement, bob: User, charlie: User
    ) -> None:
        for stranger in (bob, charlie):
            with pytest.raises(NotAllowedError, match="may not build packs"):
                packs.freeze(engagement, by=stranger)


class TestDamage:
    def test_rows_cannot_be_changed_or_removed(self, engagement: Engagement) -> None:
        packs.freeze(engagement, by=None)
        with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
            Pack.objects.update(selection="{}")
        with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
            Pack.objects.all().delete()

    def test_a_changed_selection_is_noticed(self, engagement: Engagement) -> None:
        pack = packs.freeze(engagement, by=None)
        pack.selection = pack.selection.replace("missed", "met")
        with pytest.raises(PackDamagedError):
            packs.selection_of(pack)

    def test_a_changed_selection_with_its_digest_is_noticed_by_the_leaf(
        self, engagement: Engagement
    ) -> None:
        pack = packs.freeze(engagement, by=None)
        pack.selection = pack.selection.replace("missed", "met")
        pack.selection_digest = selection.digest(pack.selection)
        with pytest.raises(PackDamagedError):
            packs.selection_of(pack)


def test_freezing_asks_as_often_for_many_items_as_for_few(
    world: World, engagement: Engagement
) -> None:
    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            packs.freeze(engagement, by=world.alice)
        return len(queries)

    review.accept(hand_in_staff(world, world.start), reviewer=world.alice)
    packs.freeze(engagement, by=world.alice)
    few = asked()
    for number in range(1, 20):
        item = hand_in_staff(world, world.start + timedelta(days=number))
        review.accept(item, reviewer=world.alice)
    assert asked() <= few
