"""What is special about a restore test of PostgreSQL; the rest is in test_database_restore."""

from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from accounts.models import User
from collectors.errors import ProgramMissingError, SourceDeniedError, SourceUnreachableError
from collectors.restores import postgres
from tests import cast
from tests.collectors.asking import Told, ask

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("server_programs"),
    pytest.mark.skipif(connection.vendor != "postgresql", reason="runs on PostgreSQL only"),
]


def restore(scratch: Path) -> Told:
    return ask("database_restore", scratch)


def scratch_databases() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT datname FROM pg_database WHERE datname LIKE '%\\_restore\\_%'")
        return [row[0] for row in cursor.fetchall()]


def test_the_scratch_database_is_dropped(scratch: Path) -> None:
    restore(scratch)
    assert scratch_databases() == []


def test_one_that_a_killed_run_left_is_dropped(scratch: Path) -> None:
    name = f"{connection.settings_dict['NAME']}_restore_0123abcd"
    kept = f"{connection.settings_dict['NAME']}_restore_by_hand"
    with closing(connection.copy()) as other, other.cursor() as cursor:
        cursor.execute(f'CREATE DATABASE "{name}"')
        cursor.execute(f'CREATE DATABASE "{kept}"')
    restore(scratch)
    assert scratch_databases() == [kept]
    with closing(connection.copy()) as other, other.cursor() as cursor:
        cursor.execute(f'DROP DATABASE "{kept}"')


def test_rows_that_arrive_during_the_dump_do_not_count(
    scratch: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = postgres._Tools.run

    def run(tools: Any, name: str, *words: str) -> None:
        if name == "pg_dump":
            cast.person()
        real(tools, name, *words)

    monkeypatch.setattr(postgres._Tools, "run", run)
    told = restore(scratch)
    assert User.objects.count() == 1
    rows = {row["table_name"]: row for row in told.rows}
    assert rows["accounts_user"]["rows_source"] == 0
    assert rows["accounts_user"]["rows_restored"] == 0


def test_two_tests_at_once_do_not_drop_each_other(scratch: Path) -> None:
    with (
        postgres._scratch_database(),
        pytest.raises(SourceUnreachableError, match="Another restore test"),
    ):
        restore(scratch)


def test_missing_programs_are_named(scratch: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(scratch))
    monkeypatch.setattr(postgres, "_DEBIAN", scratch)
    with pytest.raises(ProgramMissingError, match=r"apt-get install postgresql-client-\d+"):
        restore(scratch)


def test_programs_that_are_too_old_do_not_do(
    scratch: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("pg_dump", "pg_restore"):
        program = scratch / name
        program.write_text("#!/bin/sh\necho 'pg_dump (PostgreSQL) 9.6.1'\n")
        program.chmod(0o755)
    monkeypatch.setenv("PATH", str(scratch))
    monkeypatch.setattr(postgres, "_DEBIAN", scratch)
    with pytest.raises(ProgramMissingError):
        restore(scratch)


def test_a_user_that_may_not_create_databases_is_told_what_to_ask_for(scratch: Path) -> None:
    with connection.cursor() as cursor:
        cursor.execute("DROP ROLE IF EXISTS plain_user")
        cursor.execute("CREATE ROLE plain_user LOGIN")
        cursor.execute("GRANT SELECT ON ALL TABLES IN SCHEMA public TO plain_user")
        cursor.execute("GRANT SELECT ON ALL SEQUENCES IN SCHEMA public TO plain_user")
    kept = connection.settings_dict["USER"]
    connection.close()
    connection.settings_dict["USER"] = "plain_user"
    try:
        with pytest.raises(SourceDeniedError, match="ALTER ROLE plain_user CREATEDB"):
            restore(scratch)
    finally:
        connection.close()
        connection.settings_dict["USER"] = kept
        with connection.cursor() as cursor:
            cursor.execute("DROP OWNED BY plain_user")
            cursor.execute("DROP ROLE plain_user")
