"""An invitation that carries an engagement: accepting it makes the membership, once, or nothing."""

from datetime import timedelta

import pytest

from accounts import invitations
from accounts.errors import InvitationError
from accounts.models import Invitation, User
from audits import access, admission, engagements, windows
from audits.days import today
from audits.errors import AdmissionError, ClosedError, FrozenError, MemberError, NotAllowedError
from audits.models import BoundInvitation, Engagement, EngagementMember
from evidence.models import LedgerEntry
from tests import cast
from tests.audits.world import World, clock, moment
from tests.cast import PASSWORD

EMAIL = "nora@audit.example"
UNTIL = today() + timedelta(days=30)


@pytest.fixture
def engagement(world: World) -> Engagement:
    cast.all_roles()
    return world.engagement()


def invited(engagement: Engagement, by: User, **changes: object) -> str:
    asked: dict[str, object] = {"email": EMAIL, "access_until": UNTIL, "by": by, **changes}
    _, secret = admission.invite_auditor(engagement, **asked)  # type: ignore[arg-type]
    return secret


def accepted(secret: str) -> User:
    return admission.accept(secret, email="", full_name="Nora Neu", password=PASSWORD)


def kinds() -> list[str]:
    return list(LedgerEntry.objects.order_by("index").values_list("kind", flat=True))


def test_who_accepts_is_a_member_at_once(world: World, engagement: Engagement) -> None:
    nora = accepted(invited(engagement, world.alice))
    member = EngagementMember.objects.get()
    assert (member.user, member.engagement, member.access_until) == (nora, engagement, UNTIL)
    assert member.added_by == world.alice
    assert list(access.for_user(nora)) == [engagement]
    assert kinds()[-4:] == [
        "invitation.sent",
        "engagement.auditor_invited",
        "invitation.accepted",
        "engagement.member_added",
    ]


def test_the_leaf_of_the_invitation_names_nobody(world: World, engagement: Engagement) -> None:
    invited(engagement, world.alice)
    leaf = LedgerEntry.objects.get(kind="engagement.auditor_invited").leaf
    assert EMAIL not in leaf
    assert f'"access_until":"{UNTIL}"' in leaf


def test_admitting_again_changes_nothing(world: World, engagement: Engagement) -> None:
    nora = accepted(invited(engagement, world.alice))
    invitation = Invitation.objects.get(accepted_by=nora)
    leaves = LedgerEntry.objects.count()
    assert admission.admit(invitation) == EngagementMember.objects.get()
    assert LedgerEntry.objects.count() == leaves


def test_admitting_again_brings_nobody_back_who_was_removed(
    world: World, engagement: Engagement
) -> None:
    nora = accepted(invited(engagement, world.alice))
    engagements.remove_member(EngagementMember.objects.get(), by=world.alice)
    admission.admit(Invitation.objects.get(accepted_by=nora))
    assert not access.for_user(nora).exists()
    assert EngagementMember.objects.count() == 1


def test_an_invitation_that_carries_nothing_makes_no_member(
    world: World, engagement: Engagement
) -> None:
    _, secret = invitations.invite(
        role="auditor", email=EMAIL, invited_by=world.alice, valid_for=timedelta(days=1)
    )
    nora = accepted(secret)
    assert not EngagementMember.objects.exists()
    assert not access.for_user(nora).exists()


def test_an_invitation_that_nobody_accepted_makes_no_member(
    world: World, engagement: Engagement
) -> None:
    invited(engagement, world.alice)
    with pytest.raises(AdmissionError, match="Nobody has accepted"):
        admission.admit(Invitation.objects.get())


def test_an_audit_that_was_closed_meanwhile_leaves_no_account(
    world: World, engagement: Engagement
) -> None:
    secret = invited(engagement, world.alice)
    engagements.close_engagement(engagement, by=world.alice)
    leaves = LedgerEntry.objects.count()
    for attempt in (accepted, admission.find):
        with pytest.raises(AdmissionError, match=r"was closed meanwhile\. Ask Alice Lindqvist"):
            attempt(secret)
    assert not User.objects.filter(email=EMAIL).exists()
    assert Invitation.objects.get().used_at is None
    assert LedgerEntry.objects.count() == leaves


def test_access_that_ended_before_it_was_taken_up_is_refused(
    world: World, engagement: Engagement
) -> None:
    secret = invited(engagement, world.alice, access_until=today())
    tomorrow = moment(today() + timedelta(days=1), 12)
    with clock(tomorrow), pytest.raises(AdmissionError, match="Ask Alice Lindqvist for a new link"):
        accepted(secret)
    assert not User.objects.filter(email=EMAIL).exists()


def test_the_same_link_works_once(world: World, engagement: Engagement) -> None:
    secret = invited(engagement, world.alice)
    accepted(secret)
    with pytest.raises(InvitationError, match="used already"):
        accepted(secret)


def test_a_freeze_that_came_afterwards_does_not_take_the_invitation_back(
    world: World, engagement: Engagement
) -> None:
    secret = invited(engagement, world.alice)
    windows.change_freeze(engagement, freeze_on=today(), reason="Fieldwork.", by=world.alice)
    with clock(moment(today() + timedelta(days=1), 12)):
        nora = accepted(secret)
        assert list(access.for_user(nora)) == [engagement]


class TestInviting:
    def test_it_asks_for_an_address(self, world: World, engagement: Engagement) -> None:
        with pytest.raises(MemberError, match="e-mail address"):
            invited(engagement, world.alice, email=" ")

    def test_it_refuses_access_that_is_over(self, world: World, engagement: Engagement) -> None:
        with pytest.raises(MemberError, match="over already"):
            invited(engagement, world.alice, access_until=today() - timedelta(days=1))

    def test_a_closed_engagement_invites_nobody(self, world: World, engagement: Engagement) -> None:
        engagements.close_engagement(engagement, by=world.alice)
        with pytest.raises(ClosedError):
            invited(engagement, world.alice)
        assert not Invitation.objects.exists()
        assert "invitation.sent" not in kinds()

    def test_a_frozen_engagement_invites_nobody(self, world: World, engagement: Engagement) -> None:
        yesterday = today() - timedelta(days=1)
        Engagement.objects.update(freeze_on=yesterday)
        with pytest.raises(FrozenError, match="roll this one forward"):
            invited(engagement, world.alice)
        assert not Invitation.objects.exists()

    def test_it_refuses_who_may_not_manage_engagements(
        self, engagement: Engagement, bob: User, charlie: User
    ) -> None:
        for stranger in (bob, charlie):
            with pytest.raises(NotAllowedError):
                invited(engagement, stranger)
        assert not BoundInvitation.objects.exists()
