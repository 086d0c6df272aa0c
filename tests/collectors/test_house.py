"""A fresh house asked about itself: catalogue, default sources, jobs, evidence, checks."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.conf import settings
from pytest_django import Settings

from accounts.models import User
from collectors import due, planning, registry
from collectors.base import AsksFor
from collectors.defaults import connect_defaults
from collectors.models import Run, Source
from controls import loader
from controls.cadence import Cadence
from controls.models import Expectation
from evidence import ledger
from evidence.models import CheckResult, Evidence, LedgerEntry
from jobs import performing
from jobs.models import Job
from registers.registry import registers
from tests import cast
from tests.collectors.repository import Repository

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("server_programs"),
]


@pytest.fixture
def catalogue() -> None:
    loader.apply(loader.plan(settings.CATALOGUE_DIR), actor="system", reword=False)


@pytest.fixture
def house(
    catalogue: None, settings: Settings, repository: Repository, alice: User, root: User
) -> dict[str, Run]:
    """Everything that is due on the first day, done; the runs by the name of their source."""
    last_month = planning.closed_windows(Cadence.MONTHLY, datetime.now(UTC).date())[-1]
    repository.commit("Alone", at=f"{last_month.start}T12:00:00+00:00")
    settings.BASE_DIR = repository.path
    connect_defaults()
    due.enqueue_due(datetime.now(UTC))
    performing.drain()
    return {run.source.slug: run for run in Run.objects.select_related("source", "evidence")}


def test_the_house_knows_itself_after_the_first_tick(house: dict[str, Run]) -> None:
    assert {slug: (run.state, run.reason) for slug, run in house.items()} == {
        "api_tokens": (Run.State.EMPTY, ""),
        "database_restore": (Run.State.COMPLETE, ""),
        "git_changes": (Run.State.COMPLETE, ""),
        "staff_mfa": (Run.State.COMPLETE, ""),
    }
    assert not Job.objects.exclude(state=Job.State.DONE).exists()


def test_its_evidence_meets_what_the_catalogue_expects(house: dict[str, Run]) -> None:
    for slug, run in house.items():
        assert run.evidence
        claimed = {claim.expectation.slug for claim in run.evidence.claims.all()}
        expected = Expectation.objects.filter(collector=slug).values_list("slug", flat=True)
        assert claimed == set(expected), slug
        for claim in run.evidence.claims.select_related("expectation"):
            assert claim.expectation.kind == run.evidence.kind
            assert claim.expectation.evidence_type == run.evidence.evidence_type


def test_no_check_of_the_catalogue_stumbles(house: dict[str, Run]) -> None:
    results = CheckResult.objects.select_related("check_ref", "evidence")
    assert results
    stumbled = {result.check_ref.slug: result.error for result in results if result.error}
    assert stumbled == {}


def test_the_checks_find_what_is_wrong(house: dict[str, Run], alice: User, root: User) -> None:
    """Nobody has a second factor yet on the first day."""
    result = CheckResult.objects.get(check_ref__slug="staff-without-mfa")
    assert result.state == CheckResult.State.FAILED
    assert result.exception_count == 2
    alone = CheckResult.objects.get(check_ref__slug="changes-by-one-person")
    assert (alone.state, alone.exception_count) == (CheckResult.State.FAILED, 1)
    restored = CheckResult.objects.filter(evidence=house["database_restore"].evidence)
    assert {each.state for each in restored} == {CheckResult.State.PASSED}


def test_the_next_day_asks_again_and_finds_it_mended(
    house: dict[str, Run], alice: User, root: User
) -> None:
    cast.enrol(alice)
    cast.enrol(root)
    Source.objects.exclude(slug="staff_mfa").update(enabled=False)
    Source.objects.update(asked_until=datetime(2020, 1, 1, tzinfo=UTC))
    due.enqueue_due(datetime.now(UTC))
    performing.drain()
    newest = CheckResult.objects.filter(check_ref__slug="staff-without-mfa").latest("pk")
    assert newest.state == CheckResult.State.PASSED
    # The failing one is still there: mending does not erase.
    assert CheckResult.objects.filter(check_ref__slug="staff-without-mfa").count() == 2


def test_every_run_and_every_source_is_in_the_log(house: dict[str, Run]) -> None:
    kinds = list(LedgerEntry.objects.values_list("kind", flat=True))
    assert kinds.count("run") == len(house)
    assert kinds.count("evidence") == Evidence.objects.count()
    assert kinds.count("source") == Source.objects.count()
    assert ledger.size() == len(kinds)


def test_what_collectors_give_is_what_the_catalogue_reads(catalogue: None) -> None:
    """Name, type and order of every column that both sides speak of."""
    for slug, collector in registry.collectors().items():
        if collector.declared.asks_for is AsksFor.FILE:
            continue
        given = {column.name: column.type for column in collector.columns}
        for expectation in Expectation.objects.filter(collector=slug):
            read = {column["name"]: column["type"] for column in expectation.columns}
            assert read.items() <= given.items(), f"{slug}: {expectation.slug}"


def test_the_catalogue_names_collectors_that_exist(catalogue: None) -> None:
    named = set(Expectation.objects.exclude(collector="").values_list("collector", flat=True))
    assert named
    snapshots = {f"register_{slug}" for slug in registers()}
    assert named <= set(registry.collectors()) | snapshots


def test_default_sources_give_nothing_away(house: dict[str, Run], own_folders: Path) -> None:
    left = [path for path in (own_folders / "scratch").rglob("*") if path.is_file()]
    # Of all scratch files only the copy of the repository stays, for the next fetch.
    assert all("git" in path.parts for path in left)
