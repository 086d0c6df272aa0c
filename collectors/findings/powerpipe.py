"""Reads what Steampipe and Powerpipe write of a benchmark (`--output json`)."""

from collections.abc import Iterator
from pathlib import Path

from collectors.errors import FileRefusedError
from collectors.findings.criteria import criteria
from collectors.findings.documents import Finding, json_of
from collectors.trail import Trail
from collectors.wire.fields import Item

_OUTCOMES = {"ok": "passed", "alarm": "failed", "info": "passed", "skip": "skipped"}
_DEEPEST = 50


def read(path: Path, trail: Trail) -> Iterator[Finding]:
    """Yield one finding for every control and resource; an error is never a pass."""
    whole = json_of(path)
    if whole.value("groups") is None and whole.value("controls") is None:
        raise FileRefusedError(f"{path.name} holds neither groups nor controls of a benchmark.")
    yield from _group(whole, (), trail, depth=0)


def _group(group: Item, above: tuple[str, ...], trail: Trail, *, depth: int) -> Iterator[Finding]:
    if depth > _DEEPEST:
        raise FileRefusedError(f"{group.asked} nests its groups too deeply.")
    named = (*above, _last(group.maybe_text("group_id") or ""))
    for control in group.parts("controls"):
        yield from _control(control, named, trail)
    for below in group.parts("groups"):
        yield from _group(below, named, trail, depth=depth + 1)


def _control(control: Item, above: tuple[str, ...], trail: Trail) -> Iterator[Finding]:
    name = control.text("control_id")
    if control.maybe_text("run_error"):
        trail.lacks(f"{name} did not run to its end.")
    # A control may stand in several groups: the row names where it stood, and the resource.
    for number, result in enumerate(control.parts("results")):
        resource, state = result.maybe_text("resource"), result.text("status")
        yield Finding(
            finding_id=f"{above[-1]}/{_last(name)}/{resource or number}",
            tool="Powerpipe",
            rule=_last(name),
            title=result.maybe_text("reason"),
            severity=control.maybe_text("severity") or None,
            asset=resource,
            outcome=_OUTCOMES.get(state, state),
            criteria=criteria([*above, _last(name)]),
            found_at=None,
        )


def _last(name: str) -> str:
    """Return the last part of a name: soc_2_cc_6_1 of aws_compliance.benchmark.soc_2_cc_6_1."""
    return name.rpartition(".")[2]
