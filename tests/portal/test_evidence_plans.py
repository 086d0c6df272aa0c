"""The list of evidence follows indexes, however much is stored: what the plans of its queries say.

The tables are analysed first, for a planner that knows that hardly any item supersedes another
chooses otherwise than one that knows nothing.
"""

from datetime import date

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.portal.house import House, get
from tests.portal.test_evidence_list import many

PATH = "evidence/"
SQLITE = connection.vendor == "sqlite"
MANY = 300
ITEMS, KEYS = 'FROM "evidence_evidence" LEFT OUTER JOIN', " UNION ALL "


@pytest.fixture
def full(house: House) -> House:
    """Hundreds of captures, and of another expectation of the control as many again."""
    other = house.world.expect(house.world.access, "keys-state", kind="state")
    many(house, MANY)
    many(house, MANY, other)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return house


def plan(door: Client, path: str, marks: str) -> str:
    """How the database answers the query of a page that has these words, a line for each step."""
    get(door, path)
    with CaptureQueriesContext(connection) as captured:
        assert get(door, path).status_code == 200
    asked = next(each["sql"] for each in captured.captured_queries if marks in each["sql"])
    with connection.cursor() as cursor:
        if SQLITE:
            cursor.execute(f"EXPLAIN QUERY PLAN {asked}")
        else:
            # A table of hundreds is read whole the sooner; one of a million is not.
            cursor.execute("SET LOCAL enable_seqscan = off")
            cursor.execute("SET LOCAL enable_bitmapscan = off")
            cursor.execute(f"EXPLAIN {asked}")
        return "\n".join(str(row[-1]) for row in cursor.fetchall())


@pytest.mark.parametrize("query", ["?control=AC-01", ""])
def test_no_step_reads_the_whole_table(door: Client, full: House, query: str) -> None:
    steps = plan(door, full.path(PATH) + query, ITEMS)
    for whole in (
        "SCAN evidence_evidence",
        "SCAN T2",
        "AUTOMATIC",
        "Seq Scan on evidence_evidence",
    ):
        assert whole not in steps, steps


def test_each_expectation_of_the_control_names_its_newest_items_by_its_index(
    door: Client, full: House
) -> None:
    """Each is cut to a page; SQLite, which has no choice, reads no more of the index than that."""
    steps = plan(door, full.path(f"{PATH}?control=AC-01"), KEYS)
    expectations = full.world.access.expectations.count()
    # PostgreSQL weighs the rows that there are; it sorts some dozens sooner than it walks an index.
    cut = "sqlite_autoindex_evidence_claim_1 (expectation_id=?)" if SQLITE else "->  Limit"
    assert steps.count(cut) == expectations == 3, steps
    assert "claim_facts" not in steps
    if SQLITE:
        assert "TEMP B-TREE" not in steps


def test_the_page_of_a_control_is_the_list_without_the_others(door: Client, full: House) -> None:
    """Another shape of query, and yet the same items."""
    context = get(door, full.path(f"{PATH}?control=AC-01")).context
    whole = get(door, full.path(PATH)).context
    assert [row.item for row in context["rows"]] == [row.item for row in whole["rows"]]
    assert context["following"].endswith(whole["following"])


def test_items_outside_the_window_are_passed_over(door: Client, full: House) -> None:
    full.engagement.window_to = date(2026, 7, 10)
    full.engagement.save(update_fields=["window_to"])
    rows = get(door, full.path(f"{PATH}?control=AC-01")).context["rows"]
    assert rows
    assert all(row.item.covers_from <= date(2026, 7, 10) for row in rows)
