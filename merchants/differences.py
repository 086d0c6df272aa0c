"""What another interview or another type of form would change: said first, then done."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from django.utils import timezone

from accounts.models import User
from merchants import answering, changing, questionnaire, questions, revisions
from merchants.errors import MerchantError
from merchants.models import ComplianceForm, Merchant
from merchants.questionnaire import Line, Questionnaire
from merchants.questions import Outcome, Question


@dataclass(frozen=True)
class Difference:
    """What would be otherwise; nothing is done by it."""

    before: str
    after: str
    """The type of form that fits then; empty while questions are open."""
    reasons: tuple[str, ...]
    gained: tuple[str, ...]
    lost: tuple[str, ...]
    open_questions: Sequence[Question]
    added: Sequence[Line]
    removed: Sequence[Line]
    kept: int
    """Lines that are asked as before; what was answered there may be confirmed."""
    is_business: bool
    """Whether the ways of payment change, so that a signed form tells of another business."""
    is_revision: bool
    """Whether the form that stands was issued from an earlier revision than the one in force."""

    @property
    def needs_form(self) -> bool:
        """Whether the form that stands no longer holds."""
        return bool(self.after) and (
            self.before != self.after or self.is_business or self.is_revision
        )


def of(
    form: ComplianceForm, interview: Mapping[str, str], *, chosen: str = "", today: date
) -> Difference:
    """Return what these answers would change; a type that was `chosen` beats the interview."""
    merchant: Merchant = form.merchant
    known = answering.whole(form)
    failed = {form.form_type: known.untrue} if known.untrue else {}
    then = questions.choose(interview, failed=failed)
    after = chosen or then.form_type
    change = questions.changes(questions.choose(merchant.interview), then)
    now = known.questionnaire
    other = questionnaire.current(after, today).questionnaire if after else now
    mine, theirs = _asked(now), _asked(other)
    return Difference(
        before=form.form_type,
        after=after,
        reasons=_reasons(then, chosen),
        gained=change.gained,
        lost=change.lost,
        open_questions=() if chosen else then.open_questions,
        added=[line for key, line in theirs.items() if key not in mine],
        removed=[line for key, line in mine.items() if key not in theirs],
        kept=len(mine.keys() & theirs.keys()),
        is_business=form.state not in answering.OPEN
        and bool(merchant.interview)
        and questions.channels_of(interview) != questions.channels_of(merchant.interview),
        is_revision=after == form.form_type
        and revisions.digest_of(now.content()) != revisions.digest_of(other.content()),
    )


def apply(
    form: ComplianceForm, interview: Mapping[str, str], *, chosen: str, by: User, reason: str
) -> ComplianceForm:
    """Keep other answers of the interview; return the form that counts then, new or as it was.

    Raises NotAllowedError, and MerchantError where the answers lead to no form yet.
    """
    found = of(form, interview, chosen=chosen, today=timezone.now().date())
    if not found.after:
        raise MerchantError(
            f"Answer this first: {found.open_questions[0].asks}"
            if found.open_questions
            else found.reasons[0]
        )
    if not found.needs_form:
        changing.note_interview(form.merchant, interview, by=by, reason=reason)
        return form
    return changing.exchange(
        form.merchant, form_type=found.after, by=by, reason=reason, interview=interview
    )


def _asked(found: Questionnaire) -> dict[tuple[str, str, str], Line]:
    """Return the lines by what makes them the same line: their number and what they ask."""
    return {(key, one.title, one.element): one for key, one in found.lines().items()}


def _reasons(then: Outcome, chosen: str) -> tuple[str, ...]:
    return (f"{chosen} was chosen by a person.",) if chosen else then.reasons
