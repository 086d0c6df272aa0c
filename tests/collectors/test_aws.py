"""What every collector of AWS must do, tried on moto over the loopback.

A new one is found by its name; its case stands in `cloud_cases`.
"""

import contextlib
import functools
import re
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from botocore.loaders import create_loader

from collectors import registry
from collectors.errors import (
    SourceBrokenError,
    SourceBusyError,
    SourceDeniedError,
    SourceError,
    SourceNonsenseError,
    SourceUnreachableError,
)
from collectors.models import Run
from collectors.run import perform
from collectors.trial import try_connection
from evidence.population import write_csv
from tests.collectors import clouds, world
from tests.collectors.asking import Told, ask
from tests.collectors.cloud_cases import CASES, Case
from tests.collectors.clouds import HOME, KEYS, OTHER, SECOND, Maker, Road, role_in
from tests.collectors.loopback import Reply

HTML = b"<!doctype html><title>Sign in</title><p>Please"
FAULTS = {
    "403": (Reply(b"", status=403), SourceDeniedError),
    "429": (Reply(b"", status=429), SourceBusyError),
    "500": (Reply(b"", status=500), SourceBrokenError),
    "a page of HTML": (Reply(HTML), SourceNonsenseError),
    "nothing": (Reply(b""), SourceNonsenseError),
    "cut XML": (Reply(b"<GetCallerIdentityResponse><GetCallerIde"), SourceNonsenseError),
    "a cut connection": (Reply(b"<Get", declared_length=900), SourceUnreachableError),
    "another shape": (Reply(b"<surprise/>"), SourceNonsenseError),
}
LATER = {
    **{name: FAULTS[name][0] for name in ("403", "429", "500", "a page of HTML", "nothing")},
    "cut JSON": Reply(b'{"Keys": [{"Key'),
    "other JSON": Reply(b'{"surprise": true}'),
    "other XML": Reply(b"<surprise/>"),
}
# What IAM calls an action otherwise than the API calls its operation.
ACTIONS = {
    "s3:ListBuckets": "s3:ListAllMyBuckets",
    "s3:GetBucketEncryption": "s3:GetEncryptionConfiguration",
    "s3:GetPublicAccessBlock": "s3:GetBucketPublicAccessBlock",
    "s3control:GetPublicAccessBlock": "s3:GetAccountPublicAccessBlock",
    "sts:GetCallerIdentity": "",
}


@pytest.fixture(scope="module", autouse=True)
def models_are_read_once() -> Iterator[None]:
    """Reading the models of AWS takes longer than most questions."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("botocore.loaders.create_loader", functools.cache(create_loader))
        yield


@pytest.fixture(scope="module")
def moto() -> Iterator[str]:
    with clouds.moto() as url:
        yield url


@pytest.fixture(scope="module", params=sorted(CASES))
def slug(request: pytest.FixtureRequest, moto: str) -> str:
    """A collector, for which all that its case makes stands in the first account."""
    clouds.reset(moto)
    CASES[request.param].build(Maker(moto))
    return str(request.param)


@pytest.fixture
def case(slug: str) -> Case:
    return CASES[slug]


@pytest.fixture
def road(moto: str, case: Case) -> Iterator[Road]:
    """The way to moto, which is whole at first."""
    with Road(moto, case.own) as running:
        yield running


@pytest.fixture(autouse=True)
def without_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """What boto3 asks again at once is asked without its pause."""
    monkeypatch.setattr("time.sleep", lambda _seconds: None)


def values(case: Case, road: Road, **more: Any) -> dict[str, Any]:
    regions = [HOME, OTHER]
    return {**KEYS, "regions": regions, "endpoint": road.url, **case.settings, **more}


def put(slug: str, road: Road, scratch: Path, *, seconds: float = 60, **more: Any) -> Told:
    case = CASES[slug]
    return ask(slug, scratch, period=case.period, seconds=seconds, **values(case, road, **more))


def test_every_collector_of_aws_has_its_case() -> None:
    assert {slug for slug in registry.collectors() if slug.startswith("aws_")} == set(CASES)


def test_what_stands_there_becomes_rows(slug: str, case: Case, road: Road, scratch: Path) -> None:
    told = put(slug, road, scratch)
    assert told.trail.shortfalls == []
    assert told.trail.source_count in {None, len(told.rows)}
    assert len(told.rows) == len(case.rows) + case.beside
    for expected in case.rows:
        fitting = [row for row in told.rows if _shown(row, expected) == expected]
        assert len(fitting) == 1, (expected, told.rows)
    columns = registry.get(slug).columns
    facts = write_csv([list(row.values()) for row in told.rows], columns, BytesIO())
    assert facts.row_count == len(told.rows)


def test_every_answer_is_noted_and_no_secret_of_it_is_kept(
    slug: str, road: Road, scratch: Path
) -> None:
    told = put(slug, road, scratch)
    assert told.trail.pages == len(told.trail.raw_digests) == len(road.asked)
    assert told.trail.source_clock is not None
    assert not re.search(r"planted|AKIA[A-Z2-7]{16}|SecretAccessKey", repr(told))


def test_it_reads_only_and_by_the_rights_that_it_declares(
    slug: str, road: Road, scratch: Path
) -> None:
    declared = registry.get(slug).declared.permission
    places = put(slug, road, scratch).trail.places
    assert places
    for place in places:
        named = place.split(" ", 1)[0]
        assert re.fullmatch(r"\w+:(Get|List|Describe|GenerateCredentialReport)\w*", named)
        action = "apigateway:GET" if named.startswith("apigateway:") else ACTIONS.get(named, named)
        assert action in declared, f"{action} is not declared"


def test_a_bad_first_answer_is_a_failure_with_words(slug: str, road: Road, scratch: Path) -> None:
    for name, (reply, error) in FAULTS.items():
        road.spoil = (0, reply)
        with pytest.raises(SourceError) as caught:
            put(slug, road, scratch)
        assert type(caught.value) is error, name
        assert str(caught.value)


def test_no_bad_answer_later_on_is_passed_over(slug: str, road: Road, scratch: Path) -> None:
    """Whichever answer is the first bad one, the list never looks whole."""
    put(slug, road, scratch)
    number = len(road.asked)
    assert number > 1
    for place in range(1, number):
        # Every answer is spoiled once, and each fault has its turn.
        fault = list(LATER)[(place + len(slug)) % len(LATER)]
        road.asked.clear()
        road.spoil = (place, LATER[fault])
        with contextlib.suppress(SourceError):
            told = put(slug, road, scratch)
            assert told.trail.shortfalls, f"answer {place} was passed over ({fault})"


def test_silence_is_not_waited_for(slug: str, road: Road, scratch: Path) -> None:
    road.spoil = (0, Reply(b"", wait=30))
    with pytest.raises(SourceUnreachableError):
        put(slug, road, scratch, seconds=0.3)


def test_a_region_that_is_refused_is_named(slug: str, road: Road, scratch: Path) -> None:
    whole = put(slug, road, scratch)
    is_asked = any(f"/{OTHER}/" in each.headers["Authorization"] for each in road.asked)
    road.refused[f"/{OTHER}/"] = Reply(b"", status=403)
    told = put(slug, road, scratch)
    assert len(told.trail.shortfalls) == int(is_asked)
    assert len(told.rows) <= len(whole.rows)
    for shortfall in told.trail.shortfalls:
        assert OTHER in shortfall
        assert "403" in shortfall


@pytest.mark.django_db
@pytest.mark.usefixtures("november")
def test_an_account_without_anything_is_empty_by_fact(slug: str, case: Case, moto: str) -> None:
    with Road(moto, case.own_empty) as road:
        there = values(case, road, roles=[role_in(SECOND)])
        run = perform(world.source(slug, values=there), period=case.period, key="one")
    if case.never_empty:
        assert run.rows
        return
    assert (run.state, run.reason, run.rows) == (Run.State.EMPTY, "", 0)


@pytest.mark.django_db
@pytest.mark.usefixtures("november")
def test_a_whole_run_is_evidence_with_its_record(slug: str, case: Case, road: Road) -> None:
    source = world.source(slug, values=values(case, road))
    run = perform(source, period=case.period, key="one")
    assert (run.state, run.reason) == (Run.State.COMPLETE, "")
    assert run.rows == len(case.rows) + case.beside
    assert len(run.ipe["raw_digests"]) == len(road.asked)
    assert run.evidence
    assert "planted" not in world.text(run.evidence)


@pytest.mark.django_db
@pytest.mark.usefixtures("november")
def test_trying_the_connection_tells_what_is_seen_and_what_is_refused(
    slug: str, case: Case, road: Road
) -> None:
    source = world.source(slug, values=values(case, road))
    road.spoil = (0, Reply(b"", status=403))
    outcome = try_connection(source)
    assert not outcome.works
    assert "refused or lack a right" in outcome.message
    road.spoil = None
    if case.period is None:
        outcome = try_connection(source)
        assert outcome.works, outcome.message
        assert outcome.seen


def _shown(row: dict[str, Any], expected: dict[str, Any]) -> dict[str, Any]:
    """As a case writes it."""
    plain = (bool, int, str, type(None))
    return {
        name: row[name] if isinstance(row[name], plain) else _number(row[name], expected[name])
        for name in expected
    }


def _number(value: Any, like: Any) -> Any:
    return int(value) if isinstance(like, int) else str(value)
