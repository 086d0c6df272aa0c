"""Reads test reports in the form of JUnit, which every test runner writes (XML)."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from xml.etree.ElementTree import Element  # parsed by defusedxml only

from collectors.errors import FileRefusedError
from collectors.findings.criteria import criteria
from collectors.findings.documents import Finding, xml_of
from collectors.trail import Trail

_OUTCOMES = {"failure": "failed", "error": "failed", "skipped": "skipped"}
_NAMES = {"criterion", "criteria", "tsc", "soc2"}


def read(path: Path, trail: Trail) -> Iterator[Finding]:
    """Yield one finding for every test case; the suites count their cases themselves."""
    root = xml_of(path)
    if root.tag not in {"testsuites", "testsuite"}:
        raise FileRefusedError(f"{path.name} holds no test suites.")
    counted = 0
    for suite in root.iter("testsuite"):
        cases = suite.findall("testcase")
        told = suite.get("tests", "")
        # A suite around others counts theirs too, so only those with cases of their own are asked.
        if cases and not suite.findall("testsuite"):
            counted += int(told) if told.isdecimal() else len(cases)
        else:
            counted += len(cases)
        for case in cases:
            yield _finding(suite, case)
    trail.source_count = counted


def _finding(suite: Element, case: Element) -> Finding:
    marks = [child for child in case if child.tag in _OUTCOMES]
    outcome = _OUTCOMES[marks[0].tag] if marks else "passed"
    name = case.get("name", "")
    return Finding(
        finding_id=f"{case.get('classname', suite.get('name', ''))}.{name}",
        tool=suite.get("name") or "tests",
        rule=name,
        title=(marks[0].get("message") or marks[0].tag)[:1000] if marks else None,
        severity=None,
        asset=suite.get("hostname"),
        outcome=outcome,
        criteria=criteria([*_named(suite), *_named(case)]),
        found_at=_moment(suite.get("timestamp")),
    )


def _named(told: Element) -> Iterator[str]:
    for each in told.findall("properties/property"):
        if each.get("name", "").lower() in _NAMES:
            yield from (each.get("value") or "").replace(";", ",").split(",")


def _moment(told: str | None) -> datetime | None:
    try:
        moment = datetime.fromisoformat(told or "")
    except ValueError:
        return None
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
