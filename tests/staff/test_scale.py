"""Lists stay cheap however much is stored: the plans of their queries lead along an index.

SQLite chooses a plan by its schema alone as long as nobody analysed the tables, so a small table
shows the plan of a large one. (Measured once with 100,000 items: the pages take as long as with
1,000. The list of returned items follows their own index, so it costs as much as was returned.)
"""

from datetime import date
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext

from compliance.staff import base
from evidence import intake, review
from registers import registry, sheets
from tests.audits.world import World, hand_in_staff
from tests.evidence import items
from tests.registers.books import GOOD
from tests.staff import desk
from tests.staff.desk import Desk

EVIDENCE = "evidence_evidence_changelist"
SQLITE = pytest.mark.skipif(connection.vendor != "sqlite", reason="reads the plans of SQLite")


def plans(office: Desk, name: str, table: str, *args: Any, **query: Any) -> list[str]:
    """How the queries of a page that begin at a table read it."""
    office.get(name, *args, **query)
    with CaptureQueriesContext(connection) as captured:
        assert office.get(name, *args, **query).status_code == 200
    asked = [each["sql"] for each in captured.captured_queries if f'FROM "{table}"' in each["sql"]]
    found = []
    with connection.cursor() as cursor:
        for sql in asked:
            if sql.startswith("SELECT"):
                cursor.execute(f"EXPLAIN QUERY PLAN {sql}")
                found.append(f"{sql[:60]}: " + " | ".join(str(row[3]) for row in cursor.fetchall()))
    return found


def sorts_all(plan: str) -> bool:
    return "TEMP B-TREE FOR ORDER BY" in plan


@pytest.fixture
def stocked(alices: Desk, world: World) -> Desk:
    cache.clear()
    old = hand_in_staff(world, date(2026, 6, 1))
    review.accept(old, reviewer=alices.user)
    for number in range(5):
        intake.receive(items.submission(content=str(number).encode()), actor="system")
    return alices


@SQLITE
@pytest.mark.parametrize(
    "query",
    [
        {},
        {"area__exact": "change"},
        {"type": "policy"},
        {"status": "awaiting"},
        {"status": "accepted"},
        {"status": "superseded"},
        {"q": "EV-000001"},
        {"q": "RUN-000001"},
        {"q": "a" * 64},
        {"q": "minutes"},
    ],
    ids=str,
)
def test_the_list_of_evidence_never_sorts_the_table(stocked: Desk, query: dict[str, str]) -> None:
    found = plans(stocked, EVIDENCE, "evidence_evidence", **query)
    assert found
    assert [plan for plan in found if sorts_all(plan)] == []


@SQLITE
@pytest.mark.parametrize(
    ("query", "index"),
    [
        ({"area__exact": "change"}, "evidence_area"),
        ({"type": "policy"}, "evidence_type"),
        ({"status": "awaiting"}, "INTEGER PRIMARY KEY"),
        ({"status": "superseded"}, "INTEGER PRIMARY KEY"),
        ({"status": "returned"}, "review_by_decision"),
        ({"q": "RUN-000001"}, "evidence_run"),
        ({"q": "minutes"}, "INTEGER PRIMARY KEY"),
    ],
    ids=str,
)
def test_each_filter_of_evidence_follows_an_index(
    stocked: Desk, query: dict[str, str], index: str
) -> None:
    found = plans(stocked, EVIDENCE, "evidence_evidence", **query)
    assert any(index in plan for plan in found), "\n".join(found)


@SQLITE
@pytest.mark.parametrize(
    ("name", "table", "query"),
    [
        ("evidence_ledgerentry_changelist", "evidence_ledgerentry", {}),
        ("evidence_ledgerentry_changelist", "evidence_ledgerentry", {"q": "7"}),
        ("collectors_run_changelist", "collectors_run", {}),
        ("collectors_run_changelist", "collectors_run", {"state__exact": "failed"}),
        ("job_board", "jobs_job", {}),
        ("review_queue", "evidence_evidence", {}),
    ],
    ids=str,
)
def test_long_lists_never_sort_their_table(
    stocked: Desk, name: str, table: str, query: dict[str, str]
) -> None:
    found = plans(stocked, name, table, **query)
    assert [plan for plan in found if sorts_all(plan)] == []


def test_a_list_counts_only_so_far(stocked: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(base.BoundedPaginator, "counted", 2)
    monkeypatch.setattr(base.RoomAdmin, "list_per_page", 2)
    page = stocked.get(EVIDENCE)
    text = desk.words(page)
    assert "1 to 2 of 2+. Narrow the list to see the rest." in text
    assert page.context["cl"].paginator.count == 3
    with CaptureQueriesContext(connection) as captured:
        stocked.get(EVIDENCE)
    counted = [each["sql"] for each in captured.captured_queries if "COUNT(*)" in each["sql"]]
    assert counted
    assert all("LIMIT 3" in sql for sql in counted)


def test_what_is_said_of_rows_is_read_for_the_page_only(
    stocked: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(base.RoomAdmin, "list_per_page", 2)
    with CaptureQueriesContext(connection) as captured:
        shown = stocked.get(EVIDENCE).context["cl"].result_list
    asked = [each["sql"] for each in captured.captured_queries if "evidence_claim" in each["sql"]]
    assert len(asked) == 1
    assert all(str(row.pk) in asked[0] for row in shown)
    assert asked[0].count(",") < 20


@SQLITE
@pytest.mark.parametrize(
    "query", [{}, {"view": "due"}, {"view": "retired"}, {"after": "_900"}], ids=str
)
def test_the_list_of_a_register_is_read_from_an_index(alices: Desk, query: dict[str, str]) -> None:
    found = plans(alices, "register", "registers_entry", "vendors", **query)
    assert found
    assert [plan for plan in found if sorts_all(plan) or "SCAN registers" in plan] == []


@pytest.mark.skipif(connection.vendor != "postgresql", reason="reads the plans of PostgreSQL")
@pytest.mark.parametrize(
    "query",
    [
        {},
        {"after": "_90"},
        {"view": "retired"},
        {"view": "due"},
        {"view": "due", "after": "2026-01-05_90"},
    ],
    ids=str,
)
def test_postgresql_reads_the_list_of_a_register_from_an_index(
    alices: Desk, query: dict[str, str]
) -> None:
    vendors = registry.get("vendors")
    good = {**GOOD["vendors"], "next_review": "2026-01-02"}
    lines = [
        (number, [str({**good, "name": f"V{number}"}.get(name, "")) for name in vendors.fields])
        for number in range(3_000)
    ]
    sheets.carry_out(
        sheets.plan(vendors, head=list(vendors.fields), lines=lines), by=alices.user, reason="List."
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE registers_entry")
    with CaptureQueriesContext(connection) as captured:
        alices.get("register", "vendors", **query)
    (asked,) = [
        each["sql"]
        for each in captured.captured_queries
        if 'FROM "registers_entry"' in each["sql"] and "ORDER BY" in each["sql"]
    ]
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {asked}")
        plan = "\n".join(str(row[0]) for row in cursor.fetchall())
    assert "Index Scan" in plan, plan
    assert "Sort" not in plan, plan
