"""The catalogue as flat rows, from the files and from the database alike, so that they compare.

A row is named by its kind and its key; its values are JSON and name other rows by their keys.
"""

from collections.abc import Mapping
from hashlib import sha256
from typing import Any

import rfc8785

from controls.catalogue_file import CheckEntry, ExpectationEntry
from controls.catalogue_folder import Catalogue, PlacedControl
from controls.models import (
    Check,
    Control,
    ControlMapping,
    Criterion,
    Expectation,
    Framework,
    Risk,
)

Values = Mapping[str, Any]
Rows = dict[tuple[str, str], Values]
"""Kind and key to values, in the order in which they can be written."""


def digest(values: object) -> str:
    """Return the SHA-256 of values as canonical JSON (RFC 8785), in hexadecimal."""
    return sha256(rfc8785.dumps(values)).hexdigest()  # type: ignore[arg-type]


def wanted(catalogue: Catalogue) -> Rows:
    """Return what the files say."""
    rows: Rows = {}
    for slug, framework in catalogue.frameworks.items():
        rows["framework", slug] = {"title": framework.title, "version": framework.version}
        for position, criterion in enumerate(framework.criteria):
            section = framework.sections[criterion.section]
            rows["criterion", f"{slug}/{criterion.ref}"] = {
                "section": criterion.section,
                "section_title": section.title,
                "category": section.category,
                "title": criterion.title,
                "position": position,
            }
    for risk in catalogue.risks:
        rows["risk", risk.ref] = {"title": risk.title, "area": str(risk.area)}
    for control in catalogue.controls:
        _add_control(control, rows)
    for mapping in catalogue.mappings:
        key = f"{mapping.control} {mapping.criterion}"
        rows["mapping", key] = {"reason": mapping.reason}
    return rows


def _add_control(placed: PlacedControl, rows: Rows) -> None:
    entry = placed.entry
    rows["control", entry.ref] = {
        "title": entry.title,
        "area": str(placed.area),
        "owner_role": str(entry.owner_role),
        "nature": str(entry.nature),
        "risks": sorted(set(entry.risks)),
    }
    for mapping in entry.criteria:
        key = f"{entry.ref} {placed.criterion(mapping.criterion)}"
        rows["mapping", key] = {"reason": mapping.reason}
    for expectation in entry.expectations:
        rows["expectation", expectation.slug] = _expectation(expectation, placed)
        for check in expectation.checks:
            rows["check", check.slug] = _check(check, expectation, placed)


def _expectation(entry: ExpectationEntry, placed: PlacedControl) -> Values:
    required = entry.columns if entry.required_columns is None else entry.required_columns
    return {
        "control": placed.entry.ref,
        "title": entry.title,
        "guidance": entry.guidance,
        "evidence_type": str(entry.evidence_type),
        "kind": str(entry.kind),
        "cadence": str(entry.cadence),
        "days_allowed": entry.days_allowed,
        "lag_days": entry.lag_days,
        "collector": entry.collector,
        "columns": [{"name": name, "type": kind} for name, kind in entry.columns.items()],
        "required_columns": list(required),
        "owner_role": str(entry.owner_role or placed.entry.owner_role),
        "active_from": (entry.active_from or placed.entry.effective_from).isoformat(),
        "active_to": entry.active_to.isoformat() if entry.active_to else None,
    }


def _check(entry: CheckEntry, expectation: ExpectationEntry, placed: PlacedControl) -> Values:
    return {
        "expectation": expectation.slug,
        "title": entry.title,
        "sql": entry.sql,
        "threshold": entry.threshold,
        "criterion": placed.criterion(entry.criterion) if entry.criterion else None,
        "digest": digest({"slug": entry.slug, "sql": entry.sql, "threshold": entry.threshold}),
    }


def stored() -> Rows:
    """Return what the database says."""
    rows: Rows = {}
    for framework in Framework.objects.all():
        rows["framework", framework.slug] = _fields(framework, "title", "version")
    for criterion in Criterion.objects.select_related("framework"):
        rows["criterion", _name(criterion)] = _fields(
            criterion, "section", "section_title", "category", "title", "position"
        )
    for risk in Risk.objects.all():
        rows["risk", risk.ref] = _fields(risk, "title", "area")
    for control in Control.objects.prefetch_related("risks"):
        rows["control", control.ref] = {
            **_fields(control, "title", "area", "owner_role", "nature"),
            "risks": sorted(risk.ref for risk in control.risks.all()),
        }
    for mapping in ControlMapping.objects.select_related("control", "criterion__framework"):
        key = f"{mapping.control.ref} {_name(mapping.criterion)}"
        rows["mapping", key] = {"reason": mapping.reason}
    for expectation in Expectation.objects.select_related("control"):
        rows["expectation", expectation.slug] = _stored_expectation(expectation)
    for check in Check.objects.select_related("expectation", "criterion__framework"):
        rows["check", check.slug] = {
            **_fields(check, "title", "sql", "threshold", "digest"),
            "expectation": check.expectation.slug,
            "criterion": _name(check.criterion) if check.criterion else None,
        }
    return rows


def _stored_expectation(expectation: Expectation) -> Values:
    return {
        "control": expectation.control.ref,
        **_fields(expectation, "title", "guidance", "evidence_type", "kind", "cadence"),
        **_fields(expectation, "days_allowed", "lag_days", "collector"),
        **_fields(expectation, "columns", "required_columns"),
        "owner_role": expectation.owner_role,
        "active_from": expectation.active_from.isoformat(),
        "active_to": expectation.active_to.isoformat() if expectation.active_to else None,
    }


def _fields(row: object, *names: str) -> dict[str, Any]:
    return {name: getattr(row, name) for name in names}


def _name(criterion: Criterion) -> str:
    return f"{criterion.framework.slug}/{criterion.ref}"
