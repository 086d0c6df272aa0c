"""The log as tiles: the bytes, how long they may be kept, and what is not there."""

import pytest

from evidence import ledger, signed_note
from tests.api import calls
from tests.api.calls import Program

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
