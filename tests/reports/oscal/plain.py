"""Facts to write documents from, without a database: one of everything."""

from typing import Any

from reports.oscal.facts import (
    Action,
    Category,
    CheckRun,
    Control,
    Criterion,
    CustomerControl,
    Deviation,
    Draw,
    Facts,
    File,
    Item,
    Population,
    Procedure,
    Request,
    Sighting,
    Supplier,
    Wording,
)

AT = "2026-09-01T10:00:00.000000Z"
DIGEST = "ab" * 32


def control(ref: str = "AC-01", *, accepted: int = 1, **states: int) -> Control:
    return Control(
        ref=ref,
        title="Second factor for staff",
        criteria=("CC6.1", "CC6.2"),
        wordings=(
            Wording(1, "A second factor.", "2020-01-01"),
            Wording(2, "A second factor, always.", "2026-07-01"),
        ),
        states=states or {"met": 3},
        accepted=accepted,
    )


def item(ref: str = "EV-000001", **more: Any) -> Item:
    said: dict[str, Any] = {
        "ref": ref,
        "title": "List of <b>staff</b>",
        "status": "awaiting review",
        "file": File("../evidence/EV-000001/a%20b.csv", DIGEST, "text/csv"),
        "collected_at": AT,
        "covers_from": "2026-06-01",
        "covers_to": "2026-06-30",
        "source_system": "Directory",
        "controls": ("AC-01",),
        "procedures": ("staff-mfa-state",),
        "checks": (CheckRun("staff-without-mfa", "failed", 3, 1),),
        "leaf": 7,
    }
    return Item(**said | more)


def deviation(**more: Any) -> Deviation:
    said: dict[str, Any] = {
        "ref": "ENG-2026-1-F1",
        "title": "One person without a second factor",
        "state": "remediation",
        "kind": "deviation",
        "control": "AC-01",
        "procedure": "staff-mfa-state",
        "start": "2026-06-01",
        "end": "2026-06-30",
        "parts": {
            "condition": "1 of 3 had none.",
            "cause": "Nobody asked.",
            "compensating": "The network asks.",
        },
        "opened_at": AT,
        "latest_at": AT,
        "sightings": (Sighting(2, AT, True, 1, 3, "EV-000001"),),
        "actions": (
            Action(1, "Ask everybody.", "Dana", AT, "2026-10-01", "", "", ""),
            Action(2, "Buy keys.", "Dana", AT, "2026-08-01", "done", AT, "Bought."),
            Action(3, "Wait.", "", AT, "", "withdrawn", "2026-09-02T10:00:00.000000Z", "No."),
        ),
    }
    return Deviation(**said | more)


def draw(**more: Any) -> Draw:
    said: dict[str, Any] = {
        "ref": "ENG-2026-1/P1/D1",
        "population": "ENG-2026-1/P1",
        "control": "CM-01",
        "method": "at random",
        "size": 2,
        "of": 40,
        "attributes": {"A": "Ticket", "B": "Approval"},
        "results": {"A": {"pass": 2}, "B": {"pass": 1, "not applicable": 1}},
        "records": (File("../draws/P1-D1.json", DIGEST, "application/json"),),
        "at": AT,
        "latest_at": AT,
    }
    return Draw(**said | more)


_SAID: dict[str, Any] = {
    "oscal_version": "1.2.1",
    "origin": "log.example/countersign",
    "organisation": "Acme Payments",
    "firm": "Achterberg & Partners",
    "engagement": "ENG-2026-1",
    "title": "SOC 2 of the summer",
    "type": "SOC 2 Type 2",
    "framework": "Trust Services Criteria (2017/2022)",
    "window_from": "2026-06-01",
    "window_to": "2026-08-31",
    "as_of": AT,
    "issued_at": AT,
    "version": "ENG-2026-1/1",
    "selection_sha256": DIGEST,
    "is_pack": True,
    "categories": (Category("Security", "Customers ask."),),
    "criteria": (
        Criterion("CC6.1", "Logical access is restricted", "Security"),
        Criterion("CC6.2", "Access follows the people", "Security"),
        Criterion("CC8.1", "Changes are controlled", "Security"),
        Criterion("A1.2", "Backups can be restored", "Availability"),
    ),
    "controls": (
        control(met=2, failing=1),
        Control("CM-01", "Changes", ("CC8.1",), (), {"met": 0}, 0),
        Control("AV-01", "Restore tests", ("A1.2",), (), {"upcoming": 1}, 0),
        Control("AV-02", "Drills", ("A1.2",), (), {"exempt": 1}, 0),
    ),
    "procedures": (
        Procedure("staff-mfa-state", "Staff with a factor", "AC-01", "state", "monthly"),
    ),
    "populations": (
        Population(
            "ENG-2026-1/P1",
            "CM-01",
            "All changes",
            40,
            ("EV-000001",),
            File("../populations/P1.json", DIGEST, "application/json"),
            AT,
        ),
    ),
    "draws": (draw(),),
    "requests": (
        Request(
            "ENG-2026-1/R1",
            "User lists",
            "All systems\nof June",
            "accepted",
            ("CC6.1",),
            ("EV-000001", "EV-000009"),
            True,
            AT,
        ),
        Request("ENG-2026-1/R2", "Charts", "", "open", (), (), False, ""),
    ),
    "deviations": (deviation(),),
    "suppliers": (Supplier("Cloud", "Hosts it", "carve_out", ("Guards the doors.",)),),
    "customer_controls": (CustomerControl("CUEC-1", "CC6.1", "Keep keys secret."),),
    "items": frozenset({"EV-000001"}),
    "items_by_control": {"AC-01": ("EV-000001",)},
}


def facts(**more: Any) -> Facts:
    return Facts(**_SAID | more)
