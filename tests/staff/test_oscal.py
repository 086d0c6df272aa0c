"""OSCAL documents in the staff door: a ZIP of what stands now, and a note of who took it."""

import io
import zipfile
from datetime import date

import pytest

from accounts.models import User
from audits.models import AccessNote, Engagement, Pack
from evidence.models import Evidence
from tests.append_only import forging
from tests.audits.world import World, hand_in_staff
from tests.staff import desk
from tests.staff.desk import Desk, told


@pytest.fixture
def audit(world: World) -> Engagement:
    hand_in_staff(world, date(2026, 6, 30))
    return world.engagement()


def test_the_page_of_an_engagement_offers_them(alices: Desk, audit: Engagement) -> None:
    page = alices.get("audits_engagement_change", audit.pk).content.decode()
    assert f'action="{desk.url("engagement_oscal", audit.pk)}"' in page


def test_they_come_as_a_zip_and_who_took_them_is_noted(alices: Desk, audit: Engagement) -> None:
    answer = alices.post("engagement_oscal", audit.pk)
    content = b"".join(answer.streaming_content)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert "assessment-results.json" in archive.namelist()
    name = f"{audit.ref}-oscal.zip"
    assert f'filename="{name}"' in answer["Content-Disposition"]
    assert answer["X-Content-Type-Options"] == "nosniff"
    note = AccessNote.objects.get()
    assert (note.user, note.what, note.subject) == (alices.user, AccessNote.What.DOWNLOAD, name)
    assert not Pack.objects.exists()


def test_what_was_bent_is_told_and_not_sent(alices: Desk, audit: Engagement) -> None:
    with forging():
        Evidence.objects.update(title="Bent")
    answer = alices.post("engagement_oscal", audit.pk, follow=True)
    assert "is not what its log entry binds" in told(answer)
    assert not AccessNote.objects.exists()


def test_looking_takes_nothing(alices: Desk, audit: Engagement) -> None:
    assert alices.get("engagement_oscal", audit.pk).status_code == 405
    assert not AccessNote.objects.exists()


def test_strangers_are_refused(strangers: tuple[User, ...], audit: Engagement) -> None:
    desk.assert_refused("engagement_oscal", audit.pk, strangers=strangers)
    assert not AccessNote.objects.exists()
