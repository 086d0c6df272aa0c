"""Controls as programs see them: today's wording, and what each must leave."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from controls.models import Control, ControlMapping, ControlVersion, Criterion, Framework
from tests.api import calls
from tests.api.calls import Program
from tests.evidence import items

pytestmark = pytest.mark.django_db
CONTROLS = "/api/v1/controls"


def control(ref: str, area: str = "vendor") -> Control:
    return Control.objects.create(
        ref=ref, title=f"Control {ref}", area=area, owner_role="engineer", nature="manual"
    )


def word(of: Control, number: int, days: int) -> ControlVersion:
    return ControlVersion.objects.create(
        control=of,
        number=number,
        statement=f"Wording {number}",
        effective_from=timezone.localdate() + timedelta(days=days),
        digest=f"{number:064d}",
    )


def test_a_control_shows_the_wording_of_today(robot: Program) -> None:
    expectation = items.expectation()
    word(expectation.control, 1, -30)
    word(expectation.control, 2, 0)
    word(expectation.control, 3, 1)
    framework = Framework.objects.create(slug="soc2", title="SOC 2", version="2017")
    criterion = Criterion.objects.create(
        framework=framework, ref="CC6.1", section="CC6", category="Security", position=1
    )
    ControlMapping.objects.create(control=expectation.control, criterion=criterion, reason="x")
    item = robot.get(f"{CONTROLS}/AC-01").json()
    assert (item["statement"], item["version"]) == ("Wording 2", 2)
    assert item["effective_from"] == timezone.localdate().isoformat()
    assert item["criteria"] == ["soc2:CC6.1"]
    assert [one["number"] for one in item["versions"]] == [1, 2, 3]
    [expected] = item["expectations"]
    assert expected["slug"] == "staff-mfa"
    assert expected["cadence"] == "monthly"
    assert expected["active_to"] is None
    [listed] = robot.get(CONTROLS).json()["items"]
    assert listed == {name: value for name, value in item.items() if name != "versions"}


def test_a_control_without_a_wording_yet_has_none(robot: Program) -> None:
    word(control("VM-01"), 1, 5)
    item = robot.get(f"{CONTROLS}/VM-01").json()
    assert item["statement"] is item["version"] is item["effective_from"] is None


@pytest.mark.parametrize("limit", [1, 2, 3, 4])
def test_pages_follow_the_reference(robot: Program, limit: int) -> None:
    for ref in ("B-01", "A-02", "A-10"):
        control(ref)
    found: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        page = robot.get(f"{CONTROLS}?limit={limit}" + (f"&cursor={cursor}" if cursor else ""))
        found += [item["ref"] for item in page.json()["items"]]
        cursor = page.json()["next_cursor"]
    assert found == ["A-02", "A-10", "B-01"]


def test_only_an_area_may_be_listed(robot: Program) -> None:
    control("A-01")
    control("B-01", area="change")
    assert [one["ref"] for one in robot.get(f"{CONTROLS}?area=change").json()["items"]] == ["B-01"]


@pytest.mark.parametrize("query", ["area=x", "cursor=!", "cursor=gA", "limit=-1", "status=met"])
def test_a_bad_parameter_is_named(robot: Program, query: str) -> None:
    said = calls.error(robot.get(f"{CONTROLS}?{query}"), 400, "bad_query")
    assert set(said["fields"]) == {query.partition("=")[0]}


def test_an_unknown_reference_is_not_found(robot: Program) -> None:
    calls.error(robot.get(f"{CONTROLS}/XX-01"), 404, "not_found")


def test_it_refuses_a_wrong_method(robot: Program) -> None:
    control("A-01")
    calls.error(robot.call("POST", CONTROLS), 405, "method_not_allowed")
    calls.error(robot.call("PATCH", f"{CONTROLS}/A-01"), 405, "method_not_allowed")


def test_it_refuses_charlie(charlie: User) -> None:
    calls.error(calls.program(charlie).get(CONTROLS), 403, "insufficient_scope")


def test_a_page_costs_a_fixed_number_of_queries(robot: Program) -> None:
    for number in range(30):
        expectation = items.expectation(f"e{number}")
        expectation.control = control(f"A-{number:02d}")
        expectation.save(update_fields=["control"])
    robot.get(CONTROLS)
    with CaptureQueriesContext(connection) as queries:
        assert len(robot.get(CONTROLS).json()["items"]) == 31
    assert len(queries) <= 8
