"""Finds detectors: one module in readiness/detectors/ each; the name of its module is its name."""

import functools
import importlib
import pkgutil
from collections.abc import Callable, Mapping

from controls.readiness_file import Entry
from readiness import detectors as shelf
from readiness.detection import Judgement
from readiness.errors import DetectorError
from readiness.facts import Facts

Detector = Callable[[Entry, Facts], Judgement]


@functools.cache
def detectors() -> Mapping[str, Detector]:
    """Return the rule of each detector by its name; DetectorError."""
    found: dict[str, Detector] = {}
    for module in sorted(pkgutil.iter_modules(shelf.__path__), key=lambda each: each.name):
        rule = getattr(importlib.import_module(f"{shelf.__name__}.{module.name}"), "judge", None)
        if not callable(rule):
            raise DetectorError(f"readiness/detectors/{module.name}.py has no function judge.")
        found[module.name] = rule
    return found


def judged(entry: Entry, facts: Facts) -> Judgement:
    """Return what the detector of an entry says."""
    return detectors()[entry.detector](entry, facts)
