"""The banks of the generated world: statements by week in four formats, with own plants."""

import random
import shutil
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Protocol

from evidence.reconcile.amounts import written
from evidence.reconcile.calendars import due_on
from tests.evidence.reconcile.writing import Line, Sheet, bai2, camt053, mt940

CLOSED = frozenset({date(2026, 4, 3), date(2026, 4, 6)})
MONDAY = date(2026, 3, 2)
LAST = date(2026, 4, 10)
EACH = 5
_FORMS: dict[str, tuple[str, Callable[[Sheet], str]]] = {
    "USD": ("xml", camt053),
    "JPY": ("sta", mt940),
    "BHD": ("bai", bai2),
}


class Payout(Protocol):
    """What a bank knows of a payout."""

    settlement: str
    amount: int
    currency: str
    processor: str

    @property
    def moment(self) -> object: ...


class Bank:
    """Credits payouts on the next business day, but for the planted ones."""

    def __init__(self, payouts: Sequence[Payout], dice: random.Random) -> None:
        self.planted: set[tuple[str, str, str]] = set()
        self._lines: dict[str, list[Line]] = {"USD": [], "JPY": [], "BHD": [], "csv": []}
        early = [each for each in payouts if str(each.moment)[:10] < "2026-03-25"]
        chosen = dice.sample(early, 2 * EACH)
        for number, paid in enumerate(payouts):
            self._credit(number, paid, chosen)
        for number in range(EACH):
            line = Line("Cash of nobody", f"stray-{number}", 1_000 + number, date(2026, 3, 18))
            self._lines["USD"].append(line)
            self.planted.add(("payouts", "unexpected_in_bank", line.bank_ref))

    def _credit(self, number: int, paid: Payout, chosen: Sequence[Payout]) -> None:
        day = due_on(date.fromisoformat(str(paid.moment)[:10]), 1, CLOSED)
        home = "csv" if paid.currency == "USD" and paid.processor == "beta" else paid.currency
        amounts = [paid.amount]
        if paid in chosen[:EACH]:
            self.planted.add(("payouts", "missing_in_bank", f"po-{paid.settlement}"))
            return
        if paid in chosen[EACH:]:
            amounts = [paid.amount - 1]
            self.planted.add(("payouts", "amount", paid.settlement))
        elif number % 10 == 0:
            # A bank may credit one settlement in two lines.
            amounts = [paid.amount // 3, paid.amount - paid.amount // 3]
        for part, amount in enumerate(amounts):
            name = f"b-{number}-{part}"
            self._lines[home].append(Line(paid.settlement, name, amount, day))

    def write(self, folder: Path, dice: random.Random | None) -> list[Path]:
        """Write statements by week, one of them twice under another message, and the CSV file."""
        paths = []
        for currency, (ending, form) in _FORMS.items():
            opening = 1_000_000
            for week, lines in enumerate(_weeks(self._lines[currency])):
                if dice:
                    dice.shuffle(lines)
                last = min(MONDAY + timedelta(days=7 * week + 6), LAST)
                account = f"DE0000000000000{currency}"
                sheet = Sheet(account, currency, week + 1, opening, last, lines)
                path = folder / f"{currency}-{week + 1}.{ending}"
                path.write_text(form(sheet), encoding="utf-8")
                paths.append(path)
                if (currency, week) == ("USD", 1):
                    paths.append(self._again(folder, sheet))
                opening = sheet.closing
        rows = [
            f"{each.bank_ref},{written(each.amount, 2)},USD,{each.day},{each.reference}"
            for each in self._lines["csv"]
        ]
        if dice:
            dice.shuffle(rows)
        path = folder / "bank-usd.csv"
        path.write_text("\n".join(["line,amount,currency,booked,text", *rows]) + "\n", "utf-8")
        return [*paths, path]

    def _again(self, folder: Path, sheet: Sheet) -> Path:
        """Send a statement once more: other bytes, the same lines."""
        path = folder / "USD-2-again.xml"
        path.write_text(camt053(sheet, message="M2"), encoding="utf-8")
        self.planted |= {("payouts", "duplicate", line.bank_ref) for line in sheet.lines}
        return path


def _weeks(lines: Sequence[Line]) -> list[list[Line]]:
    last = max((line.day - MONDAY).days // 7 for line in lines)
    return [
        [line for line in lines if (line.day - MONDAY).days // 7 == week]
        for week in range(last + 1)
    ]


def write_refused(folder: Path, legs: dict[str, list[Path]]) -> None:
    """Add files that must be refused whole: nothing in them may count."""
    again = folder / "alpha-001 (1).csv"
    shutil.copy(folder / "alpha-001.csv", again)
    twin = folder / "zz-USD-1.xml"
    shutil.copy(folder / "USD-1.xml", twin)
    sheet = Sheet("DE99", "USD", 1, 0, date(2026, 3, 31), [Line("X", "x1", 5, date(2026, 3, 30))])
    cut = folder / "zz-cut.sta"
    cut.write_text(mt940(sheet).partition(":62F:")[0], encoding="utf-8")
    wrong = folder / "zz-wrong.bai"
    wrong.write_text(bai2(sheet).replace("49,10,", "49,11,"), encoding="utf-8")
    test = folder / "platform-test.csv"
    head = (folder / "platform.csv").read_text("utf-8").partition("\n")[0]
    row = "t1,,,DEBIT,SUCCEEDED,5,USD,2026-03-03T10:00:00+00:00,M,1,sandbox"
    test.write_text(f"{head}\n{row}\nTOTAL,1,,,,,,,,,live\n", encoding="utf-8")
    legs["processor"].append(again)
    legs["bank"] += [twin, cut, wrong]
    legs["platform"].append(test)
