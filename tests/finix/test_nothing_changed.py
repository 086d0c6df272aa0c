"""What a program sends wrongly is answered with its error, and leaves every table as it was."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from hashlib import sha256
from typing import Any

import pytest
from django.apps import apps
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.serializers import serialize
from django.test import Client
from django.utils import timezone

from accounts.models import User
from evidence.models import Evidence, LedgerEntry
from jobs.models import Job
from merchants.models import Application, ComplianceForm, ExternalLink, File
from tests.finix import calls, things
from tests.finix.calls import PDF, SIGNED, Program
from tests.merchants import shops

pytestmark = pytest.mark.django_db
TAGS_THAT_DO_NOT_FIT: list[dict[str, str]] = [
    {str(number): "v" for number in range(51)},
    {"k" * 41: "v"},
]
PAGED = ("compliance_forms", "merchants", "identities", "applications", "users", "files",
         "webhooks", "events", "verifications")  # fmt: skip


@pytest.fixture
def form(alice: User, platform: Application) -> ComplianceForm:
    return shops.form(alice, of=platform)


def everything() -> str:
    """Return a digest of all rows that programs can write, and of what follows from those."""
    found = sha256()
    models: list[Any] = [*apps.get_app_config("merchants").get_models(), LedgerEntry, Evidence, Job]
    for model in models:
        rows = model.objects.order_by("pk")
        # A key notes its use, which is no change of what it may do.
        kept = [one.name for one in model._meta.fields if one.name != "last_used_at"]
        found.update(serialize("json", rows, fields=kept).encode())
    return found.hexdigest()


@contextmanager
def nothing_changes() -> Iterator[None]:
    before = everything()
    yield
    assert everything() == before


def test_it_would_see_a_change(robot: Program, form: ComplianceForm) -> None:
    before = everything()
    assert robot.put(f"merchants/{form.merchant.ref}", {"tags": {"a": "b"}}).status_code == 200
    assert everything() != before


def test_the_id_of_a_foreign_merchant(
    partner: Program, sandbox: Program, form: ComplianceForm, alice: User
) -> None:
    other = shops.form(alice)
    merchant = other.merchant
    tags: dict[str, Any] = {"tags": {"a": "b"}}
    with nothing_changes():
        for program in (partner, sandbox):
            for path, data in {
                f"compliance_forms/{other.ref}": {"pci_saq_a": SIGNED},
                f"merchants/{merchant.ref}": tags,
                f"identities/{merchant.identity_ref}": tags,
            }.items():
                calls.errors(program.put(path, data), 404, "NOT_FOUND")
                calls.errors(program.put(path, tags), 404, "NOT_FOUND")
            for path, sent in {
                "files": {"linked_to": merchant.ref, "type": "OTHER"},
                f"merchants/{merchant.ref}/verifications": {},
                f"identities/{merchant.identity_ref}/users": {},
                f"identities/{merchant.identity_ref}/merchants": {"processor": "x"},
            }.items():
                calls.errors(program.post(path, sent), 404, "NOT_FOUND")


@pytest.mark.parametrize("tags", TAGS_THAT_DO_NOT_FIT, ids=["51 tags", "a key of 41 characters"])
def test_tags_that_do_not_fit(robot: Program, form: ComplianceForm, tags: dict[str, str]) -> None:
    file, merchant = things.file(form, robot.key), form.merchant
    entity = {"business_name": "Fisch AG", "email": "post@fisch.example"}
    posted: dict[str, dict[str, Any]] = {
        "identities": {"entity": entity, "application": form.application.ref},
        "files": {"linked_to": merchant.ref, "type": "OTHER"},
        f"files/{file.ref}/external_links": {"type": "UPLOAD", "duration": 5},
        f"applications/{form.application.ref}/users": {},
        f"identities/{merchant.identity_ref}/users": {},
    }
    with nothing_changes():
        for path in (
            f"compliance_forms/{form.ref}",
            f"merchants/{merchant.ref}",
            f"identities/{merchant.identity_ref}",
            f"applications/{form.application.ref}",
            f"users/{robot.key.ref}",
        ):
            calls.errors(robot.put(path, {"tags": tags}), 422, "INVALID_FIELD", field="tags")
        signed = {"pci_saq_a": SIGNED, "tags": tags}
        refused = robot.put(f"compliance_forms/{form.ref}", signed)
        calls.errors(refused, 422, "INVALID_FIELD", field="tags")
        for path, data in posted.items():
            refused = robot.post(path, {**data, "tags": tags})
            calls.errors(refused, 422, "INVALID_FIELD", field="tags")


def test_tags_beside_a_signature_that_is_refused(robot: Program, form: ComplianceForm) -> None:
    path = f"compliance_forms/{form.ref}"
    assert robot.put(path, {"pci_saq_a": SIGNED}).status_code == 200
    with nothing_changes():
        other = {"pci_saq_a": {**SIGNED, "name": "Somebody Else"}, "tags": {"a": "b"}}
        calls.errors(robot.put(path, other), 409, "CONFLICT")


def test_a_file_that_is_too_large_or_not_what_it_says(robot: Program, form: ComplianceForm) -> None:
    file = things.file(form, robot.key)
    headers = {"Authorization": calls.basic(robot.key.ref, robot.password)}
    path = robot.path(f"files/{file.ref}/upload")
    with nothing_changes():
        for content in (PDF + b"\0" * (30 * 1024**2), b"MZ" + b"\0" * 100):
            sent = {"file": SimpleUploadedFile("scan.pdf", content, "application/pdf")}
            refused = robot.client.post(path, sent, headers=headers)
            calls.errors(refused, 422, "INVALID_FIELD", field="file")


def test_a_link_that_lapsed_or_was_used(
    robot: Program, form: ComplianceForm, client: Client
) -> None:
    file = things.file(form, robot.key)
    listed = f"files/{file.ref}/external_links"
    link = robot.post(listed, {"type": "UPLOAD", "duration": 5}).json()
    path = str(link["url"]).removeprefix("http://testserver")

    def send() -> Any:
        return client.put(path, PDF, content_type="application/pdf")

    ExternalLink.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    with nothing_changes():
        calls.errors(send(), 404, "NOT_FOUND")
    ExternalLink.objects.update(expires_at=timezone.now() + timedelta(minutes=5))
    assert send().status_code == 200
    assert File.objects.get().state == File.State.UPLOADED
    with nothing_changes():
        calls.errors(send(), 409, "CONFLICT")


def test_a_cursor_that_is_none_and_a_version_that_is_missing(
    robot: Program, form: ComplianceForm
) -> None:
    headers = {"Authorization": calls.basic(robot.key.ref, robot.password)}
    with nothing_changes():
        for name in PAGED:
            for cursor in ("after_cursor=123", "before_cursor=123"):
                refused = robot.get(f"{name}?{cursor}")
                (found,) = calls.errors(refused, 404, "NOT_FOUND")
                assert found["message"] == "Unable to parse value 123"
            old = robot.client.get(robot.path(name), headers=headers)
            assert set(old.json()["page"]) == {"offset", "limit", "count"}
