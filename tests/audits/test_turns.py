"""Deeds that meet take turns: numbers have no gap and no double, on both databases."""

import secrets
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from audits import access_log, days, engagements, packs
from audits.models import AccessNote, Engagement, Pack
from evidence import intake, ledger
from tests import cast
from tests.audits.world import SECURITY, World, hand_in_staff, submission
from tests.together import at_once

TOGETHER = 4


@pytest.fixture
def world(transactional_db: None, var_dir: Path) -> World:
    return World(cast.person("compliance-lead"))


def test_packs_that_are_frozen_together_are_numbered_in_turn(world: World) -> None:
    engagement = world.engagement()
    hand_in_staff(world, date(2026, 6, 10))
    found = at_once([lambda: packs.freeze(Engagement.objects.get(), by=None)] * TOGETHER)
    assert all(isinstance(pack, Pack) for pack in found), found
    numbers = sorted(engagement.packs.values_list("number", flat=True))
    assert numbers == list(range(1, TOGETHER + 1))
    for pack in engagement.packs.all():
        assert pack.checkpoint.size == pack.ledger_entry_id + 1
        assert packs.selection_of(pack).items
    assert ledger.root(ledger.size())


def test_engagements_that_are_opened_together_have_names_of_their_own(world: World) -> None:
    def deed() -> str:
        return engagements.open_engagement(
            "At once",
            type="soc2_type2",
            framework=world.framework,
            window_from=world.start,
            window_to=world.end,
            categories={SECURITY: "Always."},
            by=world.alice,
        ).ref

    assert sorted(map(str, at_once([deed] * TOGETHER))) == [
        f"ENG-2026-{n}" for n in range(1, TOGETHER + 1)
    ]


def test_a_page_that_is_opened_in_several_windows_is_viewed_once(world: World) -> None:
    engagement = world.engagement()
    found = at_once(
        [lambda: access_log.note(engagement, world.alice, "view", "EV-000001")] * TOGETHER
    )
    assert sum(isinstance(note, AccessNote) for note in found) == 1, found
    assert found.count(None) == TOGETHER - 1
    assert AccessNote.objects.count() == 1


def test_evidence_that_arrives_while_a_pack_is_frozen_is_in_it_whole_or_not_at_all(
    world: World,
) -> None:
    engagement = world.engagement()

    def deed() -> object:
        sent = submission(secrets.token_bytes(9), world.start, world.end, world.leavers)
        intake.receive(sent, actor="system")
        return packs.freeze(engagement, by=None)

    found = at_once([deed] * TOGETHER)
    assert all(isinstance(pack, Pack) for pack in found), found
    for pack in Pack.objects.all():
        for item in packs.selection_of(pack).items:
            assert all(index < pack.checkpoint.size for index in item.leaves)


def test_today_is_the_organisations_day(monkeypatch: pytest.MonkeyPatch, settings: object) -> None:
    late = datetime(2026, 12, 31, 23, 30, tzinfo=UTC)
    monkeypatch.setattr("django.utils.timezone.now", lambda: late)
    assert days.today() == date(2026, 12, 31)
    settings.ORGANISATION_TIME_ZONE = "Europe/Amsterdam"  # type: ignore[attr-defined]
    assert days.today() == date(2027, 1, 1)
