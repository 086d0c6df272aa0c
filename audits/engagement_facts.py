"""What a pack says of its engagement beyond title and window: dates, scope, what management wrote.

Every row names the leaf of the log that binds it; organisations are known there by digest only.
"""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Q

from accounts.access import actor
from accounts.journal import digest
from audits.models import (
    AssertionSignature,
    Engagement,
    EngagementChange,
    UserEntityWording,
)
from audits.parts import Part, divided
from evidence import ledger
from evidence.models import LedgerEntry

_OPENED, _CHOSEN = "engagement.opened", "engagement.categories"


@dataclass(frozen=True)
class Change:
    """That dates moved: from which days to which, each empty for none."""

    what: str
    before: tuple[str, str]
    after: tuple[str, str]
    reason: str
    by: str
    at: str
    leaf: int


@dataclass(frozen=True)
class Stretch:
    """A part of the window that is tested apart."""

    title: str
    start: str
    end: str


@dataclass(frozen=True)
class Organisation:
    """A subservice organisation, and how the report treats it."""

    name: str
    services: str
    method: str
    complementary_controls: tuple[str, ...]
    monitoring: str


@dataclass(frozen=True)
class CustomerControl:
    """The wording that held of a control which customers must operate."""

    ref: str
    criterion: str
    number: int
    text: str
    by: str
    leaf: int


@dataclass(frozen=True)
class Section:
    """The text that held of a section of the description, by its digest."""

    section: str
    number: int
    text_sha256: str
    is_carried: bool
    by: str
    at: str
    leaf: int


@dataclass(frozen=True)
class Version:
    """The latest version of management's assertion, by the digest of its text."""

    number: int
    text_sha256: str
    by: str
    at: str
    leaf: int


@dataclass(frozen=True)
class Signature:
    """Which version of the assertion was signed last, by whom and when."""

    number: int
    text_sha256: str
    by: str
    position: str
    signed_on: str
    at: str
    leaf: int


@dataclass(frozen=True)
class EngagementFacts:
    """All of it; days and moments are ISO 8601 text, empty for none, people as the log knows them.

    `opened` and `chosen` are the leaves that bind type and categories, -1 for none.
    """

    type: str
    fieldwork_from: str = ""
    fieldwork_to: str = ""
    freeze_on: str = ""
    previous: str = ""
    opened: int = -1
    chosen: int = -1
    changes: tuple[Change, ...] = ()
    parts: tuple[Stretch, ...] = ()
    organisations: tuple[Organisation, ...] = ()
    customer_controls: tuple[CustomerControl, ...] = ()
    description: tuple[Section, ...] = ()
    assertion: Version | None = None
    signature: Signature | None = None

    def said(self) -> dict[str, Any]:
        """Return it as what JSON can hold."""
        return asdict(self)

    @classmethod
    def read(cls, said: dict[str, Any]) -> "EngagementFacts":
        """Read what `said` returned, be it back from JSON."""
        lists = {
            "changes": Change,
            "parts": Stretch,
            "organisations": Organisation,
            "customer_controls": CustomerControl,
            "description": Section,
        }
        made = {name: tuple(_made(kind, one) for one in said[name]) for name, kind in lists.items()}
        single = {
            name: _made(kind, said[name]) if said[name] else None
            for name, kind in {"assertion": Version, "signature": Signature}.items()
        }
        return cls(**{**said, **made, **single})

    def leaves(self) -> frozenset[int]:
        """Return the entries of the log that bind these facts."""
        places = {self.opened, self.chosen, *(one.leaf for one in self.changes)}
        places |= {one.leaf for one in self.customer_controls}
        places |= {one.leaf for one in self.description}
        places |= {one.leaf for one in (self.assertion, self.signature) if one}
        return frozenset(places - {-1})

    def people(self) -> frozenset[int]:
        """Return the keys of everybody who is named."""
        named = {one.by for one in self.changes} | {one.by for one in self.customer_controls}
        named |= {one.by for one in self.description}
        named |= {one.by for one in (self.assertion, self.signature) if one}
        return frozenset(int(one.removeprefix("user:")) for one in named)


def facts_of(engagement: Engagement, as_of: datetime) -> EngagementFacts:
    """Return what is known of an engagement: its dates as they stand, all else as of a moment."""
    leaves = LedgerEntry.objects.filter(subject=engagement.ref, kind__in=(_OPENED, _CHOSEN))
    bound = dict(leaves.order_by("index").values_list("kind", "index"))
    parts = [Part(one.title, one.ends_on) for one in engagement.sub_periods.all()]
    stretches = divided(engagement.window_from, engagement.window_to, parts) if parts else []
    return EngagementFacts(
        type=engagement.type,
        fieldwork_from=_day(engagement.fieldwork_from),
        fieldwork_to=_day(engagement.fieldwork_to),
        freeze_on=_day(engagement.freeze_on),
        previous=engagement.previous.ref if engagement.previous else "",
        opened=bound.get(_OPENED, -1),
        chosen=bound.get(_CHOSEN, bound.get(_OPENED, -1)),
        changes=tuple(map(_change, engagement.changes.select_related("changed_by"))),
        parts=tuple(Stretch(one.title, _day(one.start), _day(one.end)) for one in stretches),
        organisations=tuple(_organisations(engagement, as_of)),
        customer_controls=tuple(_customer_controls(engagement, as_of)),
        description=tuple(_sections(engagement, as_of)),
        assertion=_version(engagement, as_of),
        signature=_signature(engagement, as_of),
    )


def _change(one: EngagementChange) -> Change:
    return Change(
        what=one.what,
        before=(_day(one.before_from), _day(one.before_to)),
        after=(_day(one.after_from), _day(one.after_to)),
        reason=one.reason,
        by=actor(one.changed_by),
        at=ledger.stamp(one.changed_at),
        leaf=one.ledger_entry_id,
    )


def _organisations(engagement: Engagement, as_of: datetime) -> Iterator[Organisation]:
    known = Q(removed_at=None) | Q(removed_at__gt=as_of)
    for one in engagement.organisations.filter(known, added_at__lte=as_of):
        yield Organisation(one.name, one.services, one.method, tuple(one.controls), one.monitoring)


def _customer_controls(engagement: Engagement, as_of: datetime) -> Iterator[CustomerControl]:
    known = Q(control__removed_at=None) | Q(control__removed_at__gt=as_of)
    rows = UserEntityWording.objects.filter(
        known, control__engagement=engagement, written_at__lte=as_of
    )
    ordered = rows.select_related("control__criterion", "written_by").order_by(
        "control__number", "number"
    )
    for one in {row.control_id: row for row in ordered}.values():
        yield CustomerControl(
            ref=one.control.ref,
            criterion=one.control.criterion.ref,
            number=one.number,
            text=one.text,
            by=actor(one.written_by),
            leaf=one.ledger_entry_id,
        )


def _sections(engagement: Engagement, as_of: datetime) -> Iterator[Section]:
    written = engagement.description.filter(written_at__lte=as_of).select_related("written_by")
    latest = {row.section: row for row in written.order_by("section", "number")}
    for row in latest.values():
        yield Section(
            section=row.section,
            number=row.number,
            text_sha256=digest(row.text),
            is_carried=row.carried_from_id is not None,
            by=actor(row.written_by),
            at=ledger.stamp(row.written_at),
            leaf=row.ledger_entry_id,
        )


def _version(engagement: Engagement, as_of: datetime) -> Version | None:
    row = engagement.assertions.filter(written_at__lte=as_of).order_by("-number").first()
    if row is None:
        return None
    at, by = ledger.stamp(row.written_at), actor(row.written_by)
    return Version(row.number, digest(row.text), by, at, row.ledger_entry_id)


def _signature(engagement: Engagement, as_of: datetime) -> Signature | None:
    signed = AssertionSignature.objects.filter(
        assertion__engagement=engagement, signed_at__lte=as_of
    )
    row = signed.select_related("assertion", "signed_by").order_by("-assertion__number").first()
    if row is None:
        return None
    return Signature(
        number=row.assertion.number,
        text_sha256=row.text_sha256,
        by=actor(row.signed_by),
        position=row.position,
        signed_on=_day(row.signed_on),
        at=ledger.stamp(row.signed_at),
        leaf=row.ledger_entry_id,
    )


def _day(day: date | None) -> str:
    return day.isoformat() if day else ""


def _made(kind: type[Any], row: dict[str, Any]) -> Any:
    return kind(**{name: tuple(v) if isinstance(v, list) else v for name, v in row.items()})
