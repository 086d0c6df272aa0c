"""Turns the answers into evidence: every question as it stands now, with what backs it, and an IPE.

IPE = information produced by the entity; AT-C 205.36 asks for its accuracy and completeness.
"""

import tempfile
from collections.abc import Iterator, Sequence
from datetime import datetime
from hashlib import sha256
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from accounts.access import actor, can
from accounts.capabilities import Capability
from accounts.models import User
from audits import days
from controls.models import Area, Expectation
from controls.readiness_file import Entry, Kind
from evidence import checks, intake
from evidence.models import Evidence
from evidence.population import IPE, Cell, Column, PopulationFacts, TableFacts, write_csv
from readiness.errors import NotAllowedError
from readiness.facts import Facts
from readiness.models import Answer
from readiness.programme import programme

EXPECTED = "readiness-answers"
VERSION = "1"
SYSTEM = "Readiness of this installation"
_NAME = "readiness_answers"
_QUERY = "Every question of the programme with the answer that stands and what is in force for it"
_COMPLETENESS = (
    "The questions are those of the catalogue, each once; their number is the source's count. "
    "A question that nobody has answered is there without an answer."
)
_COLUMNS = (
    Column("question", "text"),
    Column("text", "text"),
    Column("answer", "text"),
    Column("reason", "text"),
    Column("evidence_id", "text"),
    Column("backing", "text"),
    Column("answered_at", "timestamp"),
)


def take(*, by: User) -> Evidence:
    """Keep all answers as they stand now, as a dated population, and return the checked evidence.

    Raises NotAllowedError and a subclass of EvidenceError.
    """
    if not can(by, Capability.MANAGE_READINESS):
        raise NotAllowedError
    started = timezone.now()
    with tempfile.TemporaryDirectory(dir=settings.SCRATCH_DIR) as folder:
        table = Path(folder) / "answers.csv"
        with transaction.atomic(), table.open("xb") as file:
            facts = write_csv(_rows(), _COLUMNS, file)
        sent = _submission(table, facts, started, by)
        evidence = intake.receive(sent, actor=actor(by))
    checks.run(evidence, actor=actor(by))
    return evidence


def _rows() -> Iterator[Sequence[Cell]]:
    facts = Facts()
    for entry in programme().entries(Kind.QUESTION):
        answer = facts.answers.get(entry.id)
        yield [
            entry.id,
            entry.text,
            answer.get_value_display().lower() if answer else None,
            answer.reason if answer else None,
            _in_force(entry, answer, facts),
            facts.backing_of(entry.expectations).value,
            answer.at if answer else None,
        ]


def _in_force(entry: Entry, answer: Answer | None, facts: Facts) -> str | None:
    """Name what shows a yes today; what grew old since the answer shows it no more."""
    standings = facts.standings_of(entry.expectations)
    refs = sorted(one.item.ref for one in standings if one.item and one.is_in_force(facts.today))
    return " ".join(refs) if answer and refs else None


def _submission(table: Path, facts: TableFacts, started: datetime, by: User) -> intake.Submission:
    day = days.day_of(started)
    ipe = IPE(
        query=_QUERY,
        source_system=SYSTEM,
        environment=Evidence.Environment.CORPORATE,
        runner=actor(by),
        collector=_NAME,
        collector_version=VERSION,
        code_digest=sha256(Path(__file__).read_bytes()).hexdigest(),
        started_at=started,
        finished_at=timezone.now(),
        completeness=_COMPLETENESS,
        source_count=len(programme().entries(Kind.QUESTION)),
        source_clock=started,
    )
    return intake.Submission(
        content=table,
        filename=f"readiness-answers-{day.isoformat()}.csv",
        title=f"Readiness questions with answers, {day.isoformat()}",
        evidence_type=Expectation.EvidenceType.FORM,
        kind=Evidence.Kind.STATE,
        area=Area.RISK_REGISTER,
        source_system=SYSTEM,
        environment=Evidence.Environment.CORPORATE,
        covers_from=day,
        covers_to=day,
        collected_at=started,
        media_type="text/csv",
        claims=tuple(Expectation.objects.filter(slug=EXPECTED)),
        population=PopulationFacts(_COLUMNS, ipe, facts),
        prepared_by=by,
    )
