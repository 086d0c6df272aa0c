"""The tables of a room are created in one step, and are those that its models ask for."""

import pytest
from django.db import connection, models
from django.db.migrations.operations import AddConstraint, AddField, AddIndex, CreateModel
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState

from controls.tables_at_once import CreateTables

OPERATIONS: list[Operation] = [
    CreateModel("Proof", [("id", models.BigAutoField(primary_key=True))]),
    CreateModel("Step", [("id", models.BigAutoField(primary_key=True))]),
    AddField("Step", "proof", models.ForeignKey("jobs.Proof", models.PROTECT)),
    AddField("Step", "word", models.CharField(max_length=9)),
    AddField("Step", "others", models.ManyToManyField("jobs.Proof", related_name="+")),
    AddIndex("Step", models.Index(fields=["word"], name="step_word")),
    AddConstraint("Step", models.UniqueConstraint(fields=["proof", "word"], name="step_once")),
]
TABLES = {"jobs_proof", "jobs_step", "jobs_step_others"}


def tables() -> set[str]:
    return TABLES & set(connection.introspection.table_names())


@pytest.fixture
def state(transactional_db: None) -> ProjectState:
    state = ProjectState()
    state.apps  # noqa: B018 - As in a migration, the models have been built before.
    CreateTables(OPERATIONS).state_forwards("jobs", state)
    return state


def test_all_is_created_as_it_is_in_the_end_and_taken_back(state: ProjectState) -> None:
    operation, before = CreateTables(OPERATIONS), ProjectState()
    with connection.schema_editor() as editor:
        operation.database_forwards("jobs", editor, before, state)
    with connection.cursor() as cursor:
        found = connection.introspection.get_constraints(cursor, "jobs_step")
    assert tables() == TABLES
    assert found["step_word"]["index"]
    assert found["step_once"]["columns"] == ["proof_id", "word"]
    assert ["proof_id"] in [one["columns"] for one in found.values() if one["foreign_key"]]
    with connection.schema_editor() as editor:
        operation.database_backwards("jobs", editor, state, before)
    assert tables() == set()
