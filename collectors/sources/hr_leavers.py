"""People who left, by a roster of the personnel office, joined with collected lists of accounts."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

from pydantic import Field

from collectors import leaving
from collectors.base import Answer, Ask, AsksFor, Declaration, Row, SourceSettings
from collectors.errors import FileRefusedError, SettingsError
from collectors.files import inbox, labels, tables
from collectors.files.cells import CellError, parse
from collectors.leaving import Leaver
from collectors.models import Source
from collectors.period import Period
from controls.models import Area, Expectation
from evidence.models import Evidence

COLLECTOR = Declaration(
    title="Leavers of the personnel office",
    asks="Who left in the period, which accounts did they have, and when did each end?",
    kind=Evidence.Kind.EVENT,
    asks_for=AsksFor.FILE,
    evidence_type=Expectation.EvidenceType.POPULATION_EXPORT,
    area=Area.ACCESS_CONTROL,
    sensitivity=Evidence.Sensitivity.CONFIDENTIAL,
    columns={
        "person_id": "text",
        "last_day": "date",
        "system_name": "text",
        "account": "text",
        "access_ended_at": "timestamp",
        "told_by": "text",
    },
    completeness="Every line of the roster whose last day lies in the period, joined with every "
    "whole list that the sources gave from before the period to after it. A system without such "
    "lists makes the run partial. The roster itself is not kept, only its digest.",
    permission="Whoever may write into the folder of the source may hand in rosters; the lists of "
    "accounts are those that this installation collected.",
    schedule="",
)


class Settings(SourceSettings):
    sources: tuple[str, ...] = Field(
        title="Lists of accounts",
        description="Slugs of the sources that collect accounts, such as our-okta-users.",
        min_length=1,
    )
    person: str = Field(
        default="person_id", title="Column of the person", description="Names whoever left."
    )
    last_day: str = Field(
        default="last_day",
        title="Column of the last day",
        description="Column of the roster with the last day of work, empty for those who stay.",
    )
    roster_key: str = Field(
        default="account",
        title="Column to join by",
        description="Column of the roster with what the lists of accounts know a person by.",
    )
    list_key: str = Field(
        default="account",
        title="Column of the lists to join by",
        description="Column of the lists that holds the same: account or person_id.",
    )


def collect(ask: Ask[Settings]) -> Answer:
    if ask.file is None:
        raise FileRefusedError("Put a roster into the folder of this source.")
    said = labels.read(ask.file)
    roster = inbox.stage(ask.file, ask.scratch)
    digest = inbox.digest(roster)
    ask.trail.saw_digest(digest)
    return Answer(
        rows=_rows(ask, list(_leavers(ask, roster, said.period)), said.period),
        source_system=f"roster put into the folder {ask.source}, and the sources "
        + ", ".join(ask.settings.sources),
        query=f"lines of the roster with {ask.settings.last_day} in the period, joined with every "
        f"whole list of accounts by {ask.settings.roster_key} = {ask.settings.list_key}",
        parameters={"sources": list(ask.settings.sources), "roster_sha256": digest},
        period=said.period,
        asked_at=said.exported_at,
        handling=said.handling,
    )


def _leavers(ask: Ask[Settings], roster: Path, period: Period) -> Iterator[Leaver]:
    chosen = ask.settings
    with tables.opened(roster, declared={}, delimiter=",", zone=ask.zone) as table:
        names = [column.name for column in table.columns]
        for wanted in (chosen.person, chosen.last_day, chosen.roster_key):
            if wanted not in names:
                raise FileRefusedError(f"{roster.name} has no column {wanted!r}.")
        for line, row in enumerate(table.rows, 2):
            told = dict(zip(names, row, strict=True))
            try:
                last = parse(told[chosen.last_day], "date", ask.zone)
            except CellError as error:
                raise FileRefusedError(f"{roster.name}, line {line}: {error}.") from error
            if isinstance(last, date) and period.start <= last <= period.end:
                key = str(told[chosen.roster_key] or "").strip().casefold()
                if not key:
                    raise FileRefusedError(f"{roster.name}, line {line}: nothing to join by.")
                yield Leaver(str(told[chosen.person]), key, last)


def _rows(ask: Ask[Settings], leavers: list[Leaver], period: Period) -> Iterator[Row]:
    for slug in ask.settings.sources:
        source = Source.objects.filter(slug=slug).first()
        if source is None:
            raise SettingsError(f"There is no source {slug!r}. Correct the settings.")
        found = leaving.endings(ask, source, leavers, period=period, by=ask.settings.list_key)
        for leaver, ending in found:
            who = (leaver.person, leaver.last_day, source.title, ending.account)
            yield (*who, ending.ended_at, ending.told_by or None)
