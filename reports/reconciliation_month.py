"""The paper of a signed month: a PDF to be read and an Excel file to be worked with.

Both say how breaks were rolled forward, by currency and leg; each business day with its signature,
or why it has none; what was open at the end, by age and reason; what was written off, with the sums
that it reached against the limits. They say what was known when the month was signed: what came
later stands in a later month. Where the libraries of the PDF engine are missing, it is HTML.
"""

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils import timezone, translation

from controls.models import Area, Expectation
from evidence import intake
from evidence.models import Evidence, IntakeKey
from registers.models import MonthSignature, WriteOffLimit
from registers.reconciling import month_facts, rolling
from registers.reconciling.month_facts import MonthDay, OpenBreak, WrittenOff
from reports import papers
from reports import reconciliation_paper as paper
from reports.pack.workbook import Book, Cell, Column
from reports.register_sheet import MEDIA_TYPE as XLSX

SENDER = "reports.reconciliation_month"
PAPERS = "roll-forward-papers"
"""The expectation that the papers of a month are evidence for."""
_SHOWN_BREAKS = 100
_PARTS = ("opening", "new", "closing")


@dataclass(frozen=True)
class Month:
    """All that a paper says; what was signed comes out of the signature, the rest from history."""

    signature: MonthSignature

    @property
    def name(self) -> str:
        return f"{self.signature.reconciliation.ref.lower()}-{self.signature.month:%Y-%m}-month"

    @property
    def last(self) -> date:
        return rolling.month_of(self.signature.month)[1]

    @cached_property
    def days(self) -> list[MonthDay]:
        made = self.signature
        return month_facts.days_of_month(made.reconciliation, made.month, told_by=made.ledger_entry)

    @cached_property
    def written_off(self) -> list[WrittenOff]:
        made = self.signature
        return month_facts.written_off(made.reconciliation, made.month, told_by=made.ledger_entry)

    @cached_property
    def spent(self) -> Mapping[str, int]:
        return month_facts.spent(self.signature.month, told_by=self.signature.ledger_entry)

    @cached_property
    def limits(self) -> list[WriteOffLimit]:
        """The limits of the currencies that the reconciliation is about."""
        codes = {*self.signature.reconciliation.currencies}
        found = month_facts.limits_at(self.signature.ledger_entry)
        return [each for each in found if each.currency in codes]

    def still_open(self) -> Iterator[OpenBreak]:
        made = self.signature
        return month_facts.open_at_end(made.reconciliation, made.month, told_by=made.ledger_entry)

    def why(self, day: date) -> str:
        """Return the reason that the signer gave for a day without a signature."""
        said = {each["day"]: each["reason"] for each in self.signature.facts.get("missing", [])}
        return str(said.get(day.isoformat(), ""))

    @property
    def facts(self) -> list[tuple[str, str]]:
        """Names and values of the head."""
        made, of = self.signature, self.signature.reconciliation
        signed = sum(1 for each in self.days if each.signature)
        late = sum(1 for each in self.days if each.signature and each.signature.is_late)
        return [
            ("Organisation", settings.ORGANISATION),
            ("Reconciliation", f"{of.ref} {of.title}"),
            ("Account", of.account),
            ("Month", f"{made.month:%Y-%m}"),
            ("Business days", f"{len(self.days)}, of them signed: {signed}, signed late: {late}"),
            ("Days without a signature", str(len(self.days) - signed)),
            ("Prepared by", (made.evidence.prepared_by or of.owner).email),
            ("Signed by", f"{made.by.email}, {paper.moment(made.at)}"),
            ("Looked at", made.note),
            ("Roll-forward as a table", f"{made.evidence.ref}, {made.evidence.blob_id}"),
            ("Leaf of the log", str(made.ledger_entry_id)),
        ]


def issue(signature: MonthSignature) -> list[Evidence]:
    """Write both papers of a signed month and store them as evidence; a second call finds them."""
    month = Month(signature)
    with tempfile.TemporaryDirectory(dir=settings.SCRATCH_DIR) as folder:
        place = Path(folder)
        return [
            _kept(month, "xlsx") or _stored(month, "xlsx", XLSX, sheet(month, place)),
            _kept(month, "pdf") or _printed(month, place),
        ]


def waiting() -> Iterator[MonthSignature]:
    """Yield the last signatures whose papers are not written yet."""
    found = {each.pk: each for each in MonthSignature.objects.order_by("-id")[:200]}
    yield from (found[key] for key in paper.unwritten(SENDER, found))


def papers_of(signature: MonthSignature) -> list[Evidence]:
    """Return the papers of a signed month that are written already."""
    keys = [paper.key_of(SENDER, signature.pk, kind) for kind in paper.KINDS]
    found = IntakeKey.objects.filter(sender=SENDER, key__in=keys).select_related("evidence")
    return [each.evidence for each in found.order_by("-key")]


def page(month: Month) -> str:
    """Return the paper as HTML; its words do not depend on who asks."""
    said = month.signature.facts
    still_open = month.still_open()
    first = [_open(each, month.last) for each in islice(still_open, _SHOWN_BREAKS)]
    with translation.override("en-gb"), timezone.override(UTC):
        context = {
            "month": month,
            "organisation": settings.ORGANISATION,
            "currencies": [_rolled(each) for each in said["currencies"]],
            "legs": [_rolled(each) for each in said.get("legs", [])],
            "days": [(each, month.why(each.day)) for each in month.days],
            "ages": [
                {**each, "money": paper.money(each["amount"], each["currency"])}
                for each in said.get("ages", [])
            ],
            "written_off": [_let_go(each) for each in month.written_off],
            "limits": [_limit(each, month.spent) for each in month.limits],
            "open": first,
            "more": sum(1 for _ in still_open),
            "at": month.signature.at,
        }
        return papers.rendered("reconciliation_month.html", context)


def sheet(month: Month, folder: Path) -> Path:
    """Write the Excel file; amounts stand in minor units beside their currency."""
    made = month.signature
    path = folder / f"{month.name}.xlsx"
    book = Book(path, title=month.name, author=settings.ORGANISATION, created=made.at)
    book.facts("Month", f"Reconciliation of {made.month:%Y-%m}", month.facts)
    for title, (columns, rows) in tables(month).items():
        table = book.table(title, [Column(name, width, width > 40) for name, width in columns])
        for row in rows:
            table.row(row)
        table.filtered()
    book.close()
    return path


_Table = tuple[list[tuple[str, int]], Iterator[list[Cell]]]


def tables(month: Month) -> dict[str, _Table]:
    """Return the tables of the paper by name: columns with their widths, and rows to read once."""
    said = month.signature.facts
    minor = "Amount (minor units)"
    part = [("Part", 22), ("Breaks", 10), (minor, 20), ("Holds", 8)]
    aged = [("Age at the end", 18), ("Reason", 24), ("Currency", 10), ("Breaks", 10), (minor, 20)]
    day = [("Business day", 14), ("Standing", 20), ("Run", 8), ("Signed by", 30)]
    broken = [("Break", 12), ("Comparison", 26), ("Reason", 22), ("About", 40), ("Currency", 10)]
    gone = [("Break", 12), ("Day", 12), ("Currency", 10), ("Amount without sign", 20)]
    allowed = [("Role", 20), ("Currency", 10), ("Of one break", 16), ("In a month", 16)]
    return {
        "By currency": ([("Currency", 10), *part], _parts(said["currencies"])),
        "By leg": ([("Leg", 26), ("Currency", 10), *part], _parts(said.get("legs", []))),
        "Days": (
            [*day, ("Signed at", 20), ("Evidence", 14), ("Why it has no signature", 60)],
            (_day_row(each, month.why(each.day)) for each in month.days),
        ),
        "Ages": (aged, _ages(said.get("ages", []))),
        "Open breaks": (
            [*broken, (minor, 20), ("Found on", 12), ("Due on", 12), ("Days old", 10)],
            (_open_row(each, month.last) for each in month.still_open()),
        ),
        "Write-offs": (
            [*gone, ("Month so far, all", 20), ("Proposed by", 30), ("Approved by", 30)],
            (_gone_row(each) for each in month.written_off),
        ),
        "Limits": (
            [*allowed, ("Written off, all", 20), ("Left", 16), ("Since", 20)],
            (_limit_row(each, month.spent) for each in month.limits),
        ),
    }


def _parts(rolled: Sequence[Mapping[str, Any]]) -> Iterator[list[Cell]]:
    for each in rolled:
        parts = [("opening", each["opening"]), ("new", each["new"])]
        parts += [(_cleared(how), one) for how, one in each["cleared"].items()]
        parts.append(("closing", each["closing"]))
        head: list[Cell] = [each["leg"]] if "leg" in each else []
        for name, one in parts:
            amount = int(one["amount"])
            yield [*head, each["currency"], name, one["count"], amount, _yes(each["holds"])]


def _cleared(how: str) -> str:
    return "cleared" if how == "cleared" else f"cleared: {how}"


def _ages(ages: Sequence[Mapping[str, Any]]) -> Iterator[list[Cell]]:
    for each in ages:
        head: list[Cell] = [each["age"], each["reason"], each["currency"], each["count"]]
        yield [*head, int(each["amount"])]


def _day_row(each: MonthDay, why: str) -> list[Cell]:
    made = each.signature
    return [
        each.day,
        each.standing,
        each.run.number if each.run else None,
        made.by.email if made else "",
        made.at if made else None,
        made.evidence.ref if made else "",
        why,
    ]


def _open_row(each: OpenBreak, last: date) -> list[Cell]:
    broken = each.broken
    return [
        broken.ref,
        broken.comparison,
        each.reason,
        broken.label,
        broken.currency,
        broken.amount,
        broken.opened_on,
        broken.due_on,
        each.days(last),
    ]


def _gone_row(each: WrittenOff) -> list[Cell]:
    event = each.event
    return [
        event.broken.ref,
        event.day,
        event.currency,
        abs(event.amount),
        each.so_far,
        each.proposed_by.email if each.proposed_by else "",
        event.by.email if event.by else "",
    ]


def _limit_row(each: WriteOffLimit, spent: Mapping[str, int]) -> list[Cell]:
    used = spent.get(each.currency, 0)
    left = max(each.of_month - used, 0)
    return [each.role, each.currency, each.of_one, each.of_month, used, left, each.at]


def _rolled(each: Mapping[str, Any]) -> dict[str, Any]:
    code = each["currency"]
    told = {name: _sum(each[name], code) for name in _PARTS}
    cleared = [(how, _sum(one, code)) for how, one in each["cleared"].items()]
    return {"leg": each.get("leg", ""), "currency": code, "cleared": cleared, **told}


def _sum(one: Mapping[str, Any], currency: str) -> tuple[int, str]:
    return one["count"], paper.money(one["amount"], currency)


def _open(each: OpenBreak, last: date) -> dict[str, Any]:
    money = paper.money(each.broken.amount, each.broken.currency)
    return {"broken": each.broken, "reason": each.reason, "money": money, "days": each.days(last)}


def _let_go(each: WrittenOff) -> dict[str, Any]:
    code = each.event.currency
    return {
        "of": each,
        "money": paper.money(abs(each.event.amount), code),
        "so_far": paper.money(each.so_far, code),
    }


def _limit(each: WriteOffLimit, spent: Mapping[str, int]) -> dict[str, Any]:
    used, code = spent.get(each.currency, 0), each.currency
    amounts = (each.of_one, each.of_month, used, max(each.of_month - used, 0))
    return {"role": each.role, "amounts": [paper.money(amount, code) for amount in amounts]}


def _yes(holds: bool) -> str:
    return "yes" if holds else "no"


def _kept(month: Month, kind: str) -> Evidence | None:
    return paper.kept(SENDER, paper.key_of(SENDER, month.signature.pk, kind))


def _printed(month: Month, folder: Path) -> Evidence:
    path, media_type = paper.printed(page(month), month.name, folder)
    return _stored(month, "pdf", media_type, path)


def _stored(month: Month, kind: str, media_type: str, path: Path) -> Evidence:
    made, of = month.signature, month.signature.reconciliation
    sent = intake.Submission(
        content=path,
        filename=path.name,
        title=f"{of.ref}, report of {made.month:%Y-%m} ({path.suffix[1:]})",
        evidence_type=Expectation.EvidenceType.REPORT,
        kind=Evidence.Kind.EVENT,
        area=Area.PROCESSING_INTEGRITY,
        source_system="Countersign",
        environment=of.environment,
        covers_from=made.month,
        covers_to=month.last,
        collected_at=timezone.now(),
        owner=str(of.owner)[:120],
        media_type=media_type,
        sensitivity=Evidence.Sensitivity.CONFIDENTIAL,
        prepared_by=of.owner,
        claims=tuple(Expectation.objects.filter(slug=PAPERS)),
        idempotency_key=paper.key_of(SENDER, made.pk, kind),
        is_made_here=True,
        # What it repeats was screened when it came in.
        is_judged=True,
    )
    return paper.stored(sent, sender=SENDER)
