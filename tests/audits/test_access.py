"""Who sees which engagement in the portal, and which evidence of it."""

from datetime import date, timedelta

import pytest
from django.contrib.auth.models import AnonymousUser

from accounts.models import User
from audits import access, engagements
from audits.days import today
from audits.models import Engagement
from evidence import review
from tests import cast
from tests.audits.world import SECURITY, World, hand_in, hand_in_staff, submission


@pytest.fixture
def engagement(world: World, bob: User) -> Engagement:
    opened = world.engagement()
    engagements.add_member(opened, user=bob, access_until=today(), by=world.alice)
    return opened


class TestEngagements:
    def test_a_member_sees_it_on_the_last_day_of_access(
        self, engagement: Engagement, bob: User
    ) -> None:
        assert list(access.for_user(bob)) == [engagement]

    def test_a_member_sees_it_no_more_on_the_day_after(
        self, engagement: Engagement, bob: User
    ) -> None:
        engagement.members.update(access_until=today() - timedelta(days=1))
        assert not access.for_user(bob).exists()

    def test_a_removed_member_sees_nothing(
        self, engagement: Engagement, world: World, bob: User
    ) -> None:
        engagements.remove_member(engagement.members.get(), by=world.alice)
        assert not access.for_user(bob).exists()

    def test_a_member_sees_no_other_engagement(
        self, engagement: Engagement, world: World, bob: User
    ) -> None:
        world.engagement()
        assert access.for_user(bob).get() == engagement

    def test_a_former_membership_does_not_double_the_row(
        self, engagement: Engagement, world: World, bob: User
    ) -> None:
        engagements.remove_member(engagement.members.get(), by=world.alice)
        engagements.add_member(engagement, user=bob, access_until=today(), by=world.alice)
        assert access.for_user(bob).count() == 1

    @pytest.mark.usefixtures("engagement")
    def test_charlie_and_nobody_see_nothing(self, charlie: User) -> None:
        assert not access.for_user(charlie).exists()
        assert not access.for_user(AnonymousUser()).exists()

    @pytest.mark.usefixtures("engagement")
    def test_an_inactive_member_sees_nothing(self, bob: User) -> None:
        User.objects.filter(pk=bob.pk).update(is_active=False)
        assert not access.for_user(User.objects.get(pk=bob.pk)).exists()

    @pytest.mark.usefixtures("engagement")
    def test_a_member_who_lost_the_role_sees_nothing(self, bob: User) -> None:
        bob.grants.all().delete()
        assert not access.for_user(User.objects.get(pk=bob.pk)).exists()

    @pytest.mark.usefixtures("engagement")
    def test_it_takes_one_query_beside_the_roles(
        self, bob: User, django_assert_max_num_queries: object
    ) -> None:
        assert bob.held
        with django_assert_max_num_queries(1):  # type: ignore[operator]
            list(access.for_user(bob))


class TestEvidence:
    def test_it_is_what_claims_something_in_scope_within_the_window(self, world: World) -> None:
        inside = hand_in_staff(world, date(2026, 6, 10))
        hand_in_staff(world, date(2026, 5, 31))
        hand_in(submission(b"restored", world.start, world.end, world.restore))
        hand_in(submission(b"nothing", world.start, world.end))
        engagement = world.engagement(SECURITY)
        assert list(access.evidence_for(engagement)) == [inside]

    def test_another_category_brings_its_evidence(self, world: World) -> None:
        restored = hand_in(submission(b"restored", world.start, world.end, world.restore))
        engagement = world.engagement(SECURITY, "Availability")
        assert list(access.evidence_for(engagement)) == [restored]

    def test_returned_and_superseded_versions_are_not_hidden(self, world: World) -> None:
        first = hand_in_staff(world, date(2026, 6, 10), without_mfa=1)
        review.return_with_reason(first, reviewer=world.alice, reason="One lacks it.")
        second = hand_in_staff(world, date(2026, 6, 12), supersedes=first)
        assert set(access.evidence_for(world.engagement())) == {first, second}

    def test_evidence_that_claims_two_things_is_listed_once(self, world: World) -> None:
        both = submission(b"both", world.start, world.end, world.leavers, world.restore)
        hand_in(both)
        engagement = world.engagement(SECURITY, "Availability")
        assert access.evidence_for(engagement).count() == 1


def test_an_observer_is_a_member_like_any_other(world: World) -> None:
    observer = cast.person("auditor")
    engagement = world.engagement()
    engagements.add_member(
        engagement, user=observer, role="observer", access_until=today(), by=world.alice
    )
    assert list(access.for_user(observer)) == [engagement]
