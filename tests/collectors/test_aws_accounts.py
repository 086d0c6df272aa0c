"""Several accounts and regions: what one of them hides is named, and the rest is collected."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pytest_django import Settings

from collectors import configuration, registry
from collectors.errors import SettingsError, SourceBrokenError, SourceDeniedError, SourceError
from collectors.models import Run
from collectors.run import perform
from collectors.trial import try_connection
from tests.collectors import clouds, world
from tests.collectors.asking import Told, ask
from tests.collectors.clouds import ACCOUNT, HOME, KEYS, OTHER, SECOND, Maker, Road, role_in
from tests.collectors.loopback import Asked, Reply

ROLES = [role_in(ACCOUNT), role_in(SECOND)]
FORBIDDEN = Reply(b"", status=403)


@pytest.fixture(scope="module")
def moto() -> Iterator[str]:
    with clouds.moto() as url:
        yield url


@pytest.fixture
def road(moto: str) -> Iterator[Road]:
    """A key in each of two regions of each of two accounts."""
    clouds.reset(moto)
    make = Maker(moto)
    for region in (HOME, OTHER):
        make("kms", region).create_key()
        make.second("kms", region).create_key()
    with Road(moto) as running:
        yield running


@pytest.fixture(autouse=True)
def without_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.sleep", lambda _seconds: None)


def values(road: Road, **more: Any) -> dict[str, Any]:
    return {**KEYS, "roles": ROLES, "regions": [HOME, OTHER], "endpoint": road.url, **more}


def keys(road: Road, scratch: Path, **more: Any) -> Told:
    return ask("aws_key_rotation", scratch, **values(road, **more))


def systems(told: Told) -> list[str]:
    return sorted(row["system_name"] for row in told.rows)


def refuse_second(road: Road, operation: str, reply: Reply) -> None:
    """Answer one question about the second account otherwise."""

    def own(asked: Asked) -> Reply | None:
        is_it = operation.encode() in asked.body and SECOND.encode() in asked.body
        return reply if is_it else None

    road.own = own


def test_each_account_is_asked_in_each_region(road: Road, scratch: Path) -> None:
    told = keys(road, scratch)
    assert systems(told) == [f"AWS {ACCOUNT}"] * 2 + [f"AWS {SECOND}"] * 2
    assert told.trail.shortfalls == []
    assert told.answer.source_system == f"AWS accounts {ACCOUNT}, {SECOND}"
    assert told.answer.parameters["accounts"] == [ACCOUNT, SECOND]


def test_the_external_id_is_sent_and_the_lent_keys_are_not_noted(road: Road, scratch: Path) -> None:
    told = keys(road, scratch, external_id="planted-external-id")
    lent = [each for each in road.asked if b"AssumeRole" in each.body]
    assert len(lent) == 2
    assert all(b"ExternalId=planted-external-id" in each.body for each in lent)
    assert not any("AssumeRole" in place for place in told.trail.places)
    assert told.trail.pages == len(road.asked) - len(lent)
    assert "planted" not in repr(told)


def test_one_account_of_two_that_is_refused_makes_the_run_partial(
    road: Road, scratch: Path
) -> None:
    refuse_second(road, "AssumeRole", FORBIDDEN)
    told = keys(road, scratch)
    assert systems(told) == [f"AWS {ACCOUNT}"] * 2
    assert len(told.trail.shortfalls) == 1
    assert told.trail.shortfalls[0].startswith(f"Of account {SECOND} not all was seen.")
    assert "sts:AssumeRole" in told.trail.shortfalls[0]


@pytest.mark.django_db
def test_the_run_says_so_and_covers_nothing(road: Road) -> None:
    refuse_second(road, "AssumeRole", FORBIDDEN)
    run = perform(world.source("aws_key_rotation", values=values(road)), period=None, key="one")
    assert run.state == Run.State.PARTIAL
    assert f"account {SECOND}" in run.reason


@pytest.mark.django_db
def test_trying_the_connection_names_the_account_that_is_out_of_sight(road: Road) -> None:
    refuse_second(road, "AssumeRole", FORBIDDEN)
    outcome = try_connection(world.source("aws_key_rotation", values=values(road)))
    assert outcome.works
    assert len(outcome.unseen) == 1
    assert SECOND in outcome.unseen[0]


@pytest.mark.parametrize(("status", "error"), [(403, SourceDeniedError), (500, SourceBrokenError)])
def test_where_nothing_at_all_is_seen_the_run_fails(
    road: Road, scratch: Path, status: int, error: type[SourceError]
) -> None:
    road.refused["/sts/"] = Reply(b"", status=status)
    with pytest.raises(error):
        keys(road, scratch)


def test_a_region_that_is_not_enabled_is_named(road: Road, scratch: Path) -> None:
    told_off = {"__type": "UnrecognizedClientException", "message": "The token is invalid."}
    road.refused[f"/{OTHER}/kms/"] = Reply(json.dumps(told_off).encode(), status=400)
    told = keys(road, scratch)
    assert systems(told) == [f"AWS {ACCOUNT}", f"AWS {SECOND}"]
    assert len(told.trail.shortfalls) == 2
    for shortfall, account in zip(told.trail.shortfalls, (ACCOUNT, SECOND), strict=True):
        assert f"Of account {account}, {OTHER} not all was seen." in shortfall
        assert "UnrecognizedClientException" in shortfall
        assert "The token is invalid" not in shortfall


def test_without_regions_all_that_are_enabled_are_asked(road: Road, scratch: Path) -> None:
    enabled = (
        b"<DescribeRegionsResponse><regionInfo><item><regionName>eu-west-1</regionName></item>"
        b"<item><regionName>us-east-1</regionName></item></regionInfo></DescribeRegionsResponse>"
    )
    road.own = lambda asked: Reply(enabled) if b"DescribeRegions" in asked.body else None
    told = keys(road, scratch, regions=[], roles=[])
    assert systems(told) == [f"AWS {ACCOUNT}"] * 2
    question = next(each.body for each in road.asked if b"DescribeRegions" in each.body)
    assert b"opt-in-status" in question
    assert b"opted-in" in question
    assert told.answer.source_system == "AWS account of the access key"


def test_moto_names_regions_as_aws_does(road: Road, scratch: Path) -> None:
    told = keys(road, scratch, regions=[], roles=[ROLES[0]])
    asked = {place for place in told.trail.places if "ListKeys" in place}
    assert len(asked) >= 10
    assert systems(told) == [f"AWS {ACCOUNT}"] * 2


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"roles": [ROLES[0], role_in(ACCOUNT) + "2"]}, "name an account twice"),
        ({"roles": ["arn:aws:iam::1:role/x"]}, "roles"),
        ({"regions": ["moon"]}, "regions"),
        ({"endpoint": "ftp://files"}, "endpoint"),
        ({"endpoint": "https://me:secret@aws.example"}, "endpoint"),
    ],
)
def test_settings_that_cannot_be_are_refused(wrong: dict[str, Any], words: str) -> None:
    collector = registry.get("aws_key_rotation")
    with pytest.raises(SettingsError, match=words) as caught:
        configuration.validate(collector, {**KEYS, **wrong})
    assert KEYS["secret_access_key"] not in str(caught.value)


def test_one_place_means_one_region() -> None:
    wanted = {
        "service": "API",
        "load_balancer": "app/api/0123456789abcdef",
        "latency_objective_ms": 1,
        "error_objective_percent": 1,
    }
    collector = registry.get("aws_service_levels")
    with pytest.raises(SettingsError, match="one region"):
        configuration.validate(collector, {**KEYS, **wanted})
    configuration.validate(collector, {**KEYS, **wanted, "regions": [HOME]})


def test_an_endpoint_in_a_private_network_needs_the_setting(
    road: Road, scratch: Path, settings: Settings
) -> None:
    settings.PRIVATE_ADDRESSES = frozenset()
    with pytest.raises(SourceError, match="no public address"):
        keys(road, scratch, roles=[])
    assert road.asked == []


def test_nothing_of_this_machine_is_used(
    road: Road, scratch: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Neither the profile, the keys, the endpoint nor the proxy of whoever started the worker."""
    profile = tmp_path / "config"
    profile.write_text("[default]\nregion = eu-north-1\nendpoint_url = http://127.0.0.1:9\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(profile))
    for name, value in {
        "AWS_PROFILE": "of-somebody",
        "AWS_ACCESS_KEY_ID": "AKIAZZZZZZZZZZZZZZZZ",
        "AWS_SECRET_ACCESS_KEY": "other",
        "AWS_SESSION_TOKEN": "other",
        "AWS_ENDPOINT_URL": "http://127.0.0.1:9",
        "HTTP_PROXY": "http://127.0.0.1:9",
    }.items():
        monkeypatch.setenv(name, value)
    told = keys(road, scratch, roles=[])
    assert len(told.rows) == 2
    assert all(KEYS["access_key_id"] in each.headers["Authorization"] for each in road.asked)
    assert not any("X-Amz-Security-Token" in each.headers for each in road.asked)
