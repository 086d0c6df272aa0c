"""What the collectors of processors write down is a leg as it stands."""

from datetime import UTC, date, datetime
from pathlib import Path

from collectors import registry
from evidence.population import Cell, write_csv
from evidence.reconcile import rules, run
from evidence.reconcile.outcome import Outcome, State

RULES = Path(__file__).with_name("populations.yaml")
AT = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
PLATFORM = """id,kind,status,amount,currency,by,at
key-1,sale,ok,100.00,USD,finix,2026-03-02T10:00:00Z
key-2,refund,ok,-25.00,USD,finix,2026-03-02T10:00:00Z
key-3,sale,ok,7.00,USD,finix,2026-03-02T10:00:00Z
ch_1,sale,ok,50.00,EUR,stripe,2026-03-02T10:00:00Z
re_1,refund,ok,-5.00,EUR,stripe,2026-03-02T10:00:00Z
"""
FINIX: list[dict[str, Cell]] = [
    {"payment_id": "TR1", "kind_of_payment": "DEBIT", "amount_minor": 10_000, "fee_minor": 320},
    {"payment_id": "TR2", "kind_of_payment": "REVERSAL", "amount_minor": 2_500},
    {"payment_id": "TR3", "kind_of_payment": "DEBIT", "amount_minor": 701},
]
STRIPE: list[dict[str, Cell]] = [
    {"sum_id": "txn_1", "kind_of_sum": "balance transaction: charge", "total_minor": 5_000},
    {"sum_id": "txn_2", "kind_of_sum": "balance transaction: refund", "total_minor": -500},
]

FINIX_ALL: dict[str, Cell] = {
    "currency": "USD",
    "state": "SUCCEEDED",
    "created_at": AT,
    "collected_at": AT,
}
STRIPE_ALL: dict[str, Cell] = {
    "currency": "EUR",
    "status": "available",
    "fee_minor": 0,
    "created_at": AT,
    "available_at": AT,
}


def named(**cells: Cell) -> dict[str, Cell]:
    return cells


def population(folder: Path, collector: str, slug: str, rows: list[dict[str, Cell]]) -> Path:
    """Write a file as the collector of this name writes it, by its own columns."""
    columns = registry.get(collector).columns
    names = [column.name for column in columns]
    assert {name for row in rows for name in row} <= {*names}
    path = folder / f"{slug}_2026-03-02_2026-03-02.csv"
    with path.open("xb") as file:
        write_csv([[row.get(name) for name in names] for row in rows], columns, file)
    return path


def reconcile(folder: Path) -> Outcome:
    platform = folder / "platform.csv"
    platform.write_text(PLATFORM, encoding="utf-8")
    finix = [
        FINIX_ALL | row | named(idempotency_key=f"key-{number}")
        for number, row in enumerate(FINIX, start=1)
    ]
    stripe = [
        STRIPE_ALL | row | named(source_id=source, parts_minor=row["total_minor"])
        for source, row in zip(("ch_1", "re_1"), STRIPE, strict=True)
    ]
    given = {
        "platform": [platform],
        "finix": [population(folder, "finix_transfers", "finix-transfers", finix)],
        "stripe": [population(folder, "stripe_balance", "stripe-balance", stripe)],
    }
    terms = run.Terms(date(2026, 3, 31))
    return run.reconcile(rules.read(RULES), given, scratch=folder, terms=terms)


def test_populations_of_finix_and_stripe_are_legs(tmp_path: Path) -> None:
    found = reconcile(tmp_path)
    assert not found.file_breaks
    assert found.state is State.BREAKS
    assert [(each.comparison, each.reason, each.key) for each in found.breaks] == [
        ("platform-finix", "amount", "key-3")
    ]
    matched = {
        (total.comparison, total.side, total.currency): (total.count, total.amount)
        for total in found.totals
        if total.item_class == "matched"
    }
    assert matched["platform-finix", "right", "USD"] == (2, 7_500)
    assert matched["platform-stripe", "right", "EUR"] == (2, 4_500)
