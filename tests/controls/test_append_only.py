"""An append-only table grows and does nothing else, on SQLite and on PostgreSQL."""

from collections.abc import Iterator

import pytest
from django.core.management import call_command
from django.db import IntegrityError, NotSupportedError, connection, transaction
from django.db.migrations.state import ProjectState

from controls.append_only import operations, unguarded
from tests import append_only

TABLE = "proof_of_growth"
ATTACKS = [
    f"UPDATE {TABLE} SET word = 'other'",
    f"UPDATE {TABLE} SET word = word",
    f"DELETE FROM {TABLE}",
    f"DELETE FROM {TABLE} WHERE id = 1",
    f"INSERT INTO {TABLE} VALUES (1, 'x') ON CONFLICT (id) DO UPDATE SET word = 'x'",
]
if connection.vendor == "sqlite":
    ATTACKS += [
        f"INSERT OR REPLACE INTO {TABLE} VALUES (1, 'other')",
        f"INSERT OR REPLACE INTO {TABLE} VALUES (2, 'kept')",
        f"REPLACE INTO {TABLE} VALUES (1, 'other')",
        f"UPDATE OR REPLACE {TABLE} SET word = 'other'",
    ]
    WEAKENINGS = [f"DROP TRIGGER {TABLE}_append_only_{deed}" for deed in ("update", "delete")]
else:
    ATTACKS += [
        f"TRUNCATE {TABLE}",
        f"TRUNCATE {TABLE} RESTART IDENTITY CASCADE",
        f"SET LOCAL session_replication_role = replica; DELETE FROM {TABLE}",
        f"SET LOCAL session_replication_role = replica; TRUNCATE {TABLE}",
    ]
    WEAKENINGS = [
        f"DROP TRIGGER {TABLE}_append_only_delete ON {TABLE}",
        f"DROP TRIGGER {TABLE}_append_only_truncate ON {TABLE}",
        f"ALTER TABLE {TABLE} DISABLE TRIGGER {TABLE}_append_only_update",
        f"ALTER TABLE {TABLE} ENABLE TRIGGER {TABLE}_append_only_update",
    ]


def run(statement: str) -> list[tuple[object, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchall() if cursor.description else []


def refuse(statement: str) -> None:
    with pytest.raises(IntegrityError, match=f"{TABLE} is append-only"), transaction.atomic():
        run(statement)


def migrate(*, forwards: bool = True) -> None:
    (operation,) = operations(TABLE)
    step = operation.database_forwards if forwards else operation.database_backwards
    with connection.schema_editor() as editor:
        step("controls", editor, ProjectState(), ProjectState())


@pytest.fixture
def table(transactional_db: None) -> Iterator[None]:
    run(f"CREATE TABLE {TABLE} (id integer PRIMARY KEY, word text UNIQUE)")
    migrate()
    run(f"INSERT INTO {TABLE} VALUES (1, 'kept')")
    yield
    migrate(forwards=False)
    run(f"DROP TABLE {TABLE}")


@pytest.mark.usefixtures("table")
class TestATable:
    def test_it_takes_new_rows(self) -> None:
        run(f"INSERT INTO {TABLE} VALUES (2, 'new')")
        assert run(f"SELECT count(*) FROM {TABLE}") == [(2,)]

    @pytest.mark.parametrize("statement", ATTACKS)
    def test_it_refuses_to_change_or_lose_a_row(self, statement: str) -> None:
        refuse(statement)
        assert run(f"SELECT id, word FROM {TABLE}") == [(1, "kept")]

    def test_the_way_back_frees_it(self) -> None:
        migrate(forwards=False)
        run(f"UPDATE {TABLE} SET word = 'other'")
        assert run(f"SELECT word FROM {TABLE}") == [("other",)]

    def test_the_operation_may_be_repeated(self) -> None:
        migrate()
        assert unguarded(connection, [TABLE]) == []
        refuse(f"DELETE FROM {TABLE}")

    @pytest.mark.parametrize("statement", WEAKENINGS)
    def test_it_says_which_table_lost_or_weakened_a_trigger(self, statement: str) -> None:
        assert unguarded(connection, [TABLE]) == []
        run(statement)
        assert unguarded(connection, [TABLE, "controls_controlversion"]) == [TABLE]

    def test_tests_may_lift_the_guard_and_get_it_back(self) -> None:
        with transaction.atomic(), append_only.lifted(connection):
            run(f"DELETE FROM {TABLE}")
        assert unguarded(connection, [TABLE]) == []
        run(f"INSERT INTO {TABLE} VALUES (1, 'kept')")
        refuse(f"DELETE FROM {TABLE}")

    def test_a_flush_after_a_test_empties_the_database_and_leaves_the_guard(self) -> None:
        call_command("flush", interactive=False, verbosity=0)
        assert unguarded(connection, [TABLE, "controls_controlversion"]) == []


def test_it_refuses_a_table_name_that_postgresql_would_cut() -> None:
    with pytest.raises(ValueError, match="longer than 42"):
        operations("x" * 43)
    assert operations("x" * 42)


def test_it_refuses_another_database(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "vendor", "oracle")
    with pytest.raises(NotSupportedError, match="not oracle"):
        unguarded(connection, [TABLE])
