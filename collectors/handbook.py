"""Writes docs/collectors.md: what every collector asks, what it needs, and what it gives."""

from collections.abc import Iterator

from django.conf import settings

from collectors import registry
from collectors.base import AsksFor
from collectors.registry import Collector
from controls.catalogue_file import ExpectationEntry
from controls.catalogue_folder import read_folder

_ASKED = {
    AsksFor.MOMENT: "the day of the collection",
    AsksFor.CLOSED_WINDOW: "each window of its expectation's cadence, once it has ended",
    AsksFor.FILE: "the period that the file declares",
}
_HEAD = """# Collectors

Written by `manage.py describe_collectors`; do not edit. To add one, see
[Add a collector](how-to/add-a-collector.md).

A source that has a schedule and has not answered a day after it was due is silent: it is a task of
engineers until it answers, and each open engagement that expects something of it gets a finding.
"""


def page() -> str:
    """Return the page as Markdown."""
    known = [
        expectation
        for control in read_folder(settings.CATALOGUE_DIR).controls
        for expectation in control.entry.expectations
    ]
    sections = (_section(collector, known) for collector in registry.collectors().values())
    return "\n".join([_HEAD, *sections])


def fed(collector: Collector, known: list[ExpectationEntry]) -> list[ExpectationEntry]:
    """Return the expectations of the catalogue that the collector's rows can meet as they come."""
    given = {column.name: column.type for column in collector.columns}
    return [
        each
        for each in known
        if each.columns
        and each.kind.value == collector.declared.kind.value
        and each.evidence_type == collector.declared.evidence_type
        and each.collector in {"", collector.slug}
        and each.columns.items() <= given.items()
    ]


def _section(collector: Collector, known: list[ExpectationEntry]) -> str:
    lines = [*_lines(collector), *_fed(collector, known), ""]
    return "\n".join([f"## {collector.slug}: {collector.declared.title}", "", *lines])


def _fed(collector: Collector, known: list[ExpectationEntry]) -> Iterator[str]:
    for each in fed(collector, known):
        checks = ", ".join(f"`{check.slug}`" for check in each.checks)
        yield f"- Feeds `{each.slug}` and its checks: {checks}"


def _lines(collector: Collector) -> Iterator[str]:
    declared = collector.declared
    yield declared.asks
    yield ""
    yield f"- About: {_ASKED[declared.asks_for]}"
    yield f"- Complete because: {declared.completeness}"
    yield f"- Least privilege: {declared.permission}"
    if declared.secrets:
        dropped = ", ".join(f"`{name}`" for name in declared.secrets)
        yield f"- Dropped before anything is kept: {dropped}"
    if declared.schedule:
        yield f"- Suggested schedule: `{declared.schedule}`"
    if collector.columns:
        columns = ", ".join(f"`{column.name}` {column.type}" for column in collector.columns)
        yield f"- Columns: {columns}"
    for name, field in collector.settings.model_fields.items():
        marks = ["required"] if field.is_required() else []
        marks += ["sealed at rest"] if name in collector.secret_fields else []
        mark = f" ({', '.join(marks)})" if marks else ""
        yield f"- Setting `{name}`{mark}: {field.description}"
