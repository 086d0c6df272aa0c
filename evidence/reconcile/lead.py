"""Leaves out what stands in files that a run reads for the other halves of pairs alone.

A run looks at a window of days. What stands first in it belongs to something that lies before: the
settlement of the window's first day to the sale of the day before. So a run reads earlier files
too, and whatever of them found no other half was told by the runs of its own time.
"""

from collections.abc import Sequence

from evidence.reconcile.engine import Engine

_OPEN = "c.class IN ('break', 'not_due', 'quarantined')"


def leave_out(engine: Engine, files: Sequence[int]) -> None:
    """Class as out of scope what stands alone in files of these numbers.

    A break stays one where another of its items stands in a file of the window.
    """
    if not files:
        return
    leads_in = f"i.file IN ({', '.join(map(str, files))})"
    engine.keep(
        "joint",
        "SELECT DISTINCT c.comparison, c.pass, c.reason, c.grp FROM classed c"
        f" JOIN item i ON i.id = c.id WHERE {_OPEN} AND c.grp IS NOT NULL"
        f" AND c.reason <> 'duplicate' AND NOT {leads_in}",
    )
    gone = f"({leads_in} AND {_OPEN} AND j.grp IS NULL)"
    kept = ", ".join(
        f"CASE WHEN {gone} THEN NULL ELSE c.{name} END AS {name}"
        for name in ("reason", "pass", "grp", "diff", "due_on")
    )
    engine.keep(
        "classed",
        f"SELECT c.comparison, c.side, c.id,"
        f" CASE WHEN {gone} THEN 'out_of_scope' ELSE c.class END AS class, {kept}"
        " FROM classed c JOIN item i ON i.id = c.id LEFT JOIN joint j"
        " ON j.comparison = c.comparison AND j.pass = c.pass AND j.reason = c.reason"
        " AND j.grp = c.grp",
    )
