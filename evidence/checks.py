"""Tests of a control as SQL over a population: zero rows returned means no exceptions.

The SQL runs in DuckDB over the one table `population`, with no file, network or extension access,
one thread, a memory limit and a time limit; timestamps are UTC. A check that could not run is an
error, never a pass.
"""

import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from hashlib import sha256
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from controls import late_duckdb as duckdb
from controls.check_query import DUCKDB_TYPES
from controls.models import Check
from evidence import ledger, store
from evidence.errors import CheckError
from evidence.models import CheckResult, Evidence

SECONDS = 60
MEMORY = "512MB"
KEPT_EXCEPTIONS = 1000


@dataclass(frozen=True)
class Outcome:
    """What one check found: a state, counts, and the exceptions themselves."""

    state: CheckResult.State
    population_count: int | None = None
    exception_count: int | None = None
    exceptions: dict[str, Any] = field(default_factory=dict)
    error: str = ""


def run(evidence: Evidence, *, actor: str) -> list[CheckResult]:
    """Run every check of the expectations that a version claims, and record the results.

    A check that was recorded for this version with the same SQL is not run again.
    """
    due = [check for check in _checks_of(evidence) if not _recorded(evidence, check)]
    if not due:
        return list(evidence.check_results.all())
    outcomes = list(_outcomes(evidence, due))
    with transaction.atomic():
        ledger.lock()
        for check, outcome in zip(due, outcomes, strict=True):
            if not _recorded(evidence, check):
                _record(evidence, check, outcome, actor=actor)
    return list(evidence.check_results.all())


def are_due(evidence: Evidence) -> bool:
    """Say whether some check of what a version claims has not read it yet."""
    return any(not _recorded(evidence, check) for check in _checks_of(evidence))


def evaluate(path: Path, columns: Sequence[dict[str, str]], check: Check) -> Outcome:
    """Run one check over a canonical CSV file and return what it found."""
    with _database(path, columns) as database:
        return _evaluate(database, check)


def _checks_of(evidence: Evidence) -> list[Check]:
    expectations = evidence.claims.values("expectation")
    return list(Check.objects.filter(expectation__in=expectations).order_by("slug"))


def _recorded(evidence: Evidence, check: Check) -> bool:
    return evidence.check_results.filter(check_ref=check, check_digest=check.digest).exists()


def _outcomes(evidence: Evidence, due: Sequence[Check]) -> Iterator[Outcome]:
    population = getattr(evidence, "population", None)
    if population is None:
        for _ in due:
            yield Outcome(CheckResult.State.ERROR, error="This item is not a table.")
        return
    with _plain_copy(population.table_id) as path:
        try:
            with _database(path, population.columns) as database:
                for check in due:
                    yield _evaluate(database, check)
        except duckdb.Error as error:
            # The table itself did not load, so that every check of it is an error.
            for _ in due:
                yield Outcome(CheckResult.State.ERROR, error=_first_line(error))


@contextmanager
def _plain_copy(digest: str) -> Iterator[Path]:
    with tempfile.NamedTemporaryFile(dir=settings.SCRATCH_DIR, suffix=".csv") as file:
        for chunk in store.stream(digest):
            file.write(chunk)
        file.flush()
        yield Path(file.name)


@contextmanager
def _database(
    path: Path, columns: Sequence[dict[str, str]]
) -> "Iterator[duckdb.DuckDBPyConnection]":
    database = duckdb.connect(":memory:")
    try:
        database.execute(f"SET threads = 1; SET memory_limit = '{MEMORY}'")
        database.execute("SET python_enable_replacements = false")
        database.execute("SET autoinstall_known_extensions = false")
        database.execute("SET autoload_known_extensions = false")
        _load(database, path, columns)
        database.execute("SET enable_external_access = false")
        database.execute("SET lock_configuration = true")
        yield database
    finally:
        database.close()


def _load(
    database: "duckdb.DuckDBPyConnection", path: Path, columns: Sequence[dict[str, str]]
) -> None:
    table = database.read_csv(
        str(path),
        header=True,
        sep=",",
        quotechar='"',
        escapechar='"',
        na_values="",
        auto_detect=False,
        columns={column["name"]: DUCKDB_TYPES[column["type"]] for column in columns},
    )
    table.create("population")


def _evaluate(database: "duckdb.DuckDBPyConnection", check: Check) -> Outcome:
    alarm = threading.Timer(SECONDS, database.interrupt)
    alarm.start()
    try:
        total = database.execute("SELECT count(*) FROM population").fetchone()
        found = database.execute(_only_select(database, check.sql))
        names = [column[0] for column in found.description or []]
        rows = found.fetchmany(KEPT_EXCEPTIONS)
        more = 0
        while batch := found.fetchmany(10_000):
            more += len(batch)
    except duckdb.InterruptException:
        return Outcome(CheckResult.State.ERROR, error=f"Stopped after {SECONDS} seconds.")
    except (duckdb.Error, CheckError) as error:
        return Outcome(CheckResult.State.ERROR, error=_first_line(error))
    finally:
        alarm.cancel()
    count = len(rows) + more
    state = CheckResult.State.FAILED if count > check.threshold else CheckResult.State.PASSED
    exceptions = {"columns": names, "rows": [[_plain(cell) for cell in row] for row in rows]}
    return Outcome(state, total[0] if total else 0, count, exceptions if count else {})


def _only_select(database: "duckdb.DuckDBPyConnection", sql: str) -> "duckdb.Statement":
    """Refuse anything but one SELECT: a statement that returns nothing would pass for clean."""
    statements = database.extract_statements(sql)
    if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
        message = "A check is one SELECT statement that returns the exceptions."
        raise CheckError(message)
    return statements[0]


def _record(evidence: Evidence, check: Check, outcome: Outcome, *, actor: str) -> CheckResult:
    now = timezone.now()
    exceptions = sha256(ledger.canonical(outcome.exceptions)).hexdigest()
    entry = ledger.append(
        "check",
        subject=evidence.ref,
        body={
            "check": check.slug,
            "check_sha256": check.digest,
            "sha256": evidence.blob_id,
            "state": outcome.state.value,
            "population_count": outcome.population_count,
            "exception_count": outcome.exception_count,
            "exceptions_sha256": exceptions,
        },
        actor=actor,
    )
    return CheckResult.objects.create(
        evidence=evidence,
        check_ref=check,
        check_digest=check.digest,
        state=outcome.state,
        population_count=outcome.population_count,
        exception_count=outcome.exception_count,
        exceptions=outcome.exceptions,
        error=outcome.error,
        ran_at=now,
        ledger_entry=entry,
    )


def _plain(cell: object) -> str | int | bool | None:
    if cell is None or isinstance(cell, str | bool | int):
        return cell
    if isinstance(cell, Decimal):
        return f"{cell.normalize():f}"
    if isinstance(cell, datetime | date):
        return cell.isoformat()
    return str(cell)


def _first_line(error: Exception) -> str:
    return str(error).strip().split("\n", 1)[0][:500]
