"""Replying to the questions of a buyer: a person confirms proposals, or says it in own words.

Rules:
- Nothing is answered but by a person. A reply keeps the words that the answer of the library had
  at that moment; a later version of it changes no reply.
- Confirmed wordings teach the library where the person may keep registers and wants it so.
- Every deed is one transaction with one leaf; a second reply follows the first, and both stay.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from django.db import transaction

from accounts.access import actor, can
from accounts.capabilities import Capability
from accounts.models import User
from evidence import ledger, screening
from evidence.models import LedgerEntry
from readiness.buyer_models import BuyerQuestion, BuyerQuestionnaire, BuyerReply, LearntWording
from readiness.buyers import library
from readiness.buyers.desk import refuse_stranger
from readiness.buyers.layout import SHORT
from readiness.buyers.library import Library, LibraryAnswer
from readiness.errors import (
    AnswerError,
    ChangedMeanwhileError,
    NotAllowedError,
    QuestionnaireError,
)
from registers.models import Entry

LONGEST = 4_000
State = BuyerQuestion.State


@dataclass(frozen=True)
class Seen:
    """What a person saw proposed: the answer and its version."""

    entry: int
    version: int


def confirm(
    questionnaire: BuyerQuestionnaire, *, chosen: Mapping[int, Seen], by: User, teach: bool
) -> int:
    """Answer questions as the library proposes, by key of the question; return how many.

    With `teach` their wordings are kept with the answers. Raises NotAllowedError,
    QuestionnaireError, ChangedMeanwhileError where an answer is no longer what the person saw.
    """
    refuse_stranger(by)
    if teach and not can(by, Capability.MANAGE_REGISTERS):
        raise NotAllowedError("You may answer, not teach the library. Ask who keeps registers.")
    if not chosen:
        raise QuestionnaireError("Tick the proposals that you confirm.")
    with transaction.atomic():
        ledger.lock()
        questions = _questions(questionnaire, chosen)
        answers = Library().answers
        fresh = []
        for question in questions:
            seen = chosen[question.pk]
            answer = answers.get(seen.entry)
            if answer is None or answer.version != seen.version:
                raise ChangedMeanwhileError
            fresh.append(_from(question, answer, by))
        _keep(questionnaire, fresh, by=by)
        if teach:
            learn(
                [(seen.entry, one.text) for one in questions for seen in (chosen[one.pk],)], by=by
            )
    return len(fresh)


def reply(
    question: BuyerQuestion,
    *,
    short: str,
    text: str,
    seen: int,
    by: User,
    entry: Entry | None = None,
) -> BuyerReply:
    """Answer one question in own words, or leave it unanswered where `text` is empty.

    `seen` is the number of the reply that the person saw, 0 for none; `entry` is the answer of the
    library that the words began from. Raises NotAllowedError, AnswerError, ChangedMeanwhileError.
    """
    refuse_stranger(by)
    text = text.strip()
    if short and short not in SHORT:
        raise AnswerError("Answer yes, no, or not applicable.")
    if short and not text:
        raise AnswerError("Say it in words too: a bare yes has no source.")
    if len(text) > LONGEST:
        raise AnswerError(f"Say it in at most {LONGEST:,} letters.")
    if screening.speaks(text):
        raise AnswerError("The answer looks like a card number or a secret. Leave that out.")
    with transaction.atomic():
        ledger.lock()
        last = question.replies.order_by("-number").first()
        if (last.number if last else 0) != seen:
            raise ChangedMeanwhileError
        fresh = BuyerReply(question=question, short=short, text=text, by=by, entry=entry)
        fresh.entry_version = entry.version if entry else None
        return _keep(question.questionnaire, [fresh], by=by)[0]


def learn(wordings: Sequence[tuple[int, str]], *, by: User) -> int:
    """Teach the library wordings, by key of the answer; return how many were new.

    Raises NotAllowedError. The caller holds the transaction.
    """
    if not can(by, Capability.MANAGE_REGISTERS):
        raise NotAllowedError("You may look at the library, not teach it.")
    ledger.lock()
    fresh = library.unknown(wordings)
    if not fresh:
        return 0
    last = library.numbers({key for key, _ in fresh})
    rows = []
    for key, text in fresh:
        last[key] = last.get(key, 0) + 1
        rows.append(LearntWording(entry_id=key, number=last[key], text=text, by=by))
    leaf = _leaf("readiness.wordings", "library", rows, by=by)
    _stamp(rows, leaf)
    LearntWording.objects.bulk_create(rows)
    return len(rows)


def begin_library(*, by: User, read_by: str) -> int:
    """Take the starter answers into an empty library, with all their wordings; return how many."""
    with transaction.atomic():
        taken = list(library.begin(by=by, read_by=read_by))
        learn([(entry.pk, text) for entry, one in taken for text in one.asked], by=by)
    return len(taken)


def replies_sha256(rows: Sequence[BuyerReply]) -> str:
    """Return the digest of what one deed replied, as it stands in its leaf."""
    said = [[row.question.place, row.entry_version, row.short, row.text] for row in rows]
    return sha256(ledger.canonical(said)).hexdigest()


def wordings_sha256(rows: Sequence[LearntWording]) -> str:
    return sha256(ledger.canonical([[row.number, row.text] for row in rows])).hexdigest()


def _questions(
    questionnaire: BuyerQuestionnaire, chosen: Mapping[int, Seen]
) -> list[BuyerQuestion]:
    found = questionnaire.questions.select_for_update().filter(pk__in=list(chosen))
    questions = list(found.order_by("place"))
    waiting = all(one.state == State.PROPOSED for one in questions)
    if len(questions) != len(chosen) or not waiting:
        raise ChangedMeanwhileError
    return questions


def _from(question: BuyerQuestion, answer: LibraryAnswer, by: User) -> BuyerReply:
    return BuyerReply(
        question=question,
        entry_id=answer.key,
        entry_version=answer.version,
        short=answer.short,
        text=answer.text,
        by=by,
    )


def _keep(
    questionnaire: BuyerQuestionnaire, rows: Sequence[BuyerReply], *, by: User
) -> list[BuyerReply]:
    """Write replies with their one leaf, and say of each question where it stands."""
    if questionnaire.state != BuyerQuestionnaire.State.OPEN:
        raise QuestionnaireError
    keys = [row.question_id for row in rows]
    numbers: dict[int, int] = {}
    for key, number in BuyerReply.objects.filter(question__in=keys).values_list(
        "question", "number"
    ):
        numbers[key] = max(number, numbers.get(key, 0))
    for row in rows:
        row.number = numbers.get(row.question_id, 0) + 1
        row.question.state = State.ANSWERED if row.text else State.LEFT
    leaf = _leaf("readiness.replied", questionnaire.ref, rows, by=by)
    _stamp(rows, leaf)
    made = BuyerReply.objects.bulk_create(rows)
    BuyerQuestion.objects.bulk_update([row.question for row in rows], ["state"], batch_size=500)
    return made


def _leaf(
    kind: str, subject: str, rows: Sequence[BuyerReply] | Sequence[LearntWording], *, by: User
) -> LedgerEntry:
    body = told(rows)
    return ledger.append(kind, subject=f"questionnaire:{subject}", body=body, actor=actor(by))


def told(rows: Sequence[BuyerReply] | Sequence[LearntWording]) -> dict[str, object]:
    """Return what a leaf says of the rows of its deed."""
    replies = [row for row in rows if isinstance(row, BuyerReply)]
    if replies:
        return {"replies": len(replies), "replies_sha256": replies_sha256(replies)}
    learnt = [row for row in rows if isinstance(row, LearntWording)]
    return {"wordings": len(learnt), "wordings_sha256": wordings_sha256(learnt)}


def _stamp(rows: Sequence[BuyerReply] | Sequence[LearntWording], leaf: LedgerEntry) -> None:
    at: datetime = leaf.recorded_at
    for row in rows:
        row.ledger_entry, row.at = leaf, at
