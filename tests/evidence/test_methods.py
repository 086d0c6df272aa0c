"""The method of an item is told from who handed it in and what it names."""

import pytest

from evidence import methods
from evidence.methods import method_of


@pytest.mark.parametrize(
    ("actor", "run", "collector", "was_observed", "method"),
    [
        ("source:3", "RUN-1", "staff_mfa", False, methods.COLLECTOR),
        ("source:3", "RUN-1", "csv_import", True, methods.FOLDER),
        ("user:7", "", "form_restore_test", False, methods.FORM),
        ("user:7", "", "register_vendors", False, methods.MADE_HERE),
        ("user:7", "", "", True, methods.OBSERVATION),
        ("token:2", "", "", False, methods.PROGRAM),
        ("user:7", "", "", False, methods.UPLOAD),
        ("system", "", "", False, methods.MADE_HERE),
    ],
    ids=["query", "folder", "form", "snapshot", "seen", "push", "upload", "system"],
)
def test_it_is_told_from_what_the_item_says(
    actor: str, run: str, collector: str, was_observed: bool, method: str
) -> None:
    said = {"actor": actor, "run": run, "collector": collector}
    assert method_of(**said, was_observed=was_observed) == method
