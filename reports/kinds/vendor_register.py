"""The register of vendors with the gaps of their assurance: which days no report covers."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from audits.days import day_of
from registers.base import Value, Values
from registers.books.vendors import CRITICAL
from reports.written import of_registers, values
from reports.written.document import (
    Column,
    Document,
    Figure,
    Figures,
    Mark,
    Row,
    Section,
    Table,
    Tone,
    Words,
)
from reports.written.registry import Asked, Kind, Need

_SHOWN = (
    "name",
    "service",
    "criticality",
    "owner",
    "holds_customer_data",
    "holds_card_data",
    "uptime_commitment",
    "incident_contact",
    "last_review",
    "next_review",
)
_REPORTS = (
    "vendor",
    "kind",
    "auditor",
    "period_from",
    "period_to",
    "bridge_letter_until",
    "opinion",
    "reviewed_on",
)
_ATTESTED = ("provider", "service", "standing", "standard", "attested_on", "valid_until")
_GAPS = (
    Column("Reference", 12),
    Column("Vendor", 26, wraps=True),
    Column("Criticality", 12),
    Column("Gap", 13),
    Column("What is missing", 62, wraps=True),
)
_NOTES = (
    (
        "A day of the period is covered where the period of a report of the vendor, or a "
        "bridge letter after it, has it in it. Reports that nobody has read yet count as a "
        "gap of their own."
    ),
    (
        "Only vendors that are critical, or that hold data of customers or of cards, need "
        "assurance here. Vendors that were retired from the register are not listed."
    ),
)


@dataclass(frozen=True)
class _Vendor:
    ref: str
    said: Values
    reports: Sequence[Values]
    attestations: Sequence[Values]

    @property
    def name(self) -> str:
        return of_registers.text(self.said["name"])

    @property
    def needs_assurance(self) -> bool:
        holds = self.said["holds_customer_data"] or self.said["holds_card_data"]
        return bool(holds) or self.said["criticality"] == CRITICAL


def build(asked: Asked) -> Document:
    first, last = asked.period
    vendors = _vendors()
    gaps = [row for one in vendors for row in _gaps_of(one, first, last, day_of(asked.at))]
    return Document(
        title="Vendor register with assurance gaps",
        subtitle="Who serves us, and which days no assurance covers",
        sections=[
            Section(
                "In numbers", [Words(_sentence(vendors, gaps)), Figures(_figures(vendors, gaps))]
            ),
            Section("Assurance gaps", [_gap_table(gaps, vendors)]),
            Section("Vendors", [_table("vendors", _SHOWN, "Vendors")]),
            Section("Reports of vendors", [_table("vendor_reports", _REPORTS, "Vendor reports")]),
            Section(
                "Attestations of card security",
                [_table("provider_attestations", _ATTESTED, "Attestations")],
            ),
        ],
        period=(first, last),
        as_of=asked.at,
        notes=_NOTES,
    )


def _table(slug: str, names: Sequence[str], title: str) -> Table:
    empty = f"The register of {title.lower()} has no entry."
    return of_registers.table(slug, names, title=title, empty=empty)


def _sentence(vendors: Sequence[_Vendor], gaps: Sequence[Row]) -> str:
    if not vendors:
        return "The register of vendors is empty, so nothing can be said of their assurance."
    concerned = len({row[0] for row in gaps})
    return (
        f"{values.counted(len(vendors), 'vendor is', 'vendors are')} in the register. "
        f"{values.counted(concerned, 'has a gap in its', 'have a gap in their')} assurance, named "
        "below."
    )


def _figures(vendors: Sequence[_Vendor], gaps: Sequence[Row]) -> list[Figure]:
    return [
        Figure("Vendors", len(vendors), "in use today"),
        Figure(
            "Critical",
            sum(one.said["criticality"] == CRITICAL for one in vendors),
            "by our own ranking",
        ),
        Figure(
            "Need assurance",
            sum(one.needs_assurance for one in vendors),
            "critical, or holding data",
        ),
        Figure("Vendors with a gap", len({row[0] for row in gaps}), "of whatever kind"),
    ]


def _gap_table(gaps: Sequence[Row], vendors: Sequence[_Vendor]) -> Table:
    empty = "No gap is known." if vendors else "There is no vendor to judge."
    return Table("Assurance gaps", _GAPS, gaps, empty=empty)


def _vendors() -> list[_Vendor]:
    reports, attested = _by("vendor_reports", "vendor"), _by("provider_attestations", "provider")
    return [
        _Vendor(entry.ref, said, reports.get(key, ()), attested.get(key, ()))
        for entry, said in of_registers.entries("vendors")
        for key in [_key(said["name"])]
    ]


def _by(slug: str, name: str) -> Mapping[str, Sequence[Values]]:
    found: dict[str, list[Values]] = defaultdict(list)
    for _, said in of_registers.entries(slug):
        found[_key(said[name])].append(said)
    return found


def _key(name: Value) -> str:
    return of_registers.text(name).casefold()


def _gaps_of(one: _Vendor, first: date, last: date, today: date) -> Iterator[Row]:
    def gap(kind: str, words: str, tone: Tone = Tone.BAD) -> Row:
        criticality = of_registers.text(one.said["criticality"])
        return [one.ref, one.name, criticality, Mark(kind, tone), words]

    due = one.said["next_review"]
    if isinstance(due, date) and due < today:
        yield gap("review", f"Its review was due on {due}.", Tone.WARN)
    if one.needs_assurance:
        if not one.reports:
            yield gap("no report", "No report of an auditor about it is recorded.")
        else:
            for start, end in _uncovered(one.reports, first, last):
                days = f"{start}" if start == end else f"{start} to {end}"
                yield gap("period", f"No report or bridge letter covers {days}.")
        for said in one.reports:
            if said["reviewed_on"] is None:
                named = f"{of_registers.text(said['kind'])} until {said['period_to']}"
                yield gap("not read", f"Nobody has read its report yet: {named}.", Tone.WARN)
    if one.said["holds_card_data"]:
        valid = [day for said in one.attestations if isinstance(day := said["valid_until"], date)]
        if max(valid, default=date.min) < today:
            yield gap("card security", "No attestation of card security is valid today.")


def _uncovered(reports: Sequence[Values], first: date, last: date) -> Iterator[tuple[date, date]]:
    """Yield the stretches of a period that no report and no bridge letter covers."""
    covered = sorted(_stretch(said) for said in reports)
    day = first
    for start, end in covered:
        if start > last:
            break
        if start > day:
            yield day, start - timedelta(days=1)
        day = max(day, end + timedelta(days=1))
    if day <= last:
        yield day, last


def _stretch(said: Values) -> tuple[date, date]:
    start, end, bridged = said["period_from"], said["period_to"], said["bridge_letter_until"]
    begins = start if isinstance(start, date) else date.max
    ends = [day for day in (end, bridged) if isinstance(day, date)]
    return begins, max(ends, default=date.min)


KIND = Kind(
    title="Vendor register with assurance gaps",
    sentence="Every vendor, its reports, and the days of a period that no assurance covers.",
    build=build,
    needs=(Need.PERIOD,),
)
