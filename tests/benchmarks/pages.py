"""Lists of 50 rows: time at a large table beside the time at a small one, in the same run."""

from collections.abc import Callable, Iterator
from datetime import timedelta

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts import tokens
from accounts.models import User
from tests import cast
from tests.benchmarks import rows
from tests.benchmarks.stopwatch import Measure, Rival, compared, take_turns

MOST_QUERIES = 12


def measure(quick: bool) -> Iterator[Measure]:
    small, large = (1_000, 5_000) if quick else (1_000, 100_000)
    pages = _pages(cast.person("administrator"))
    rows.fill(small)
    before = {name: take_turns([page])[0] for name, page in pages.items()}
    rows.fill(large)
    after = {name: take_turns([page])[0] for name, page in pages.items()}
    for name, page in pages.items():
        yield compared(
            f"list of 50: {name}",
            f"{large:,} rows",
            (after[name] * 1000, "ms"),
            Rival(f"at {small:,} rows", before[name] * 1000, "<= 1.5"),
            ratio=after[name] / before[name],
        )
        with CaptureQueriesContext(connection) as queries:
            page()
        yield compared(
            f"queries: {name}",
            f"{large:,} rows",
            (len(queries), "queries"),
            Rival("ceiling", MOST_QUERIES, "<= 1"),
            ratio=len(queries) / MOST_QUERIES,
        )


def _pages(user: User) -> dict[str, Callable[[], object]]:
    _, secret = tokens.issue(
        user,
        purpose="benchmark",
        scopes=["evidence:read"],
        environment="production",
        expires_at=timezone.now() + timedelta(days=1),
        issued_by=user,
    )
    staff, program = Client(), Client(headers={"authorization": f"Bearer {secret}"})
    cast.sign_in(staff, user)
    return {
        "API, all": lambda: _get(program, "/api/v1/evidence?limit=50"),
        "API, one area": lambda: _get(program, "/api/v1/evidence?limit=50&area=availability"),
        "staff, all": lambda: _get(staff, "/admin/evidence/evidence/"),
        "staff, one area": lambda: _get(
            staff, "/admin/evidence/evidence/?area__exact=availability"
        ),
    }


def _get(client: Client, path: str) -> None:
    answer = client.get(path, headers={"host": "localhost"})
    if answer.status_code != 200:
        raise RuntimeError(f"{path}: {answer.status_code}")
