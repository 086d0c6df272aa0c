"""Tables that people put into a watched folder, CSV or XLSX."""

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Literal

from pydantic import Field

from collectors.base import Answer, Ask, AsksFor, Declaration, Row, SourceSettings
from collectors.errors import FileRefusedError
from collectors.files import inbox, labels, tables
from collectors.files.tables import Table
from controls.models import Area, Expectation
from evidence.models import Evidence

COLLECTOR = Declaration(
    title="Tables from a folder",
    asks="What does the table say that was put into the folder for this period?",
    kind=Evidence.Kind.EVENT,
    asks_for=AsksFor.FILE,
    evidence_type=Expectation.EvidenceType.REPORT,
    area=Area.AUDIT_REQUESTS,
    columns={},
    completeness="Every row of the file, which is kept as it came. Whether the file itself is "
    "complete is for the person who exported it to show.",
    permission="Whoever may write into the folder of the source may hand in tables.",
    schedule="",
    secrets=(),
)


class Settings(SourceSettings):
    columns: dict[str, labels.Type] = Field(
        default_factory=dict,
        title="Columns",
        description="Name and type of every column. Empty: those of the file, all as text.",
        max_length=tables.MOST_COLUMNS,
    )
    delimiter: Literal[",", ";", "\t"] = Field(
        default=",", title="Delimiter", description="What separates the cells of a CSV file."
    )

    secrets: tuple[str, ...] = Field(
        default=(),
        title="Columns to drop",
        description="Columns that hold secrets or card numbers. They are dropped before "
        "anything is kept, and so is the file as it came.",
        max_length=tables.MOST_COLUMNS,
    )


def collect(ask: Ask[Settings]) -> Answer:
    if ask.file is None:
        raise FileRefusedError("Put a file into the folder of this source to have it taken in.")
    said = labels.read(ask.file)
    if said.exported_at and said.exported_at > ask.now:
        raise FileRefusedError(
            f"{ask.file.name} says that it was exported at {said.exported_at.isoformat()}, which "
            "lies ahead. Correct exported_at in the file beside it."
        )
    path = inbox.stage(ask.file, ask.scratch)
    ask.trail.saw_digest(inbox.digest(path))
    still_open = ExitStack()
    table = still_open.enter_context(
        tables.opened(
            path,
            declared=said.columns or ask.settings.columns,
            delimiter=ask.settings.delimiter,
            zone=ask.zone,
        )
    )
    return Answer(
        rows=_rows(table, still_open),
        source_system=f"file put into the folder {ask.source}",
        query=f"every row of {path.name}",
        parameters={"columns_declared": bool(said.columns or ask.settings.columns)},
        columns=table.columns,
        period=said.period,
        asked_at=said.exported_at,
        original=path,
        filename=path.name,
        handling=said.handling,
        secrets=ask.settings.secrets,
    )


def _rows(table: Table, still_open: ExitStack) -> Iterator[Row]:
    with still_open:
        yield from table.rows
