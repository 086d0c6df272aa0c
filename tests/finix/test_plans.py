"""Pages follow an index: no plan sorts, and none reads a table from its beginning."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from merchants import tag_deeds
from merchants.models import Application
from tests.finix.calls import Program
from tests.merchants import shops

pytestmark = pytest.mark.django_db
LISTS = [
    ("compliance_forms", "merchants_complianceform"),
    ("compliance_forms?state=INCOMPLETE", "merchants_complianceform"),
    ("compliance_forms?state=COMPLETE,INCOMPLETE", "merchants_complianceform"),
    ("merchants", "merchants_merchant"),
    ("identities", "merchants_merchant"),
    ("files", "merchants_file"),
    ("events", "merchants_event"),
]
TAGS = "merchants_tag"
TAG = "tags.key=tier&tags.value=gold"
BY_TAG = [
    "compliance_forms?tags.key=tier",
    f"compliance_forms?{TAG}",
    f"compliance_forms?{TAG}&state=INCOMPLETE,OVERDUE",
    f"compliance_forms?{TAG}&tags.team=north",
    f"merchants?{TAG}",
    f"identities?{TAG}",
    f"files?{TAG}",
    f"users?{TAG}",
]


def plans(program: Program, path: str, table: str) -> list[str]:
    """Return how the database would read each page of a list of a table."""
    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert program.get(path).status_code == 200
    pages = [
        one["sql"]
        for one in queries.captured_queries
        if f'FROM "{table}"' in one["sql"] and "ORDER BY" in one["sql"] and "LIMIT" in one["sql"]
    ]
    word = "EXPLAIN QUERY PLAN" if connection.vendor == "sqlite" else "EXPLAIN"
    found = []
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            # Such a small table is read whole by anybody; it is asked what it would do otherwise.
            cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off")
        for sql in pages:
            cursor.execute(f"{word} {sql}")
            found.append("\n".join(str(row[-1]) for row in cursor.fetchall()))
    return found


def refuse_bad(plan: str, table: str) -> None:
    assert "TEMP B-TREE" not in plan, plan
    assert "Sort" not in plan, plan
    assert f"SCAN {table}" not in plan, plan
    assert f"Seq Scan on {table}" not in plan, plan


@pytest.mark.parametrize(("path", "table"), LISTS)
@pytest.mark.parametrize("who", ["robot", "partner"])
@pytest.mark.parametrize("is_first", [True, False])
def test_a_page_follows_an_index(
    request: pytest.FixtureRequest,
    alice: User,
    platform: Application,
    *,
    path: str,
    table: str,
    who: str,
    is_first: bool,
) -> None:
    program: Program = request.getfixturevalue(who)
    form = shops.form(alice, of=platform)
    cursors: dict[str, Any] = {
        "compliance_forms": form.ref,
        "merchants": form.merchant.ref,
        "identities": form.merchant.identity_ref,
    }
    cursor = cursors.get(path.partition("?")[0])
    if not is_first and cursor:
        path += ("&" if "?" in path else "?") + f"after_cursor={cursor}"
    found = plans(program, path, table)
    assert found
    for plan in found:
        refuse_bad(plan, table)


@pytest.mark.parametrize("who", ["robot", "partner"])
def test_a_page_by_tag_follows_an_index_of_tags(
    request: pytest.FixtureRequest, alice: User, platform: Application, who: str
) -> None:
    program: Program = request.getfixturevalue(who)
    form = shops.form(alice, of=platform)
    tag_deeds.tag(form, {"tier": "gold", "team": "north"}, actor="system")
    tag_deeds.tag(form.merchant, {"tier": "gold"}, actor="system")
    cursors = {
        "compliance_forms": form.ref,
        "merchants": form.merchant.ref,
        "identities": form.merchant.identity_ref,
        "users": program.key.ref,
        "files": "",
    }
    for path in BY_TAG:
        for cursor in {"", cursors[path.partition("?")[0]]}:
            found = plans(program, f"{path}&after_cursor={cursor}" if cursor else path, TAGS)
            assert found
            for plan in found:
                assert "tag_by_" in plan, plan
                for table in (TAGS, *(name for _, name in LISTS)):
                    refuse_bad(plan, table)


@pytest.mark.parametrize("path", ["compliance_forms", "merchants", "files", "verifications"])
def test_a_page_costs_the_same_number_of_queries(
    robot: Program, alice: User, platform: Application, path: str, django_assert_num_queries: Any
) -> None:
    shops.form(alice, of=platform)
    robot.get(path)
    with CaptureQueriesContext(connection) as one:
        robot.get(path)
    for _ in range(4):
        shops.form(alice, of=platform)
    with django_assert_num_queries(len(one)):
        robot.get(path)
    assert len(one) <= 12
