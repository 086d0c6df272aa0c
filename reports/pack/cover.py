"""cover.pdf: the paper that introduces a pack; cover.html where the PDF engine is missing.

The PDF carries the manifest along and is signed where the installation has a certificate for that.
A signature is made once and kept, because it has a time in it.
"""

import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from hashlib import sha256
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils import timezone, translation
from django.utils.safestring import SafeString, mark_safe

from audits.coverage import SHORTFALL, State
from audits.models import Pack
from audits.pack_stamps import Stamps
from audits.selection import Control, SampleKind, Selection, Status
from evidence import checkpoint, keys, self_issued
from reports import heat_map, papers, pdf_engine
from reports.pack import cover_seal, shortfall
from reports.pack.tables import visible
from reports.pdf_engine import Attachment

PDF, HTML = "cover.pdf", "cover.html"
_LINES_PER_MAP = 38
_MOST_LACKS = 60
_MOST_ATTACHED = 32 * 1024**2


@dataclass(frozen=True)
class Paper:
    """The finished cover and the name that it has in the pack."""

    name: str
    content: bytes


@dataclass(frozen=True)
class Manifest:
    """The manifest as it lies in the pack; its pieces are read once."""

    name: str
    sha256: str
    size: int
    pieces: Iterable[bytes]


@dataclass(frozen=True)
class _Figure:
    state: State
    count: int
    share: str
    meaning: str

    @property
    def look(self) -> heat_map.Look:
        return heat_map.LOOKS[self.state]


@dataclass(frozen=True)
class _Chart:
    picture: SafeString
    rows: list[tuple[Control, list[int], int]]


_MEANINGS = {
    State.MET: "Covered in time",
    State.LATE: "Covered, first after the due day",
    State.PARTIAL: "Only some of its days are covered",
    State.FAILING: "A check of its evidence found exceptions, or could not run",
    State.MISSED: "Not covered by the due day",
    State.UPCOMING: "Not due yet",
    State.EXEMPT: "Not expected, for a recorded reason",
}


class Cover:
    """The cover in the making; enter it early: the PDF engine then warms up beside other work."""

    def __enter__(self) -> Self:
        self._folder = tempfile.TemporaryDirectory(dir=settings.SCRATCH_DIR)
        self._engine = None if pdf_engine.missing_libraries() else pdf_engine.Engine().__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._engine:
            self._engine.__exit__(kind, error, trace)
        self._folder.cleanup()

    def begin(self, pack: Pack, selection: Selection, stamps: Stamps, manifest: Manifest) -> None:
        """Start the rendering, now that all is known that the cover says.

        Raises CoverSealError where the certificate for covers cannot be used.
        """
        self._seal = cover_seal.of_pack(pack, manifest.sha256, is_pdf=self._engine is not None)
        if self._seal.kept:
            return
        is_attached = self._engine is not None and manifest.size <= _MOST_ATTACHED
        # The words and times of a pack do not depend on who asks for it, or on which machine.
        with translation.override("en-gb"), timezone.override(UTC):
            context = _context(pack, selection, manifest.sha256)
            context |= {"stamps": stamps, "own_word": self_issued.MEANING}
            context |= {"signer": self._seal.signer, "is_attached": is_attached}
            self._html = papers.rendered("cover.html", context)
        if self._engine:
            identifier = sha256(f"{pack.ref} {pack.selection_digest}".encode()).digest()[:16]
            attached = [self._attachment(pack, manifest)] if is_attached else []
            self._engine.begin(self._html, identifier=identifier, attachments=attached)

    def finish(self) -> Paper:
        """Return the paper: the same bytes for the same selection and the same engine, or those
        that were signed. Raises PdfError, CoverSealError."""
        if self._seal.kept:
            return Paper(PDF, self._seal.kept_content())
        if self._engine:
            return Paper(PDF, self._seal.sealed(self._engine.result()))
        return Paper(HTML, self._html.encode())

    def _attachment(self, pack: Pack, manifest: Manifest) -> Attachment:
        path = Path(self._folder.name) / manifest.name
        with path.open("wb") as file:
            file.writelines(manifest.pieces)
        return Attachment(
            path=path,
            name=manifest.name,
            description=f"Manifest of evidence pack {pack.ref}: every item, for programs",
            relationship="Data",
            at=pack.sealed_at.astimezone(UTC),
        )


def _context(pack: Pack, selection: Selection, manifest_sha256: str) -> dict[str, Any]:
    lacks = shortfall.rows(selection)
    return {
        "pack": pack,
        "selection": selection,
        "about": selection.about,
        "window_from": date.fromisoformat(selection.about.window_from),
        "window_to": date.fromisoformat(selection.about.window_to),
        "sealed_at": pack.sealed_at,
        "as_of": _local(pack.as_of, selection),
        "statuses": list(_statuses(selection)),
        **_record(selection),
        "figures": list(_figures(selection)),
        "expected": sum(selection.totals.values()),
        "short": sum(selection.totals.get(state, 0) for state in SHORTFALL),
        "charts": list(_charts(selection)),
        "states": [(state, heat_map.LOOKS[state]) for state in State],
        "unserved": [one for one in selection.criteria if not one.controls],
        "lacks": [_lack(row) for row in lacks[:_MOST_LACKS]],
        "more_lacks": max(0, len(lacks) - _MOST_LACKS),
        "origin": keys.log_origin(),
        "key_id": checkpoint.signer().verifier.key_id.hex(),
        "root": bytes(pack.checkpoint.root).hex(),
        "manifest_sha256": manifest_sha256,
    }


def _record(selection: Selection) -> dict[str, Any]:
    """Return what was found, sampled and asked, as numbers."""
    facts, kinds = selection.facts, Counter(one.kind for one in selection.samples)
    days = (facts.fieldwork_from, facts.fieldwork_to) if facts else ("", "")
    began, ended = (date.fromisoformat(day) if day else None for day in days)
    return {
        "facts": {"fieldwork_from": began, "fieldwork_to": ended},
        "bound_to": selection.bound_to,
        "findings": _counted(one.state for one in selection.findings),
        "populations": kinds[SampleKind.POPULATION],
        "draws": kinds[SampleKind.DRAW],
        "requests": _counted(one.state for one in selection.requests),
    }


def _counted(states: Iterable[str]) -> list[tuple[str, int]]:
    return sorted(Counter(state.replace("_", " ") for state in states).items())


def _local(instant: datetime, selection: Selection) -> datetime:
    """Return the organisation's time of day; without a zone, so that no template converts it."""
    return instant.astimezone(ZoneInfo(selection.time_zone)).replace(tzinfo=None)


def _statuses(selection: Selection) -> Iterator[tuple[str, int]]:
    statuses = [item.status for item in selection.items]
    for status in Status:
        if status in statuses:
            yield status.value, statuses.count(status)


def _figures(selection: Selection) -> Iterator[_Figure]:
    total = sum(selection.totals.values())
    for state in State:
        count = selection.totals.get(state.value, 0)
        # A tenth of a percent by whole numbers: floats would round as the machine likes.
        share = f"{count * 1000 // total / 10:.1f} %" if total else ""
        yield _Figure(state, count, share, _MEANINGS[state])


def _charts(selection: Selection) -> Iterator[_Chart]:
    """Cut the map into pieces that fit a page, each with its table."""
    months = [date.fromisoformat(month) for month in selection.months]
    for start in range(0, len(selection.controls), _LINES_PER_MAP):
        controls = selection.controls[start : start + _LINES_PER_MAP]
        lines = [heat_map.Line(one.ref, visible(one.title), one.months) for one in controls]
        # heat_map escapes every text that it is given.
        picture = mark_safe(heat_map.svg(months, lines))  # noqa: S308
        yield _Chart(picture, [_numbers(one) for one in controls])


def _numbers(control: Control) -> tuple[Control, list[int], int]:
    counts = [sum(month[place] for month in control.months) for place in range(len(State))]
    return control, counts, sum(counts)


def _lack(row: Sequence[str]) -> dict[str, Any]:
    named = dict(zip(shortfall.HEADER, map(visible, row), strict=True))
    named["look"] = heat_map.LOOKS[State(named["state"])]  # type: ignore[assignment]
    return named
