"""Generates a seeded world of payments with a known set of every fault, and lists what is planted.

35 days over the end of a month and a change of the clock; each sale goes through all legs unless a
plant says otherwise, and a plant is told by comparison, reason and key.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from evidence.reconcile.amounts import written
from evidence.reconcile.calendars import business_day, due_on
from evidence.reconcile.currencies import EXPONENTS
from tests.evidence.reconcile import banking
from tests.evidence.reconcile.contract import fee_of
from tests.evidence.reconcile.writing import Return, nacha

FIRST, DAYS = date(2026, 3, 2), 35
AS_OF = date(2026, 4, 10)
CLOSED = frozenset({date(2026, 4, 3), date(2026, 4, 6)})
BERLIN = ZoneInfo("Europe/Berlin")
EACH = 5
ALPHA_NUMBERS, BETA_NUMBERS = (1, 2, 4, 6, 8, 9), (1, 3, 4, 5, 7, 8)
ALPHA = (
    "merchant_reference,transaction,settlement,original,type,state,gross,currency,fee,settled,"
    "settled_in,rate,time,merchant,card"
)
BETA = (
    "Referenz;Vorgang;Abrechnung;Ursprung;Art;Stand;Betrag;Währung;Gebühr;Zeit;Händler;Karte;"
    "Bemerkung"
)
PLATFORM = "id,trace_id,parent,type,state,amount,currency,created_at,merchant,last_four,environment"


@dataclass
class Movement:
    """One row of a processor, before its file is written; amounts in minor units."""

    own_id: str
    trace: str
    kind: str
    amount: int
    currency: str
    moment: datetime
    processor: str
    parent: str = ""
    state: str = "SETTLED"
    merchant: str = "M-1"
    card: str = "4242"
    fee: int = 0
    settled: int | None = None
    settled_in: str = ""
    rate: str = ""
    settlement: str = ""

    @property
    def net(self) -> int:
        return (self.amount if self.settled is None else self.settled) - self.fee


@dataclass
class World:
    """Rows of all legs, and what was planted."""

    seed: int
    size: int
    platform: list[list[str]] = field(default_factory=list)
    ledger: list[str] = field(default_factory=list)
    movements: list[Movement] = field(default_factory=list)
    payouts: list[Movement] = field(default_factory=list)
    returns: list[Return] = field(default_factory=list)
    planted: set[tuple[str, str, str]] = field(default_factory=set)
    not_due: int = 0

    def __post_init__(self) -> None:
        self.dice = random.Random(self.seed)  # noqa: S311
        for number in range(self.size):
            self.sale(f"tr_{number:06}")
        for plant in PLANTS:
            for number in range(EACH):
                plant(self, number)
        self._settle()

    def expect(self, comparison: str, reason: str, key: str) -> None:
        """Note that a run must find a break."""
        self.planted.add((comparison, reason, key))

    def moment(self) -> datetime:
        day = FIRST + timedelta(days=self.dice.randrange(DAYS))
        # Hours that the clock of Berlin shows twice or never are left to tests of their own.
        return datetime.combine(day, time(self.dice.randrange(3, 24)), UTC) + timedelta(
            seconds=self.dice.randrange(3000)
        )

    def sale(self, own_id: str, **how: object) -> Movement:
        """Send one sale through all legs; `skip` names those that never learn of it."""
        currency = str(how.get("currency") or self.dice.choice(["USD", "USD", "JPY", "BHD"]))
        moment = how.get("moment") or self.moment()
        assert isinstance(moment, datetime)
        amount = int(str(how.get("amount") or self.dice.randrange(100, 500_000)))
        processor = str(how.get("processor") or self.dice.choice(["alpha", "beta"]))
        made = Movement(own_id, f"x{own_id}", "SALE", amount, currency, moment, processor)
        made.merchant, made.card = (
            f"M-{self.dice.randrange(50)}",
            f"{self.dice.randrange(10**4):04}",
        )
        made.fee = fee_of(amount, currency)
        skip = how.get("skip", ())
        assert isinstance(skip, tuple)
        if "platform" not in skip:
            self.tell_platform(made, "DEBIT")
        if "ledger" not in skip:
            self.post(made, "DEBIT")
        if "processor" not in skip:
            self.movements.append(made)
        return made

    def tell_platform(self, made: Movement, kind: str, *, own_id: str = "") -> None:
        """Write an event of the platform."""
        at = made.moment.isoformat()
        row = [own_id or made.own_id, made.trace, made.parent, kind, "SUCCEEDED"]
        self.platform.append(
            [*row, str(made.amount), made.currency, at, made.merchant, made.card, "live"]
        )

    def post(self, made: Movement, kind: str) -> None:
        """Write the two postings of an entry."""
        for account, amount in (("clearing", made.amount), ("payable", -made.amount)):
            debit, credit = ("", str(amount)) if amount >= 0 else (str(-amount), "")
            at = made.moment.isoformat()
            self.ledger.append(
                f"{made.own_id},e-{made.own_id},{account},{kind},{debit},{credit},{made.currency},{at}"
            )

    def other(self, own_id: str, kind: str, amount: int, **how: str) -> Movement:
        """Add a row that a processor alone knows."""
        made = Movement(
            own_id, f"x{own_id}", kind, amount, "USD", self.moment(), "alpha", how.get("parent", "")
        )
        self.movements.append(made)
        return made

    def _settle(self) -> None:
        """Put what is settled into batches by processor, day and currency, and pay them out."""
        sums: dict[tuple[str, date, str], int] = {}
        for made in self.movements:
            if made.state != "SETTLED":
                continue
            currency = made.settled_in or made.currency
            key = made.processor, business_day(made.moment, BERLIN, time(22)), currency
            made.settlement = f"SETL-{key[0][0].upper()}{key[1]:%m%d}-{currency}"
            if not made.trace.endswith("-again"):
                sums[key] = sums.get(key, 0) + made.net
        for (processor, day, currency), total in sorted(sums.items()):
            name = f"SETL-{processor[0].upper()}{day:%m%d}-{currency}"
            at = datetime.combine(day, time(12), UTC)
            paid = Movement("", f"po-{name}", "PAYOUT", total, currency, at, processor)
            paid.settlement = name
            self.payouts.append(paid)

    def write(self, folder: Path, *, shuffled: int = 0) -> dict[str, list[Path]]:
        """Write all files; a seed above 0 puts the rows of each into another order."""
        dice = random.Random(shuffled)  # noqa: S311
        legs: dict[str, list[Path]] = {}

        def put(leg: str, name: str, head: str, rows: list[str], encoding: str = "utf-8") -> None:
            if shuffled:
                dice.shuffle(rows)
            path = folder / name
            path.write_text("\n".join([*filter(None, [head]), *rows]) + "\n", encoding=encoding)
            legs.setdefault(leg, []).append(path)

        put("platform", "platform.csv", PLATFORM, [",".join(row) for row in self.platform])
        end = ["TOTAL", str(len(self.platform)), *[""] * 8, "live"]
        with (folder / "platform.csv").open("a", encoding="utf-8") as file:
            file.write(",".join(end) + "\n")
        head = "reference,entry,account,type,debit,credit,currency,posted_at"
        put("ledger", "ledger.csv", head, list(self.ledger))
        for week, number in enumerate(ALPHA_NUMBERS):
            rows = [_alpha(each) for each in self._of("alpha", week)]
            put("processor", f"alpha-{number:03}.csv", ALPHA, rows)
        for week, number in enumerate(BETA_NUMBERS):
            rows = [_beta(each) for each in self._of("beta", week)]
            put("processor", f"beta-{number:03}.csv", BETA, rows, "cp1252")
        path = folder / "ach-1.txt"
        path.write_text(nacha(self.returns, date(2026, 3, 20)), encoding="ascii")
        legs["processor"].append(path)
        bank = banking.Bank(self.payouts, random.Random(self.seed + 1))  # noqa: S311
        legs["bank"] = bank.write(folder, dice if shuffled else None)
        banking.write_refused(folder, legs)
        self.planted |= bank.planted
        return legs

    def _of(self, processor: str, week: int) -> list[Movement]:
        weeks = len(ALPHA_NUMBERS)
        return [
            each
            for each in (*self.movements, *self.payouts)
            if each.processor == processor
            and min((each.moment.date() - FIRST).days // 7, weeks - 1) == week
        ]


def _alpha(each: Movement) -> str:
    decimals = EXPONENTS[each.currency]
    settled = "" if each.settled is None else written(each.settled, EXPONENTS[each.settled_in])
    fee = written(each.fee, EXPONENTS[each.settled_in or each.currency]) if each.fee else ""
    trace = each.trace.removesuffix("-again")
    return ",".join(
        (each.own_id, trace, each.settlement, each.parent, each.kind, each.state,
         written(each.amount, decimals), each.currency, fee, settled, each.settled_in, each.rate,
         each.moment.isoformat(), each.merchant, each.card)
    )  # fmt: skip


def _beta(each: Movement) -> str:
    def german(amount: int) -> str:
        decimals = EXPONENTS[each.currency]
        text = f"{abs(amount):0{decimals + 1}}"
        whole = int(text[:-decimals] if decimals else text)
        grouped = ("-" if amount < 0 else "") + f"{whole:,}".replace(",", ".")
        return f"{grouped},{text[-decimals:]}" if decimals else grouped

    local = each.moment.astimezone(BERLIN)
    # Every third reference gets lost, so that the id of the processor has to serve.
    own_id = "" if each.own_id.endswith(("1", "4", "7")) else each.own_id
    return ";".join(
        (own_id, each.trace, each.settlement, each.parent, each.kind, each.state,
         german(each.amount), each.currency, german(each.fee), f"{local:%d.%m.%Y %H:%M:%S}",
         each.merchant, each.card, "")
    )  # fmt: skip


def _long_ago(number: int) -> datetime:
    return datetime(2026, 3, 10 + number, 9, tzinfo=UTC)


def _absent(world: World, number: int) -> None:
    made = world.sale(f"gone-{number}", skip=("processor",), moment=_long_ago(number))
    world.expect("platform-processor", "missing_in_processor", made.own_id)


def _overdue(world: World, number: int) -> None:
    at = datetime(2026, 4, 7, 9 + number, tzinfo=UTC)
    made = world.sale(f"late-{number}", skip=("processor",), moment=at)
    assert due_on(at.date(), 2, CLOSED) < AS_OF
    world.expect("platform-processor", "timing_overdue", made.own_id)


def _early(world: World, number: int) -> None:
    at = datetime(2026, 4, 9, 9 + number, tzinfo=UTC)
    world.sale(f"soon-{number}", skip=("processor",), moment=at)
    world.not_due += 1


def _unheard(world: World, number: int) -> None:
    skip = ("platform", "ledger")
    at = _long_ago(number)
    made = world.sale(f"odd-{number}", skip=skip, processor="alpha", moment=at)
    world.expect("platform-processor", "missing_in_platform", made.own_id)


def _unposted(world: World, number: int) -> None:
    made = world.sale(f"free-{number}", skip=("ledger",), moment=_long_ago(number))
    world.expect("platform-ledger", "missing_in_ledger", made.own_id)


def _amount(world: World, number: int) -> None:
    made = world.sale(f"sum-{number}", processor="alpha")
    made.amount += 1
    made.fee = fee_of(made.amount, made.currency)
    world.expect("platform-processor", "amount", made.own_id)


def _currency(world: World, number: int) -> None:
    made = world.sale(f"cur-{number}", processor="alpha", currency="USD")
    made.currency = "BHD"
    made.fee = fee_of(made.amount, "BHD")
    world.expect("platform-processor", "currency", made.own_id)


def _status(world: World, number: int) -> None:
    made = world.sale(f"sta-{number}", processor="alpha")
    made.state = "DECLINED"
    world.expect("platform-processor", "status", made.own_id)


def _kind(world: World, number: int) -> None:
    made = world.sale(f"kin-{number}", processor="alpha")
    made.kind = "CB_REVERSAL"
    world.expect("platform-processor", "unknown", made.own_id)


def _twice(world: World, number: int) -> None:
    made = world.sale(f"two-{number}", processor="alpha")
    world.movements.append(Movement(**{**vars(made), "trace": f"{made.trace}-again"}))
    for comparison in ("platform-processor", "settlements"):
        world.expect(comparison, "duplicate", made.trace)


def _copied(world: World, number: int) -> None:
    made = world.sale(f"cop-{number}")
    copy = Movement(**{**vars(made), "trace": ""})
    copy.moment += timedelta(seconds=20)
    world.tell_platform(copy, "DEBIT", own_id=f"new-{number}")
    for comparison in ("platform-processor", "platform-ledger"):
        world.expect(comparison, "duplicate", f"new-{number}")


def _split(world: World, number: int, *, off: int = 7) -> None:
    own_id = f"spl-{number}" if off else f"fit-{number}"
    made = world.sale(own_id, amount=90_000, currency="USD", skip=("processor",))
    for part, amount in (("a", 30_000), ("b", 60_000 - off)):
        piece = Movement(
            "", f"x{own_id}{part}", "SALE", amount, "USD", made.moment, "alpha", own_id
        )
        piece.fee = fee_of(amount, "USD")
        world.movements.append(piece)
    if off:
        world.expect("platform-processor", "split_sum", own_id)


def _fitting_split(world: World, number: int) -> None:
    _split(world, number, off=0)


def _refund(world: World, number: int) -> None:
    sale = world.sale(f"ref-{number}")
    made = world.other(f"back-{number}", "REFUND", -sale.amount, parent=sale.own_id)
    made.currency, made.processor = sale.currency, "alpha"
    world.tell_platform(made, "REVERSAL")
    world.post(made, "REVERSAL")
    world.other(f"orph-{number}", "REFUND", -500 - number, parent=f"nowhere-{number}")
    world.expect("platform-processor", "orphan_refund", f"orph-{number}")


def _chargeback(world: World, number: int) -> None:
    world.other(f"cb-{number}", "CHARGEBACK", -900 - number, parent=f"nobody-{number}")
    world.expect("platform-processor", "orphan_chargeback", f"cb-{number}")


def _returned(world: World, number: int) -> None:
    """A return that the platform knows, one that it does not, and a correction of no amount."""
    trace, original = f"0910000100{number:05}", f"0764012500{number:05}"
    world.returns.append(Return(trace, original, f"ach-{number}", 4_000 + number, "R01"))
    made = Movement(
        f"ret-{number}", trace, "RETURN", -4_000 - number, "USD",
        datetime(2026, 3, 20, 9, tzinfo=UTC), "ach",
    )  # fmt: skip
    world.tell_platform(made, "RETURN")
    world.post(made, "RETURN")
    lost = f"0910000200{number:05}"
    world.returns.append(Return(lost, f"0764019900{number:05}", f"lost-{number}", 70, "R02"))
    world.returns.append(Return(f"0910000300{number:05}", original, f"noc-{number}", 70, "C01"))
    world.expect("platform-processor", "return_unposted", f"lost-{number}")


def _novel(world: World, number: int) -> None:
    made = world.other(f"nov-{number}", "SALE", 1_000)
    made.state = "PARTLY_LOST"
    world.expect("", "mapping_unknown", made.own_id)


def _reserve(world: World, number: int) -> None:
    world.other(f"hold-{number}", "HOLD", -2_000 - number)
    world.expect("platform-processor", "reserve", f"hold-{number}")


def _manual(world: World, number: int) -> None:
    at = datetime(2026, 3, 9, 12, tzinfo=UTC)
    made = Movement(f"man-{number}", "", "MANUAL", 300 + number, "USD", at, "ledger")
    world.post(made, "MANUAL")
    world.expect("platform-ledger", "manual_adjustment", made.own_id)


def _fee(world: World, number: int) -> None:
    made = world.sale(f"fee-{number}", processor="alpha")
    made.fee += 2 + number
    world.expect("card-fees", "fee_variance", made.own_id)


def _converted(world: World, number: int) -> None:
    """A conversion that its rate bears out, and one that it does not."""
    for name, off in (("fx", 0), ("bad", 50)):
        made = world.sale(f"{name}-{number}", processor="alpha", currency="JPY", amount=100_000)
        made.rate, made.settled_in = "0.006512345", "USD"
        made.settled = 65_123 + off
        made.fee = fee_of(made.settled, "USD")
    world.expect("conversions", "fx_rounding", f"bad-{number}")


PLANTS: tuple[Callable[[World, int], None], ...] = (
    _absent, _overdue, _early, _unheard, _unposted, _amount, _currency, _status, _kind, _twice,
    _copied, _split, _fitting_split, _refund, _chargeback, _returned, _novel, _reserve, _manual,
    _fee, _converted,
)  # fmt: skip
