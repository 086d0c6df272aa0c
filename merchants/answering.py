"""Deeds around answers: keep what was said to lines, statements and parts, and read it again.

Each save is one transaction with one leaf, which commits to all that was said in it. Nothing is
overwritten: the last answer to a line counts, the earlier ones stay.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from hashlib import sha256

from django.db import transaction
from django.utils import timezone

from evidence import ledger, screening
from merchants import answers, revisions
from merchants.answers import Asked, Given, Standing
from merchants.errors import AnswersError, FormClosedError
from merchants.models import ComplianceForm, FormAnswer
from merchants.questionnaire import Questionnaire, Statement
from merchants.questions import CHANNELS, NO, YES, channels_of

OPEN = (ComplianceForm.State.INCOMPLETE, ComplianceForm.State.OVERDUE)
SAID = "said"


@dataclass(frozen=True)
class Said:
    """What is said at one time: answers by line, statements by id (true or not), parts by id."""

    lines: Mapping[str, Given] = field(default_factory=dict)
    statements: Mapping[str, bool] = field(default_factory=dict)
    parts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Whole:
    """A form with everything that was said to it so far."""

    form: ComplianceForm
    questionnaire: Questionnaire
    said: Said

    @property
    def standing(self) -> Standing:
        """What the answers to the lines come to."""
        return answers.standing(self.questionnaire.lines(), self.said.lines)

    @property
    def untrue(self) -> list[str]:
        """The statements of eligibility that are not true, in words."""
        said = self.said.statements
        return [one.text for one in statements_of(self) if said.get(one.id) is False]

    @property
    def missing(self) -> list[str]:
        """The ids of everything that is still to be said."""
        said = self.said.statements
        found = [one.id for one in statements_of(self) if one.id not in said]
        found += [
            one.id
            for one in self.questionnaire.parts
            if one.required and not self.said.parts.get(one.id)
        ]
        return [*found, *self.standing.missing]


def whole(form: ComplianceForm) -> Whole:
    """Return a form with the last answer to each of its lines, in three queries."""
    kept = form.answers.order_by("pk").values_list("line", "answer", "detail")
    last = {line: (answer, detail) for line, answer, detail in kept}
    found = revisions.of(form)
    lines, statements = found.lines(), {one.id for one in found.statements}
    parts = {one.id for one in found.parts}
    said = Said(
        {line: answers.of_json(*last[line]) for line in lines if line in last},
        {name: last[name][0] == YES for name in statements if name in last},
        {name: str(last[name][1].get("text", "")) for name in parts if name in last},
    )
    return Whole(form, found, said)


def statements_of(known: Whole) -> list[Statement]:
    """Return the statements of eligibility that a form asks of its merchant."""
    interview = known.form.merchant.interview
    taken = channels_of(interview) if interview else CHANNELS
    return known.questionnaire.statements_for(taken)


def problems(known: Whole, said: Said, *, today: date) -> dict[str, str]:
    """Return a sentence for each thing said that cannot be kept; by line, statement or part."""
    asked, lines = _asked(known.questionnaire), known.questionnaire.lines()
    found = dict.fromkeys(said.lines.keys() - lines.keys(), "This line is not on the form.")
    for line, given in said.lines.items():
        if line in lines and (odd := answers.problem(given, asked, today=today)):
            found[line] = f"{lines[line].about}: {odd}."
    statements = {one.id for one in known.questionnaire.statements}
    parts = {one.id for one in known.questionnaire.parts}
    for name in (said.statements.keys() - statements) | (said.parts.keys() - parts):
        found[name] = "The form does not ask this."
    for name, text in said.parts.items():
        if len(text) > answers.LONGEST:
            found[name] = f"This is longer than {answers.LONGEST} characters."
    for name, text in _texts(said).items():
        if name not in found and screening.speaks(text):
            found[name] = "This looks like a card number or a secret. Leave it out."
    return found


def keep(form: ComplianceForm, said: Said, *, actor: str) -> int:
    """Keep what was said, all of it or nothing; return how much of it was new.

    Raises AnswersError with a sentence for each line, and FormClosedError.
    """
    neat = Said(
        {line: answers.only_what_counts(given) for line, given in said.lines.items()},
        said.statements,
        {name: text.replace("\r\n", "\n").strip() for name, text in said.parts.items()},
    )
    with transaction.atomic():
        ledger.lock()
        current = locked(form)
        known = whole(current)
        odd = problems(known, neat, today=timezone.now().date())
        if odd:
            raise AnswersError(odd)
        fresh = _fresh(known.said, neat)
        if fresh:
            _write(current, fresh, actor)
    return len(fresh)


def proposed(known: Whole, *, today: date) -> dict[str, Given]:
    """Return the answers of the form before to lines that have none; each waits for its tick."""
    before = _before(known)
    if before is None:
        return {}
    found = answers.proposed(
        before.said.lines,
        _titles(before.questionnaire),
        _titles(known.questionnaire),
        _asked(known.questionnaire),
        today=today,
    )
    return {line: given for line, given in found.items() if line not in known.said.lines}


def proposed_parts(known: Whole) -> dict[str, str]:
    """Return what was told about the business before, where the form has nothing yet."""
    before = _before(known)
    if before is None:
        return {}
    asked = {one.id for one in known.questionnaire.parts} - known.said.parts.keys()
    return {name: text for name, text in before.said.parts.items() if name in asked}


def locked(form: ComplianceForm) -> ComplianceForm:
    """Return the form as it stands under the log's lock; FormClosedError where it is not open."""
    current = ComplianceForm.objects.select_for_update(of=("self",)).get(pk=form.pk)
    if current.state not in OPEN:
        raise FormClosedError(f"This form is {current.get_state_display().lower()}.")
    if current.source:
        raise FormClosedError(f"This form is kept and signed elsewhere: {current.source}.")
    return current


def digest_of(known: Whole) -> str:
    """Return the SHA-256 (hex) of all that counts in a form: what its signature stands under."""
    rows = [[line, one.answer, one.to_json()] for line, one in known.said.lines.items()]
    rows += [[name, YES if is_true else NO, {}] for name, is_true in known.said.statements.items()]
    rows += [[name, SAID, {"text": text}] for name, text in known.said.parts.items()]
    return sha256(ledger.canonical(sorted(rows, key=lambda row: str(row[0])))).hexdigest()


def rows_digest(rows: Sequence[FormAnswer]) -> str:
    """Return the SHA-256 (hex) of what one save kept, in the order of its rows."""
    said = [[row.line, row.answer, row.detail] for row in rows]
    return sha256(ledger.canonical(said)).hexdigest()


def _before(known: Whole) -> Whole | None:
    """Return the nearest earlier form of the merchant that was answered at all."""
    earlier = known.form.previous
    while earlier is not None:
        found = whole(earlier)
        if found.said != Said():
            return found
        earlier = earlier.previous
    return None


def _write(
    form: ComplianceForm, fresh: Mapping[str, tuple[str, dict[str, object]]], actor: str
) -> None:
    now = timezone.now()
    rows = [
        FormAnswer(form=form, line=line, answer=answer, detail=detail, at=now)
        for line, (answer, detail) in fresh.items()
    ]
    leaf = ledger.append(
        "compliance_form.answered",
        subject=form.ref,
        body={"answers": len(rows), "answers_sha256": rows_digest(rows)},
        actor=actor,
    )
    for row in rows:
        row.ledger_entry = leaf
    FormAnswer.objects.bulk_create(rows)
    ComplianceForm.objects.filter(pk=form.pk).update(updated_at=now)


def _fresh(known: Said, said: Said) -> dict[str, tuple[str, dict[str, object]]]:
    """Return what differs from what is kept already, as it stands in rows."""
    found: dict[str, tuple[str, dict[str, object]]] = {}
    for line, given in said.lines.items():
        if known.lines.get(line) != given:
            found[line] = (given.answer, given.to_json())
    for name, is_true in said.statements.items():
        if known.statements.get(name) is not is_true:
            found[name] = (YES if is_true else NO, {})
    for name, text in said.parts.items():
        if known.parts.get(name, "") != text:
            found[name] = (SAID, {"text": text})
    return found


def _texts(said: Said) -> dict[str, str]:
    """Return every text that was typed, by what it is about, where there is any."""
    found = {
        line: "\n".join((given.note, given.actions, *given.worksheet.values())).strip()
        for line, given in said.lines.items()
    }
    return {name: text for name, text in {**found, **said.parts}.items() if text}


def _titles(found: Questionnaire) -> dict[str, str]:
    return {line.id: f"{line.title} {line.element}" for line in found.lines().values()}


def _asked(found: Questionnaire) -> Asked:
    return Asked(found.answers, found.tells_results)
