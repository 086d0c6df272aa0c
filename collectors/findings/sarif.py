"""Reads results in SARIF 2.1.0 (OASIS), the format of code and dependency scanners."""

from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

from collectors.errors import FileRefusedError
from collectors.findings.criteria import criteria
from collectors.findings.documents import Finding, json_of
from collectors.trail import Trail
from collectors.wire.fields import Item

_PASSING = {"pass", "notApplicable", "informational"}


def read(path: Path, trail: Trail) -> Iterator[Finding]:
    """Yield one finding for every result of every run in the file."""
    whole = json_of(path)
    version = whole.text("version")
    if not version.startswith("2.1"):
        raise FileRefusedError(f"{path.name} is SARIF {version}; this reads version 2.1.")
    for run in whole.members("runs"):
        driver = run.part("tool.driver")
        rules = [*driver.parts("rules")]
        known = {rule.text("id"): rule for rule in rules}
        ended = None
        for invocation in run.parts("invocations"):
            ended = invocation.maybe_moment("endTimeUtc") or ended
            if invocation.maybe_boolean("executionSuccessful") is False:
                trail.lacks(f"{driver.text('name')} says itself that it did not finish.")
        if run.value("results") is None:
            trail.lacks(
                f"{driver.text('name')} gives no results at all; an empty list would be one."
            )
        for result in run.parts("results"):
            rule = known.get(_rule_id(result, rules), Item({}, path.name))
            yield Finding(
                finding_id=_id(result),
                tool=driver.text("name"),
                rule=_rule_id(result, rules),
                title=result.maybe_text("message.text"),
                severity=_severity(result, rule),
                asset=_place(result),
                outcome=_outcome(result),
                criteria=criteria([*_tags(rule), *_tags(result)]),
                found_at=ended,
            )


def _rule_id(result: Item, rules: list[Item]) -> str:
    named = result.maybe_text("ruleId")
    if named is None and result.value("rule"):
        named = result.maybe_text("rule.id")
    index = result.maybe_integer("ruleIndex")
    if named is None and index is not None and 0 <= index < len(rules):
        named = rules[index].text("id")
    return named or "unnamed"


def _id(result: Item) -> str:
    """Return the scanner's own mark of a result, or one of what it says and where."""
    for name in ("guid", "correlationGuid"):
        if told := result.maybe_text(name):
            return told
    for name in ("fingerprints", "partialFingerprints"):
        marks = result.value(name)
        if isinstance(marks, dict) and marks:
            return str(marks[min(marks)])[:200]
    said = f"{result.maybe_text('ruleId')}\0{_place(result)}\0{result.maybe_text('message.text')}"
    return sha256(said.encode()).hexdigest()[:32]


def _severity(result: Item, rule: Item) -> str:
    properties = rule.part("properties") if rule.value("properties") else Item({}, rule.asked)
    configuration = rule.value("defaultConfiguration")
    usual = rule.maybe_text("defaultConfiguration.level") if configuration else None
    told = properties.value("security-severity")
    return f"score {told}" if told is not None else result.maybe_text("level") or usual or "warning"


def _outcome(result: Item) -> str:
    if list(result.parts("suppressions")):
        return "muted"
    return "passed" if (result.maybe_text("kind") or "fail") in _PASSING else "failed"


def _place(result: Item) -> str | None:
    for location in result.parts("locations"):
        if location.value("physicalLocation"):
            physical = location.part("physicalLocation")
            uri = physical.maybe_text("artifactLocation.uri")
            line = physical.maybe_integer("region.startLine") if physical.value("region") else None
            return f"{uri}:{line}" if line else uri
    return None


def _tags(told: Item) -> list[str]:
    properties = told.value("properties")
    if not isinstance(properties, dict):
        return []
    return [word.rpartition("/")[2] for word in Item(properties, told.asked).texts("tags")]
