"""A small world of two legs in CSV, from which the tests of the passes depart."""

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

from evidence.reconcile import rules, run
from evidence.reconcile.outcome import Outcome

HEADER = "id,other,batch,parent,kind,status,amount,currency,fee,time,merchant,last4"
COLUMNS = """{own_id: id, processor_id: other, settlement_id: batch, parent_id: parent, kind: kind,
          status: status, amount: amount, currency: currency, fee: fee, occurred_at: time,
          merchant: merchant, last_four: last4}"""
KINDS = """{sale: sale, refund: refund, chargeback: chargeback, payout: payout, hold: reserve_hold,
      adjust: adjustment, return: return, split: split, other: other, fee: fee}"""
STATUSES = "{ok: done, wait: pending, bad: failed}"


def leg(role: str, name: str, *, extra: str = "", file_extra: str = "") -> str:
    """Return the rules of one leg of CSV files."""
    return f"""
  {name}:
    role: {role}
    kinds: {KINDS}
    statuses: {STATUSES}
    {extra}
    files:
      - name: "{name}*.csv"
        format: csv
        columns: {COLUMNS}
        {file_extra}
"""


ALL = "[sale, refund, chargeback, reserve_hold, adjustment, return, split, other, fee]"
PASSES = """
      - {id: P1, left: own_id, right: own_id}
      - {id: P2, left: processor_id, right: processor_id}
      - {id: P6, within_days: 2}
"""


def rule_text(
    *,
    roles: tuple[str, str] = ("platform", "processor"),
    passes: str = PASSES,
    more: str = "",
    leg_extra: str = "",
    file_extra: str = "",
    lags: tuple[int, int] = (2, 2),
    kinds: tuple[str, str] = (ALL, ALL),
) -> str:
    """Return a rule set over the legs a and b."""
    legs = "".join(
        leg(role, name, extra=leg_extra, file_extra=file_extra)
        for role, name in zip(roles, "ab", strict=True)
    )
    return f"""
name: small
version: 1
currencies: [EUR, JPY, BHD, USD]
legs:{legs}
comparisons:
  - name: a-b
    left: {{leg: a, kinds: {kinds[0]}, lag_days: {lags[0]}}}
    right: {{leg: b, kinds: {kinds[1]}, lag_days: {lags[1]}}}
    grace_days: 3
    passes:{passes}
{more}
"""


def row(own_id: str, amount: str = "10.00", **changed: str) -> str:
    """Return one line of a file of HEADER."""
    values = {
        "id": own_id,
        "other": "",
        "batch": "",
        "parent": "",
        "kind": "sale",
        "status": "ok",
        "amount": amount,
        "currency": "EUR",
        "fee": "",
        "time": "2026-03-02T10:00:00+00:00",
        "merchant": "M1",
        "last4": "",
    } | changed
    return ",".join(values[name] for name in HEADER.split(","))


def reconcile(
    folder: Path,
    text: str,
    left: Sequence[str],
    right: Sequence[str],
    *,
    as_of: date = date(2026, 3, 20),
    more: Mapping[str, Sequence[Path]] | None = None,
    **terms: object,
) -> Outcome:
    """Write the rows of both legs into files and reconcile them."""
    rule_file = folder / "rules.yaml"
    rule_file.write_text(text, encoding="utf-8")
    given = {}
    for name, rows in (("a", left), ("b", right)):
        path = folder / f"{name}.csv"
        path.write_text("\n".join([HEADER, *rows]) + "\n", encoding="utf-8")
        given[name] = [path]
    return run.reconcile(
        rules.read(rule_file),
        {**given, **(more or {})},
        scratch=folder,
        terms=run.Terms(as_of, **terms),  # type: ignore[arg-type]
    )


def reasons(found: Outcome) -> dict[str, list[str]]:
    """Return the ids of breaks by their reason."""
    told: dict[str, list[str]] = {}
    for each in found.breaks:
        told.setdefault(each.reason, []).append(each.left.ids or each.right.ids)
    return told
