"""A small world for tests of collectors: a collector made for one test, and a source of it."""

import json
from collections.abc import Callable, Iterable
from dataclasses import replace
from itertools import count
from types import ModuleType
from typing import Any

import pytest
from pydantic import Field, SecretStr

from collectors import connections, registry
from collectors.base import Answer, Ask, AsksFor, Declaration, Row, SourceSettings
from collectors.connections import Wishes
from collectors.models import Run, Source
from collectors.run import perform
from controls.models import Area, Expectation
from evidence import store
from evidence.models import Evidence

BY = "user:1"
_numbers = count(1)

DECLARED = Declaration(
    title="Doors of the house",
    asks="Which doors are there, and which are locked?",
    kind=Evidence.Kind.STATE,
    asks_for=AsksFor.MOMENT,
    evidence_type="population_export",
    area=Area.ACCESS_CONTROL,
    columns={"door": "text", "locked": "boolean"},
    completeness="All doors, counted twice.",
    permission="May look.",
    schedule="30 2 * * *",
)
DOORS: list[Row] = [("front", True), ("back", False)]


class Settings(SourceSettings):
    house: str = Field(default="ours", title="House", description="Which house to look at.")
    token: SecretStr | None = Field(default=None, title="Key", description="Opens the gate.")


Collect = Callable[[Ask[Any]], Answer]


def answer(rows: Iterable[Row] = DOORS, **changes: Any) -> Answer:
    """A good answer but for the changes."""
    return replace(Answer(rows=rows, source_system="the house", query="look at all"), **changes)


def counted(ask: Ask[Any]) -> Answer:
    """What a good collector does."""
    ask.trail.source_count = 2
    return answer()


def install(
    patch: pytest.MonkeyPatch, collect: Collect = counted, *, slug: str = "doors", **declared: Any
) -> str:
    """Let a collector be there for one test, beside those that are always there."""
    module = ModuleType(f"tests.{slug}")
    module.__file__ = __file__
    module.COLLECTOR = replace(DECLARED, **declared)  # type: ignore[attr-defined]
    module.Settings = Settings  # type: ignore[attr-defined]
    module.collect = collect  # type: ignore[attr-defined]
    made = registry.inspect_module(slug, module, version="1.2")
    known = {**registry.collectors(), slug: made}
    patch.setattr(registry, "collectors", lambda: known)
    return slug


def source(
    collector: str = "doors", *, expectations: Iterable[Expectation] = (), **wishes: Any
) -> Source:
    """A connected source."""
    slug = f"{collector}-{next(_numbers)}"
    wished = Wishes(**{"title": "Our doors", "expectations": expectations, **wishes})
    return connections.connect(collector, slug=slug, wishes=wished, by=BY)


def collect(source: Source, **options: Any) -> Run:
    """Ask a source as a worker would."""
    return perform(source, **{"period": None, "key": "ticket-1", **options})


def failing(*errors: Exception) -> Collect:
    """A collector that fails with each error in turn, and then answers."""
    left = list(errors)

    def fail(ask: Ask[Any]) -> Answer:
        if left:
            raise left.pop(0)
        return counted(ask)

    return fail


def leaf(run: Run) -> dict[str, Any]:
    """What the ledger says of a run."""
    body: dict[str, Any] = json.loads(run.ledger_entry.leaf)["body"]
    return body


def text(evidence: Evidence) -> str:
    """The stored content of an item."""
    return b"".join(store.stream(evidence.blob_id)).decode()
