"""Reads OSCAL assessment results (NIST), JSON, as assessors and other tools hand them over."""

from collections.abc import Iterator
from pathlib import Path

from collectors.findings.criteria import criteria
from collectors.findings.documents import Finding, json_of
from collectors.trail import Trail

_OUTCOMES = {"satisfied": "passed", "not-satisfied": "failed"}


def read(path: Path, trail: Trail) -> Iterator[Finding]:  # noqa: ARG001  # the formats are alike
    """Yield one finding for every finding of every result in the file."""
    whole = json_of(path).part("assessment-results")
    title = whole.text("metadata.title")
    for result in whole.members("results"):
        when = result.maybe_moment("end") or result.moment("start")
        for found in result.parts("findings"):
            target = found.text("target.target-id")
            state = found.text("target.status.state")
            # An objective is named after its control: cc6.1_obj.
            yield Finding(
                finding_id=found.text("uuid"),
                tool=title,
                rule=target,
                title=found.maybe_text("title"),
                severity=None,
                asset=result.maybe_text("title"),
                outcome=_OUTCOMES.get(state, state),
                criteria=criteria([target, target.partition("_obj")[0].partition("_smt")[0]]),
                found_at=when,
            )
