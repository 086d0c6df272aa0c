"""Answering a question of the programme: one deed, one version, one leaf; nothing is overwritten.

What stood behind the answer at that moment is kept with it. Whether it stands on evidence today is
computed anew each time, so that an answer loses its proof when the proof grows old.
"""

from django.db import transaction

from accounts import journal
from accounts.access import actor, can
from accounts.capabilities import Capability
from accounts.models import User
from controls.readiness_file import Entry, Kind
from evidence import ledger, screening
from readiness.errors import AnswerError, ChangedMeanwhileError, NotAllowedError
from readiness.facts import Facts
from readiness.models import Answer
from readiness.programme import entry

LONGEST_REASON = 1000
Value = Answer.Value


def answer(question: str, *, value: str, reason: str, seen: int, by: User) -> Answer:
    """Answer a question; `seen` is the number of the version that the person saw, 0 for none.

    What does not apply needs a reason. Raises NotAllowedError, UnknownEntryError, AnswerError,
    ChangedMeanwhileError.
    """
    if not can(by, Capability.MANAGE_READINESS):
        raise NotAllowedError
    asked, reason = entry(Kind.QUESTION, question), reason.strip()
    _refuse_unfit(value, reason)
    with transaction.atomic():
        ledger.lock()
        last = Answer.objects.filter(question=question).order_by("-number").first()
        if (last.number if last else 0) != seen:
            raise ChangedMeanwhileError
        if last and (last.value, last.reason) == (value, reason):
            return last
        fresh = Answer(question=question, number=seen + 1, value=value, reason=reason, by=by)
        return _kept(fresh, asked)


def _kept(fresh: Answer, asked: Entry) -> Answer:
    """Write an answer with its leaf and with what stands behind it now."""
    facts = Facts()
    standings = facts.standings_of(asked.expectations)
    fresh.backing = facts.backing_of(asked.expectations)
    fresh.evidence = sorted(
        one.item.ref for one in standings if one.item and one.is_in_force(facts.today)
    )
    fresh.ledger_entry = ledger.append(
        "readiness.answered",
        subject=f"readiness:{fresh.question}",
        body={
            "number": fresh.number,
            "value": fresh.value,
            "reason_sha256": journal.digest(fresh.reason),
            "backing": fresh.backing,
            "evidence": fresh.evidence,
        },
        actor=actor(fresh.by),
    )
    fresh.at = fresh.ledger_entry.recorded_at
    fresh.save(force_insert=True)
    return fresh


def _refuse_unfit(value: str, reason: str) -> None:
    if value not in Value.values:
        raise AnswerError("Answer yes, no, or not applicable.")
    if value == Value.NOT_APPLICABLE and not reason:
        raise AnswerError("Say why it does not apply; auditors read the reason.")
    if len(reason) > LONGEST_REASON:
        raise AnswerError(f"Say why in at most {LONGEST_REASON} letters.")
    if screening.speaks(reason):
        raise AnswerError("The reason looks like a card number or a secret. Leave that out.")
