"""Opening an engagement, its scope and its people: each deed is refused or leaves a leaf."""

import json
from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.utils import timezone

from accounts.models import User
from audits import engagements
from audits.days import today
from audits.errors import (
    AuditsError,
    CategoryError,
    ClosedError,
    MemberError,
    NotAllowedError,
    WindowError,
)
from audits.models import Engagement, EngagementMember
from controls.catalogue_folder import read_folder
from evidence import ledger
from evidence.models import LedgerEntry
from tests.audits.world import SECURITY, World

REASONS = {SECURITY: "Every report covers it."}


def opened(world: World, **changes: object) -> Engagement:
    asked: dict[str, object] = {
        "title": "An audit",
        "type": "soc2_type2",
        "framework": world.framework,
        "window_from": world.start,
        "window_to": world.end,
        "categories": REASONS,
        "by": world.alice,
        **changes,
    }
    return engagements.open_engagement(**asked)  # type: ignore[arg-type]


def last_leaf() -> tuple[str, str, dict[str, object]]:
    entry = LedgerEntry.objects.last()
    assert entry
    body: dict[str, object] = json.loads(entry.leaf)["body"]
    return entry.kind, entry.actor, body


class TestOpening:
    def test_it_keeps_what_was_chosen_and_leaves_a_leaf(self, world: World) -> None:
        engagement = opened(world, firm=" Achterberg & Partners ")
        assert engagement.firm == "Achterberg & Partners"
        assert [(one.category, one.reason) for one in engagement.categories.all()] == list(
            REASONS.items()
        )
        kind, actor, body = last_leaf()
        assert (kind, actor) == ("engagement.opened", f"user:{world.alice.pk}")
        assert (body["window_from"], body["window_to"]) == ("2026-06-01", "2026-08-31")

    def test_the_leaf_holds_digests_of_free_text_only(self, world: World) -> None:
        opened(world, categories={SECURITY: "Because Dora asked for it."}, firm="Dora Partners")
        entry = LedgerEntry.objects.last()
        assert entry
        assert "Dora" not in entry.leaf

    def test_engagements_are_numbered_within_their_year(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        assert [opened(world).ref, opened(world).ref] == ["ENG-2026-1", "ENG-2026-2"]
        next_year = datetime(2027, 1, 1, 12, tzinfo=timezone.get_current_timezone())
        monkeypatch.setattr(timezone, "now", lambda: next_year)
        assert opened(world).ref == "ENG-2027-1"

    def test_the_tenth_follows_the_ninth(self, world: World) -> None:
        assert [opened(world).ref for _ in range(11)][-2:] == ["ENG-2026-10", "ENG-2026-11"]

    @pytest.mark.parametrize(
        ("changes", "error", "said"),
        [
            ({"window_to": date(2026, 5, 1)}, WindowError, "before it starts"),
            (
                {"fieldwork": engagements.Fieldwork(date(2026, 9, 2), date(2026, 9, 1))},
                WindowError,
                "fieldwork ends on 2026-09-01",
            ),
            ({"categories": {}}, CategoryError, "at least one category"),
            ({"categories": {"Availability": "Uptime."}}, CategoryError, "Add it"),
            ({"categories": {**REASONS, "Charm": "Why not."}}, CategoryError, "no category"),
            ({"categories": {SECURITY: "  "}}, CategoryError, "Say why"),
            ({"title": "  "}, AuditsError, "title"),
        ],
    )
    def test_it_refuses_what_an_auditor_would_refuse(
        self, world: World, changes: dict[str, object], error: type[AuditsError], said: str
    ) -> None:
        leaves = ledger.size()
        with pytest.raises(error, match=said):
            opened(world, **changes)
        assert Engagement.objects.count() == 0
        assert ledger.size() == leaves

    def test_a_framework_without_security_needs_any_category(self, world: World) -> None:
        world.framework.criteria.update(category="Own objectives")
        engagement = opened(world, categories={"Own objectives": "Ours."})
        assert engagement.categories.count() == 1

    def test_it_refuses_who_may_not_manage_engagements(
        self, world: World, bob: User, charlie: User
    ) -> None:
        for stranger in (bob, charlie):
            with pytest.raises(NotAllowedError):
                opened(world, by=stranger)


class TestChoosingCategories:
    def test_it_replaces_them_in_the_order_of_the_framework(self, world: World) -> None:
        engagement = opened(world)
        chosen = {"Availability": "We promise uptime.", SECURITY: "Always."}
        engagements.choose_categories(engagement, categories=chosen, by=world.alice)
        names = [one.category for one in engagement.categories.all()]
        assert names == [SECURITY, "Availability"]
        kind, _, body = last_leaf()
        assert kind == "engagement.categories"
        assert [one["category"] for one in body["categories"]] == names  # type: ignore[attr-defined]

    def test_a_refused_choice_changes_nothing(self, world: World) -> None:
        engagement = opened(world)
        with pytest.raises(CategoryError):
            engagements.choose_categories(
                engagement, categories={"Availability": "Uptime."}, by=world.alice
            )
        assert [one.category for one in engagement.categories.all()] == [SECURITY]


class TestMembers:
    def test_an_auditor_is_added_until_a_day(self, world: World, bob: User) -> None:
        engagement = opened(world)
        member = engagements.add_member(engagement, user=bob, access_until=today(), by=world.alice)
        assert member.role == EngagementMember.Role.AUDITOR
        kind, _, body = last_leaf()
        assert kind == "engagement.member_added"
        assert body == {
            "member": f"user:{bob.pk}",
            "role": "auditor",
            "access_until": today().isoformat(),
        }

    def test_it_refuses_a_person_who_may_not_open_the_portal(
        self, world: World, charlie: User
    ) -> None:
        with pytest.raises(MemberError, match="role of an auditor"):
            engagements.add_member(
                opened(world), user=charlie, access_until=today(), by=world.alice
            )

    def test_it_refuses_access_that_is_over(self, world: World, bob: User) -> None:
        with pytest.raises(MemberError, match="over already"):
            engagements.add_member(
                opened(world),
                user=bob,
                access_until=today() - timedelta(days=1),
                by=world.alice,
            )

    def test_a_person_is_a_member_once_at_a_time(self, world: World, bob: User) -> None:
        engagement = opened(world)
        member = engagements.add_member(engagement, user=bob, access_until=today(), by=world.alice)
        with pytest.raises(MemberError, match="member already"):
            engagements.add_member(engagement, user=bob, access_until=today(), by=world.alice)
        engagements.remove_member(member, by=world.alice)
        engagements.add_member(engagement, user=bob, access_until=today(), by=world.alice)
        assert engagement.members.count() == 2

    def test_removing_ends_it_once_and_leaves_a_leaf(self, world: World, bob: User) -> None:
        member = engagements.add_member(
            opened(world), user=bob, access_until=today(), by=world.alice
        )
        engagements.remove_member(member, by=world.alice)
        assert member.removed_at
        kind, _, body = last_leaf()
        assert (kind, body) == ("engagement.member_removed", {"member": f"user:{bob.pk}"})
        with pytest.raises(MemberError, match="removed already"):
            engagements.remove_member(member, by=world.alice)


class TestClosing:
    def test_a_closed_engagement_takes_no_new_people_or_categories(
        self, world: World, bob: User
    ) -> None:
        engagement = opened(world)
        engagements.close_engagement(engagement, by=world.alice)
        assert last_leaf()[0] == "engagement.closed"
        # A page that was opened earlier still holds the row as it was.
        stale = Engagement.objects.get(pk=engagement.pk)
        stale.closed_at = None
        with pytest.raises(ClosedError):
            engagements.add_member(stale, user=bob, access_until=today(), by=world.alice)
        with pytest.raises(ClosedError):
            engagements.choose_categories(stale, categories=REASONS, by=world.alice)
        with pytest.raises(ClosedError, match="closed already"):
            engagements.close_engagement(stale, by=world.alice)


def test_every_deed_refuses_who_may_not_manage_engagements(
    world: World, bob: User, charlie: User
) -> None:
    engagement = opened(world)
    member = engagements.add_member(engagement, user=bob, access_until=today(), by=world.alice)
    deeds: list[Callable[[User], object]] = [
        lambda by: engagements.choose_categories(engagement, categories=REASONS, by=by),
        lambda by: engagements.add_member(engagement, user=bob, access_until=today(), by=by),
        lambda by: engagements.remove_member(member, by=by),
        lambda by: engagements.close_engagement(engagement, by=by),
    ]
    leaves = ledger.size()
    for deed in deeds:
        with pytest.raises(NotAllowedError, match="may not manage engagements"):
            deed(charlie)
    assert ledger.size() == leaves


def test_the_shipped_catalogue_calls_the_obligatory_category_by_our_name() -> None:
    """Else the rule that every report covers it would never hold for it."""
    shipped = read_folder(Path(settings.CATALOGUE_DIR)).frameworks["tsc_2017"]
    assert engagements.SECURITY in {section.category for section in shipped.sections.values()}
