"""Coverage of a year of daily controls over a million claims, beside one raw aggregate of them.

The claims are written straight into the tables, because intake takes minutes for as many; what
coverage reads of them is what intake writes. The aggregate reads the same rows from the best index
there is for it, groups them by the same days and fetches the groups, and does nothing with them.
"""

import os
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.core.cache import cache
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from audits import engagements
from audits.facts import coverage_of
from audits.models import Engagement
from controls.models import Area, Control, ControlMapping, Criterion, Expectation, Framework
from evidence import intake
from evidence.models import Claim, Evidence, LedgerEntry
from tests import cast
from tests.benchmarks.stopwatch import Measure, Rival, compared, take_turns
from tests.evidence import items

START = date(2025, 11, 1)
DAYS = 365
BATCH = 20_000
MOST_QUERIES = 5
MOST_SECONDS = 2.0
MOST_WARM_SECONDS = 1.0
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def measure(quick: bool) -> Iterator[Measure]:
    controls = int(os.environ.get("BENCH_CONTROLS", "50" if quick else "500"))
    claims = int(os.environ.get("BENCH_CLAIMS", "100000" if quick else "1000000"))
    lead = cast.person("administrator")
    engagement = _world(controls, lead)
    _fill(claims)
    size = f"{controls}x{DAYS}, {claims:,} claims"
    after = datetime(2026, 12, 31, tzinfo=UTC)
    _check(coverage_of(engagement, after).totals, controls, claims)
    ours, raw = take_turns([lambda: coverage_of(engagement, after), _aggregate])
    vendor = connection.vendor
    yield compared(
        f"coverage, {vendor}",
        size,
        (ours, "s"),
        Rival("aim", MOST_SECONDS, "<= 1"),
        ratio=ours / MOST_SECONDS,
    )
    yield compared(
        f"coverage beside an aggregate, {vendor}",
        size,
        (ours, "s"),
        Rival("aggregate", raw, "<= 2"),
        ratio=ours / raw,
    )
    with CaptureQueriesContext(connection) as queries:
        coverage_of(engagement, after)
    yield compared(
        f"queries of coverage, {vendor}",
        size,
        (len(queries), "queries"),
        Rival("ceiling", MOST_QUERIES, "<= 1"),
        ratio=len(queries) / MOST_QUERIES,
    )
    yield from _pages(engagement, lead, size)


def _pages(engagement: Engagement, lead: User, size: str) -> Iterator[Measure]:
    staff = Client()
    cast.sign_in(staff, lead)
    line = Control.objects.order_by("ref")[0].ref
    pages = {
        "heat map, warm": f"/admin/coverage/?engagement={engagement.pk}",
        "overview, warm": "/admin/",
        "one month of a control": f"/admin/coverage/{engagement.pk}/{line}/2026-03/",
    }
    cache.clear()
    for name, address in pages.items():
        page = _page(staff, address)
        page()
        (taken,) = take_turns([page])
        yield compared(
            f"{name}, {connection.vendor}",
            size,
            (taken, "s"),
            Rival("aim", MOST_WARM_SECONDS, "<= 1"),
            ratio=taken / MOST_WARM_SECONDS,
        )


def _page(client: Client, address: str) -> Callable[[], None]:
    def get() -> None:
        answer = client.get(address, headers={"host": "localhost"})
        if answer.status_code != 200:
            raise RuntimeError(f"{address}: {answer.status_code}")

    return get


def _world(count: int, lead: User) -> Engagement:
    """Make controls that each expect a state every day, and an engagement of a year."""
    framework = Framework.objects.create(slug="bench", title="Benchmark", version="1")
    criterion = Criterion.objects.create(
        framework=framework,
        ref="CC1",
        section="CC",
        section_title="Common",
        category="Security",
        title="A criterion",
        position=1,
    )
    _controls(count, criterion)
    return engagements.open_engagement(
        "Benchmark",
        framework=framework,
        type="soc2_type2",
        window_from=START,
        window_to=START + timedelta(days=DAYS - 1),
        categories={"Security": "Always in scope."},
        by=lead,
    )


def _controls(count: int, criterion: Criterion, *, begin: int = 0) -> None:
    """Make controls, each with one expectation."""
    made = Control.objects.bulk_create(
        Control(
            ref=f"BN-{number:04d}",
            title=f"Control {number}",
            area=Area.ACCESS_CONTROL,
            owner_role=Control.OwnerRole.ENGINEER,
            nature=Control.Nature.AUTOMATED,
        )
        for number in range(begin, begin + count)
    )
    ControlMapping.objects.bulk_create(
        ControlMapping(control=each, criterion=criterion, reason="Measured.") for each in made
    )
    Expectation.objects.bulk_create(
        Expectation(
            control=each,
            slug=f"bench-{each.ref.lower()}",
            title="A daily state",
            evidence_type=Expectation.EvidenceType.POPULATION_EXPORT,
            kind=Expectation.Kind.STATE,
            cadence="daily",
            days_allowed=3,
            owner_role=Control.OwnerRole.ENGINEER,
            active_from=START,
        )
        for each in made
    )


def _fill(total: int) -> None:
    """Write items and claims round the days and expectations until there are `total`."""
    first = intake.receive(items.submission(content=b"bench"), actor="system")
    expectations = list(Expectation.objects.order_by("pk").values_list("pk", flat=True))
    entry = LedgerEntry.objects.get(pk=first.ledger_entry_id)
    entries = _table(LedgerEntry, entry)
    evidence = _table(Evidence, first)
    claim = _table(Claim, Claim.of(first, Expectation.objects.all()[0]))
    for start in range(0, total, BATCH):
        numbers = range(start, min(start + BATCH, total))
        with transaction.atomic():
            _insert(entries, (_leaf(entry.index + 1 + n, n) for n in numbers))
            _insert(evidence, (_item(first.pk + 1 + n, entry.index + 1 + n, n) for n in numbers))
            _insert(
                claim,
                (_claim(n + 1, first.pk + 1 + n, n, expectations) for n in numbers),
            )
    _settle()


def _settle() -> None:
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "ANALYZE")


Template = tuple[Any, list[str], dict[str, Any]]


def _table(model: Any, row: Any) -> Template:
    """Return a table, the columns of a row, and their values as the database takes them."""
    fields = model._meta.concrete_fields
    values = {
        field.column: field.get_db_prep_save(field.pre_save(row, add=False), connection)
        for field in fields
    }
    return model._meta.db_table, [field.column for field in fields], values


def _insert(template: Template, changed: Iterator[dict[str, Any]]) -> None:
    table, columns, values = template
    rows = ([one.get(column, values[column]) for column in columns] for one in changed)
    names = ", ".join(f'"{column}"' for column in columns)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            with cursor.cursor.copy(f'COPY "{table}" ({names}) FROM STDIN') as copy:
                for row in rows:
                    copy.write_row([getattr(value, "obj", value) for value in row])
        else:
            marks = ", ".join(["%s"] * len(columns))
            statement = f'INSERT INTO "{table}" ({names}) VALUES ({marks})'
            cursor.executemany(statement, list(rows))


def _leaf(index: int, number: int) -> dict[str, Any]:
    return {"index": index, "subject": f"EV-{number + 2:06d}"}


def _item(key: int, leaf: int, number: int) -> dict[str, Any]:
    day, taken = _moments(number)
    adapt = connection.ops.adapt_datetimefield_value
    adapt_day = connection.ops.adapt_datefield_value
    uid = f"{number:032x}"
    return {
        "id": key,
        "ref": f"EV-{number + 2:06d}",
        "uid": uid,
        "covers_from": adapt_day(day),
        "covers_to": adapt_day(day),
        "collected_at": adapt(taken),
        "received_at": adapt(taken + timedelta(minutes=1)),
        "ledger_entry_id": leaf,
    }


def _claim(key: int, evidence: int, number: int, expectations: list[int]) -> dict[str, Any]:
    day, taken = _moments(number, len(expectations))
    adapt_day = connection.ops.adapt_datefield_value
    return {
        "id": key,
        "evidence_id": evidence,
        "expectation_id": expectations[number % len(expectations)],
        "covers_from": adapt_day(day),
        "covers_to": adapt_day(day),
        "number": number + 2,
        "received_us": (taken + timedelta(minutes=1) - _EPOCH) // timedelta(microseconds=1),
        "collected_us": (taken - _EPOCH) // timedelta(microseconds=1),
    }


def _moments(number: int, width: int = 500) -> tuple[date, datetime]:
    """Return the day that an item shows, and when it was collected: several times in a day."""
    turn = number // width
    day = START + timedelta(days=turn % DAYS)
    hour = 6 + turn // DAYS
    return day, datetime(day.year, day.month, day.day, min(hour, 23), 30, tzinfo=UTC)


def _aggregate() -> list[Any]:
    # As an expression a day is not read into a date: what ours does not do is not laid on it.
    days = "covers_to, covers_from"
    if connection.vendor == "sqlite":
        days = "+covers_to, +covers_from"
    statement = (
        f"SELECT expectation_id, {days}, COUNT(*), MIN(received_us), MAX(number) "
        "FROM evidence_claim GROUP BY expectation_id, covers_to, covers_from"
    )
    with connection.cursor() as cursor:
        cursor.execute(statement)
        found: list[Any] = cursor.fetchall()
        return found


def _check(totals: Any, controls: int, claims: int) -> None:
    """Refuse to measure an answer that is wrong: every day is met that a claim was made for."""
    expected = min(controls * DAYS, claims)
    if totals["met"] != expected or sum(totals.values()) != controls * DAYS:
        raise RuntimeError(f"Coverage is wrong: {dict(totals)}, met should be {expected}.")
