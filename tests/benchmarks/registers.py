"""Registers at size: tokens from a sheet, and lists at many entries beside lists at few."""

import csv
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from unittest.mock import DEFAULT, patch

from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from evidence import ledger
from registers import headings, imports, registry
from registers.models import RegisterImport
from registers.registry import Register
from tests import cast
from tests.benchmarks.stopwatch import Measure, Rival, compared, take_turns
from tests.registers.books import GOOD

MOST_QUERIES = 12
SMALL = 1_000
# What a person waits at most for 50,000 tokens, whether lines are read or written.
MOST_SECONDS_PER_THOUSAND = 2.0
# What everybody else who writes waits at most; on SQLite they give up after 20 seconds.
MOST_SECONDS_HELD = 5.0


def measure(quick: bool) -> Iterator[Measure]:
    keeper, tokens = cast.person("administrator"), registry.get("service_accounts")
    large = 5_000 if quick else 50_000
    pages = _pages(keeper)
    yield from _taken_in(tokens, 0, SMALL, keeper)
    before = {name: take_turns([page])[0] for name, page in pages.items()}
    yield from _taken_in(tokens, SMALL, large - SMALL, keeper)
    after = {name: take_turns([page])[0] for name, page in pages.items()}
    for name, page in pages.items():
        yield compared(
            f"register: {name}",
            f"{large:,} tokens",
            (after[name] * 1000, "ms"),
            Rival(f"at {SMALL:,}", before[name] * 1000, "<= 1.5"),
            ratio=after[name] / before[name],
        )
        with CaptureQueriesContext(connection) as queries:
            page()
        yield compared(
            f"queries: register, {name}",
            f"{large:,} tokens",
            (len(queries), "queries"),
            Rival("ceiling", MOST_QUERIES, "<= 1"),
            ratio=len(queries) / MOST_QUERIES,
        )


def _taken_in(register: Register, start: int, count: int, by: User) -> Iterator[Measure]:
    """Take new tokens in from a sheet, as the two jobs of a long one do."""
    with tempfile.TemporaryDirectory(dir=settings.SCRATCH_DIR) as folder:
        path = Path(folder) / "tokens.csv"
        _write(register, path, start, count)
        made = imports.receive(register, path, filename=path.name, by=by)
    began = time.perf_counter()
    made = imports.read(made.pk)
    read = time.perf_counter() - began
    made = imports.confirm(made, by=by, reason="Benchmark.")
    began = time.perf_counter()
    made, locked = _written(made)
    written, held = time.perf_counter() - began, time.perf_counter() - locked
    if made.state != imports.State.DONE:
        raise SystemExit(f"{made.state}: {made.problem}")
    yield compared(
        f"log held for a sheet, {connection.vendor}",
        f"{count:,} lines",
        (held, "s"),
        Rival("aim", MOST_SECONDS_HELD, "<= 1"),
        ratio=held / MOST_SECONDS_HELD,
    )
    for name, seconds in (("read", read), ("taken in", written)):
        aim = MOST_SECONDS_PER_THOUSAND * count / 1000
        yield compared(
            f"sheet of tokens, {name}, {connection.vendor}",
            f"{count:,} lines",
            (seconds, "s"),
            Rival("aim", aim, "<= 1"),
            ratio=seconds / aim,
        )


def _written(made: RegisterImport) -> tuple[RegisterImport, float]:
    """Take a sheet in; return it with the moment from which on it held the log."""
    locked: list[float] = []

    def note() -> object:
        locked.append(time.perf_counter())
        return DEFAULT

    with patch.object(ledger, "lock", wraps=ledger.lock) as lock:
        lock.side_effect = note
        return imports.take_in(made.pk), locked[0]


def _write(register: Register, path: Path, start: int, count: int) -> None:
    good = GOOD[register.slug]
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(headings.of(register))
        for number in range(start, start + count):
            given = {**good, "name": f"reader {number}"}
            writer.writerow(["", *(given.get(name, "") for name in register.fields), "yes"])


def _pages(user: User) -> dict[str, Callable[[], object]]:
    staff = Client()
    cast.sign_in(staff, user)
    place = "/admin/registers/service_accounts/"
    return {
        "list": lambda: _get(staff, place),
        "list, due": lambda: _get(staff, f"{place}?view=due"),
        "list, searched": lambda: _get(staff, f"{place}?q=reader+7"),
        "entry": lambda: _get(staff, f"{place}7/"),
        "all registers": lambda: _get(staff, "/admin/registers/"),
    }


def _get(client: Client, address: str) -> None:
    answer = client.get(address, headers={"host": "localhost"})
    if answer.status_code != 200:
        raise SystemExit(f"{address} answered {answer.status_code}.")
