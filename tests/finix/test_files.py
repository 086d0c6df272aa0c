"""Files of programs: announced, uploaded, looked at, fetched, and given out by links."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from accounts.models import User
from evidence.models import Evidence, LedgerEntry
from merchants import api_users, files, papers
from merchants.models import ApiUser, Application, ExternalLink, File, Merchant
from tests.finix import calls
from tests.finix.calls import PDF, Program, basic
from tests.merchants import shops

pytestmark = pytest.mark.django_db
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 20


@pytest.fixture
def merchant(alice: User, platform: Application) -> Merchant:
    return shops.merchant(alice, of=platform)


@pytest.fixture
def announced(robot: Program, merchant: Merchant) -> str:
    """The id of a file that waits for its content."""
    body = {"linked_to": merchant.ref, "type": "PCI_DOCUMENT", "display_name": "Scan of May"}
    made = robot.post("files", body)
    assert made.status_code == 201, made.content
    return str(made.json()["id"])


def upload(program: Program, ref: str, content: bytes = PDF, name: str = "scan.pdf") -> Any:
    headers = {"Authorization": basic(program.key.ref, program.password)}
    sent = SimpleUploadedFile(name, content, "application/pdf")
    path = program.path(f"files/{ref}/upload")
    return program.client.post(path, {"file": sent}, headers=headers)


def test_a_file_goes_up_and_comes_down(robot: Program, announced: str) -> None:
    shape = robot.get(f"files/{announced}").json()
    assert shape["status"] == "REQUIRES_UPLOAD"
    assert shape["extension"] is None
    kept = upload(robot, announced).json()
    assert (kept["status"], kept["extension"]) == ("UPLOADED", "pdf")
    answer = robot.get(f"files/{announced}/download", Accept="application/octet-stream")
    assert b"".join(answer) == PDF
    assert answer.headers["Content-Type"] == "application/pdf"
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{announced}.pdf"'
    inline = robot.get(f"files/{announced}/download?stream=true")
    assert b"".join(inline) == PDF
    assert inline.headers["Content-Disposition"].startswith("inline;")
    assert "sandbox" in inline.headers["Content-Security-Policy"]
    assert robot.ids("files") == [announced]
    assert Evidence.objects.get().sensitivity == "confidential"
    leaves = LedgerEntry.objects.filter(kind="access", subject=announced)
    assert leaves.count() == 2


def test_what_a_file_is_linked_to(robot: Program, merchant: Merchant) -> None:
    body = {"linked_to": merchant.identity_ref, "type": "OTHER", "tags": {"a": "b"}}
    shape = robot.post("files", body).json()
    assert shape["linked_to"] == shape["identity_id"] == merchant.identity_ref
    assert shape["tags"] == {"a": "b"}


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"type": "SELFIE"}, "type"),
        ({"type": None}, "type"),
        ({"linked_to": None}, "linked_to"),
        ({"display_name": "x" * 201}, "display_name"),
        ({"display_name": 7}, "display_name"),
        ({"tags": {"k" * 41: ""}}, "tags"),
    ],
)
def test_a_field_that_does_not_fit_is_named(
    robot: Program, merchant: Merchant, changes: dict[str, Any], field: str
) -> None:
    body = {"linked_to": merchant.ref, "type": "OTHER", **changes}
    calls.errors(robot.post("files", body), 422, "INVALID_FIELD", field=field)
    assert not File.objects.exists()


def test_a_foreign_merchant_has_no_files(alice: User, partner: Program) -> None:
    body = {"linked_to": shops.merchant(alice).ref, "type": "OTHER"}
    calls.errors(partner.post("files", body), 404, "NOT_FOUND")


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (PNG, "scan.pdf"),
        (PDF, "scan.png"),
        (PDF, "scan"),
        (PDF, "scan.pdf.exe"),
        (b"MZ" + b"\0" * 100, "scan.pdf"),
        (b"<html><script>", "page.html"),
        (b"PK\x03\x04", "scan.docx"),
    ],
)
def test_a_file_that_is_not_what_it_says_is_refused(
    robot: Program, announced: str, content: bytes, name: str
) -> None:
    refused = upload(robot, announced, content, name)
    calls.errors(refused, 422, "INVALID_FIELD", field="file")
    assert robot.get(f"files/{announced}").json()["status"] == "REQUIRES_UPLOAD"
    assert not Evidence.objects.exists()


def test_a_file_of_thirty_megabytes_is_refused(robot: Program, announced: str) -> None:
    refused = upload(robot, announced, PDF + b"\0" * (30 * 1024**2))
    (found,) = calls.errors(refused, 422, "INVALID_FIELD", field="file")
    assert "20 MB" in found["message"]
    assert not Evidence.objects.exists()


def test_the_limit_is_that_of_the_file(
    robot: Program, announced: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "MOST_BYTES", len(PDF) - 1)
    calls.errors(upload(robot, announced), 422, "INVALID_FIELD", field="file")
    monkeypatch.setattr(files, "MOST_BYTES", len(PDF))
    assert upload(robot, announced).status_code == 200


def test_an_upload_without_a_file(robot: Program, announced: str) -> None:
    headers = {"Authorization": basic(robot.key.ref, robot.password)}
    path = robot.path(f"files/{announced}/upload")
    for data in ({}, {"file": "text"}, {"other": SimpleUploadedFile("a.pdf", PDF)}):
        refused = robot.client.post(path, data, headers=headers)
        calls.errors(refused, 422, "INVALID_FIELD", field="file")
    refused = robot.post(f"files/{announced}/upload", {})
    calls.errors(refused, 415, "UNSUPPORTED_MEDIA_TYPE")


def test_content_is_never_replaced(robot: Program, announced: str) -> None:
    upload(robot, announced)
    calls.errors(upload(robot, announced, PDF + b"other"), 409, "CONFLICT")
    assert b"".join(robot.get(f"files/{announced}/download")) == PDF


def test_a_file_without_content_is_not_handed_out(robot: Program, announced: str) -> None:
    calls.errors(robot.get(f"files/{announced}/download"), 422, "UNPROCESSABLE_ENTITY")


def test_a_paper_of_a_form_is_a_file(robot: Program, alice: User, tmp_path: Path) -> None:
    form = shops.form(alice)
    paper = tmp_path / "paper.pdf"
    paper.write_bytes(PDF)
    ref = papers.take(form, "unsigned", paper).ref
    told = robot.get(f"compliance_forms/{form.ref}").json()["files"]
    assert told == {"signed_file": None, "unsigned_file": ref}
    assert robot.get(f"files/{ref}").json()["type"] == "PCI_DOCUMENT"
    assert b"".join(robot.get(f"files/{ref}/download")) == PDF
    calls.errors(upload(robot, ref), 409, "CONFLICT")


@pytest.mark.parametrize("path", ["", "/download", "/external_links"])
def test_what_is_somebody_elses_does_not_exist(
    announced: str, sandbox: Program, alice: User, path: str
) -> None:
    other = Program(*_partner(shops.application(alice)))
    for program in (sandbox, other):
        calls.errors(program.get(f"files/{announced}{path}"), 404, "NOT_FOUND")
        assert program.ids("files") == []
    calls.errors(upload(other, announced), 404, "NOT_FOUND")


class TestLinks:
    """Addresses that open one file to whoever has them."""

    def _made(self, robot: Program, ref: str, kind: str, **changes: Any) -> dict[str, Any]:
        made = robot.post(f"files/{ref}/external_links", {"type": kind, **changes})
        assert made.status_code == 201, made.content
        return dict(made.json())

    def _path(self, link: dict[str, Any]) -> str:
        return str(link["url"]).removeprefix("http://testserver")

    def test_a_link_hands_the_file_out_without_a_key(
        self, robot: Program, announced: str, client: Client
    ) -> None:
        upload(robot, announced)
        link = self._made(robot, announced, "DOWNLOAD", duration=5, tags={"a": "b"})
        assert b"".join(client.get(self._path(link))) == PDF
        seen = self._made(robot, announced, "VIEW")
        shown = client.get(self._path(seen))
        assert b"".join(shown) == PDF
        assert shown.headers["Content-Disposition"].startswith("inline")
        listed = f"files/{announced}/external_links"
        assert robot.ids(listed) == [seen["id"], link["id"]]
        assert robot.get(f"{listed}/{link['id']}").json() == link
        assert link["duration"] == "5"
        assert LedgerEntry.objects.filter(kind="access", actor=f"link:{link['id']}").exists()

    def test_a_link_takes_the_content(self, robot: Program, announced: str, client: Client) -> None:
        link = self._made(robot, announced, "UPLOAD")
        calls.errors(client.get(self._path(link)), 405, "METHOD_NOT_ALLOWED")
        refused = client.put(self._path(link), b"MZ", content_type="application/pdf")
        calls.errors(refused, 422, "INVALID_FIELD", field="file")
        sent = client.put(self._path(link), PDF, content_type="application/pdf")
        assert sent.json()["status"] == "UPLOADED", sent.content
        again = client.put(self._path(link), PDF, content_type="application/pdf")
        calls.errors(again, 409, "CONFLICT")

    def test_a_link_takes_a_form_too(self, robot: Program, announced: str, client: Client) -> None:
        link = self._made(robot, announced, "UPLOAD")
        sent = client.post(self._path(link), {"file": SimpleUploadedFile("a.pdf", PDF)})
        assert sent.json()["extension"] == "pdf", sent.content

    def test_a_link_lapses(self, robot: Program, announced: str, client: Client) -> None:
        upload(robot, announced)
        link = self._made(robot, announced, "DOWNLOAD")
        ExternalLink.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
        calls.errors(client.get(self._path(link)), 404, "NOT_FOUND")
        told = robot.get(f"files/{announced}/external_links/{link['id']}").json()
        assert told["expired"] is True

    def test_a_link_ends_with_the_key_that_made_it(
        self, robot: Program, announced: str, client: Client
    ) -> None:
        upload(robot, announced)
        link = self._made(robot, announced, "DOWNLOAD")
        ApiUser.objects.update(enabled=False)
        calls.errors(client.get(self._path(link)), 404, "NOT_FOUND")

    def test_a_guess_opens_nothing(self, robot: Program, announced: str, client: Client) -> None:
        upload(robot, announced)
        path = self._path(self._made(robot, announced, "DOWNLOAD"))
        sandbox = path.replace("/live/", "/sandbox/")
        for guess in (path[:-1] + "x", path.rpartition("/")[0] + "/" + "0" * 64, sandbox):
            calls.errors(client.get(guess), 404, "NOT_FOUND")

    @pytest.mark.parametrize(
        ("changes", "field"),
        [
            ({"type": "SHARE"}, "type"),
            ({"duration": 0}, "duration"),
            ({"duration": 7 * 24 * 60 + 1}, "duration"),
            ({"duration": "soon"}, "duration"),
            ({"duration": True}, "duration"),
            ({"tags": {"a": 1}}, "tags"),
        ],
    )
    def test_a_field_that_does_not_fit_is_named(
        self, robot: Program, announced: str, changes: dict[str, Any], field: str
    ) -> None:
        body = {"type": "DOWNLOAD", **changes}
        refused = robot.post(f"files/{announced}/external_links", body)
        calls.errors(refused, 422, "INVALID_FIELD", field=field)
        assert not ExternalLink.objects.exists()


def _partner(of: Application) -> tuple[ApiUser, str]:
    return api_users.add_partner_key(of, actor="system")
