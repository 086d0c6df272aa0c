"""Reads a whole catalogue folder and checks what one file alone cannot know.

A folder holds `frameworks/<slug>.yaml`, `mappings/<slug>.yaml`, `risks.yaml` and
`controls/<any name>.yaml`; a file that lies elsewhere is refused, because a control that nobody
loads would be missed too late. A slug is in small letters, digits and underscores, such as
`tsc_2017`. A file of mappings ties the controls to one more framework, the one of its name, so
that another standard is two new files and no edit of a control. `readiness/` and `traceability/`
hold what is said about the controls; `controls.readiness_file` and `controls.traceability` read it.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from controls.catalogue_file import (
    CheckEntry,
    ControlEntry,
    ControlFile,
    ExpectationEntry,
    FrameworkFile,
    MappingFile,
    RiskEntry,
    RiskFile,
)
from controls.check_query import QueryProver
from controls.errors import CatalogueError, CheckQueryError, Problem
from controls.file_shape import AnyFile, load
from controls.models import Control
from controls.readiness_file import Known
from controls.yaml_source import Place, Source

_SLUG = re.compile(r"[a-z][a-z0-9_]{0,59}")
_READ_ELSEWHERE = {"readiness", "traceability"}


@dataclass(frozen=True)
class PlacedControl:
    """A control with what its file says for all controls in it; `framework` is the default one."""

    area: Control.Area
    framework: str
    entry: ControlEntry

    def criterion(self, ref: str) -> str:
        """Return the full name of a criterion: tsc_2017/CC6.1."""
        return ref if "/" in ref else f"{self.framework}/{ref}"


@dataclass(frozen=True)
class PlacedMapping:
    """A tie that a file of mappings adds; `criterion` is its full name: pci_dss_4_0_1/8.4.2."""

    control: str
    criterion: str
    reason: str


@dataclass(frozen=True)
class Catalogue:
    """Everything that a folder says, free of contradictions."""

    frameworks: dict[str, FrameworkFile]
    risks: tuple[RiskEntry, ...]
    controls: tuple[PlacedControl, ...]
    mappings: tuple[PlacedMapping, ...] = ()

    @property
    def known(self) -> Known:
        """What the files of `readiness/` and `traceability/` may point to."""
        expectations = [entry for placed in self.controls for entry in placed.entry.expectations]
        return Known(
            controls=frozenset(placed.entry.ref for placed in self.controls),
            columns={entry.slug: frozenset(entry.columns) for entry in expectations},
            checks=frozenset(check.slug for entry in expectations for check in entry.checks),
            areas=frozenset(Control.Area.values),
        )


def read_folder(folder: Path) -> Catalogue:
    """Return the catalogue of a folder; raises CatalogueError with every fault that it has."""
    if not folder.is_dir():
        raise CatalogueError(Problem(str(folder), 0, "there is no such folder"))
    reading = _Reading()
    for path in sorted(folder.rglob("*")):
        if path.suffix.lower() in {".yaml", ".yml"}:
            _read_file(path, path.relative_to(folder), reading)
    if not reading.problems and not reading.controls:
        reading.problems.append(Problem(str(folder), 0, "there is no control in this folder"))
    if not reading.problems:
        with _proving() as prover:
            _Examination(reading, prover).run()
    if reading.problems:
        raise CatalogueError(*sorted(reading.problems))
    return Catalogue(
        {slug: file for slug, (file, _) in reading.frameworks.items()},
        tuple(risk for file, _ in reading.risks for risk in file.risks),
        tuple(
            PlacedControl(file.area, file.framework, entry)
            for file, _ in reading.controls
            for entry in file.controls
        ),
        tuple(
            PlacedMapping(control, f"{slug}/{entry.criterion}", reason)
            for slug, (file, _) in reading.mappings.items()
            for entry in file.mappings
            for control, reason in entry.controls.items()
        ),
    )


@dataclass
class _Reading:
    frameworks: dict[str, tuple[FrameworkFile, Source]] = field(default_factory=dict)
    risks: list[tuple[RiskFile, Source]] = field(default_factory=list)
    controls: list[tuple[ControlFile, Source]] = field(default_factory=list)
    mappings: dict[str, tuple[MappingFile, Source]] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)


def _read_file(path: Path, relative: Path, reading: _Reading) -> None:
    name = relative.as_posix()

    def add(shape: type[AnyFile], keep: Callable[[tuple[AnyFile, Source]], object]) -> None:
        try:
            keep(load(path, shape, name=name))
        except CatalogueError as error:
            reading.problems.extend(error.problems)

    folder = relative.parent.as_posix()
    named = path.suffix == ".yaml" and _SLUG.fullmatch(path.stem)
    if named and folder == "frameworks":
        add(FrameworkFile, lambda found: reading.frameworks.update({path.stem: found}))
    elif named and folder == "mappings":
        add(MappingFile, lambda found: reading.mappings.update({path.stem: found}))
    elif named and folder in _READ_ELSEWHERE:
        return
    elif path.suffix == ".yaml" and folder == "controls":
        add(ControlFile, reading.controls.append)
    elif name == "risks.yaml":
        add(RiskFile, reading.risks.append)
    else:
        reason = (
            "only frameworks/small_letters.yaml, mappings/small_letters.yaml, controls/*.yaml"
            " and risks.yaml are read"
        )
        reading.problems.append(Problem(name, 0, reason))


@contextmanager
def _proving() -> Iterator[QueryProver]:
    prover = QueryProver()
    try:
        yield prover
    finally:
        prover.close()


class _Examination:
    """Looks for what contradicts itself between entries and between files."""

    def __init__(self, reading: _Reading, prover: QueryProver) -> None:
        self._reading = reading
        self._prover = prover
        self._seen: dict[tuple[str, str], str] = {}
        self._criteria: set[str] = set()
        self._risks: set[str] = set()
        self._added: dict[str, set[str]] = {}

    def run(self) -> None:
        for slug, (framework, source) in self._reading.frameworks.items():
            self._framework(slug, framework, source)
        for risks, source in self._reading.risks:
            for position, risk in enumerate(risks.risks):
                self._once("risk", risk.ref, source, ("risks", position, "ref"))
                self._risks.add(risk.ref)
        self._mappings()
        for controls, source in self._reading.controls:
            if controls.framework not in self._reading.frameworks:
                self._note(source, ("framework",), f"there is no framework {controls.framework}")
                continue
            for position, entry in enumerate(controls.controls):
                placed = PlacedControl(controls.area, controls.framework, entry)
                self._control(placed, source, ("controls", position))

    def _note(self, source: Source, place: Place, reason: str) -> None:
        self._reading.problems.append(Problem(source.name, source.line(place), reason))

    def _once(self, kind: str, ref: str, source: Source, place: Place) -> None:
        first = self._seen.setdefault((kind, ref), f"{source.name}, line {source.line(place)}")
        if first != f"{source.name}, line {source.line(place)}":
            self._note(source, place, f"{kind} {ref} stands a second time; first in {first}")

    def _framework(self, slug: str, framework: FrameworkFile, source: Source) -> None:
        for position, criterion in enumerate(framework.criteria):
            place: Place = ("criteria", position)
            self._once("criterion", f"{slug}/{criterion.ref}", source, (*place, "ref"))
            self._criteria.add(f"{slug}/{criterion.ref}")
            if criterion.section not in framework.sections:
                self._note(source, (*place, "section"), f"there is no section {criterion.section}")

    def _mappings(self) -> None:
        """Look at the ties that files of mappings add, and keep them for the controls to come."""
        known = {entry.ref for file, _ in self._reading.controls for entry in file.controls}
        for slug, (file, source) in self._reading.mappings.items():
            if slug not in self._reading.frameworks:
                self._note(source, (), f"there is no framework {slug}, which this file is named by")
                continue
            for position, entry in enumerate(file.mappings):
                place: Place = ("mappings", position)
                name = f"{slug}/{entry.criterion}"
                self._once("mapping of", name, source, (*place, "criterion"))
                if name not in self._criteria:
                    self._note(source, (*place, "criterion"), f"there is no criterion {name}")
                for control in entry.controls:
                    if control not in known:
                        reason = f"there is no control {control}"
                        self._note(source, (*place, "controls", control), reason)
                    self._added.setdefault(control, set()).add(name)

    def _control(self, placed: PlacedControl, source: Source, place: Place) -> None:
        entry = placed.entry
        self._once("control", entry.ref, source, (*place, "ref"))
        for position, risk in enumerate(entry.risks):
            if risk not in self._risks:
                self._note(source, (*place, "risks", position), f"there is no risk {risk}")
        mapped: set[str] = set()
        for position, mapping in enumerate(entry.criteria):
            name = placed.criterion(mapping.criterion)
            spot = (*place, "criteria", position, "criterion")
            if name not in self._criteria:
                self._note(source, spot, f"there is no criterion {name}")
            elif name in mapped or name in self._added.get(entry.ref, ()):
                self._note(source, spot, f"{entry.ref} names criterion {name} a second time")
            mapped.add(name)
        mapped |= self._added.get(entry.ref, set())
        for position, expectation in enumerate(entry.expectations):
            spot = (*place, "expectations", position)
            self._expectation(expectation, source, spot)
            for number, check in enumerate(expectation.checks):
                at = (*spot, "checks", number)
                self._check(check, expectation, source, at)
                if check.criterion and placed.criterion(check.criterion) not in mapped:
                    reason = f"{entry.ref} is not mapped to criterion {check.criterion}"
                    self._note(source, (*at, "criterion"), reason)

    def _expectation(self, entry: ExpectationEntry, source: Source, place: Place) -> None:
        self._once("expectation", entry.slug, source, (*place, "slug"))
        for position, column in enumerate(entry.required_columns or ()):
            if column not in entry.columns:
                reason = f"the required column {column} is not among the columns"
                self._note(source, (*place, "required_columns", position), reason)
        if entry.checks and not entry.columns:
            self._note(source, (*place, "checks"), "checks need columns to be declared")
        if entry.active_from and entry.active_to and entry.active_to < entry.active_from:
            self._note(source, (*place, "active_to"), "active_to lies before active_from")

    def _check(
        self, check: CheckEntry, expectation: ExpectationEntry, source: Source, place: Place
    ) -> None:
        self._once("check", check.slug, source, (*place, "slug"))
        if not expectation.columns:
            return
        try:
            self._prover.prove(check.sql, expectation.columns)
        except CheckQueryError as error:
            self._note(source, (*place, "sql"), f"the query of {check.slug} fails: {error}")
