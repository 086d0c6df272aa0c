"""Writes the flat rows of a catalogue into the database, rows that are new many at a time.

A first load brings more than a thousand rows at the start of an installation, where somebody waits.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from typing import Any

from controls.catalogue_rows import Values
from controls.models import (
    Check,
    Control,
    ControlMapping,
    Criterion,
    Expectation,
    Framework,
    Risk,
)

Row = tuple[str, Values]


def add(kind: str, rows: Iterable[Row]) -> None:
    """Insert rows of one kind by their keys; rows that they name must be there."""
    _ADDERS[kind]([(key, dict(values)) for key, values in rows])


def change(kind: str, key: str, values: Values) -> None:
    """Update one row that is there."""
    _CHANGERS[kind](key, dict(values))


def remove_mapping(key: str) -> None:
    """Take away the tie between a control and a criterion."""
    _mapping(key).delete()


KINDS = ("framework", "criterion", "risk", "control", "mapping", "expectation", "check")
"""The kinds in the order in which they can be written: each names only kinds before it."""


def _add_frameworks(rows: list[tuple[str, dict[str, Any]]]) -> None:
    Framework.objects.bulk_create([Framework(slug=key, **values) for key, values in rows])


def _add_criteria(rows: list[tuple[str, dict[str, Any]]]) -> None:
    frameworks = {row.slug: row for row in Framework.objects.all()}
    Criterion.objects.bulk_create(
        [
            Criterion(framework=frameworks[slug], ref=ref, **values)
            for key, values in rows
            for slug, _, ref in [key.partition("/")]
        ]
    )


def _add_risks(rows: list[tuple[str, dict[str, Any]]]) -> None:
    Risk.objects.bulk_create([Risk(ref=key, **values) for key, values in rows])


def _add_controls(rows: list[tuple[str, dict[str, Any]]]) -> None:
    named = {key: values.pop("risks") for key, values in rows}
    Control.objects.bulk_create([Control(ref=key, **values) for key, values in rows])
    controls, risks = _controls(), {row.ref: row for row in Risk.objects.all()}
    tie: Any = Control.risks.through
    tie.objects.bulk_create(
        [
            tie(control_id=controls[key].pk, risk_id=risks[ref].pk)
            for key, refs in named.items()
            for ref in refs
        ]
    )


def _add_mappings(rows: list[tuple[str, dict[str, Any]]]) -> None:
    controls, criteria = _controls(), _criteria()
    ControlMapping.objects.bulk_create(
        [
            ControlMapping(control=controls[ref], criterion=criteria[name], **values)
            for key, values in rows
            for ref, _, name in [key.partition(" ")]
        ]
    )


def _add_expectations(rows: list[tuple[str, dict[str, Any]]]) -> None:
    controls = _controls()
    Expectation.objects.bulk_create(
        [Expectation(slug=key, **_expectation(values, controls)) for key, values in rows]
    )


def _add_checks(rows: list[tuple[str, dict[str, Any]]]) -> None:
    expectations = {row.slug: row for row in Expectation.objects.all()}
    criteria = _criteria()
    for _, values in rows:
        values["expectation"] = expectations[values["expectation"]]
        values["criterion"] = criteria[values["criterion"]] if values["criterion"] else None
    Check.objects.bulk_create([Check(slug=key, **values) for key, values in rows])


def _change_framework(key: str, values: dict[str, Any]) -> None:
    Framework.objects.filter(slug=key).update(**values)


def _change_criterion(key: str, values: dict[str, Any]) -> None:
    slug, _, ref = key.partition("/")
    Criterion.objects.filter(framework__slug=slug, ref=ref).update(**values)


def _change_risk(key: str, values: dict[str, Any]) -> None:
    Risk.objects.filter(ref=key).update(**values)


def _change_control(key: str, values: dict[str, Any]) -> None:
    risks = Risk.objects.filter(ref__in=values.pop("risks"))
    Control.objects.filter(ref=key).update(**values)
    Control.objects.get(ref=key).risks.set(risks)


def _change_mapping(key: str, values: dict[str, Any]) -> None:
    ControlMapping.objects.filter(pk=_mapping(key).pk).update(**values)


def _change_expectation(key: str, values: dict[str, Any]) -> None:
    Expectation.objects.filter(slug=key).update(**_expectation(values, _controls()))


def _change_check(key: str, values: dict[str, Any]) -> None:
    values["expectation"] = Expectation.objects.get(slug=values["expectation"])
    values["criterion"] = _criteria()[values["criterion"]] if values["criterion"] else None
    Check.objects.filter(slug=key).update(**values)


def _expectation(values: dict[str, Any], controls: Mapping[str, Control]) -> dict[str, Any]:
    days = {
        name: date.fromisoformat(values[name]) if values[name] else None
        for name in ("active_from", "active_to")
    }
    return values | days | {"control": controls[values["control"]]}


def _controls() -> dict[str, Control]:
    return {row.ref: row for row in Control.objects.all()}


def _criteria() -> dict[str, Criterion]:
    rows = Criterion.objects.select_related("framework")
    return {f"{row.framework.slug}/{row.ref}": row for row in rows}


def _mapping(key: str) -> ControlMapping:
    control, _, criterion = key.partition(" ")
    slug, _, ref = criterion.partition("/")
    return ControlMapping.objects.get(
        control__ref=control, criterion__framework__slug=slug, criterion__ref=ref
    )


_ADDERS: dict[str, Callable[[list[tuple[str, dict[str, Any]]]], None]] = {
    "framework": _add_frameworks,
    "criterion": _add_criteria,
    "risk": _add_risks,
    "control": _add_controls,
    "mapping": _add_mappings,
    "expectation": _add_expectations,
    "check": _add_checks,
}
_CHANGERS: dict[str, Callable[[str, dict[str, Any]], None]] = {
    "framework": _change_framework,
    "criterion": _change_criterion,
    "risk": _change_risk,
    "control": _change_control,
    "mapping": _change_mapping,
    "expectation": _change_expectation,
    "check": _change_check,
}
