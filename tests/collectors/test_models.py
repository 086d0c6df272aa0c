"""What the tables refuse, whoever writes them."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import ProtectedError

from collectors.models import ProbeSample, Run, Source
from evidence import ledger
from tests.collectors import world

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 11, 21, 12, 0, 42, 123, tzinfo=UTC)


def failed(source: Source, **changes: Any) -> Run:
    with transaction.atomic():
        entry = ledger.append("run", subject="RUN-1", body={}, actor="system")
        fields = {
            "number": 1,
            "source": source,
            "ticket": "t",
            "key": "t#1",
            "state": Run.State.FAILED,
            "reason": "Because.",
            "started_at": NOON,
            "finished_at": NOON + timedelta(seconds=3),
            "requested_by": "system",
            "ledger_entry": entry,
        }
        return Run.objects.create(**{**fields, **changes})


@pytest.fixture
def source(monkeypatch: pytest.MonkeyPatch) -> Source:
    world.install(monkeypatch)
    return world.source()


def test_a_run_tells_its_name_and_how_long_it_took(source: Source) -> None:
    run = failed(source, number=42)
    assert (run.ref, str(run), run.took) == ("RUN-000042", "RUN-000042", timedelta(seconds=3))
    assert not run.answered


@pytest.mark.parametrize(
    "changes",
    [
        {"reason": ""},
        {"state": Run.State.PARTIAL},
        {"state": Run.State.COMPLETE, "reason": ""},
    ],
)
def test_a_run_without_reason_or_evidence_is_refused(
    source: Source, changes: dict[str, Any]
) -> None:
    with pytest.raises(IntegrityError):
        failed(source, **changes)


def test_numbers_and_keys_are_given_once(source: Source) -> None:
    failed(source)
    with pytest.raises(IntegrityError):
        failed(source, key="t#2")
    with pytest.raises(IntegrityError):
        failed(source, number=2)
    failed(source, number=2, key="t#2")


def test_a_source_with_history_cannot_be_deleted(source: Source) -> None:
    failed(source)
    with pytest.raises(ProtectedError):
        source.delete()


def test_a_minute_has_one_sample_of_a_source(source: Source) -> None:
    minute = ProbeSample.minute(NOON)
    assert minute == datetime(2026, 11, 21, 12, tzinfo=UTC)
    ProbeSample.objects.create(source=source, at=minute, up=True)
    with pytest.raises(IntegrityError), transaction.atomic():
        ProbeSample.objects.create(source=source, at=minute, up=False)
    ProbeSample.objects.create(source=world.source(), at=minute, up=False)


def test_no_secret_lies_in_the_database_in_clear(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every text of every table is looked through, the ledger's leaves too."""
    world.install(monkeypatch)
    secret = "correct-horse-battery-staple"
    world.collect(world.source(values={"token": secret}))
    for table in connection.introspection.table_names():
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
            assert secret not in repr(cursor.fetchall()), table
