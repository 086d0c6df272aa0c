"""The self-assessment of a merchant and its attestation as one PDF: unsigned, or signed.

Every line of the questionnaire is printed, answered or not; what it was answered with beside
follows in the appendices. The words of the questions are ours, the numbers are those of PCI SSC.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC
from hashlib import sha256
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils import timezone, translation

from merchants import answering, identity, official_texts, scanning, signing
from merchants.answering import Whole
from merchants.answers import WORKSHEET, Answer, Given, Overall
from merchants.models import ComplianceForm, FormFile
from merchants.questionnaire import Line
from reports import papers, pdf_engine, pdf_signature
from reports.errors import PdfError

WORDS = {
    Answer.IN_PLACE: "In place",
    Answer.IN_PLACE_WITH_CCW: "In place with compensating control",
    Answer.NOT_APPLICABLE: "Not applicable",
    Answer.NOT_TESTED: "Not tested",
    Answer.NOT_IN_PLACE: "Not in place",
}
OVERALL = {
    Overall.COMPLIANT.value: "Compliant",
    Overall.LEGAL_EXCEPTION.value: "Compliant, with a legal exception",
    Overall.NON_COMPLIANT.value: "Non-compliant",
    signing.ATTESTED: "Attested as a whole; the lines were not answered one by one",
}


@dataclass(frozen=True)
class Row:
    """One line as it is printed."""

    line: Line
    words: str
    note: str
    official: str = ""
    """The official wording, where a licence holder loaded it."""


@dataclass(frozen=True)
class Table:
    """A section with its lines."""

    number: str
    title: str
    rows: Sequence[Row]
    used: str
    """Which answers occur in it (part 2g)."""


def write(form: ComplianceForm, which: str, path: Path) -> None:
    """Write the paper of a form; PdfError where the libraries of the engine are missing."""
    missing = pdf_engine.missing_libraries()
    if missing:
        raise PdfError(missing)
    known = answering.whole(form)
    digest = answering.digest_of(known)
    identifier = sha256(f"{form.ref} {which} {digest}".encode()).digest()[:16]
    content = pdf_engine.warm.render(html(known, which), identifier=identifier)
    if which == FormFile.Which.SIGNED and settings.PDF_SIGNING_KEY:
        content = pdf_signature.signed(content)
    path.write_bytes(content)


def html(known: Whole, which: str) -> str:
    """Return the paper as HTML; its words and times do not depend on who asks for it."""
    form = known.form
    is_signed = which == FormFile.Which.SIGNED
    with translation.override("en-gb"), timezone.override(UTC):
        context: dict[str, Any] = {
            "form": form,
            "merchant": identity.opened(form.merchant),
            "asked": known.questionnaire,
            "signature": form.signature if is_signed else None,
            "platform": form.application.name,
            "organisation": settings.ORGANISATION,
            "consent": form.signature.consent if is_signed else signing.CONSENT,
            "overall": _overall(known, is_signed=is_signed),
            "standing": known.standing,
            "digest": answering.digest_of(known),
            "statements": [
                (one, known.said.statements.get(one.id)) for one in answering.statements_of(known)
            ],
            "parts": [(one, known.said.parts.get(one.id, "")) for one in known.questionnaire.parts],
            "tables": list(_tables(known)),
            "scans": scanning.standing(form.merchant, timezone.now().date()).scans,
            "appendices": _appendices(known),
            "worksheet": WORKSHEET.items(),
        }
        return papers.rendered("self_assessment.html", context)


def _overall(known: Whole, *, is_signed: bool) -> str:
    if is_signed:
        return OVERALL[known.form.signature.overall]
    return OVERALL[known.standing.overall] if not known.missing else "Not answered whole yet"


def _tables(known: Whole) -> Iterator[Table]:
    official = official_texts.beside(known.questionnaire)
    for section in known.questionnaire.sections:
        rows = [
            _row(line, known.said.lines.get(line.id), official.get(line.id, ""))
            for line in section.lines
        ]
        used = [one.words for one in rows if one.line.is_answered]
        yield Table(
            section.id.upper(), section.title, rows, ", ".join(sorted(set(used) - {""})) or "None"
        )


def _row(line: Line, given: Given | None, official: str) -> Row:
    if not line.is_answered:
        return Row(line, "Printed only", "", official)
    if given is None:
        return Row(line, "", "", official)
    carried = "Confirmed from the form before. " if given.is_carried else ""
    source = f"\nTold by {given.source}; confirmed." if given.source else ""
    told = given.note if given.answer == Answer.IN_PLACE else _pointer(given)
    return Row(line, WORDS[Answer(given.answer)], f"{carried}{told}{source}".strip(), official)


def _pointer(given: Given) -> str:
    if given.answer == Answer.NOT_IN_PLACE:
        return "Legal exception: see part 3." if given.is_legal else "See part 4."
    letters = {
        Answer.IN_PLACE_WITH_CCW: "B",
        Answer.NOT_APPLICABLE: "C",
        Answer.NOT_TESTED: "D",
    }
    return f"See appendix {letters[Answer(given.answer)]}."


def _appendices(known: Whole) -> dict[str, Any]:
    lines = known.questionnaire.lines()
    said = [(lines[name], given) for name, given in known.said.lines.items()]
    return {
        "compensating": [
            (line, [(words, given.worksheet.get(name, "")) for name, words in WORKSHEET.items()])
            for line, given in said
            if given.answer == Answer.IN_PLACE_WITH_CCW
        ],
        "not_applicable": [one for one in said if one[1].answer == Answer.NOT_APPLICABLE],
        "not_tested": [one for one in said if one[1].answer == Answer.NOT_TESTED],
        "legal": [one for one in said if one[1].is_legal],
        "open": [
            one for one in said if one[1].answer == Answer.NOT_IN_PLACE and not one[1].is_legal
        ],
    }
