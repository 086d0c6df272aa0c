"""What the leaves of audits tell about their rows."""

from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from accounts.journal import digest
from audits.buyers import asking
from audits.models import (
    AccessNote,
    Assertion,
    AssertionSignature,
    BoundInvitation,
    BuyerAgreement,
    BuyerDecision,
    BuyerHandOut,
    BuyerRequest,
    BuyerRevocation,
    DescriptionRevision,
    Draw,
    EngagementChange,
    FindingEntry,
    HolidayCalendar,
    OccurrenceChange,
    Pack,
    PackCover,
    RequestEntry,
    ReverseEntry,
    ReverseTest,
    SealedPopulation,
    TrustSwitch,
    UserEntityWording,
    Walkthrough,
    WorkSheetEntry,
)
from evidence import ledger
from evidence.told import Rows, Told, tell


def _record(rows: Rows, _body: Mapping[str, Any]) -> Mapping[str, object]:
    return {"record_sha256": sha256(rows[0].record.encode()).hexdigest()}


def _day(day: Any) -> str | None:
    return day.isoformat() if day else None


tell(
    Told(
        Pack,
        ("pack",),
        lambda rows, _: {
            "engagement": rows[0].engagement.ref,
            "selection_sha256": digest(rows[0].selection),
            "as_of": ledger.stamp(rows[0].as_of),
            "items": rows[0].item_count,
            "shortfall": rows[0].shortfall_count,
        },
        subject=lambda rows: str(rows[0].ref),
        along=("engagement",),
    )
)
tell(
    Told(
        PackCover,
        ("pack.cover_signed",),
        lambda rows, _: {
            "sha256": rows[0].blob_id,
            "manifest_sha256": rows[0].manifest_sha256,
        },
        subject=lambda rows: str(rows[0].pack.ref),
        along=("pack__engagement",),
    )
)
tell(
    Told(
        SealedPopulation,
        ("population",),
        lambda rows, body: {
            **_record(rows, body),
            "table_sha256": rows[0].table_sha256,
            "evidence": rows[0].evidence.ref,
            "rows": rows[0].row_count,
        },
        subject=lambda rows: str(rows[0].ref),
        along=("evidence",),
    )
)
tell(
    Told(
        Draw,
        ("draw",),
        lambda rows, body: {
            **_record(rows, body),
            "seed": rows[0].seed,
            "method": rows[0].method,
            "size": rows[0].size,
        },
        subject=lambda rows: str(rows[0].ref),
    )
)
tell(Told(WorkSheetEntry, ("worksheet",), _record))
tell(
    Told(
        ReverseTest,
        ("reversetest",),
        lambda rows, body: {**_record(rows, body), "direction": rows[0].direction},
        subject=lambda rows: str(rows[0].ref),
    )
)
tell(
    Told(
        ReverseEntry,
        ("reverseentry",),
        _record,
        subject=lambda rows: f"{rows[0].test.ref}/E{rows[0].number}",
        along=("test",),
    )
)
tell(
    Told(
        Walkthrough,
        ("walkthrough",),
        lambda rows, body: {
            **_record(rows, body),
            "control": rows[0].control.ref,
            "result": rows[0].result,
        },
        subject=lambda rows: str(rows[0].ref),
        along=("control",),
    )
)
tell(
    Told(
        FindingEntry,
        ("finding.",),
        lambda rows, _: {
            "step": rows[0].step,
            "state": rows[0].state,
            "side": rows[0].side,
            "part": rows[0].part,
            "exceptions": rows[0].exceptions,
            "population": rows[0].population,
            "action": rows[0].action,
            "due": _day(rows[0].due),
            "evidence": rows[0].evidence.ref if rows[0].evidence else None,
            "check_leaf": rows[0].check_result.ledger_entry_id if rows[0].check_result else None,
        },
        subject=lambda rows: str(rows[0].finding.ref),
        along=("finding", "evidence", "check_result"),
    )
)
tell(
    Told(
        RequestEntry,
        ("request.",),
        lambda rows, _: {"side": rows[0].side, "text_sha256": digest(rows[0].text)},
        has_row=lambda body: "text_sha256" in body,
        along=("request",),
    )
)
tell(
    Told(
        OccurrenceChange,
        ("occurrence.",),
        lambda rows, _: {
            "start": rows[0].start.isoformat(),
            "end": rows[0].end.isoformat(),
            "due": _day(rows[0].due) or "",
            "withdraws": rows[0].withdraws.ledger_entry_id if rows[0].withdraws else -1,
            "reason_sha256": digest(rows[0].reason),
        },
        subject=lambda rows: str(rows[0].expectation.slug),
        along=("expectation", "withdraws"),
    )
)
tell(
    Told(
        EngagementChange,
        tuple(f"engagement.{what}_changed" for what in EngagementChange.What.values),
        lambda rows, _: {"reason_sha256": digest(rows[0].reason.strip())},
        subject=lambda rows: str(rows[0].engagement.ref),
        along=("engagement",),
    )
)
tell(
    Told(
        DescriptionRevision,
        ("description.written",),
        lambda rows, _: {
            "section": rows[0].section,
            "number": rows[0].number,
            "text_sha256": digest(rows[0].text),
        },
        subject=lambda rows: str(rows[0].engagement.ref),
        along=("engagement",),
    )
)
tell(
    Told(
        Assertion,
        ("assertion.written",),
        lambda rows, _: {"number": rows[0].number, "text_sha256": digest(rows[0].text)},
        subject=lambda rows: str(rows[0].engagement.ref),
        along=("engagement",),
    )
)
tell(
    Told(
        AssertionSignature,
        ("assertion.signed",),
        lambda rows, _: {
            "number": rows[0].assertion.number,
            "text_sha256": rows[0].text_sha256,
            "position_sha256": digest(rows[0].position),
        },
        along=("assertion",),
    )
)
tell(
    Told(
        UserEntityWording,
        ("cuec.worded",),
        lambda rows, _: {"number": rows[0].number, "text_sha256": digest(rows[0].text)},
    )
)
tell(
    Told(
        BoundInvitation,
        ("engagement.auditor_invited",),
        lambda rows, _: {"access_until": rows[0].access_until.isoformat()},
        subject=lambda rows: str(rows[0].engagement.ref),
        along=("engagement",),
    )
)
tell(
    Told(
        AccessNote,
        ("access",),
        lambda rows, _: {"engagement": rows[0].engagement.ref, "what": rows[0].what},
        subject=lambda rows: str(rows[0].subject),
        # Downloads by staff and by programs leave a leaf alone.
        has_row=lambda body: "engagement" in body,
        along=("engagement",),
    )
)
tell(
    Told(
        HolidayCalendar,
        ("calendar.recorded",),
        lambda rows, _: {
            "country": rows[0].country,
            "region": rows[0].region,
            "first": rows[0].first.isoformat(),
            "last": rows[0].last.isoformat(),
            "days": len(rows[0].days.split()),
            "days_sha256": digest(rows[0].days),
        },
    )
)
tell(
    Told(
        TrustSwitch,
        ("trust.opened", "trust.closed"),
        lambda rows, _: {"contact_sha256": digest(rows[0].contact)},
        subject=lambda _: "trust",
    )
)
tell(
    Told(
        BuyerAgreement,
        ("trust.agreement",),
        lambda rows, _: {"number": rows[0].number, "text_sha256": digest(rows[0].text)},
        subject=lambda _: "trust",
    )
)
tell(
    Told(
        BuyerRequest,
        ("trust.request",),
        lambda rows, _: asking.facts(rows[0]),
        subject=lambda rows: str(rows[0].ref),
    )
)
tell(
    Told(
        BuyerDecision,
        ("trust.approved", "trust.declined"),
        lambda rows, _: {
            "documents": sorted(one.digest for one in rows[0].grants.all()),
            "ends_at": ledger.stamp(rows[0].ends_at) if rows[0].ends_at else "",
            "most_downloads": rows[0].most_downloads,
            "reason_sha256": digest(rows[0].reason),
        },
        subject=lambda rows: str(rows[0].request.ref),
        along=("request",),
        fetch=("grants",),
    )
)
tell(
    Told(
        BuyerRevocation,
        ("trust.revoked",),
        lambda rows, _: {"reason_sha256": digest(rows[0].reason)},
        subject=lambda rows: str(rows[0].decision.request.ref),
        along=("decision__request",),
    )
)
tell(
    Told(
        BuyerHandOut,
        ("trust.hand_out",),
        lambda rows, _: {"sha256": rows[0].grant.digest, "copy_sha256": rows[0].copy_sha256},
        subject=lambda rows: str(rows[0].grant.decision.request.ref),
        along=("grant__decision__request",),
    )
)
