"""Moments by the clocks of who looks, the same behind every door, with UTC behind each."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts import preferences
from accounts.errors import PreferenceError
from accounts.models import User
from compliance import moments
from evidence.models import LedgerEntry
from tests import cast
from tests.audits.world import World
from tests.portal import house as houses
from tests.staff import desk

MOMENT = datetime(2026, 7, 1, 22, 4, 5, tzinfo=UTC)


def test_a_moment_is_told_by_the_clocks_of_the_person(alice: User) -> None:
    assert moments.said(MOMENT) == "1 Jul 2026, 22:04 UTC"
    preferences.live_in(alice, zone="Europe/Berlin")
    with moments.seen_by(alice):
        assert moments.said(MOMENT) == "2 Jul 2026, 00:04 CEST"
        shown = moments.to_the_second(MOMENT)
    assert 'datetime="2026-07-01T22:04:05Z" title="2026-07-01 22:04:05 UTC"' in shown
    assert "2 Jul 2026, 00:04:05 CEST" in shown
    assert moments.said(MOMENT) == "1 Jul 2026, 22:04 UTC"


def test_who_chose_no_zone_reads_the_clocks_of_the_organisation(alice: User, settings: Any) -> None:
    settings.ORGANISATION_TIME_ZONE = "America/Sao_Paulo"
    with moments.seen_by(alice):
        assert moments.said(MOMENT) == "1 Jul 2026, 19:04 UTC-03"
    assert moments.moment(None) == ""


def test_a_person_chooses_a_zone_on_their_own_page(alice: User) -> None:
    client = cast.sign_in(Client(), alice)
    page = client.post(reverse("time_zone"), {"zone": "Asia/Kolkata"}, follow=True)
    html = page.content.decode()
    assert '<option value="Asia/Kolkata" selected>' in html
    assert " IST</time>" in html
    assert LedgerEntry.objects.filter(kind="person.preferred").count() == 1
    client.post(reverse("time_zone"), {"zone": "Mars/Base"})
    alice.refresh_from_db()
    assert alice.zone == "Asia/Kolkata"
    client.post(reverse("time_zone"), {"zone": ""})
    alice.refresh_from_db()
    assert alice.zone == ""


def test_a_zone_that_there_is_not_is_refused(alice: User) -> None:
    for zone in ("Mars/Base", "../../etc/passwd", "EST5EDT\0"):
        with pytest.raises(PreferenceError):
            preferences.live_in(alice, zone=zone)


def test_both_doors_show_the_persons_clocks_and_no_day_moves(
    alice: User, bob: User, var_dir: Path
) -> None:
    world = World(alice)
    house = houses.build(world, bob)
    for user in (alice, bob):
        preferences.live_in(user, zone="Asia/Tokyo")
    staff = desk.at(alice).get("evidence_evidence_change", house.staff.pk).content.decode()
    portal = cast.sign_in(Client(), bob).get(house.path("evidence/")).content.decode()
    for page in (staff, portal):
        assert 'title="2026-06-30 09:00:00 UTC">30 Jun 2026, 18:00 JST</time>' in page
    assert '<time datetime="2026-06-30">30 Jun 2026</time>' in portal


def test_what_is_typed_is_read_by_the_same_clocks(alice: User, var_dir: Path) -> None:
    preferences.live_in(alice, zone="Asia/Tokyo")
    html = desk.at(alice).get("hand_in").content.decode()
    assert "By the clocks of Asia/Tokyo." in html
