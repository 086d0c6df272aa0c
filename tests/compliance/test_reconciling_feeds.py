"""From a real source on the loopback to a reconciled day: collectors bring its files."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from accounts.models import User
from collectors import connections
from collectors.connections import Wishes
from collectors.files import inbox
from collectors.models import Run, Source
from collectors.period import Period
from collectors.run import perform
from evidence.models import Evidence, Population
from jobs.performing import drain
from registers import tasks
from registers.models import InputFile, Reconciliation, ReconciliationRun
from registers.reconciling import files, running, scheduling
from tests.audits.world import clock
from tests.collectors import world
from tests.collectors.loopback import Loopback, Reply
from tests.evidence.test_verification import update
from tests.registers.reconciled import DAY, MONDAY, Accounting, morning

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("var_dir")]
FRIDAY, SATURDAY, NEXT = MONDAY + 4 * DAY, MONDAY + 5 * DAY, MONDAY + 7 * DAY
RULES = """
name: transfers
version: 1
currencies: [EUR]
legs:
  platform:
    role: platform
    kinds: {sale: sale, refund: refund}
    statuses: {captured: done, failed: failed}
    files:
      - name: "payments__*.csv"
        format: csv
        unit: minor
        columns: {own_id: order_id, kind: kind, status: state, amount: amount_minor,
                  currency: currency, occurred_at: paid_at}
  processor:
    role: processor
    kinds: {DEBIT: sale, REVERSAL: refund}
    statuses: {SUCCEEDED: done, FAILED: failed, PENDING: pending}
    files:
      - name: "finix-transfers_*.csv"
        format: csv
        unit: minor
        columns: {own_id: idempotency_key, processor_id: payment_id, kind: kind_of_payment,
                  status: state, amount: amount_minor, currency: currency,
                  occurred_at: created_at, merchant: merchant_id}
        ignore: [created_via, fee_minor, trace_id, failure_code, ready_to_settle_at, collected_at]
comparisons:
  - name: platform-processor
    left: {leg: platform, kinds: [sale, refund], lag_days: 0}
    right: {leg: processor, kinds: [sale, refund], lag_days: 0}
    grace_days: 3
    passes:
      - {id: P1, left: own_id, right: own_id}
"""


def transfer(order: str, amount: int, day: date) -> str:
    return (
        f'{{"id": "TR{order}", "created_at": "{day}T10:00:00.00Z", "type": "DEBIT", '
        f'"subtype": "API", "state": "SUCCEEDED", "amount": {amount}, "fee": 0, '
        f'"currency": "EUR", "merchant": "MU1", "idempotency_id": "{order}", '
        '"trace_id": "0f1e2d3c", "failure_code": null, "ready_to_settle_at": null, "tags": {}}'
    )


class Feeds:
    """The processor's API on the loopback, and a folder into which the platform writes."""

    def __init__(self, alice: User, folder: Path) -> None:
        self.books = Accounting(alice, folder)
        self.platform = connections.connect(
            "csv_import",
            slug="payments",
            wishes=Wishes(
                title="Payments",
                values={"columns": {"amount_minor": "integer", "paid_at": "timestamp"} | NAMES},
            ),
            by=world.BY,
        )
        self.runs = 0

    def finix(self, server: Loopback) -> Source:
        values: dict[str, Any] = {"url": server.url, "user": "US1", "password": "planted-word"}
        return connections.connect(
            "finix_transfers",
            slug="finix-transfers",
            wishes=Wishes(title="Transfers", values=values),
            by=world.BY,
        )

    def define(self) -> Reconciliation:
        feeds = {"platform": "payments", "processor": "finix-transfers"}
        return self.books.define(rules=RULES, feeds=feeds)

    def pay(self, day: date, *payments: tuple[str, int]) -> Run:
        """The platform puts its list of a day into the folder."""
        lines = [
            f"{order},sale,captured,{amount},EUR,{day}T10:00:00Z" for order, amount in payments
        ]
        path = inbox.folder_of(self.platform) / f"payments__{day}.csv"
        path.write_text("\n".join([",".join(HEAD), *lines]) + "\n")
        return self._run(self.platform, file=path, period=None)

    def ask(self, source: Source, day: date) -> Run:
        """The processor is asked for a day, as a worker would."""
        return self._run(source, period=Period(day, day))

    def _run(self, source: Source, **options: Any) -> Run:
        self.runs += 1
        run = perform(source, key=f"ticket-{self.runs}", **options)
        assert run.evidence, run.reason
        return run


HEAD = ("order_id", "kind", "state", "amount_minor", "currency", "paid_at")
NAMES = dict.fromkeys(("order_id", "kind", "state", "currency"), "text")


@pytest.fixture
def feeds(alice: User, tmp_path: Path) -> Feeds:
    return Feeds(alice, tmp_path)


def answering(*transfers: str) -> Reply:
    listed, page = ", ".join(transfers), '{"limit": 100, "next_cursor": null}'
    return Reply(f'{{"_embedded": {{"transfers": [{listed}]}}, "page": {page}}}'.encode())


def test_what_collectors_brought_is_reconciled_without_a_hand(feeds: Feeds) -> None:
    """One payment agrees, one differs by a cent, one is missing at the processor."""
    with Loopback(answering(transfer("o1", 1000, MONDAY), transfer("o2", 2001, MONDAY))) as server:
        cards, finix = feeds.define(), feeds.finix(server)
        with clock(morning(MONDAY)):
            feeds.pay(MONDAY, ("o1", 1000), ("o2", 2000), ("o3", 500))
            feeds.ask(finix, MONDAY)
            tasks.reconcile_days(morning(MONDAY))
            drain()
    run = ReconciliationRun.objects.get()
    assert (run.state, run.problem, run.by) == ("complete", "", None)
    assert {(each.leg, each.day, each.by) for each in InputFile.objects.all()} == {
        ("platform", MONDAY, None),
        ("processor", MONDAY, None),
    }
    found = {each.label: each.amount for each in cards.breaks.all()}
    assert found == {"o2": -1, "o3": 500}
    # What came is taken once, however often the schedule looks.
    with clock(morning(MONDAY)):
        tasks.reconcile_days(morning(MONDAY))
        drain()
    assert (InputFile.objects.count(), ReconciliationRun.objects.count()) == (2, 1)


def test_a_day_without_business_is_read_by_the_run_of_the_next_one(feeds: Feeds) -> None:
    with Loopback(
        answering(transfer("o1", 1000, SATURDAY)), answering(transfer("o2", 700, NEXT))
    ) as server:
        cards, finix = feeds.define(), feeds.finix(server)
        with clock(morning(SATURDAY)):
            feeds.pay(SATURDAY, ("o1", 1000))
            feeds.ask(finix, SATURDAY)
            scheduling.take_in(cards)
            assert list(scheduling.due_runs(morning(SATURDAY))) == []
        with clock(morning(NEXT)):
            # What came on Saturday is no file of Monday.
            assert files.missing_legs(cards, NEXT, files.read_by(cards, NEXT)) == [
                "platform",
                "processor",
            ]
            feeds.pay(NEXT, ("o2", 700))
            feeds.ask(finix, NEXT)
            scheduling.take_in(cards)
            run = running.perform(cards, day=NEXT)
    assert (run.state, run.break_count, len(run.facts["files"])) == ("complete", 0, 4)


def test_days_without_payments_are_days_all_the_same(feeds: Feeds) -> None:
    """Two empty lists have the same bytes, and are not one file that came twice."""
    tuesday = MONDAY + DAY
    with Loopback(answering(), answering()) as server:
        cards, finix = feeds.define(), feeds.finix(server)
        for day in (MONDAY, tuesday):
            with clock(morning(day)):
                feeds.pay(day)
                feeds.ask(finix, day)
                tasks.reconcile_days(morning(day))
                drain()
    states = {run.day: (run.state, run.problem) for run in cards.runs.all()}
    assert states == {MONDAY: ("complete", ""), tuesday: ("complete", "")}


def test_other_sources_environments_and_half_answers_are_not_taken(feeds: Feeds) -> None:
    with Loopback(answering(transfer("o1", 1000, MONDAY))) as server:
        cards, finix = feeds.define(), feeds.finix(server)
        with clock(morning(MONDAY)):
            run = feeds.ask(finix, MONDAY)
            assert run.evidence
            key, population = run.evidence.pk, run.evidence.population
            update(Evidence, key, environment="sandbox")
            assert scheduling.take_in(cards) == []
            # Half of it lies before the first day.
            update(Evidence, key, environment="production", covers_from=MONDAY - DAY)
            assert scheduling.take_in(cards) == []
            update(Evidence, key, covers_from=MONDAY)
            half = {**population.ipe, "partial_reason": "The source broke off."}
            update(Population, population.pk, ipe=half)
            assert scheduling.take_in(cards) == []
            update(Population, population.pk, ipe=population.ipe)
            (taken,) = scheduling.take_in(cards)
    assert (taken.leg, taken.evidence) == ("processor", run.evidence)
