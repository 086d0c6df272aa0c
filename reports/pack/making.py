"""How an item was made, in the index: what AT-C 205.36 asks of what an entity produces."""

import json
from datetime import datetime
from typing import Any

from evidence.handling import told
from evidence.methods import method_of
from reports.pack.contents import Packed
from reports.pack.workbook import Cell, Column

COLUMNS = (
    Column("Collection method", 20),
    Column("Run by", 22),
    Column("Parameters", 30, wraps=True),
    Column("Clock of the source (UTC)", 19),
    Column("Seen at the export", 30, wraps=True),
    Column("Steps after the export", 40, wraps=True),
)


def cells(packed: Packed) -> list[Cell]:
    """Return the cells of an item in the order of these columns."""
    said, leaf = packed.metadata, packed.leaves[0]
    ipe: dict[str, Any] = said.get("population", {}).get("ipe", {})
    handling = said.get("handling")
    seen = (handling or {}).get("observation") or {}
    method = method_of(
        actor=leaf.said["actor"],
        run=leaf.body["run"],
        collector=ipe.get("collector", ""),
        was_observed=bool(seen),
    )
    clock, parameters = ipe.get("source_clock"), ipe.get("parameters")
    return [
        method,
        ipe.get("runner") or seen.get("ran_by"),
        json.dumps(parameters, ensure_ascii=False, sort_keys=True) if parameters else None,
        datetime.fromisoformat(clock) if clock else None,
        *told(handling),
    ]
