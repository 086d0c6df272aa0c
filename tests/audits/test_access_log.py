"""Every download leaves a leaf; a view leaves one a day for a person and a subject."""

import json
from datetime import UTC, datetime

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.models import User
from audits import access_log
from audits.models import AccessNote, Engagement
from evidence import ledger
from tests.audits.world import World, clock


@pytest.fixture
def engagement(world: World) -> Engagement:
    return world.engagement()


def test_a_view_is_kept_with_a_leaf(engagement: Engagement, bob: User) -> None:
    note = access_log.note(engagement, bob, "view", "EV-000001")
    assert note
    leaf = json.loads(note.ledger_entry.leaf)
    assert (leaf["kind"], leaf["subject"]) == ("access", "EV-000001")
    assert leaf["body"] == {"engagement": engagement.ref, "what": "view"}
    assert leaf["actor"] == f"user:{bob.pk}"


def test_the_second_view_of_a_day_is_none(engagement: Engagement, bob: User) -> None:
    access_log.note(engagement, bob, "view", "EV-000001")
    leaves = ledger.size()
    assert access_log.note(engagement, bob, "view", "EV-000001") is None
    assert ledger.size() == leaves


def test_another_day_person_subject_or_engagement_is_another_view(
    engagement: Engagement, world: World, bob: User
) -> None:
    with clock(datetime(2026, 9, 1, 12, tzinfo=UTC)):
        assert access_log.note(engagement, bob, "view", "EV-000001")
        assert access_log.note(engagement, bob, "view", "EV-000002")
        assert access_log.note(engagement, world.alice, "view", "EV-000001")
        assert access_log.note(world.engagement(), bob, "view", "EV-000001")
    with clock(datetime(2026, 9, 2, 0, tzinfo=UTC)):
        assert access_log.note(engagement, bob, "view", "EV-000001")
    assert AccessNote.objects.count() == 5


def test_the_day_is_the_organisations_own(
    engagement: Engagement, bob: User, settings: object
) -> None:
    settings.ORGANISATION_TIME_ZONE = "Pacific/Auckland"  # type: ignore[attr-defined]
    with clock(datetime(2026, 9, 1, 13, tzinfo=UTC)):
        note = access_log.note(engagement, bob, "view", "EV-000001")
    assert note
    assert note.day.isoformat() == "2026-09-02"


def test_every_download_counts(engagement: Engagement, bob: User) -> None:
    for _ in range(3):
        assert access_log.note(engagement, bob, "download", "ENG-2026-1/1")
    assert AccessNote.objects.filter(what="download").count() == 3


def test_a_download_does_not_hide_the_view(engagement: Engagement, bob: User) -> None:
    access_log.note(engagement, bob, "download", "EV-000001")
    assert access_log.note(engagement, bob, "view", "EV-000001")


def test_an_unknown_deed_is_refused(engagement: Engagement, bob: User) -> None:
    with pytest.raises(ValueError, match="peek"):
        access_log.note(engagement, bob, "peek", "EV-000001")


def test_two_windows_of_one_browser_cannot_make_two_rows(engagement: Engagement, bob: User) -> None:
    note = access_log.note(engagement, bob, "view", "EV-000001")
    assert note
    with transaction.atomic():
        other = ledger.append("access", subject="x", body={}, actor="system")
    twin = AccessNote(
        engagement=engagement,
        user=bob,
        what="view",
        subject=note.subject,
        day=note.day,
        at=timezone.now(),
        ledger_entry=other,
    )
    with pytest.raises(IntegrityError), transaction.atomic():
        twin.save()


def test_notes_cannot_be_changed_or_removed(engagement: Engagement, bob: User) -> None:
    access_log.note(engagement, bob, "view", "EV-000001")
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        AccessNote.objects.update(subject="EV-000002")
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        AccessNote.objects.all().delete()
