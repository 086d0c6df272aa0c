"""The thread of a request: rows that stay, and text that every page and sheet can show."""

from collections.abc import Callable
from datetime import date

import pytest
from django.db import IntegrityError, transaction

from accounts.models import User
from audits import requests
from audits.errors import (
    AuditsError,
)
from audits.models import Engagement, RequestEntry
from evidence.models import Evidence
from tests.audits.asking import admit, answered, asked
from tests.audits.world import World, hand_in_staff

Deeds = list[Callable[[], object]]


@pytest.fixture
def engagement(world: World, bob: User) -> Engagement:
    made = world.engagement()
    admit(made, bob, by=world.alice)
    return made


@pytest.fixture
def item(world: World) -> Evidence:
    """Evidence in scope."""
    return hand_in_staff(world, date(2026, 6, 30))


class TestThread:
    def test_rows_cannot_be_changed_or_removed(
        self, engagement: Engagement, world: World, bob: User, item: Evidence
    ) -> None:
        given = answered(asked(engagement, bob), item, world.alice)
        for rows in (RequestEntry.objects.all(), given.items.all()):
            with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
                rows.update(id=99)
        with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
            given.items.all().delete()
        with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
            given.request.entries.filter(kind="asked").delete()

    def test_line_ends_of_every_browser_become_plain(
        self, engagement: Engagement, bob: User
    ) -> None:
        request = asked(engagement, bob, text="one\r\ntwo\rthree\n")
        assert request.text == "one\ntwo\nthree"
        entry = requests.comment(request, text=" a\r\nb ", by=bob)
        assert entry.text == "a\nb"

    def test_a_control_character_is_refused_in_every_text(
        self, engagement: Engagement, world: World, bob: User, item: Evidence
    ) -> None:
        request = asked(engagement, bob)
        bad = "a\x00b"
        given = answered(request, item, world.alice)
        deeds: Deeds = [
            lambda: answered(request, item, world.alice, bad),
            lambda: requests.return_with_reason(request, seen=given.pk, reason=bad, by=bob),
            lambda: requests.withdraw(request, reason=bad, by=bob),
            lambda: requests.comment(request, text=bad, by=bob),
        ]
        for deed in deeds:
            with pytest.raises(AuditsError, match=r"U\+0000"):
                deed()
