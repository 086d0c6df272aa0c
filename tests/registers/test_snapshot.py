"""A register becomes evidence: a dated population with its IPE record, checked at once."""

import csv
import io
from datetime import UTC, datetime

import pytest

from accounts.models import User
from controls.models import Area, Control, Expectation
from evidence import store
from evidence.models import Evidence
from jobs.models import Job
from jobs.performing import drain
from registers import entries, registry, snapshot, tasks
from registers.errors import NotAllowedError
from tests import cast
from tests.audits.world import World
from tests.registers.books import GOOD, Book

pytestmark = pytest.mark.django_db


def table(evidence: Evidence) -> list[dict[str, str]]:
    text = b"".join(store.stream(evidence.blob_id)).decode()
    return list(csv.DictReader(io.StringIO(text)))


def expecting(world: World, register: str) -> Expectation:
    expectation = world.expect(world.access, "vendor-inventory", kind="state")
    expectation.collector = register
    expectation.save()
    return expectation


@pytest.mark.usefixtures("var_dir")
@pytest.mark.parametrize("slug", sorted(GOOD))
def test_every_register_can_be_kept(slug: str, alice: User) -> None:
    book = Book(registry.get(slug), alice)
    book.add()
    evidence = snapshot.take(book.register, by=alice)
    assert evidence.population.row_count == 1
    assert evidence.area in Area.values
    assert Control.Area(evidence.area)
    (row,) = table(evidence)
    assert row["active"] == "true"


def test_a_snapshot_holds_all_entries_and_says_how_it_was_made(book: Book) -> None:
    entries.retire(book.add(), register=book.register, by=book.keeper, reason="Gone.")
    book.add(name="Bank", uptime_commitment="")
    evidence = snapshot.take(book.register, by=book.keeper)
    first, second = table(evidence)
    assert (first["reference"], first["active"]) == ("VEN-1", "false")
    assert (second["name"], second["uptime_commitment"]) == ("Bank", "")
    assert (evidence.kind, evidence.evidence_type) == ("state", "register")
    assert evidence.covers_from == evidence.covers_to
    ipe = evidence.population.ipe
    assert (ipe["source_count"], ipe["collector"]) == (2, "register_vendors")
    assert ipe["code_digest"] == book.register.code_digest
    assert evidence.prepared_by == book.keeper


def test_it_counts_for_what_names_the_register(book: Book, world: World) -> None:
    expectation = expecting(world, "register_vendors")
    evidence = snapshot.take(book.register, by=book.keeper)
    assert evidence.claims.get().expectation == expectation
    other = snapshot.take(book.register, by=book.keeper, claims=[world.mfa])
    assert other.claims.get().expectation == world.mfa
    assert other.check_results.count() == world.mfa.checks.count() == 1


def test_a_stranger_takes_none(book: Book) -> None:
    with pytest.raises(NotAllowedError):
        snapshot.take(book.register, by=cast.person("executive"))


def test_the_schedule_takes_one_a_week_of_each_register_in_use(book: Book) -> None:
    book.add()
    for day in (16, 17, 22):
        tasks.weekly(datetime(2026, 11, day, 9, tzinfo=UTC))
    drain()
    job = Job.objects.get(kind=tasks.SNAPSHOT)
    assert (job.state, job.key) == ("done", "register:vendors:2026-W47")
    assert Evidence.objects.get().ref == (job.result or {})["evidence"]


def test_a_job_that_is_done_twice_takes_one_snapshot(book: Book) -> None:
    book.add()
    first = snapshot.take_once(book.register, key="register:vendors:2026-W47")
    book.add(name="Bank")
    assert snapshot.take_once(book.register, key="register:vendors:2026-W47") == first
    assert Evidence.objects.count() == 1
