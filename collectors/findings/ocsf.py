"""Reads findings in the Open Cybersecurity Schema Framework, as Prowler writes them (JSON)."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from collectors.findings.criteria import criteria
from collectors.findings.documents import Finding, json_lines
from collectors.trail import Trail
from collectors.wire.fields import Item

_OUTCOMES = {"PASS": "passed", "FAIL": "failed", "MANUAL": "by hand", "MUTED": "muted"}


def read(path: Path, trail: Trail) -> Iterator[Finding]:  # noqa: ARG001  # the formats are alike
    """Yield one finding for every check and resource."""
    for told in json_lines(path):
        product = told.part("metadata.product")
        code = told.text("status_code")
        yield Finding(
            finding_id=told.text("finding_info.uid"),
            tool=" ".join(
                part for part in (product.text("name"), product.maybe_text("version")) if part
            ),
            rule=told.text("metadata.event_code"),
            title=told.maybe_text("finding_info.title"),
            severity=told.maybe_text("severity"),
            asset=_asset(told),
            outcome=_OUTCOMES.get(code.upper(), code.lower()),
            criteria=criteria(_named(told)),
            found_at=_moment(told),
        )


def _asset(told: Item) -> str | None:
    named = [each.maybe_text("uid") or each.maybe_text("name") for each in told.parts("resources")]
    return "; ".join(name for name in named if name) or None


def _named(told: Item) -> Iterator[str]:
    """Yield what the finding names of SOC 2, whatever year its framework is named by."""
    compliance = told.value("unmapped.compliance") if told.value("unmapped") else None
    if isinstance(compliance, dict):
        for framework, ids in compliance.items():
            if "soc" in framework.lower() and isinstance(ids, list):
                yield from (each for each in ids if isinstance(each, str))


def _moment(told: Item) -> datetime | None:
    written = told.maybe_moment("time_dt") or told.maybe_moment("finding_info.created_time_dt")
    if written:
        return written
    seconds = told.maybe_integer("time")
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)
