"""The log as tiles: the bytes, how long they may be kept, and what is not there."""

import pytest
from django.db import transaction

from evidence import ledger, signed_note, signing
from evidence.models import LedgerEntry
from tests.api import calls
from tests.api.calls import EVIDENCE, Program
from tests.append_only import forging

pytestmark = pytest.mark.django_db
LOG = "/api/v1/log"


def test_the_tiles_lead_to_the_checkpoint(robot: Program) -> None:
    for number in range(2):
        calls.evidence(content=b"%d" % number)
    note = robot.get(f"{LOG}/checkpoint").content.decode()
    stated = signed_note.Checkpoint.from_text(signed_note.text_of(note))
    answer = robot.get(f"{LOG}/tile/0/000.p/{stated.size}")
    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert "immutable" in answer.headers["Cache-Control"]
    assert answer.content == b"".join(ledger.read(0, 0, stated.size))


@pytest.mark.parametrize("name", ["0/000", "0/000.p/200", "9/000", "0/x000/000", "entries/000"])
def test_what_is_not_there_is_not_found(robot: Program, name: str) -> None:
    calls.evidence()
    assert robot.get(f"{LOG}/tile/{name}").status_code == 404


def test_a_tree_that_is_damaged_is_not_served(robot: Program) -> None:
    evidence = calls.evidence()
    with transaction.atomic():
        ledger.append_many([ledger.Draft("note", "N", {}, "system")] * 3)
    assert robot.get(f"{EVIDENCE}/{evidence.ref}/proof").status_code == 200
    with forging():
        LedgerEntry.objects.filter(kind="note").first().delete()  # type: ignore[union-attr]
    for path in (
        f"{LOG}/tile/0/000.p/3",
        f"{EVIDENCE}/{evidence.ref}/proof",
    ):
        answer = robot.get(path)
        calls.error(answer, 503, "log_not_signed")
        assert answer.headers["Retry-After"] == "300"


def test_a_log_that_was_never_signed_says_so(
    robot: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls.evidence()
    monkeypatch.setattr(signing, "_refusal", lambda *_: "Not today.")
    calls.error(robot.get("/api/v1/checkpoint"), 503, "log_not_signed")
