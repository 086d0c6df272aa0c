"""What three answers come to: categories with reasons, sources with permissions, one engagement."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.conf import settings

from accounts.models import User
from audits.engagements import SECURITY
from audits.errors import AuditsError
from audits.models import Engagement
from collectors import connections, defaults, registry
from collectors.connections import Wishes
from compliance import first_run
from compliance.first_run import Wish
from controls.models import Expectation
from evidence.models import LedgerEntry
from tests.audits.world import World, clock, moment

pytestmark = pytest.mark.django_db

FRAMEWORKS = Path(settings.BASE_DIR) / "controls" / "catalogue" / "frameworks"


def wish(world: World, **other: Any) -> Wish:
    return replace(Wish(framework=world.framework, **USUAL), **other)


USUAL: dict[str, Any] = {
    "title": "SOC 2 Type 2",
    "type": "soc2_type2",
    "firm": "",
    "window_from": date(2026, 10, 1),
    "window_to": date(2027, 3, 31),
    "reasons": {SECURITY: first_run.SECURITY_REASON, "Availability": "Customers sell by it."},
    "grounds": {},
}


@pytest.fixture
def world(alice: User, var_dir: Path) -> World:
    return World(alice)


@pytest.fixture
def november() -> Iterator[None]:
    with clock(moment(date(2026, 11, 22))):
        yield


def test_each_thing_processed_suggests_categories_and_says_why() -> None:
    found = first_run.suggested(["payouts", "cards"])
    assert list(found) == [SECURITY, "Processing Integrity", "Availability"]
    assert all(reason and ground for reason, ground in found.values())
    both = found["Processing Integrity"][0]
    assert "Card payments" in both
    assert "Merchants must be paid" in both


def test_nothing_processed_leaves_what_every_report_covers() -> None:
    assert list(first_run.suggested([])) == [SECURITY]


def test_every_suggestion_is_a_category_of_the_framework() -> None:
    file = yaml.safe_load((FRAMEWORKS / "tsc_2017.yaml").read_text("utf-8"))
    known = {section["category"] for section in file["sections"].values()}
    assert {*first_run.suggested([each.slug for each in first_run.PROCESSINGS])} == known


@pytest.mark.usefixtures("november")
def test_the_proposed_window_holds_the_last_whole_month() -> None:
    assert first_run.usual_window() == (date(2026, 10, 1), date(2027, 3, 31))


def test_every_collector_belongs_to_a_system_or_asks_this_installation() -> None:
    asked = [one.slug for system in first_run.systems() for one in system.collectors]
    assert sorted([*asked, *defaults.SLUGS]) == sorted(registry.collectors())
    assert {system.title for system in first_run.systems()} >= {"GitHub", "Okta", "Stripe"}


def test_the_own_sources_are_those_that_ask_this_installation(world: World) -> None:
    connected = {source.collector for source in defaults.connect_defaults()}
    assert connected <= defaults.SLUGS
    assert {source.collector for source in first_run.own(first_run.standing_sources())} == connected


def test_it_is_empty_until_an_engagement_was_opened(alice: User, var_dir: Path) -> None:
    assert not first_run.is_empty()
    world = World(alice)
    assert first_run.is_empty()
    world.engagement()
    assert not first_run.is_empty()


def test_the_scope_follows_the_categories(world: World) -> None:
    controls, expected = first_run.in_scope(world.framework, [SECURITY])
    assert [control.ref for control in controls] == ["AC-01"]
    assert {each.slug for each in expected} == {"staff-mfa-state", "leavers"}
    assert first_run.in_scope(world.framework, [SECURITY, "Availability"])[0].count() == 2


def test_a_question_counts_for_what_its_columns_can_meet(world: World) -> None:
    Expectation.objects.filter(slug="leavers").update(required_columns=["account", "ended_at"])
    Expectation.objects.filter(slug="staff-mfa-state").update(required_columns=["no_such_column"])
    okta = next(each for each in first_run.systems() if each.slug == "okta")
    found = first_run.questions(okta, expected=Expectation.objects.all(), standing=[])
    serving = {one.collector.slug: [each.slug for each in one.serves] for one in found}
    assert serving["okta_users"] == ["leavers"]
    assert serving["okta_failed_sign_ins"] == []


def test_two_collectors_of_a_system_share_no_expectation_by_themselves(world: World) -> None:
    Expectation.objects.filter(slug="leavers").update(required_columns=["account"])
    okta = next(each for each in first_run.systems() if each.slug == "okta")
    found = {
        one.collector.slug: one
        for one in first_run.questions(okta, expected=Expectation.objects.all(), standing=[])
    }
    assert [each.slug for each in found["okta_users"].serves] == ["leavers"]
    assert found["okta_users"].alone == ()


def test_a_connected_source_is_known(world: World) -> None:
    wishes = Wishes(title="TLS", values={"endpoints": ["pay.example.org"]})
    source = connections.connect("tls_endpoint", slug="tls", wishes=wishes, by="person:1")
    tls = next(each for each in first_run.systems() if each.slug == "tls")
    assert [
        one.source
        for one in first_run.questions(tls, expected=[], standing=first_run.standing_sources())
    ] == [source]


def test_it_opens_one_engagement_however_often_it_is_told_to(world: World) -> None:
    first, is_new = first_run.begin(wish(world), by=world.alice)
    assert is_new
    assert dict(first.categories.values_list("category", "reason")) == USUAL["reasons"]
    leaves = LedgerEntry.objects.count()
    again, is_new = first_run.begin(wish(world), by=world.alice)
    assert (again, is_new) == (first, False)
    assert LedgerEntry.objects.count() == leaves
    assert Engagement.objects.count() == 1
    other, is_new = first_run.begin(
        wish(world, type="soc2_type1", window_to=date(2026, 10, 1)), by=world.alice
    )
    assert is_new
    assert other != first


def test_it_refuses_charlie(world: World, charlie: User) -> None:
    with pytest.raises(AuditsError):
        first_run.begin(wish(world), by=charlie)
    assert not Engagement.objects.exists()


def test_without_a_catalogue_there_is_nothing_to_begin_with(alice: User, var_dir: Path) -> None:
    assert first_run.framework() is None
    assert not first_run.is_empty()
