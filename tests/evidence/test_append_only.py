"""The tables of proof refuse change on both databases, and one module each writes them."""

import ast
from pathlib import Path

import pytest
from django.conf import settings
from django.db import DatabaseError, connection, models, transaction

from controls.append_only import unguarded
from evidence import intake, log_models, quarantine_models, retention_models
from evidence import models as records
from evidence.log_models import LogCheck, SigningLease
from evidence.models import Blob, BlobKey, Evidence, LogHead
from tests.evidence import items

APPEND_ONLY = [
    model
    for module in (records, log_models, quarantine_models, retention_models)
    for model in vars(module).values()
    if isinstance(model, type)
    and issubclass(model, models.Model)
    and model.__module__ == module.__name__
    and model not in {BlobKey, LogHead, SigningLease, LogCheck}
]
WRITERS = {
    "Blob": {"evidence/store.py"},
    "BlobKey": {"evidence/store.py"},
    "LogHead": {"evidence/ledger.py", "evidence/intake.py"},
    "LedgerEntry": {"evidence/ledger.py"},
    "LedgerNode": {"evidence/ledger.py"},
    "Checkpoint": {"evidence/checkpoint.py"},
    "Evidence": {"evidence/intake.py"},
    "Claim": {"evidence/intake.py"},
    "Population": {"evidence/intake.py"},
    "IntakeKey": {"evidence/intake.py"},
    "CheckResult": {"evidence/checks.py"},
    "Review": {"evidence/review.py"},
    "Quarantined": {"evidence/quarantine.py"},
    "QuarantineDecision": {"evidence/quarantine_deeds.py"},
    "SigningLease": {"evidence/signing.py"},
    "LogRestart": {"evidence/restart.py"},
    "LogCheck": {"evidence/verification.py"},
    "LogProblem": {"evidence/verification.py"},
    "LegalHold": {"evidence/keeping.py"},
    "RetentionProposal": {"evidence/keeping.py"},
    "RetentionDecision": {"evidence/keeping.py"},
    "Disposal": {"evidence/keeping.py"},
    "Deposit": {"evidence/anchoring.py"},
    "TimeStamp": {"evidence/anchors/time_stamp.py", "evidence/self_issued.py"},
}
WRITES = {"create", "bulk_create", "get_or_create", "update_or_create", "bulk_update"}


@pytest.mark.django_db
def test_every_table_of_proof_has_its_triggers() -> None:
    assert len(APPEND_ONLY) == 21
    assert unguarded(connection, [model._meta.db_table for model in APPEND_ONLY]) == []


@pytest.mark.django_db
@pytest.mark.usefixtures("var_dir")
class TestTriggers:
    @pytest.fixture(autouse=True)
    def _item(self) -> None:
        intake.receive(items.submission(), actor="system")

    def test_an_update_is_refused(self) -> None:
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            Evidence.objects.update(title="Other")

    def test_a_delete_is_refused(self) -> None:
        with (
            pytest.raises(DatabaseError, match="append-only"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute("DELETE FROM evidence_evidence")

    def test_a_replacing_insert_is_refused(self) -> None:
        if connection.vendor != "sqlite":
            pytest.skip("INSERT OR REPLACE is SQLite's own.")
        digest = Blob.objects.get().sha256
        with (
            pytest.raises(DatabaseError, match="append-only"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(
                "INSERT OR REPLACE INTO evidence_blob (sha256, size, stored_at) VALUES (%s, 1, '')",
                [digest],
            )


def test_every_table_is_written_by_its_own_module_only() -> None:
    """Intake is the only way in: no other file of the product makes rows of these tables."""
    rooms = ("accounts", "jobs", "controls", "evidence", "collectors", "audits", "reports")
    trespasses = []
    for room in (*rooms, "compliance"):
        for path in sorted((Path(settings.BASE_DIR) / room).rglob("*.py")):
            place = path.relative_to(settings.BASE_DIR).as_posix()
            if "/migrations/" in place:
                continue
            for name, line in _made_in(ast.parse(path.read_text(encoding="utf-8"))):
                if place not in WRITERS[name]:
                    trespasses.append(f"{place}:{line} makes rows of {name}")
    assert trespasses == []


def test_the_guard_sees_a_trespass() -> None:
    source = "Evidence(ref='x'); models.Claim.objects.bulk_create([]); Review.objects.create()"
    assert [name for name, _ in _made_in(ast.parse(source))] == ["Evidence", "Claim", "Review"]


def _made_in(tree: ast.AST) -> list[tuple[str, int]]:
    made = []
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        name = _model_called(node.func)
        if name in WRITERS:
            made.append((name, node.lineno))
    return made


def _model_called(called: ast.expr) -> str:
    """Return the model's name for `Model(...)` and for `Model.objects.create(...)`."""
    if isinstance(called, ast.Name):
        return called.id
    if not isinstance(called, ast.Attribute):
        return ""
    if called.attr in WRITERS and isinstance(called.value, ast.Name):
        return called.attr
    manager = called.value
    while isinstance(manager, ast.Call):
        manager = manager.func.value if isinstance(manager.func, ast.Attribute) else manager.func
    if called.attr in WRITES and isinstance(manager, ast.Attribute) and manager.attr == "objects":
        model = manager.value
        return model.id if isinstance(model, ast.Name) else getattr(model, "attr", "")
    return ""
