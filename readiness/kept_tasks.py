"""Keeps tasks that rest on leaves until the log grows or the day ends, as coverage is kept.

What `audits.summary.known` names decides all of them. Nothing depends on what is kept: where it is
gone they are computed anew.
"""

import json
from collections.abc import Callable, Iterable
from dataclasses import fields
from datetime import date
from typing import Any

from django.core.cache import cache

from audits import summary
from readiness.task import Task

_KEPT_SECONDS = 24 * 3600
_NAMES = [field.name for field in fields(Task)]


def kept(shelf: str, compute: Callable[[], Iterable[Task]]) -> list[Task]:
    """Return some tasks, computed where nothing was kept under this name since the log grew."""
    key = f"readiness.tasks/2:{shelf}:{summary.known()}"
    told: str | None = cache.get(key)
    if told is not None:
        return [_read(row) for row in json.loads(told)]
    found = list(compute())
    cache.set(key, json.dumps([_row(task) for task in found]), _KEPT_SECONDS)
    return found


def _row(task: Task) -> list[Any]:
    due = task.due.isoformat() if task.due else None
    return [due if name == "due" else getattr(task, name) for name in _NAMES]


def _read(row: list[Any]) -> Task:
    told = dict(zip(_NAMES, row, strict=True))
    told["args"] = tuple(told["args"])
    told["due"] = date.fromisoformat(told["due"]) if told["due"] else None
    return Task(**told)
