"""What the leaves of runs tell about their rows."""

from accounts.journal import digest
from collectors.models import Run
from evidence import ledger
from evidence.told import Told, tell

tell(
    Told(
        Run,
        ("run",),
        lambda rows, _: {
            "source": rows[0].source.slug,
            "attempt": rows[0].attempt,
            "state": rows[0].state,
            "rows": rows[0].rows,
            "period_from": rows[0].period_from.isoformat() if rows[0].period_from else None,
            "period_to": rows[0].period_to.isoformat() if rows[0].period_to else None,
            "evidence": rows[0].evidence.ref if rows[0].evidence else None,
            "reason_sha256": digest(rows[0].reason) if rows[0].reason else None,
            "started_at": ledger.stamp(rows[0].started_at),
            "finished_at": ledger.stamp(rows[0].finished_at),
        },
        subject=lambda rows: str(rows[0].ref),
        along=("source", "evidence"),
    )
)
