"""P7: says of everything that no pass matched why, by one reason code each.

Rules, in their order:
- The same key on both sides explains the difference: currency, then amount, then status; another
  kind is unknown. Groups with one key differ by their sum. A pending item is not due until its day.
- What failed or was voided and stands alone moved no money: out of scope.
- A copy of another item under a new id is a duplicate.
- Before its due day an item without counterpart is not due, which is no break.
- Refunds and chargebacks without their original, returns, reserves and adjustments have codes of
  their own; then a line of the bank is unexpected, and everything else overdue, at last missing.
"""

from datetime import date

from evidence.reconcile.engine import Engine
from evidence.reconcile.passes import measured, within
from evidence.reconcile.rules import Comparison, Leg, Pass, Role
from evidence.reconcile.tables import Place, quoted

MISSING = {
    Role.PLATFORM: "missing_in_platform",
    Role.WEBHOOK: "missing_in_platform",
    Role.PROCESSOR: "missing_in_processor",
    Role.NETWORK: "missing_in_processor",
    Role.LEDGER: "missing_in_ledger",
    Role.BANK: "missing_in_bank",
}
_OWN_CODE = """
    WHEN kind = 'refund' AND is_orphan THEN 'orphan_refund'
    WHEN kind IN ('chargeback', 'chargeback_reversal') AND is_orphan THEN 'orphan_chargeback'
    WHEN kind = 'return' THEN 'return_unposted'
    WHEN kind IN ('reserve_hold', 'reserve_release') THEN 'reserve'
    WHEN kind = 'adjustment' THEN 'manual_adjustment'
    WHEN kind = 'other' THEN 'unknown'
"""


def explain(engine: Engine, comparison: Comparison, left: Place, right: Place, as_of: date) -> None:
    """Class pairs and groups that share a key and still differ."""
    for entry in comparison.passes:
        if entry.id in {"P1", "P2"}:
            _explain_pairs(engine, entry, left, right, as_of, same_kind=True)
            _explain_pairs(engine, entry, left, right, as_of, same_kind=False)
        elif entry.id in {"P3", "P4"}:
            _explain_groups(engine, entry, left, right, as_of)


def _explain_pairs(
    engine: Engine, entry: Pass, left: Place, right: Place, as_of: date, *, same_kind: bool
) -> None:
    kind = ", l.kind" if same_kind else ""
    condition = " AND l.kind = r.kind" if same_kind else ""
    engine.keep(
        "pair",
        f"SELECT l.{entry.left} AS grp, min(l.id) AS l, min(r.id) AS r,"
        " min(CASE WHEN l.kind <> r.kind THEN 'unknown'"
        " WHEN l.currency <> r.currency THEN 'currency'"
        " WHEN l.amount <> r.amount THEN 'amount' ELSE 'status' END) AS reason,"
        " max(CASE WHEN 'pending' IN (l.status, r.status) AND l.amount = r.amount"
        f" AND l.currency = r.currency AND l.kind = r.kind AND l.status <> r.status"
        f" AND DATE {quoted(str(as_of))} < CASE WHEN l.due_on > r.due_on THEN l.due_on"
        " ELSE r.due_on END THEN 1 ELSE 0 END) AS is_early,"
        " min(CASE WHEN l.due_on > r.due_on THEN l.due_on ELSE r.due_on END) AS due_on"
        f" FROM {left.open} l JOIN {right.open} r ON l.{entry.left} = r.{entry.right}"
        f" AND {within(engine, entry)}{condition} GROUP BY l.{entry.left}{kind}"
        " HAVING count(DISTINCT l.id) = 1 AND count(DISTINCT r.id) = 1",
    )
    for place, column in ((left, "l"), (right, "r")):
        engine.execute(
            f"INSERT INTO classed SELECT {quoted(place.comparison)}, {quoted(place.side)},"
            f" {column}, CASE WHEN is_early = 1 THEN 'not_due' ELSE 'break' END,"
            " CASE WHEN is_early = 1 THEN 'timing_not_due' ELSE reason END,"
            f" '{entry.id}', grp, NULL, due_on FROM pair"
        )


def _explain_groups(engine: Engine, entry: Pass, left: Place, right: Place, as_of: date) -> None:
    """Class groups whose key is on both sides with sums that differ."""
    _, currency = measured(entry)
    reason = "split_sum" if entry.id == "P4" else "amount"
    for place, key, name in ((left, entry.left, "sums_l"), (right, entry.right, "sums_r")):
        engine.keep(
            name,
            f"SELECT {key} AS grp, min({currency}) AS low,"
            f" max({currency}) AS high, max(due_on) AS due_on FROM {place.open}"
            f" WHERE {key} IS NOT NULL AND status NOT IN ('failed', 'void') GROUP BY {key}",
        )
    engine.keep(
        "pair",
        "SELECT l.grp,"
        " CASE WHEN l.low > r.high OR l.high < r.low THEN 'currency'"
        f" ELSE '{reason}' END AS reason,"
        " CASE WHEN l.due_on > r.due_on THEN l.due_on ELSE r.due_on END AS due_on"
        " FROM sums_l l JOIN sums_r r ON l.grp = r.grp",
    )
    early = f"DATE {quoted(str(as_of))} < p.due_on"
    for place, key in ((left, entry.left), (right, entry.right)):
        engine.execute(
            f"INSERT INTO classed SELECT {quoted(place.comparison)}, {quoted(place.side)}, s.id,"
            f" CASE WHEN {early} THEN 'not_due' ELSE 'break' END,"
            f" CASE WHEN {early} THEN 'timing_not_due' ELSE p.reason END,"
            f" '{entry.id}', p.grp, NULL, p.due_on FROM {place.open} s"
            f" JOIN pair p ON s.{key} = p.grp"
            " WHERE s.status NOT IN ('failed', 'void')"
        )


def settle(
    engine: Engine, place: Place, legs: tuple[Leg, Leg], names: tuple[str, str], as_of: date
) -> None:
    """Class everything of one side that is still open; `legs` and `names`: its own, the other."""
    own, other = legs
    _find_originals(engine, place, names)
    _find_copies(engine, place, own)
    missing = "unexpected_in_bank" if own.role is Role.BANK else MISSING[other.role]
    overdue = "unexpected_in_bank" if own.role is Role.BANK else "timing_overdue"
    today = f"DATE {quoted(str(as_of))}"
    engine.execute(
        f"INSERT INTO classed SELECT {quoted(place.comparison)}, {quoted(place.side)}, id,"
        " CASE WHEN reason IS NULL THEN 'out_of_scope' WHEN reason = 'timing_not_due'"
        " THEN 'not_due' ELSE 'break' END, reason, 'P7', NULL, NULL, due_on FROM"
        " (SELECT id, due_on, CASE WHEN status IN ('failed', 'void') THEN NULL"
        " WHEN is_copy THEN 'duplicate'"
        f" WHEN {today} < due_on THEN 'timing_not_due' {_OWN_CODE}"
        f" WHEN {today} < lost_on THEN '{overdue}' ELSE '{missing}' END AS reason"
        " FROM (SELECT s.*, c.id IS NOT NULL AS is_copy, w.id IS NULL AS is_orphan"
        f" FROM {place.open} s LEFT JOIN copied c ON c.id = s.id"
        " LEFT JOIN with_original w ON w.id = s.id) alone) reasoned"
    )


def _find_copies(engine: Engine, place: Place, leg: Leg) -> None:
    """Note which open items have the content of another one of this leg under another id.

    Of copies that are all without counterpart, the first by id is no copy.
    """
    if not leg.duplicate_seconds:
        engine.keep("copied", f"SELECT s.id FROM {place.open} s WHERE 1 = 0")
        return
    span = f"INTERVAL '{leg.duplicate_seconds}' SECOND"
    mine = f"comparison = {quoted(place.comparison)} AND side = {quoted(place.side)}"
    is_matched, others = "m.id IS NOT NULL", ""
    if next(iter(engine.rows(f"SELECT count(*) FROM kept WHERE {mine}")))[0]:
        # What was set aside as plain has no class: it is whatever was not left open.
        is_matched += " OR a.id IS NULL"
        others = f" LEFT JOIN away_{place.side} a ON a.id = t.id"
    engine.keep(
        "copied",
        f"SELECT DISTINCT s.id FROM {place.open} s JOIN {place.scope} t ON t.kind = s.kind"
        " AND t.amount = s.amount AND t.currency = s.currency AND t.merchant = s.merchant"
        f" AND t.last_four = s.last_four AND t.{leg.unique} <> s.{leg.unique} AND t.id <> s.id"
        f" AND t.occurred_at BETWEEN s.occurred_at - {span} AND s.occurred_at + {span}"
        f" LEFT JOIN (SELECT id FROM classed WHERE class = 'matched' AND {mine}) m"
        f" ON m.id = t.id{others} WHERE {is_matched} OR t.{leg.unique} < s.{leg.unique}",
    )


def _find_originals(engine: Engine, place: Place, names: tuple[str, str]) -> None:
    """Note which open items name an original that some leg of the comparison holds."""
    legs = ", ".join(quoted(name) for name in names)
    found = " UNION ".join(
        f"SELECT s.id FROM {place.open} s JOIN item o ON o.{key} = s.parent_id"
        f" WHERE o.id <> s.id AND o.leg IN ({legs})"
        for key in ("own_id", "processor_id")
    )
    engine.keep("with_original", found)
