"""A small account that is reconciled day by day, and the people who do it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

from accounts.models import User
from registers.models import Break, DaySignature, InputFile, Reconciliation, ReconciliationRun
from registers.reconciling import definitions, files, months, running, signing, working
from registers.reconciling.definitions import Terms
from tests import cast
from tests.audits.world import clock
from tests.evidence.reconcile import small

MONDAY = date(2026, 3, 2)
DAY = timedelta(days=1)
RULES = small.rule_text(lags=(0, 0))


def row(own_id: str, amount: str = "10.00", day: date = MONDAY, **changed: str) -> str:
    """One line of a file, of ten in the morning of a day."""
    return small.row(own_id, amount, time=f"{day.isoformat()}T10:00:00+00:00", **changed)


def written(folder: Path, leg: str, day: date, rows: Sequence[str]) -> Path:
    """Write the file of a leg for a day."""
    path = folder / f"{leg}-{day.isoformat()}.csv"
    # The sides name the merchant differently, so that their files are not the same bytes.
    told = [one.replace(",M1,", f",M-{leg},") for one in rows]
    path.write_text("\n".join([small.HEADER, *told]) + "\n", encoding="utf-8")
    return path


def morning(day: date) -> datetime:
    """Nine o'clock of the day after, when the files of a day are there."""
    return datetime.combine(day + DAY, time(9), UTC)


@dataclass
class Accounting:
    """Olga owns and runs it, Ivan approves and signs, Alice defines."""

    alice: User
    folder: Path

    def __post_init__(self) -> None:
        self.olga = cast.person(
            "control-owner", email="olga@books.example", full_name="Olga Oksanen"
        )
        self.ivan = cast.person("reviewer", email="ivan@books.example", full_name="Ivan Ilin")

    def terms(self, **more: object) -> Terms:
        given: dict[str, object] = {
            "title": "Cards in Europe",
            "account": "Settlement EUR",
            "owner": self.olga,
            "starts_on": MONDAY,
            "rules": RULES,
            **more,
        }
        return Terms(**given)  # type: ignore[arg-type]

    def define(self, **more: object) -> Reconciliation:
        """Define a reconciliation whose rules Ivan approved."""
        with clock(morning(MONDAY - 7 * DAY)):
            made = definitions.define(self.terms(**more), by=self.alice)
            definitions.approve_rules(
                made.rules.get(), note="Ran them over last month.", by=self.ivan
            )
        return made

    def hand_in(
        self, one: Reconciliation, leg: str, rows: Sequence[str], *, day: date = MONDAY
    ) -> InputFile:
        with clock(morning(day)):
            path = written(self.folder, leg, day, rows)
            return files.hand_in(one, leg=leg, day=day, path=path, by=self.olga)

    def both(
        self,
        one: Reconciliation,
        left: Sequence[str],
        right: Sequence[str],
        *,
        day: date = MONDAY,
    ) -> ReconciliationRun:
        """Hand in both sides of a day and run it."""
        self.hand_in(one, "a", left, day=day)
        self.hand_in(one, "b", right, day=day)
        return self.run(one, day=day)

    def run(self, one: Reconciliation, *, day: date = MONDAY) -> ReconciliationRun:
        with clock(morning(day)):
            return running.perform(one, day=day, by=self.olga)

    def sign(self, run: ReconciliationRun, *, at: date | None = None) -> DaySignature:
        with clock(morning(at or run.day)):
            return signing.sign_day(run, note="Totals, breaks and the statement.", by=self.ivan)

    def proposed(self, broken: Break, proposal: str = "accepted") -> Break:
        """Let Olga explain a break and propose how to close it."""
        with clock(morning(broken.opened_on)):
            working.explain(broken, cause="The shop charged a fee of its own.", by=self.olga)
            return working.propose(
                broken, proposal=proposal, resolution="Agreed with the shop.", by=self.olga
            )


def reasons_for(
    one: Reconciliation, month: date, *, why: str = "The bank was shut."
) -> dict[date, str]:
    """A reason for every day of a month that nobody signed."""
    return {each.day: why for each in months.unsigned_days(one, month)}


def breaks(one: Reconciliation) -> dict[str, Break]:
    """All breaks of a reconciliation by what they are about."""
    return {each.label: each for each in Break.objects.filter(reconciliation=one)}
