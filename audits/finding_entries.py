"""The history of findings: reads it, and writes one entry with its leaf and the standing."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256
from typing import Any

from django.utils import timezone

from accounts.access import actor
from accounts.models import User
from audits import days
from audits.finding_record import Entry, EntryKind, Part, Record, Side, Source, State, fold
from audits.finding_text import About
from audits.models import Finding, FindingEntry, FindingStanding
from evidence import ledger
from evidence.models import CheckResult, Evidence

SYSTEM = "system"
_COLUMNS = (
    "finding_id",
    "step",
    "kind",
    "state",
    "side",
    "at",
    "by_id",
    "by__full_name",
    "by__email",
    "part",
    "text",
    "value",
    "exceptions",
    "population",
    "action",
    "owner",
    "due",
    "evidence__ref",
    "ledger_entry_id",
)


@dataclass(frozen=True)
class Said:
    """What an entry says beside its kind; free text is known to the log by its digest only."""

    part: Part | None = None
    text: str = ""
    value: str = ""
    exceptions: int | None = None
    population: int | None = None
    action: int | None = None
    owner: str = ""
    due: date | None = None
    evidence: Evidence | None = None
    check_result: CheckResult | None = None


@dataclass(frozen=True)
class Speaker:
    """Who speaks, and for which side; `by` is None for the machine itself."""

    side: Side
    by: User | None = None


def record_of(finding: Finding, as_of: datetime | None = None) -> Record:
    """Return what is known of a finding (at `as_of`, or now); it has one entry at least."""
    return records_of([finding.pk], as_of)[finding.pk]


def records_of(findings: Iterable[int], as_of: datetime | None = None) -> Mapping[int, Record]:
    """Return what is known of several findings, by their keys, in one query."""
    rows = FindingEntry.objects.filter(finding__in=list(findings))
    if as_of:
        rows = rows.filter(at__lte=as_of)
    found: dict[int, list[Entry]] = defaultdict(list)
    for row in rows.order_by("finding_id", "step").values_list(*_COLUMNS):
        found[row[0]].append(_entry(row))
    return {pk: fold(entries) for pk, entries in found.items()}


def write(
    finding: Finding,
    record: Record | None,
    kind: EntryKind,
    said: Said,
    *,
    state: State,
    speaker: Speaker,
    more: Mapping[str, object] | None = None,
) -> Record:
    """Add an entry to a history and return the new one; the caller holds the log's lock.

    `more` is what the leaf says beside: facts and digests, never free text.
    """
    step = len(record.entries) + 1 if record else 1
    leaf = ledger.append(
        f"finding.{kind}",
        subject=finding.ref,
        body={**_body(finding, step, said, state=state, side=speaker.side), **(more or {})},
        actor=actor(speaker.by) if speaker.by else SYSTEM,
    )
    row = FindingEntry.objects.create(
        finding=finding,
        step=step,
        kind=kind,
        state=state,
        side=speaker.side,
        by=speaker.by,
        at=timezone.now(),
        part=said.part or "",
        ledger_entry=leaf,
        **{name: getattr(said, name) for name in _SAID_AS_IT_IS},
    )
    known = record.entries if record else ()
    new = fold([*known, _entry_of(row)])
    stands = {"state": new.state, "kind": new.kind, "steps": step, "next_due": new.next_due}
    FindingStanding.objects.update_or_create(finding=finding, defaults=stands)
    return new


def about(finding: Finding) -> About:
    """Return what a draft of the report text needs to know beside the record."""
    return About(
        control=finding.control_ref,
        start=finding.start,
        end=finding.end,
        source=Source(finding.source),
        is_sample=finding.subject_kind == "sample_item",
        zone=days.zone(),
    )


def words_digest(entry: Entry | Said) -> str:
    """Return the SHA-256 (hex) by which the leaf knows the words of an entry.

    It is that of the canonical JSON of `owner`, `text` and `value`.
    """
    words = {"owner": entry.owner, "text": entry.text, "value": entry.value}
    return sha256(ledger.canonical(words)).hexdigest()


_SAID_AS_IT_IS = (
    "text",
    "value",
    "exceptions",
    "population",
    "action",
    "owner",
    "due",
    "evidence",
    "check_result",
)


def _body(
    finding: Finding, step: int, said: Said, *, state: State, side: Side
) -> dict[str, object]:
    return {
        "engagement": finding.engagement.ref,
        "step": step,
        "state": state.value,
        "side": side.value,
        "part": said.part.value if said.part else "",
        "exceptions": said.exceptions,
        "population": said.population,
        "action": said.action,
        "due": said.due.isoformat() if said.due else None,
        "evidence": said.evidence.ref if said.evidence else None,
        "check_leaf": said.check_result.ledger_entry_id if said.check_result else None,
        "words_sha256": words_digest(said),
    }


def _entry(row: tuple[Any, ...]) -> Entry:
    said = dict(zip(_COLUMNS, row, strict=True))
    return Entry(
        step=said["step"],
        kind=EntryKind(said["kind"]),
        state=State(said["state"]),
        side=Side(said["side"]),
        at=said["at"],
        actor=f"user:{said['by_id']}" if said["by_id"] else SYSTEM,
        speaker=said["by_id"],
        who=said["by__full_name"] or said["by__email"] or "",
        part=Part(said["part"]) if said["part"] else None,
        evidence=said["evidence__ref"] or "",
        leaf=said["ledger_entry_id"],
        **{
            name: said[name]
            for name in ("text", "value", "exceptions", "population", "action", "owner", "due")
        },
    )


def _entry_of(row: FindingEntry) -> Entry:
    by, evidence = row.by, row.evidence
    named = (by.pk, by.full_name, by.email) if by else (None, None, None)
    return _entry(
        (
            *(row.finding_id, row.step, row.kind, row.state, row.side, row.at),
            *named,
            *(row.part, row.text, row.value, row.exceptions, row.population),
            *(row.action, row.owner, row.due),
            evidence.ref if evidence else None,
            row.ledger_entry_id,
        )
    )
