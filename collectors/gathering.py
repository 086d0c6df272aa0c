"""Puts the question to the source and writes the answer as a canonical table."""

import contextlib
from collections.abc import Callable, Generator, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

from django.core.cache import cache
from django.utils import timezone

from collectors import configuration, planning, registry, schedule
from collectors.base import Answer, Ask, AsksFor, Row, Tell, quiet
from collectors.deadline import Deadline, nobody
from collectors.errors import AskError, ScheduleError, SourceNonsenseError
from collectors.models import Source
from collectors.period import Period
from collectors.registry import Collector
from controls import settling
from controls.models import Expectation
from evidence.errors import PopulationError
from evidence.models import Evidence
from evidence.population import Column, TableFacts, write_csv

_ROWS_PER_WORD = 500


@dataclass(frozen=True, kw_only=True)
class Gathered:
    """A whole answer in files, not yet handed in."""

    collector: Collector
    claims: tuple[Expectation, ...]
    ask: Ask[Any]
    answer: Answer
    period: Period
    columns: tuple[Column, ...]
    table: Path
    facts: TableFacts
    finished_at: datetime

    def shortfalls(self) -> list[str]:
        """Say why the answer is not whole; empty when it is."""
        found = list(self.ask.trail.shortfalls)
        count = self.ask.trail.source_count
        rows = self.facts.row_count
        if count is not None and count != rows:
            found.append(f"The source counts {count} rows itself, but {rows} arrived.")
        if rows == 0 and not self.ask.trail.proves_emptiness:
            found.append("No rows came, and nothing proves that there are none.")
        lag = planning.lag_of(self.claims)
        whole = settling.whole_from(self.period.end, lag)
        if self._was_made_before(whole):
            found.append(
                f"The list was made before {self.period.end} had ended{settling.passed(lag)}, so "
                f"that it may lack events; collect this period again on {whole} or later."
            )
        return found

    @property
    def kind(self) -> str:
        """The kind of the item; a file brings what its expectation asks for."""
        declared = self.collector.declared
        led = declared.asks_for is AsksFor.FILE and self.claims
        return self.claims[0].kind if led else declared.kind

    @property
    def evidence_type(self) -> str:
        declared = self.collector.declared
        led = declared.asks_for is AsksFor.FILE and self.claims
        return self.claims[0].evidence_type if led else declared.evidence_type

    @property
    def asked_at(self) -> datetime:
        """When the system was asked: what came later cannot be in the answer."""
        return self.answer.asked_at or self.ask.now

    def _was_made_before(self, day: date) -> bool:
        made_now = self.collector.declared.asks_for is AsksFor.MOMENT
        asked = planning.asked_on(self.ask.zone, self.asked_at)
        return self.kind == Evidence.Kind.EVENT and not made_now and asked < day


def intended_period(source: Source, *, now: datetime) -> Period | None:
    """Return the days that a run without a period is about; None where that cannot be told."""
    collector = registry.collectors().get(source.collector)
    if collector is None or collector.declared.asks_for is AsksFor.FILE:
        return None
    try:
        return _usual(source, collector, now, Period.day(now, schedule.zone(source.time_zone)))
    except ScheduleError:
        return None


def ask_of(
    source: Source,
    collector: Collector,
    *,
    folder: Path,
    now: datetime,
    period: Period | None = None,
    file: Path | None = None,
    tell: Tell = quiet,
    way: Callable[[], None] = nobody,
) -> Ask[Any]:
    """Return the question to put; AskError when it makes no sense, SettingsError."""
    zone = schedule.zone(source.time_zone)
    today = Period.day(now, zone)
    return Ask(
        settings=configuration.read(source, collector),
        source=source.slug,
        period=_fitting(period, collector, today) or _usual(source, collector, now, today),
        zone=zone,
        now=now,
        scratch=folder,
        deadline=Deadline.after(collector.declared.time_limit, way=way),
        file=file,
        tell=tell,
        secrets=collector.declared.secrets,
        shared=cache,
    )


def gather(
    source: Source,
    *,
    folder: Path,
    now: datetime,
    period: Period | None,
    file: Path | None,
    tell: Tell,
    way: Callable[[], None],
) -> Gathered:
    """Ask a source and write its rows; raises CollectorError, EvidenceError and what it cannot."""
    collector = registry.get(source.collector)
    # A folder of its own for the collector: no file that it makes can be taken for the table.
    work = folder / "work"
    work.mkdir(mode=0o700)
    ask = ask_of(
        source, collector, folder=work, now=now, period=period, file=file, tell=tell, way=way
    )
    answer = collector.collect(ask)
    told = answer.rows
    answer, columns, rows = _without_secrets(collector, answer)
    _refuse_future(answer.period or ask.period, Period.day(now, ask.zone))
    table = folder / "table.csv"
    with table.open("xb") as target, closing(told):
        try:
            facts = write_csv(_counted(rows, ask), columns, target)
        except PopulationError as error:
            message = f"The answer does not fit the declared columns. {error}"
            raise SourceNonsenseError(message) from error
    return Gathered(
        collector=collector,
        claims=tuple(source.expectations.select_related("control").order_by("slug")),
        ask=ask,
        answer=answer,
        period=answer.period or ask.period,
        columns=columns,
        table=table,
        facts=facts,
        finished_at=timezone.now(),
    )


def _without_secrets(
    collector: Collector, answer: Answer
) -> tuple[Answer, tuple[Column, ...], Iterable[Row]]:
    """Return the answer, its columns and its rows without those that are secret.

    The file that it came in holds them too, so it is not kept. Its own rows are still to be closed.
    """
    columns = collector.columns or answer.columns
    secrets = {*collector.declared.secrets, *answer.secrets}
    kept = [place for place, column in enumerate(columns) if column.name not in secrets]
    if len(kept) == len(columns):
        return answer, columns, answer.rows
    dropped = [column.name for column in columns if column.name in secrets]
    told = {**answer.parameters, "dropped_columns": dropped}
    rows = ([row[place] for place in kept] for row in answer.rows)
    clean = replace(answer, original=None, filename="", parameters=told)
    return clean, tuple(columns[place] for place in kept), rows


def _fitting(period: Period | None, collector: Collector, today: Period) -> Period | None:
    """Return the period asked for, unless the collector cannot answer about it."""
    if period is None:
        return None
    if collector.declared.asks_for is AsksFor.MOMENT and period != today:
        message = (
            f"{collector.declared.title} is captured at its moment: it can be collected for today "
            f"({today}), not for {period}."
        )
        raise AskError(message)
    _refuse_future(period, today)
    return period


def _refuse_future(period: Period, today: Period) -> None:
    if period.start > today.end:
        message = f"The period {period} lies in the future."
        raise AskError(message)


def _usual(source: Source, collector: Collector, now: datetime, today: Period) -> Period:
    if collector.declared.asks_for is AsksFor.CLOSED_WINDOW:
        return planning.last_closed(source, now=now)
    return today


def _counted(rows: Iterable[Row], ask: Ask[Any]) -> Iterator[Row]:
    for number, row in enumerate(rows, 1):
        if number % _ROWS_PER_WORD == 0:
            ask.progress(number, ask.trail.source_count or 0, "rows")
        yield row


def closing(rows: Iterable[Row]) -> contextlib.AbstractContextManager[Any]:
    """Let a generator end its own `with` blocks at once when the table breaks off."""
    return contextlib.closing(rows) if isinstance(rows, Generator) else contextlib.nullcontext()
