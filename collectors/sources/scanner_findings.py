"""Findings of scanners and assessors that people put into a watched folder."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Literal

from pydantic import Field

from collectors.base import Answer, Ask, AsksFor, Declaration, Row, SourceSettings
from collectors.errors import FileRefusedError, SourceNonsenseError
from collectors.files import inbox, labels
from collectors.findings import junit, ocsf, oscal, powerpipe, sarif
from collectors.findings.documents import Finding
from collectors.trail import Trail
from controls.models import Area, Expectation
from evidence.models import Evidence

COLLECTOR = Declaration(
    title="Findings of scanners and assessors",
    asks="What did the scanner look at, by which rule, what came of it, and which criterion is it "
    "about?",
    kind=Evidence.Kind.EVENT,
    asks_for=AsksFor.FILE,
    evidence_type=Expectation.EvidenceType.SCAN_REPORT,
    area=Area.API_SECURITY,
    sensitivity=Evidence.Sensitivity.CONFIDENTIAL,
    columns={
        "finding_id": "text",
        "tool": "text",
        "rule_name": "text",
        "title": "text",
        "severity": "text",
        "asset": "text",
        "outcome": "text",
        "criteria": "text",
        "found_at": "timestamp",
    },
    completeness="Every finding of the file, which is kept as it came; passed ones are rows as "
    "well where the scanner writes them down. A scanner that says that it did not finish, or a "
    "test suite that counts other cases than it lists, makes the run partial.",
    permission="Whoever may write into the folder of the source may hand in reports.",
    schedule="",
)
Reader = Callable[[Path, Trail], Iterator[Finding]]
_READERS: Mapping[str, Reader] = {
    "ocsf": ocsf.read,
    "sarif": sarif.read,
    "junit": junit.read,
    "oscal": oscal.read,
    "powerpipe": powerpipe.read,
}


class Settings(SourceSettings):
    form: Literal["ocsf", "sarif", "junit", "oscal", "powerpipe"] = Field(
        title="Format",
        description="ocsf (Prowler and others, JSON), sarif (2.1.0), junit (XML), oscal "
        "(assessment results, JSON), or powerpipe (Steampipe and Powerpipe, JSON).",
    )


def collect(ask: Ask[Settings]) -> Answer:
    if ask.file is None:
        raise FileRefusedError("Put a report into the folder of this source to have it taken in.")
    said = labels.read(ask.file)
    path = inbox.stage(ask.file, ask.scratch)
    ask.trail.saw_digest(inbox.digest(path))
    return Answer(
        rows=_rows(ask, path),
        source_system=f"report put into the folder {ask.source}",
        query=f"every finding of {path.name}, read as {ask.settings.form}; criteria: the names of "
        "others, as we spell them",
        parameters={"format": ask.settings.form},
        period=said.period,
        asked_at=said.exported_at,
        original=path,
        filename=path.name,
        handling=said.handling,
    )


def _rows(ask: Ask[Settings], path: Path) -> Iterator[Row]:
    found = _READERS[ask.settings.form](path, ask.trail)
    try:
        for each in found:
            yield (
                *(each.finding_id, each.tool, each.rule, each.title, each.severity),
                *(each.asset, each.outcome, " ".join(each.criteria) or None, each.found_at),
            )
    except SourceNonsenseError as error:
        raise FileRefusedError(f"{error} Is it {ask.settings.form}?") from error
