"""Tries a connection without keeping anything: does the source answer, and with what?"""

import csv
from dataclasses import dataclass, replace
from datetime import timedelta
from io import BytesIO
from itertools import islice
from typing import Any

from django.utils import timezone

from collectors import registry, scratch
from collectors.base import Ask, AsksFor
from collectors.configuration import known_secrets
from collectors.deadline import Deadline
from collectors.errors import CollectorError
from collectors.files import inbox
from collectors.gathering import ask_of, closing
from collectors.models import Source
from collectors.redaction import redact
from collectors.registry import Collector
from evidence.errors import EvidenceError
from evidence.population import write_csv

LIMIT = timedelta(seconds=30)
_ROWS = 5


@dataclass(frozen=True)
class Outcome:
    """What a person is told after trying a connection."""

    works: bool
    message: str
    columns: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    seen: tuple[str, ...] = ()
    """The questions that the source answered for us."""
    unseen: tuple[str, ...] = ()
    """What it does not let us see: with these the list would not be whole."""


def try_connection(source: Source) -> Outcome:
    """Ask a source as a run would, read its first rows, and keep nothing.

    Takes LIMIT at most, but for a restore test, which has no smaller form.
    """
    try:
        collector = registry.get(source.collector)
        if collector.declared.asks_for is AsksFor.FILE:
            return Outcome(works=True, message=f"Files are taken from {inbox.folder_of(source)}.")
        with scratch.folder() as folder:
            asked = ask_of(source, collector, folder=folder, now=timezone.now())
            return _tried(source, collector, replace(asked, deadline=Deadline.after(LIMIT)))
    except (CollectorError, EvidenceError) as error:
        return Outcome(works=False, message=redact(str(error), known_secrets(source)))


def _tried(source: Source, collector: Collector, ask: Ask[Any]) -> Outcome:
    """Read what comes; what was answered before an error is told beside it."""
    secrets = known_secrets(source)
    try:
        outcome = _read(collector, ask)
    except (CollectorError, EvidenceError) as error:
        outcome = Outcome(works=False, message=redact(str(error), secrets))
    return replace(
        outcome,
        seen=tuple(redact(place, secrets) for place in ask.trail.places),
        unseen=tuple(redact(reason, secrets) for reason in ask.trail.shortfalls),
    )


def _read(collector: Collector, ask: Ask[Any]) -> Outcome:
    answer = collector.collect(ask)
    columns = collector.columns or answer.columns
    with closing(answer.rows):
        rows = [list(row) for row in islice(answer.rows, _ROWS)]
    written = BytesIO()
    write_csv(rows, columns, written)
    shown = list(csv.reader(written.getvalue().decode().splitlines()))
    return Outcome(
        works=True,
        message=f"{answer.source_system} answered for {answer.period or ask.period}.",
        columns=tuple(column.name for column in columns),
        rows=tuple(tuple(row) for row in shown[1:]),
    )
