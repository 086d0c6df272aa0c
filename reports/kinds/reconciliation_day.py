"""Reconciliation day: inputs, totals, identities and breaks of a day that was signed."""

from datetime import date

from registers.models import DaySignature
from reports import reconciliation_day as paper
from reports.errors import AskedError
from reports.written import of_reconciliations
from reports.written.document import Document, Facts, Figure, Figures, Section, Words
from reports.written.registry import Asked, Kind, Need

_EMPTY = {
    "Files": "No file came in for the day.",
    "Breaks": "Everything of the day agreed.",
}
_NOTES = (
    "All is read out of the record of the run that was signed; nothing is computed anew.",
    "Amounts stand in minor units of their currency, such as cents.",
)


def build(asked: Asked) -> Document:
    reconciliation, day = of_reconciliations.named(asked.subject)
    known = DaySignature.objects.filter(reconciliation=reconciliation)
    found = known.select_related("run__reconciliation", "run__rules", "by", "evidence")
    signature = found.filter(day=_day(day)).order_by("-pk").first()
    if signature is None:
        last = known.order_by("-day").values_list("day", flat=True).first()
        said = f"the last one is {last}" if last else "none was signed yet"
        raise AskedError(f"{day} of {reconciliation.ref} is not signed; {said}.")
    said_of, run = paper.read(signature), signature.run
    figures = [
        Figure("Files", len(said_of.report["inputs"]), "with their digests"),
        Figure("Breaks", run.break_count, "in the run that was signed"),
        Figure("New breaks", run.new_count, "that no earlier run had found"),
    ]
    sentence = f"The run ended {run.state}, and a second person signed it."
    return Document(
        title="Reconciliation of a business day",
        subtitle=f"{reconciliation.ref} {reconciliation.title}, {run.day}",
        sections=[
            Section("In numbers", [Words(sentence), Figures(figures)]),
            Section("What was signed", [Facts(of_reconciliations.signed(said_of.facts))]),
            *of_reconciliations.sections(paper.tables(said_of), _EMPTY),
        ],
        period=(run.day, run.day),
        as_of=signature.at,
        notes=_NOTES,
    )


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise AskedError("Name the day after the reference, such as REC-1 2026-06-30.") from None


KIND = Kind(
    title="Reconciliation of a business day",
    sentence="Files, totals, identities and breaks of a signed day, as a second person saw them.",
    build=build,
    needs=(Need.SUBJECT,),
    subject="Reconciliation and day (REC-1 2026-06-30)",
)
