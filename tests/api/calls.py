"""Programs that call the API in tests, what they push, and what they find there."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.test import Client
from django.utils import timezone

from accounts import tokens
from accounts.models import ApiToken, User
from collectors.models import Run, Source
from evidence import intake, ledger
from evidence.models import Evidence
from tests.evidence import items

EVIDENCE = "/api/v1/evidence"
ALL_SCOPES = (
    "evidence:read",
    "evidence:write",
    "controls:read",
    "runs:read",
    "engagements:read",
    "findings:read",
    "requests:read",
    "samples:read",
    "readiness:read",
)
_numbers = count(1)


def give_token(
    owner: User,
    *scopes: str,
    environment: str = "production",
    expires_in: timedelta = timedelta(days=30),
    revoked: bool = False,
) -> str:
    """A token row made without a leaf; returns its secret."""
    random = secrets.token_urlsafe(32)
    secret = f"cs_{environment[0]}_{random}"
    ApiToken.objects.create(
        owner=owner,
        purpose="a test",
        prefix=random[:8],
        fingerprint=tokens.fingerprint(secret),
        scopes=list(scopes),
        environment=environment,
        expires_at=timezone.now() + expires_in,
        revoked_at=timezone.now() if revoked else None,
    )
    return secret


@dataclass(frozen=True)
class Program:
    """A program that calls with a token."""

    secret: str
    client: Client = field(default_factory=Client)

    def call(self, method: str, path: str, **more: Any) -> Any:
        headers = {"Authorization": f"Bearer {self.secret}", **more.pop("headers", {})}
        return self.client.generic(method, path, headers=headers, **more)

    def get(self, path: str, **headers: str) -> Any:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.client.get(path, headers={"Authorization": f"Bearer {self.secret}", **named})

    def push(self, key: str | None = None, **changes: Any) -> Any:
        """Push one item, good but for the changes; None leaves a field out."""
        headers = {"Authorization": f"Bearer {self.secret}"}
        if key != "":
            headers["Idempotency-Key"] = key or f"push-{next(_numbers)}"
        return self.client.post(EVIDENCE, data=fields(**changes), headers=headers)


def program(owner: User, *scopes: str, **more: Any) -> Program:
    """A program with a token of these scopes; of all scopes when none is named."""
    return Program(give_token(owner, *(scopes or ALL_SCOPES), **more))


def fields(**changes: Any) -> dict[str, Any]:
    """The multipart fields of a good push but for the changes."""
    content = changes.pop("content", b"day,result\n2026-10-05,ok\n")
    filename = changes.pop("filename", "restore.csv")
    given: dict[str, Any] = {
        "file": SimpleUploadedFile(filename, content, "text/csv"),
        "title": "Restore test of October",
        "evidence_type": "test_result",
        "kind": "event",
        "area": "availability",
        "source_system": "backup.example.org",
        "environment": "production",
        "covers_from": "2026-10-01",
        "covers_to": "2026-10-31",
        "collected_at": "2026-11-01T08:00:00Z",
        **changes,
    }
    return {name: value for name, value in given.items() if value is not None}


def error(answer: Any, status: int, code: str) -> Mapping[str, Any]:
    """Check that an answer is an error in the one shape, and return what it says."""
    assert answer.status_code == status, answer.content
    assert answer.headers["Content-Type"] == "application/json"
    body = answer.json()
    assert list(body) == ["error"]
    said: Mapping[str, Any] = body["error"]
    assert said["code"] == code
    assert said["message"]
    assert said["request_id"] == answer.headers["X-Request-ID"]
    assert set(said) <= {"code", "message", "fields", "request_id"}
    return said


def evidence(**changes: Any) -> Evidence:
    """An item that came in by another way than the API."""
    return intake.receive(items.submission(**changes), actor="system")


def source(slug: str = "staff-mfa", **changes: Any) -> Source:
    return Source.objects.create(slug=slug, title=slug, collector="staff_mfa", **changes)


def run(of: Source, state: str = "failed", **changes: Any) -> Run:
    """A run of a source; a failed one unless told otherwise."""
    number = Run.objects.count() + 1
    moment = datetime(2026, 11, 1, 8, tzinfo=UTC)
    given: dict[str, Any] = {
        "number": number,
        "source": of,
        "ticket": f"ticket-{number}",
        "key": f"ticket-{number}/1",
        "period_from": date(2026, 10, 1),
        "period_to": date(2026, 10, 31),
        "state": state,
        "reason": "The source answered 500.",
        "started_at": moment,
        "finished_at": moment + timedelta(seconds=3),
        "requested_by": "system",
        **changes,
    }
    if state != "failed":
        given.setdefault("evidence", evidence(run_ref=f"RUN-{number:06d}"))
    with transaction.atomic():
        entry = ledger.append("run", subject=f"RUN-{number:06d}", body={}, actor="system")
        return Run.objects.create(ledger_entry=entry, **given)
