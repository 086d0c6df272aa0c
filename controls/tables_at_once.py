"""A migration's operation that creates all tables of a room in one step.

Django builds the models of the whole house anew after each `CreateModel`, `AddIndex` and
`AddConstraint`: with 100 tables that is a minute of every first start and of every test run. Here
the state is changed first, by the very operations that `makemigrations` wrote, and each table is
then created once, as it is in the end.
"""

from collections.abc import Sequence

from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState
from django.db.models import Model


class CreateTables(Operation):
    """Create the tables of an app whose first migration this is."""

    reduces_to_sql = True
    reversible = True

    def __init__(self, operations: Sequence[Operation]) -> None:
        self.operations = operations

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        state.__dict__.pop("apps", None)  # Or each operation would have all models built anew.
        for operation in self.operations:
            operation.state_forwards(app_label, state)

    def database_forwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        _from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        for model in self._tables(app_label, schema_editor, to_state):
            schema_editor.create_model(model)

    def database_backwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        _to_state: ProjectState,
    ) -> None:
        for model in reversed(self._tables(app_label, schema_editor, from_state)):
            schema_editor.delete_model(model)

    def describe(self) -> str:
        return "Create all tables"

    def _tables(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, state: ProjectState
    ) -> list[type[Model]]:
        alias = schema_editor.connection.alias
        models = state.apps.get_app_config(app_label).get_models()
        return [model for model in models if self.allow_migrate_model(alias, model)]
