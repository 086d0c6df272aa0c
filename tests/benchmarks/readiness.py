"""Home, gaps, readiness and plan at the size of a large company, beside that of a small one."""

from collections.abc import Callable, Iterator
from datetime import timedelta

from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts import roles
from accounts.models import User
from controls.models import Criterion
from evidence import ledger
from registers import entries, registry, writing
from tests import cast
from tests.benchmarks import coverage
from tests.benchmarks.stopwatch import Measure, Rival, compared, take_turns
from tests.registers.books import GOOD

MOST_QUERIES = 12
MOST_QUERIES_HOME = 21
MOST_SECONDS = 1.0
SMALL = (100, 1_000, 100)
"""Controls, tokens and vendors."""
LARGE = (1_000, 50_000, 5_000)
QUICK = (200, 2_000, 200)
CLAIMS = 20_000


def measure(quick: bool) -> Iterator[Measure]:
    roles.sync()
    keeper = cast.person("administrator")
    controls, tokens, vendors = large = QUICK if quick else LARGE
    pages = _pages(keeper)
    coverage._world(SMALL[0], keeper)
    with transaction.atomic():
        # What is filled in below passes by the log, so that the one leaf stands for all of it.
        leaf = ledger.append("register.import", subject="register", body={}, actor="system")
    deed = writing.Deed(leaf, keeper, "Benchmark.")
    coverage._fill(CLAIMS)
    _fill(0, SMALL, deed)
    before = {name: take_turns([page])[0] for name, page in pages.items()}
    coverage._controls(controls - SMALL[0], Criterion.objects.get(), begin=SMALL[0])
    _fill(1, (controls, tokens - SMALL[1], vendors - SMALL[2]), deed)
    after = {name: take_turns([page])[0] for name, page in pages.items()}
    size = "{:,} controls, {:,} tokens".format(*large)
    yield from _compared(size, pages, before, after)


def _compared(
    size: str,
    pages: dict[str, Callable[[], object]],
    before: dict[str, float],
    after: dict[str, float],
) -> Iterator[Measure]:
    for name, page in pages.items():
        yield compared(
            f"{name} beside few, {connection.vendor}",
            size,
            (after[name] * 1000, "ms"),
            Rival("at 100 and 1,000", before[name] * 1000, "<= 1.5"),
            ratio=after[name] / before[name],
        )
        yield compared(
            f"{name}, {connection.vendor}",
            size,
            (after[name], "s"),
            Rival("aim", MOST_SECONDS, "<= 1"),
            ratio=after[name] / MOST_SECONDS,
        )
        with CaptureQueriesContext(connection) as queries:
            page()
        most = MOST_QUERIES_HOME if name == "home" else MOST_QUERIES
        yield compared(
            f"queries: {name}",
            size,
            (len(queries), "queries"),
            Rival("ceiling", most, "<= 1"),
            ratio=len(queries) / most,
        )


def _fill(series: int, counts: tuple[int, int, int], deed: writing.Deed) -> None:
    """Add tokens and vendors; every tenth token is old, broad and unused."""
    old = (timezone.now().date() - timedelta(days=400)).isoformat()
    _, tokens, vendors = counts
    bad = {"scopes": "*", "created_on": old, "last_used_on": old, "rotate_by": old}
    _add(
        "service_accounts",
        ({"name": f"t{series}-{n}", **({} if n % 10 else bad)} for n in range(tokens)),
        deed,
    )
    _add("vendors", ({"name": f"v{series}-{n}"} for n in range(vendors)), deed)


def _add(slug: str, changes: Iterator[dict[str, str]], deed: writing.Deed) -> None:
    register = registry.get(slug)
    rows = [
        writing.prepared(
            register, writing.Draft(entries.checked(register, {**GOOD[slug], **changed}))
        )
        for changed in changes
    ]
    with transaction.atomic():
        writing.write(register, rows, deed)
    coverage._settle()


def _pages(user: User) -> dict[str, Callable[[], object]]:
    staff = Client()
    cast.sign_in(staff, user)
    places = {
        "home": "/admin/",
        "gaps": "/admin/gaps/",
        "gaps, last page": "/admin/gaps/?page=99999",
        "readiness": "/admin/readiness/",
        "plan": "/admin/plan/",
        "my work": "/admin/work/",
        "vendors": "/admin/registers/vendors/",
    }
    return {name: coverage._page(staff, address) for name, address in places.items()}
