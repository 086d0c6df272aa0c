"""The step between choosing a table and handing it in: its columns, its first rows, its checks."""

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, QueryDict
from django.http.response import HttpResponseBase
from django.utils import timezone

from accounts.access import actor
from accounts.models import User
from collectors.errors import FileRefusedError
from collectors.files import by_hand
from collectors.files.by_hand import COLLECTED, Place, Proposal, Reading, Wanted
from compliance import moments, uploaded_lists
from compliance.staff import held_uploads, words
from compliance.staff.site import site
from controls.models import Check, Expectation
from evidence import checks, held_back, intake, scratch_files
from evidence.checks import Outcome
from evidence.errors import ScreeningError
from evidence.handling import Handling
from evidence.population import PopulationFacts

HELD, DO, ZONE, SEEN = "held", "do", "table_zone", "table_seen"
_COLUMN = "column-"
_COLLECTED = "collected"
_SHOWN_EXCEPTIONS = 5


@dataclass(frozen=True)
class Told:
    """What the form says of the item whose file is read."""

    upload: "UploadedFile[bytes]"
    claims: Sequence[Expectation]
    source_system: str
    environment: str
    collected_at: datetime
    handling: Handling | None


@dataclass
class Step:
    """What is known of a table so far; `reading` is None until its columns are settled."""

    told: Told
    wanted: Sequence[Wanted]
    proposals: Sequence[Proposal] = ()
    names: Sequence[str] = ()
    zone: ZoneInfo = field(default_factory=words.zone)
    reading: Reading | None = None
    foreseen: Sequence[tuple[Check, Outcome]] = ()
    problem: str = ""

    @property
    def stamp(self) -> str:
        """What the person looked at: the digest of the table as it would be kept."""
        return self.reading.facts.sha256 if self.reading else ""

    def population(self, *, by: User) -> PopulationFacts | None:
        """What intake records of the table; None where none was read."""
        if self.reading is None:
            return None
        return by_hand.population_of(
            self.reading,
            filename=intake.safe_filename(self.told.upload.name or ""),
            source_system=self.told.source_system,
            environment=self.told.environment,
            runner=actor(by),
            collected_at=self.told.collected_at,
            finished_at=timezone.now(),
            handling=self.told.handling,
        )


def concerns(told: Told) -> bool:
    """Say whether a file is a table of which what it counts for wants columns."""
    wants = any(expectation.columns for expectation in told.claims)
    return wants and by_hand.is_table(told.upload.name or "")


def is_held_back(told: Told) -> bool:
    """Say whether screening finds something, so that nothing of the file may be shown."""
    told.upload.seek(0)
    with uploaded_lists.on_disk(told.upload) as path, path.open("rb") as file:
        try:
            held_back.refuse(file, told.upload.name or "")
        except ScreeningError:
            return True
    return False


@contextmanager
def read(told: Told, sent: QueryDict) -> Iterator[Step]:
    """Read a table as far as its columns are settled; its files live as long as the block."""
    with tempfile.TemporaryDirectory(dir=settings.SCRATCH_DIR) as folder:
        step = Step(told, (), zone=_zone(sent))
        try:
            _read(step, sent, Path(folder))
        except FileRefusedError as refusal:
            step.problem = str(refusal)
        yield step


def may_hand_in(step: Step, sent: QueryDict) -> bool:
    """Say whether a person asks for the very table that they looked at."""
    return bool(sent.get(DO) == "hand_in" and step.stamp and sent.get(SEEN) == step.stamp)


def page(request: HttpRequest, step: Step, *, names: Sequence[str], by: User) -> HttpResponseBase:
    """Show a step; `names` are the fields of the form that travel on with it."""
    sent = request.POST
    waiting = "" if request.FILES else sent.get(HELD, "")
    held = waiting or held_uploads.hold(step.told.upload, by=by)
    reading = step.reading
    context: dict[str, Any] = {
        "title": "Read as a table",
        "step": step,
        "filename": step.told.upload.name,
        "expected": step.told.claims,
        "held": held,
        "carried": [(name, value) for name in names for value in sent.getlist(name) if value],
        "columns": [_choice(proposal, step) for proposal in step.proposals],
        "unsure": sum(not proposal.is_sure for proposal in step.proposals),
        "zones": list(dict.fromkeys([str(words.zone()), "UTC"])),
        "has_times": any(each.type == "timestamp" for each in step.wanted),
        "is_stale": sent.get(DO) == "hand_in" and reading is not None,
        "checks": [_found(check, outcome) for check, outcome in step.foreseen],
        "partial": by_hand.why_partial(reading, step.told.handling) if reading else "",
    }
    return site.render(request, "staff/hand_in_table.html", context)


def _read(step: Step, sent: QueryDict, folder: Path) -> None:
    step.wanted = by_hand.wanted_by(step.told.claims)
    upload = step.told.upload
    name = intake.safe_filename(upload.name or "")
    upload.seek(0)
    with (
        uploaded_lists.on_disk(upload) as plain,
        plain.open("rb") as source,
        scratch_files.copied(source, folder=folder, name=name) as path,
    ):
        header = by_hand.header_of(path, step.wanted)
        step.names = header.names
        step.proposals = _settled(by_hand.proposed(header, step.wanted), sent)
        if not all(proposal.is_sure for proposal in step.proposals):
            return
        places: Mapping[str, Place] = {one.wanted.name: one.place for one in step.proposals}
        step.reading = by_hand.read(
            path,
            header,
            places,
            step.wanted,
            zone=step.zone,
            collected_at=step.told.collected_at,
            table=folder / "table.csv",
        )
    step.foreseen = _foresee(step.told.claims, step.reading)
    upload.seek(0)


def _settled(proposals: Sequence[Proposal], sent: QueryDict) -> list[Proposal]:
    """Put what a person chose in the place of what was proposed."""
    return [
        Proposal(one.wanted, _place(sent.get(f"{_COLUMN}{one.wanted.name}", "")), is_sure=True)
        if f"{_COLUMN}{one.wanted.name}" in sent
        else one
        for one in proposals
    ]


def _place(chosen: str) -> Place:
    if chosen == _COLLECTED:
        return COLLECTED
    return int(chosen) if chosen.isdecimal() and len(chosen) <= 4 else None


def _foresee(claims: Sequence[Expectation], reading: Reading) -> list[tuple[Check, Outcome]]:
    columns = [{"name": each.name, "type": each.type} for each in reading.columns]
    due = Check.objects.filter(expectation__in=claims).order_by("slug")
    return [(check, checks.evaluate(reading.table, columns, check)) for check in due]


def _choice(proposal: Proposal, step: Step) -> dict[str, Any]:
    """Return one wanted column with all that may be chosen for it."""
    wanted = proposal.wanted
    options = [(str(number), name) for number, name in enumerate(step.names)]
    if wanted.may_be_filled:
        said = moments.said(step.told.collected_at)
        options.append((_COLLECTED, f"Collected at, as you said: {said}"))
    place = proposal.place
    chosen = _COLLECTED if place == COLLECTED else "" if place is None else str(place)
    return {
        "name": wanted.name,
        "field": f"{_COLUMN}{wanted.name}",
        "type": wanted.type,
        "required": wanted.required,
        "options": options,
        "chosen": chosen,
        "is_sure": proposal.is_sure,
        "is_same": isinstance(place, int) and step.names[place : place + 1] == (wanted.name,),
    }


def _found(check: Check, outcome: Outcome) -> dict[str, Any]:
    rows = outcome.exceptions.get("rows", [])[:_SHOWN_EXCEPTIONS]
    return {
        "title": check.title,
        "outcome": outcome,
        "columns": outcome.exceptions.get("columns", []),
        "rows": [["" if cell is None else str(cell) for cell in row] for row in rows],
        "more": max(0, (outcome.exception_count or 0) - len(rows)),
    }


def _zone(sent: QueryDict) -> ZoneInfo:
    return ZoneInfo("UTC") if sent.get(ZONE) == "UTC" else words.zone()
