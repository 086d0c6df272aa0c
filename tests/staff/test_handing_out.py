"""Downloads by staff: saved and not run, and each one leaves a leaf."""

import json
from typing import Any

import pytest

from accounts.models import User
from evidence import downloads, intake
from evidence.errors import DownloadError
from evidence.models import BlobKey, Evidence, LedgerEntry
from evidence.stores.filesystem import path_of
from tests.evidence import items
from tests.staff import desk
from tests.staff.desk import Desk, told

DEED = "evidence_download"


def item(content: bytes = b"<script>alert(1)</script>", **changes: Any) -> Evidence:
    return intake.receive(items.submission(content=content, **changes), actor="system")


def taken(desk: Desk, evidence: Evidence) -> Any:
    """Download an item to its end, as a browser does, and return the answer."""
    answer = desk.post(DEED, evidence.pk)
    assert b"".join(answer.streaming_content)
    return answer


def leaves() -> list[dict[str, Any]]:
    return [json.loads(entry.leaf) for entry in LedgerEntry.objects.filter(kind="access")]


def test_it_sends_the_original_bytes(alices: Desk) -> None:
    content = bytes(range(256)) * 5000
    answer = alices.post(DEED, item(content).pk)
    assert b"".join(answer.streaming_content) == content
    assert answer["Content-Length"] == str(len(content))


def test_a_browser_saves_it_and_runs_nothing(alices: Desk) -> None:
    answer = taken(alices, item(filename="page.html", media_type="text/html"))
    assert answer["Content-Disposition"] == 'attachment; filename="page.html"'
    assert answer["Content-Type"] == "application/octet-stream"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert "no-store" in answer["Cache-Control"]


def test_a_file_name_cannot_break_out_of_its_header(alices: Desk) -> None:
    answer = taken(alices, item(filename='a"; filename="b.exe'))
    assert answer["Content-Disposition"].startswith('attachment; filename="a\\"')
    named = taken(alices, item(b"2", filename="r\u00e9sum\u00e9.pdf"))
    assert named["Content-Disposition"] == "attachment; filename*=utf-8''r%C3%A9sum%C3%A9.pdf"


def test_it_leaves_a_leaf_that_names_who_took_what(alices: Desk) -> None:
    evidence = item()
    taken(alices, evidence)
    (leaf,) = leaves()
    assert leaf["subject"] == evidence.ref
    assert leaf["actor"] == f"user:{alices.user.pk}"
    assert leaf["body"] == {"what": "download", "sha256": evidence.blob_id}
    taken(alices, evidence)
    assert len(leaves()) == 2


def test_a_file_that_is_gone_is_told_and_counts_as_not_taken(alices: Desk) -> None:
    evidence = item()
    path_of(BlobKey.objects.get(blob=evidence.blob).location).unlink()
    answer = alices.post(DEED, evidence.pk, follow=True)
    assert "The stored file is gone." in told(answer)
    assert leaves() == []


def test_a_file_that_was_changed_is_told_and_counts_as_not_taken(alices: Desk) -> None:
    evidence = item()
    path = path_of(BlobKey.objects.get(blob=evidence.blob).location)
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(bytes(content))
    answer = alices.post(DEED, evidence.pk, follow=True)
    assert "was changed or damaged" in told(answer)
    assert leaves() == []


def test_looking_is_no_download(alices: Desk) -> None:
    assert alices.get(DEED, item().pk).status_code == 405
    assert leaves() == []


def test_an_item_that_is_not_there_is_not_found(alices: Desk) -> None:
    assert alices.post(DEED, 999).status_code == 404


def test_strangers_are_refused_and_leave_no_leaf(strangers: tuple[User, ...], alices: Desk) -> None:
    desk.assert_refused(DEED, item().pk, strangers=strangers)
    assert leaves() == []


def test_the_deed_itself_refuses_who_may_not_look(charlie: User, alices: Desk) -> None:
    with pytest.raises(DownloadError):
        downloads.note(item(), by=charlie)
    assert leaves() == []
