"""Looks into one file and into all that is packed within it, as deep as a budget allows.

Rules:
- Every file is read as it is, whatever else can be done with it; then as what its first bytes say
  that it is. Its name says nothing: names can be wrong.
- What cannot be opened is a finding too: nobody knows what it holds.
- A number that was told by its clear place is not told again by a raw one.
"""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO, cast

from django.conf import settings

from evidence.screening import formats, text
from evidence.screening.budget import Budget, Pace, Unpacked, UnreadableError
from evidence.screening.finding import Finding, Hit, Sort
from evidence.screening.places import named

MOST = 20
_HEAD = 4096
_IN_MEMORY = 4 * 1024**2
_BLOCK = 256 * 1024


class Look:
    """Gathers what is found in one file; formats hand it texts and files that lie within."""

    def __init__(self, *, most: int = MOST, budget: Budget | None = None) -> None:
        self.findings: list[Finding] = []
        self._most = most
        self._given = budget
        self._values: set[bytes] = set()
        self._is_echo = False

    @property
    def budget(self) -> Budget:
        """The budget of this look; its clock starts with the first packed file."""
        if self._given is None:
            self._given = Budget()
        return self._given

    @property
    def is_full(self) -> bool:
        return len(self.findings) >= self._most

    def file(self, source: BinaryIO, place: str = "", depth: int = 0) -> None:
        """Look into a seekable file that lies at a place, from where it stands."""
        start = source.tell()
        head = source.read(_HEAD)
        source.seek(start)
        form = formats.of(head)
        if form:
            if depth:
                self.budget.enter(depth)
            try:
                form.look(source, self, place, depth)
            except UnreadableError as error:
                self.lacks(place, str(error))
            source.seek(start)
        if form is None:
            self.text(source, place)
        elif form.READS_AS_IT_IS:
            with self.echoing():
                self.text(source, place, lines=False)

    def packed(
        self, source: BinaryIO, place: str, depth: int, *, packed: int | None = None
    ) -> None:
        """Look into a file that is being unpacked: it is kept aside, so that it can be sought."""
        self.budget.enter(depth)
        stream = Unpacked(source, self.budget, packed=packed)
        with tempfile.SpooledTemporaryFile(_IN_MEMORY, dir=str(settings.SCRATCH_DIR)) as aside:
            while piece := stream.read(_BLOCK):
                aside.write(piece)
            aside.seek(0)
            self.file(cast("BinaryIO", aside), place, depth)

    def text(self, source: BinaryIO, place: str = "", *, lines: bool = True) -> None:
        """Look into plain text, or into bytes as they are; without `lines` none are counted."""
        try:
            for hit, line in text.hits(source, pace=Pace()):
                if self.is_full:
                    return
                self.hit(hit, place, line if lines else 0)
        except UnreadableError as error:
            self.lacks(place, str(error))

    @contextmanager
    def echoing(self) -> Iterator[None]:
        """Tell inside only of values that were not told before: the same bytes come again."""
        before, self._is_echo = self._is_echo, True
        try:
            yield
        finally:
            self._is_echo = before

    def hit(self, hit: Hit, place: str, line: int) -> None:
        """Keep one hit, unless this part has told it already."""
        if hit.spread:
            place, line = ", ".join(part for part in (place, named(hit.spread)) if part), 0
        if self._is_echo and hit.value in self._values:
            return
        self._values.add(hit.value)
        finding = Finding(hit.what, line, place, hit.sort, hit.value)
        if finding not in self.findings:
            self.findings.append(finding)

    def lacks(self, place: str, reason: str) -> None:
        """Say that something could not be looked into."""
        what = f"could not be looked into: {reason}"
        self.findings.append(Finding(what, 0, place, Sort.UNREADABLE))


def ordered(findings: list[Finding]) -> Iterator[Finding]:
    """Yield findings as they stand in the file: those of one part by their lines."""
    order = {place: number for number, place in enumerate(dict.fromkeys(f.place for f in findings))}
    yield from sorted(findings, key=lambda one: (order[one.place], one.line))
