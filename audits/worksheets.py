"""The work sheet of a draw: what is tested of each item, and what the auditor found.

Results are added, never changed: the latest one of an item and attribute counts, and the earlier
ones stay. Only auditors of the engagement write here.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts.access import actor
from accounts.models import User
from audits import access, populations
from audits.errors import ClosedError, NotAllowedError, WorkSheetError
from audits.models import (
    Draw,
    Engagement,
    SampleAttribute,
    SampleItem,
    SampleResult,
    WorkSheetEntry,
)
from controls.models import Area, Control
from evidence import ledger
from evidence.models import Evidence

FORMAT = "countersign-worksheet/v1"
MOST_ATTRIBUTES = 12
LONGEST_TITLE, LONGEST_NOTE = 120, 4_000
# Control characters, which no spreadsheet can hold, and those that turn the direction of a line.
_UNFIT = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufffe\uffff\ud800-\udfff]"
)
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
NEEDS_NOTE = {
    SampleResult.Result.DEVIATION: "Say what was found",
    SampleResult.Result.NOT_APPLICABLE: "Say why it does not apply",
}
_PROPOSED: Mapping[str, tuple[str, ...]] = {
    Area.CHANGE: (
        "Ticket or reason for the change",
        "Reviewed by somebody other than the author",
        "Tests passed before deployment",
        "Approved before deployment",
        "Deployed as approved",
    ),
    Area.ACCESS_CONTROL: (
        "Requested with a reason",
        "Approved by the owner of the system",
        "Granted or removed as approved",
        "Done within the stated time",
    ),
    Area.PROCESSING_INTEGRITY: (
        "Agrees with its source",
        "Differences followed up to closure",
        "Reviewed by somebody other than the preparer",
    ),
}
_USUAL = (
    "Performed as the control says",
    "Performed by the person or role named",
    "Performed within the stated time",
)


@dataclass(frozen=True)
class ItemResult:
    """One result: the row of the table, the letter of the attribute, and what was found."""

    row: int
    letter: str
    result: str
    note: str = ""
    evidence: str = ""


@dataclass(frozen=True)
class SampledDeviation:
    """A deviation that was recorded, as whoever keeps the findings is told of it."""

    engagement: Engagement
    ref: str
    control_ref: str
    expectation_slug: str
    attribute: str
    condition: str
    start: date
    end: date
    by: User


ReportDeviation = Callable[[SampledDeviation], object]


def proposed_attributes(control: Control) -> tuple[str, ...]:
    """Return what is usually tested of the items of such a control; the auditor decides."""
    return _PROPOSED.get(control.area, _USUAL)


def choose_attributes(draw: Draw, *, titles: Sequence[str], by: User) -> list[SampleAttribute]:
    """Add attributes to test; those that were chosen before stay.

    Raises NotAllowedError, ClosedError, WorkSheetError.
    """
    _refuse_others(draw, by)
    wanted = [" ".join(title.split()) for title in titles if title.strip()]
    _refuse_titles(wanted)
    with transaction.atomic():
        ledger.lock()
        _refuse_closed(draw)
        known = list(draw.attributes.values_list("title", flat=True))
        lowered = [title.casefold() for title in known]
        fresh = [title for title in dict.fromkeys(wanted) if title.casefold() not in lowered]
        if not fresh:
            raise WorkSheetError("Name at least one attribute that is not on the sheet yet.")
        if len(known) + len(fresh) > MOST_ATTRIBUTES:
            raise WorkSheetError(f"A work sheet has at most {MOST_ATTRIBUTES} attributes.")
        letters = LETTERS[len(known) :]
        pairs = list(zip(letters, fresh, strict=False))
        chosen = [{"letter": letter, "title": title} for letter, title in pairs]
        entry = _entry(draw, WorkSheetEntry.What.ATTRIBUTES, {"attributes": chosen}, by, {})
        return SampleAttribute.objects.bulk_create(
            SampleAttribute(draw=draw, letter=letter, title=title, entry=entry)
            for letter, title in pairs
        )


def record_results(
    draw: Draw,
    *,
    results: Sequence[ItemResult],
    by: User,
    report_deviation: ReportDeviation,
    last_entry: int | None = None,
) -> WorkSheetEntry | None:
    """Record what was found of some items; results that are as they were are passed over.

    `report_deviation` is told of each new deviation, in the same transaction. `last_entry` is the
    number of the latest entry that the person has seen; later ones are then refused. Returns None
    when nothing changed. Raises NotAllowedError, ClosedError, WorkSheetError (nothing is recorded).
    """
    _refuse_others(draw, by)
    with transaction.atomic():
        ledger.lock()
        _refuse_closed(draw)
        if last_entry is not None and last_entry != draw.entries.count():
            raise WorkSheetError(
                "Somebody recorded something on this sheet meanwhile. Look at it, take a new copy "
                "and enter your results again. Nothing was changed."
            )
        sheet = _Sheet(draw, {result.row for result in results})
        changed = sheet.changed(results)
        if not changed:
            return None
        return _recorded(draw, sheet, changed, by, report_deviation)


def changes_of(draw: Draw, results: Sequence[ItemResult]) -> list[tuple[ItemResult, ItemResult]]:
    """Return what recording these results would change: before and after, for each one.

    Raises WorkSheetError, as `record_results` would.
    """
    sheet = _Sheet(draw, {result.row for result in results})
    return [(sheet.before(after), after) for after in sheet.changed(results)]


def latest_of(items: Iterable[SampleItem]) -> dict[tuple[int, str], SampleResult]:
    """Return the results that count, by row and letter of the attribute."""
    found = (
        SampleResult.objects.filter(item__in=[item.pk for item in items])
        .select_related("attribute", "item", "evidence", "entry__made_by")
        .order_by("pk")
    )
    return {(result.item.row, result.attribute.letter): result for result in found}


class _Sheet:
    """The items, attributes and latest results that some results are held against."""

    def __init__(self, draw: Draw, rows: set[int]) -> None:
        self._draw = draw
        self.items = {item.row: item for item in draw.items.filter(row__in=rows)}
        self.attributes = {one.letter: one for one in draw.attributes.all()}
        self.latest = latest_of(self.items.values())
        self.evidence: dict[str, Evidence] = {}

    def before(self, result: ItemResult) -> ItemResult:
        found = self.latest.get((result.row, result.letter))
        if found is None:
            return ItemResult(result.row, result.letter, SampleResult.Result.NOT_TESTED)
        ref = found.evidence.ref if found.evidence else ""
        return ItemResult(result.row, result.letter, found.result, found.note, ref)

    def changed(self, results: Sequence[ItemResult]) -> list[ItemResult]:
        """Return the results that differ from the latest, in good order; refuse them all if one
        of them is wrong."""
        tidy = [_tidy(result) for result in results]
        different = [result for result in tidy if result != self.before(result)]
        refs = {result.evidence for result in different if result.evidence}
        self.evidence = {
            one.ref: one
            for one in access.evidence_for(self._draw.population.engagement).filter(ref__in=refs)
        }
        faults = [fault for result in tidy for fault in self._unknown(result)]
        faults += [fault for result in different for fault in self._faults(result)]
        if len({(one.row, one.letter) for one in tidy}) < len(tidy):
            faults.append("An attribute of an item is given twice.")
        if faults:
            raise WorkSheetError(f"{' '.join(faults[:20])} Nothing was recorded.")
        return different

    def _unknown(self, result: ItemResult) -> Iterable[str]:
        if result.row not in self.items:
            yield f"Row {result.row} was not drawn."
        if result.letter not in self.attributes:
            yield f"The sheet has no attribute {result.letter!r}."
        if result.result not in SampleResult.Result.values:
            known = ", ".join(SampleResult.Result.values)
            yield f"Row {result.row}, {result.letter}: {result.result!r} is none of {known}."

    def _faults(self, result: ItemResult) -> Iterable[str]:
        at = f"Row {result.row}, {result.letter}:"
        wanted = {key.value: words for key, words in NEEDS_NOTE.items()}.get(result.result)
        if wanted and not result.note:
            yield f"{at} {wanted}, in the note."
        if len(result.note) > LONGEST_NOTE:
            yield f"{at} The note has more than {LONGEST_NOTE:,} characters."
        if _UNFIT.search(result.note):
            yield f"{at} The note has invisible characters. Type it anew."
        if result.evidence and result.evidence not in self.evidence:
            yield f"{at} {result.evidence!r} is no item of this engagement, such as EV-000123."


def _tidy(result: ItemResult) -> ItemResult:
    note = result.note.replace("\r\n", "\n").replace("\r", "\n").strip()
    return ItemResult(result.row, result.letter, result.result, note, result.evidence.strip())


def _recorded(
    draw: Draw,
    sheet: _Sheet,
    changed: Sequence[ItemResult],
    by: User,
    report_deviation: ReportDeviation,
) -> WorkSheetEntry:
    listed = [
        {
            "row": one.row,
            "attribute": one.letter,
            "result": str(one.result),
            "note": one.note,
            "evidence": one.evidence,
        }
        for one in changed
    ]
    deviations = [one for one in changed if one.result == SampleResult.Result.DEVIATION]
    counts = {"results": len(changed), "deviations": len(deviations)}
    entry = _entry(draw, WorkSheetEntry.What.RESULTS, {"results": listed}, by, counts)
    SampleResult.objects.bulk_create(
        (
            SampleResult(
                item=sheet.items[one.row],
                attribute=sheet.attributes[one.letter],
                result=one.result,
                note=one.note,
                evidence=sheet.evidence.get(one.evidence),
                entry=entry,
            )
            for one in changed
        ),
        batch_size=500,
    )
    for one in deviations:
        report_deviation(_told(draw, one, sheet.attributes[one.letter].title, by))
    return entry


def _told(draw: Draw, one: ItemResult, attribute: str, by: User) -> SampledDeviation:
    population = draw.population
    return SampledDeviation(
        engagement=population.engagement,
        ref=f"{draw.ref}#{one.row}{one.letter}",
        control_ref=population.control.ref,
        expectation_slug=populations.expectation_of(population).slug,
        attribute=attribute,
        condition=one.note,
        start=population.period_from,
        end=population.period_to,
        by=by,
    )


def _entry(
    draw: Draw, what: WorkSheetEntry.What, said: dict[str, Any], by: User, counts: dict[str, int]
) -> WorkSheetEntry:
    entry = WorkSheetEntry(
        draw=draw,
        number=draw.entries.count() + 1,
        what=what,
        made_by=by,
        made_at=timezone.now(),
    )
    record = {
        "format": FORMAT,
        "draw": draw.ref,
        "number": entry.number,
        "what": what.value,
        **said,
        "made_by": actor(by),
        "made_at": ledger.stamp(entry.made_at),
    }
    text = ledger.canonical(record)
    entry.record = text.decode()
    entry.record_sha256 = sha256(text).hexdigest()
    entry.ledger_entry = ledger.append(
        "worksheet",
        subject=f"{draw.ref}/W{entry.number}",
        body={"draw": draw.ref, "record_sha256": entry.record_sha256, "what": what.value, **counts},
        actor=actor(by),
    )
    entry.save(force_insert=True)
    return entry


def _refuse_titles(titles: Sequence[str]) -> None:
    for title in titles:
        if len(title) > LONGEST_TITLE or not title.isprintable():
            raise WorkSheetError(
                f"An attribute is one line of at most {LONGEST_TITLE} characters: {title[:40]!r}."
            )


def _refuse_others(draw: Draw, by: User) -> None:
    engagement = draw.population.engagement
    if not access.may_conclude(by, engagement):
        raise NotAllowedError(
            f"{by} is no auditor of {engagement.ref}. Only its auditors write on work sheets."
        )


def _refuse_closed(draw: Draw) -> None:
    engagement = draw.population.engagement
    if Engagement.objects.filter(pk=engagement.pk, closed_at__isnull=False).exists():
        raise ClosedError(f"{engagement.ref} is closed, so its work sheets are, too.")
