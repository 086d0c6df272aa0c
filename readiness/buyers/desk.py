"""Deeds around questionnaires of buyers: receive, map the columns, have answers proposed.

Rules:
- The buyer's workbook comes in as evidence: it is screened, kept as it was, and never changed.
- Which columns are read is confirmed by a person, who has seen the first questions.
- A proposal is looked up by a worker and answers nothing.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from math import isfinite
from pathlib import Path
from shutil import copyfileobj
from tempfile import NamedTemporaryFile
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from accounts import journal
from accounts.access import actor, can
from accounts.capabilities import Capability
from accounts.models import User
from audits import days
from audits.models import Engagement
from controls.models import Area, Expectation
from evidence import intake, ledger, spreadsheet, store
from evidence.errors import EvidenceError
from evidence.models import Evidence
from jobs import queue
from readiness.buyer_models import BuyerQuestion, BuyerQuestionnaire
from readiness.buyers import layout
from readiness.buyers.layout import Mapped, Question
from readiness.buyers.library import Library
from readiness.buyers.matching import Proposal
from readiness.errors import NotAllowedError, QuestionnaireError

PROPOSE = "readiness.propose_answers"
MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
LARGEST = 10 * 1000 * 1000
MOST_ROWS = 20_000
MOST_QUESTIONS = 5_000
SYSTEM = "Questionnaires of buyers"
State = BuyerQuestionnaire.State
Progress = Callable[[int, int, str], None]
_SHOWN_ROWS = 60
_SHOWN_COLUMNS = 40
_SHOWN_LETTERS = 160
_BATCH = 200


@dataclass(frozen=True)
class Look:
    """The first rows of a sheet, as they were when it came."""

    title: str
    count: int
    rows: layout.Rows

    def to_json(self) -> dict[str, Any]:
        return {"title": self.title, "count": self.count, "rows": self.rows}


def receive(
    path: Path, *, filename: str, buyer: str, engagement: Engagement | None, by: User
) -> BuyerQuestionnaire:
    """Take in the workbook of a buyer, and guess how its sheets are laid out.

    Raises NotAllowedError, QuestionnaireError, SpreadsheetError for what is no workbook, has macros
    or is too large, and what intake raises.
    """
    refuse_stranger(by)
    name, called = intake.safe_filename(filename), " ".join(buyer.split())
    if not called:
        raise QuestionnaireError("Say which buyer sent it.")
    looks = look(path, name=name)
    guesses = [layout.guessed(one.title, one.rows) for one in looks]
    # In a transaction of its own: what screening holds back stays in quarantine.
    original = intake.receive(_submission(path, name, called, by), actor=actor(by))
    with transaction.atomic():
        ledger.lock()
        known = BuyerQuestionnaire.objects.aggregate(last=Max("number"))["last"] or 0
        leaf = ledger.append(
            "readiness.questionnaire",
            subject=f"questionnaire:QST-{known + 1}",
            body={"original": original.ref, "buyer_sha256": journal.digest(called)},
            actor=actor(by),
        )
        return BuyerQuestionnaire.objects.create(
            number=known + 1,
            buyer=called[:200],
            original=original,
            engagement=engagement,
            sheets=[one.to_json() for one in looks],
            mapped=[guess.to_json() for guess in guesses if guess],
            state=State.MAPPING,
            by=by,
            at=leaf.recorded_at,
            ledger_entry=leaf,
        )


def look(path: Path, *, name: str) -> list[Look]:
    """Return the first rows of every sheet that has any; SpreadsheetError, QuestionnaireError."""
    if path.stat().st_size > LARGEST:
        raise QuestionnaireError(f"{name} is larger than {LARGEST // 10**6} MB. Split it.")
    with spreadsheet.opened_book(path, name=name, most_rows=MOST_ROWS) as sheets:
        found = [
            Look(sheet.title, len(sheet.rows), _cut(sheet.rows)) for sheet in sheets if sheet.rows
        ]
    if not found:
        raise QuestionnaireError(f"{name} has no sheet with text in it.")
    return found


def looks(questionnaire: BuyerQuestionnaire) -> list[Look]:
    return [Look(**one) for one in questionnaire.sheets]


def read(path: Path, mapped: Sequence[Mapped], *, name: str) -> list[Question]:
    """Return all questions of the mapped sheets; SpreadsheetError, QuestionnaireError."""
    by_sheet, found = {one.sheet: one for one in mapped}, []
    with spreadsheet.opened_book(path, name=name, most_rows=MOST_ROWS) as sheets:
        for sheet in sheets:
            if sheet.title in by_sheet:
                found += layout.questions(by_sheet[sheet.title], sheet.rows)
    if not found:
        raise QuestionnaireError(f"{name} has no question in the columns that were named.")
    if len(found) > MOST_QUESTIONS:
        raise QuestionnaireError(
            f"{name} has {len(found):,} questions; {MOST_QUESTIONS:,} are the most. Split it."
        )
    return found


def map_columns(
    questionnaire: BuyerQuestionnaire, *, mapped: Sequence[Mapped], by: User
) -> BuyerQuestionnaire:
    """Say which columns hold what, and have answers proposed in the background.

    Raises NotAllowedError, QuestionnaireError where the columns do not fit together, or where
    questions were answered already.
    """
    refuse_stranger(by)
    _refuse_unfit(mapped)
    with transaction.atomic():
        found = BuyerQuestionnaire.objects.select_for_update().get(pk=questionnaire.pk)
        if found.state != State.MAPPING:
            raise QuestionnaireError("Its columns are confirmed already.")
        found.mapped = [one.to_json() for one in mapped]
        found.state = State.PROPOSING
        found.save(update_fields=["mapped", "state"])
        queue.enqueue(
            PROPOSE,
            key=job_key(found),
            payload={"questionnaire": found.pk},
            requested_by=actor(by),
        )
    return found


def propose(pk: int, *, progress: Progress | None = None) -> BuyerQuestionnaire:
    """Read the questions of a workbook and look for an answer to each; twice changes nothing."""
    questionnaire = BuyerQuestionnaire.objects.select_related("original", "engagement").get(pk=pk)
    if questionnaire.state != State.PROPOSING:
        return questionnaire
    tell = progress or (lambda _done, _total, _note: None)
    tell(0, 0, "Reading the workbook")
    try:
        with original(questionnaire) as path:
            name = questionnaire.original.filename
            questions = read(path, mappings(questionnaire), name=name)
    except (QuestionnaireError, EvidenceError) as refusal:
        questionnaire.state, questionnaire.problem = State.REFUSED, str(refusal)[:500]
        questionnaire.save(update_fields=["state", "problem"])
        return questionnaire
    matcher = Library(questionnaire.engagement).matcher
    rows = []
    for place, question in enumerate(questions, 1):
        rows.append(_row(questionnaire, place, question, matcher.propose(question.text)))
        if place % _BATCH == 0:
            tell(place, len(questions), "Looking for answers")
    with transaction.atomic():
        found = BuyerQuestionnaire.objects.select_for_update().get(pk=pk)
        if found.state != State.PROPOSING:
            return found
        BuyerQuestion.objects.bulk_create(rows, batch_size=_BATCH)
        found.state = State.OPEN
        found.save(update_fields=["state"])
    return found


def propose_again(questionnaire: BuyerQuestionnaire, *, by: User) -> int:
    """Look once more for answers to what nobody has answered; return to how many one was found.

    The library may have learnt since. Raises NotAllowedError, QuestionnaireError.
    """
    refuse_stranger(by)
    matcher = Library(questionnaire.engagement).matcher
    waiting = (BuyerQuestion.State.OPEN, BuyerQuestion.State.PROPOSED)
    with transaction.atomic():
        found = BuyerQuestionnaire.objects.select_for_update().get(pk=questionnaire.pk)
        if found.state != State.OPEN:
            raise QuestionnaireError("Its columns have to be confirmed first.")
        rows = list(found.questions.filter(state__in=waiting))
        for row in rows:
            _put(row, matcher.propose(row.text))
        BuyerQuestion.objects.bulk_update(
            rows, ["state", "proposed", "score", "wording"], batch_size=_BATCH
        )
    return sum(row.state == BuyerQuestion.State.PROPOSED for row in rows)


def mappings(questionnaire: BuyerQuestionnaire) -> list[Mapped]:
    return [Mapped(**one) for one in questionnaire.mapped]


def job_key(questionnaire: BuyerQuestionnaire) -> str:
    return f"{PROPOSE}:{questionnaire.pk}"


@contextmanager
def original(questionnaire: BuyerQuestionnaire) -> Iterator[Path]:
    """Yield the buyer's workbook on the disk, for as long as it is read."""
    with NamedTemporaryFile(dir=settings.SCRATCH_DIR, suffix=".xlsx") as copy:
        with store.open_blob(questionnaire.original.blob_id) as blob:
            copyfileobj(blob, copy)
        copy.flush()
        yield Path(copy.name)


def refuse_stranger(by: User) -> None:
    if not can(by, Capability.WRITE_REPORTS):
        raise NotAllowedError("You may read questionnaires, not answer them. Ask who leads.")


def _refuse_unfit(mapped: Sequence[Mapped]) -> None:
    if not mapped:
        raise QuestionnaireError("Tick at least one sheet that holds questions.")
    for one in mapped:
        if not one.question or not (one.answer or one.comment):
            raise QuestionnaireError(
                f"{one.sheet}: name the column of the questions, and one for the answer or for "
                "its words."
            )
        named = [each for each in (one.number, one.question, one.answer, one.comment) if each]
        if len(named) > len(set(named)):
            raise QuestionnaireError(f"{one.sheet}: one column cannot hold two things.")


def _row(
    questionnaire: BuyerQuestionnaire, place: int, question: Question, proposal: Proposal | None
) -> BuyerQuestion:
    row = BuyerQuestion(
        questionnaire=questionnaire,
        place=place,
        sheet=question.sheet,
        row=question.row,
        number=question.number,
        text=question.text,
    )
    _put(row, proposal)
    return row


def _put(row: BuyerQuestion, proposal: Proposal | None) -> None:
    row.state = BuyerQuestion.State.PROPOSED if proposal else BuyerQuestion.State.OPEN
    row.proposed_id = proposal.answer if proposal else None
    row.score = proposal.score if proposal else 0
    row.wording = proposal.wording if proposal else ""


def _cut(rows: Sequence[tuple[int, Sequence[object]]]) -> list[tuple[int, list[object]]]:
    """Return the first rows as JSON keeps them; long words are cut, since they are only shown."""
    return [
        (place, [_shown(cell) for cell in islice(cells, _SHOWN_COLUMNS)])
        for place, cells in islice(rows, _SHOWN_ROWS)
    ]


def _shown(cell: object) -> object:
    if cell is None or isinstance(cell, int) or (isinstance(cell, float) and isfinite(cell)):
        return cell
    return str(cell)[:_SHOWN_LETTERS]


def _submission(path: Path, name: str, buyer: str, by: User) -> intake.Submission:
    now = timezone.now()
    day = days.day_of(now)
    return intake.Submission(
        content=path,
        filename=name,
        title=f"Questionnaire of {buyer}"[:200],
        evidence_type=Expectation.EvidenceType.FORM,
        kind=Evidence.Kind.DOCUMENT,
        area=Area.AUDIT_REQUESTS,
        source_system=SYSTEM,
        environment=Evidence.Environment.CORPORATE,
        covers_from=day,
        covers_to=day,
        collected_at=now,
        sensitivity=Evidence.Sensitivity.CONFIDENTIAL,
        media_type=MEDIA_TYPE,
        prepared_by=by,
    )
