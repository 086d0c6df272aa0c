"""The room of an engagement: all that was handed over on one page, and a door that closes."""

from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse

from accounts.models import User
from audits import access, rooms
from audits.days import today
from audits.errors import NotAllowedError, RoomError
from audits.models import EngagementChange
from compliance.notices import rooms as told
from evidence import verification
from jobs.models import Job
from tests import cast
from tests.audits.asking import answered, asked
from tests.audits.world import clock, moment
from tests.portal.house import House, admit, sampled
from tests.staff import desk
from tests.staff.desk import at_most

pytestmark = pytest.mark.django_db


def end(house: House, days: int, *, reason: str = "The fieldwork ends.") -> EngagementChange:
    until = today() + timedelta(days=days)
    return rooms.set_end(house.engagement, until=until, reason=reason, by=house.world.alice)


def late(days: int) -> Any:
    return clock(moment(today() + timedelta(days=days)))


class TestIndex:
    def test_it_lists_what_was_handed_over_with_digests(self, door: Client, house: House) -> None:
        drawn = sampled(house).draw
        assert drawn
        request = asked(house.engagement, house.bob)
        answered(request, house.letter, house.world.alice)
        with at_most(20):
            text = door.get(house.path("handed-over/")).content.decode()
        assert house.pack.file.sha256 in text
        assert house.letter.blob_id in text
        assert drawn.record_sha256 in text
        assert drawn.population.table_sha256 in text
        assert f"R{request.number} User lists" in text

    def test_an_empty_one_says_what_to_do(self, client: Client, house: House) -> None:
        eve = cast.person("auditor")
        admit(house.other, eve, by=house.world.alice)
        answer = cast.sign_in(client, eve).get(f"/portal/{house.other.ref}/handed-over/")
        text = answer.content.decode()
        for words in ("No pack is ready", "Nothing was asked for yet", "No report was handed over"):
            assert words in text

    def test_a_stranger_and_a_wrong_method_are_refused(
        self, door: Client, house: House, charlie: User
    ) -> None:
        path = house.path("handed-over/")
        assert door.post(path).status_code == 405
        assert cast.sign_in(Client(), charlie).get(path).status_code == 404


class TestEnd:
    def test_the_door_says_that_it_closed_and_whom_to_ask(self, door: Client, house: House) -> None:
        end(house, 3)
        assert door.get(house.path()).status_code == 200
        with late(4):
            cast.sign_in(door, house.bob)
            for path in (house.path(), house.path("evidence/"), house.path("handed-over/")):
                answer = door.get(path)
                assert answer.status_code == 410
                text = answer.content.decode()
                assert house.world.alice.email in text
                assert house.staff.ref not in text
            assert house.engagement.title in door.get("/portal/").content.decode()
            assert not access.may_conclude(house.bob, house.engagement)

    def test_to_anybody_else_it_still_does_not_exist(self, house: House, charlie: User) -> None:
        end(house, 0)
        with late(1):
            for user in (charlie, cast.person("auditor")):
                client = cast.sign_in(Client(), user)
                assert client.get(house.path()).status_code == 404

    def test_it_is_opened_for_longer(self, door: Client, house: House) -> None:
        end(house, 0)
        with late(1):
            cast.sign_in(door, house.bob)
            assert door.get(house.path()).status_code == 410
            end(house, 5, reason="One more question.")
            assert door.get(house.path()).status_code == 200

    def test_it_is_a_deed_with_a_reason_and_a_leaf(self, house: House) -> None:
        alice, one = house.world.alice, house.engagement
        with pytest.raises(NotAllowedError):
            rooms.set_end(one, until=today(), reason="Mine.", by=house.bob)
        with pytest.raises(RoomError, match="why"):
            end(house, 3, reason=" ")
        with pytest.raises(RoomError, match="over already"):
            end(house, -1)
        change = end(house, 3)
        assert change.ledger_entry.kind == "engagement.room_changed"
        with pytest.raises(RoomError, match="already"):
            end(house, 3)
        rooms.set_end(one, until=None, reason="No end after all.", by=alice)
        assert rooms.keeper(one) == alice
        assert list(verification.look_through()) == []

    def test_the_outlook_names_who_loses_access(self, house: House) -> None:
        found = rooms.outlook(house.engagement, today() + timedelta(days=3))
        assert [one.user for one in found.shortened] == [house.bob]
        found = rooms.outlook(house.engagement, None)
        assert [one.user for one in found.unchanged] == [house.bob]


class TestDesk:
    def test_the_day_is_looked_at_before_it_is_set(self, house: House) -> None:
        alices, until = desk.at(house.world.alice), today() + timedelta(days=3)
        key = house.engagement.pk
        given: dict[str, Any] = {"until": until.isoformat(), "reason": "The fieldwork ends."}
        seen = alices.post("engagement_room", key, **given)
        assert "loses access" in desk.words(seen)
        house.engagement.refresh_from_db()
        assert house.engagement.room_until is None
        other = alices.post("engagement_room", key, **given, seen="2030-01-01")
        assert other.status_code == 200
        done = alices.post("engagement_room", key, **given, seen=until.isoformat())
        assert done.status_code == 302
        house.engagement.refresh_from_db()
        assert house.engagement.room_until == until
        assert "Room of those outside open until" in alices.text("audits_engagement_change", key)


class TestMails:
    def test_members_are_told_once_a_week_and_a_day_ahead(
        self, house: House, settings: Any
    ) -> None:
        settings.MAIL_IS_ON = True
        end(house, 7)
        for _ in range(2):
            told.ask_for()
        (job,) = Job.objects.filter(kind=told.KIND)
        assert told.send(**job.payload) == 1
        letter = mail.outbox[-1]
        assert letter.to == [house.bob.email]
        assert reverse("portal:handed_over", args=[house.ref]) in letter.body
        assert house.world.alice.email in letter.body
        with late(6):
            told.ask_for()
        assert Job.objects.filter(kind=told.KIND).count() == 2

    def test_a_moved_day_is_not_told_any_more(self, house: House, settings: Any) -> None:
        settings.MAIL_IS_ON = True
        end(house, 7)
        told.ask_for()
        job = Job.objects.get(kind=told.KIND)
        end(house, 60, reason="Longer.")
        assert told.send(**job.payload) == 0
        assert told.ask_for() == 0

    def test_without_a_mail_server_nothing_is_asked_for(self, house: House) -> None:
        end(house, 1)
        assert told.ask_for() == 0
