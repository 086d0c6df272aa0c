"""Named examples of a push, one for each case; the API document shows them."""

from typing import Any, Final

from drf_spectacular.utils import OpenApiExample

_COMMON: Final = {"source_system": "tester.example.org", "environment": "production"}
CASES: Final[dict[str, dict[str, Any]]] = {
    "A document in force": {
        **_COMMON,
        "file": "pentest-2026-q3.pdf",
        "title": "Penetration test of the payment API",
        "evidence_type": "external_report",
        "kind": "document",
        "area": "api_security",
        "covers_from": "2026-07-01",
        "covers_to": "2026-09-30",
        "collected_at": "2026-10-02T09:30:00Z",
    },
    "The events of a month": {
        **_COMMON,
        "file": "merged-changes-2026-10.csv",
        "title": "Merged changes of October",
        "evidence_type": "population_export",
        "kind": "event",
        "area": "change",
        "covers_from": "2026-10-01",
        "covers_to": "2026-10-31",
        "collected_at": "2026-11-01T02:00:00+01:00",
    },
    "A state at a moment": {
        **_COMMON,
        "file": "firewall-2026-11-02.json",
        "title": "Rules of the web firewall",
        "evidence_type": "config_export",
        "kind": "state",
        "area": "api_security",
        "covers_from": "2026-11-02",
        "covers_to": "2026-11-02",
        "collected_at": "2026-11-02T06:00:00Z",
        "sensitivity": "confidential",
        "owner": "Platform team",
    },
    "A new version that supersedes one": {
        **_COMMON,
        "file": "pentest-2026-q3-retest.pdf",
        "title": "Penetration test of the payment API, with its retest",
        "evidence_type": "external_report",
        "kind": "document",
        "area": "api_security",
        "covers_from": "2026-07-01",
        "covers_to": "2026-09-30",
        "collected_at": "2026-10-20T09:30:00Z",
        "supersedes": "EV-000123",
    },
}


def examples() -> list[OpenApiExample]:
    """Return the cases as the API document names them."""
    return [
        OpenApiExample(name, value=fields, request_only=True, media_type="multipart/form-data")
        for name, fields in CASES.items()
    ]
