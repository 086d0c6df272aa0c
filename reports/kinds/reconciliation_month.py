"""Reconciliation month: the roll-forward of breaks that was signed, day by day and by age."""

from datetime import date

from registers.models import MonthSignature
from reports import reconciliation_month as paper
from reports.errors import AskedError
from reports.reconciliation_month import Month
from reports.written import of_reconciliations
from reports.written.document import Document, Facts, Figure, Figures, Section, Words
from reports.written.registry import Asked, Kind, Need

_EMPTY = {
    "Open breaks": "No break was open at the end of the month.",
    "Write-offs": "Nothing was written off in the month.",
    "Limits": "No limit of its currencies is set.",
    "Ages": "No break was open at the end of the month.",
}
_NOTES = (
    "What was signed comes out of the signature; days and open breaks are as they were then.",
    "Amounts stand in minor units of their currency, such as cents.",
)


def build(asked: Asked) -> Document:
    reconciliation, text = of_reconciliations.named(asked.subject)
    known = MonthSignature.objects.filter(reconciliation=reconciliation)
    found = known.select_related("reconciliation__owner", "by", "evidence__prepared_by")
    signature = found.filter(month=_month(text)).order_by("-pk").first()
    if signature is None:
        last = known.order_by("-month").values_list("month", flat=True).first()
        said = f"the last one is {last:%Y-%m}" if last else "none was signed yet"
        raise AskedError(f"{text} of {reconciliation.ref} is not signed; {said}.")
    month = Month(signature)
    signed = sum(1 for each in month.days if each.signature)
    figures = [
        Figure("Days to sign", len(month.days), "business days of the month"),
        Figure("Signed", signed, "of them"),
        Figure("Without a signature", len(month.days) - signed, "each with the signer's reason"),
        Figure("Write-offs", len(month.written_off), "in the month"),
    ]
    return Document(
        title="Reconciliation of a month",
        subtitle=f"{reconciliation.ref} {reconciliation.title}, {signature.month:%Y-%m}",
        sections=[
            Section("In numbers", [Words(_sentence(signed, month)), Figures(figures)]),
            Section("What was signed", [Facts(of_reconciliations.signed(month.facts))]),
            *of_reconciliations.sections(paper.tables(month), _EMPTY),
        ],
        period=(signature.month, month.last),
        as_of=signature.at,
        notes=_NOTES,
    )


def _sentence(signed: int, month: Month) -> str:
    return f"{signed} of {len(month.days)} business days of the month are signed."


def _month(text: str) -> date:
    try:
        return date.fromisoformat(f"{text[:7]}-01")
    except ValueError:
        raise AskedError("Name the month after the reference, such as REC-1 2026-06.") from None


KIND = Kind(
    title="Reconciliation of a month",
    sentence="The roll-forward of breaks of a signed month, with its days, ages and write-offs.",
    build=build,
    needs=(Need.SUBJECT,),
    subject="Reconciliation and month (REC-1 2026-06)",
)
