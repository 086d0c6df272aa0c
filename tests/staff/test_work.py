"""My work: what is mine in order of its due days; who oversees work sees everybody's."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from audits import days, requests
from audits.request_terms import Wording
from collectors.models import Source
from compliance import task_links
from readiness import steps, tasklist
from readiness import tasks as readiness_tasks
from readiness.task import Asked, Task
from registers import entries, registry
from tests import cast
from tests.audits.buying import Market
from tests.audits.findings import opened
from tests.audits.world import World
from tests.collectors import world as collecting
from tests.merchants import shops
from tests.readiness.ground import Ground, ago, begin
from tests.registers.books import GOOD
from tests.registers.reconciled import Accounting, row
from tests.registers.reviewing import Reviewed
from tests.staff import desk
from tests.staff.desk import Desk, at_most, words


@pytest.fixture
def ground(alice: User, var_dir: Path) -> Ground:
    begin(ago(400))
    return Ground(alice)


@pytest.fixture
def owner(ground: Ground) -> User:
    """A control owner, with a token to rotate and a list to hand in."""
    person = cast.person("control-owner", email="owen@example.org", full_name="Owen Bright")
    made = ground.expect("mfa", cadence="daily", since=ago(9))
    made.owner_role = "control_owner"
    made.save()
    ground.expect("keys", cadence="daily", since=ago(9))
    ground.token(owner="owen@example.org", rotate_by=ago(-3).isoformat())
    return person


def test_a_control_owner_comes_home_to_what_is_theirs(owner: User) -> None:
    office = desk.at(owner)
    assert office.client.get("/admin/").headers["Location"] == reverse("admin:work")
    text = office.text("work")
    assert text.index("Mfa") < text.index("rotation due")
    assert "4 days overdue" in text
    assert "Keys" not in text
    assert "Everybody's" not in text


def test_the_dashboard_of_others_stays(alices: Desk, owner: User) -> None:
    assert alices.get("index").status_code == 200
    both = desk.at(cast.person("control-owner", "engineer"))
    assert both.get("index").status_code == 200


def test_nobody_else_sees_everybodys_by_asking(owner: User, alices: Desk) -> None:
    for whose in ("all", str(alices.user.pk), "x", "9" * 30, "\0"):
        assert "Keys" not in desk.at(owner).text("work", whose=whose)


def test_the_lead_sees_everybodys_and_filters(alices: Desk, owner: User) -> None:
    assert "Mfa" not in alices.text("work")
    text = alices.text("work", whose="all")
    assert "Mfa" in text
    assert "Keys" in text
    assert "owen@example.org" in text
    text = alices.text("work", whose=str(owner.pk))
    assert "Mfa" in text
    assert "What waits for Owen Bright" in text
    assert "Keys" not in text
    text = alices.text("work", whose="all", kind="registers")
    assert "Mfa" not in text
    assert "rotation due" in text
    text = alices.text("work", whose="all", when="overdue")
    assert "Mfa" in text
    assert "rotation due" not in text


def test_an_executive_sees_everybodys_too(owner: User) -> None:
    assert "Mfa" in desk.at(cast.person("executive")).text("work", whose="all")


def test_what_is_due_late_is_shown_on_demand(alices: Desk, ground: Ground) -> None:
    ground.token(owner=alices.user.email, rotate_by=ago(-90).isoformat())
    assert "Nothing waits in the next 30 days" in alices.text("work")
    assert "rotation due" in alices.text("work", when="all")


def test_long_lists_are_paged_to_their_end(alices: Desk, ground: Ground) -> None:
    for number in range(60):
        ground.token(
            name=f"key {number:02d}", owner=alices.user.email, rotate_by=ago(3).isoformat()
        )
    first = alices.get("work")
    assert words(first).count("3 days overdue") == 50
    second = alices.client.get(reverse("admin:work") + first.context["following"])
    assert words(second).count("3 days overdue") == 10
    assert second.context["following"] == ""
    seen = words(first) + words(second)
    assert all(f"key {number:02d}" in seen for number in range(60))


def test_an_address_that_names_no_place_begins_at_the_first(alices: Desk, ground: Ground) -> None:
    ground.token(owner=alices.user.email, rotate_by=ago(3).isoformat())
    for after in ("x", "2026-13-01~a~b", "~~", "\0"):
        assert "3 days overdue" in alices.text("work", after=after)


def test_the_page_asks_the_database_little_and_stays_light(
    alices: Desk, ground: Ground, owner: User
) -> None:
    for number in range(60):
        ground.expect(f"list-{number}", cadence="daily", since=ago(9))
        ground.token(owner=alices.user.email, rotate_by=ago(3).isoformat())
    alices.get("work", whose="all")
    with at_most(12):
        page = alices.get("work", whose="all")
    assert len(page.content) < 150_000
    office = desk.at(owner)
    office.get("work")
    with at_most(12):
        assert office.get("work").status_code == 200


def test_the_first_look_after_the_log_grew_asks_as_little(alices: Desk, ground: Ground) -> None:
    for number in range(60):
        ground.expect(f"list-{number}", cadence="daily", since=ago(9))
    begin(ago(9))
    readiness_tasks.prepare_tasks(timezone.now())
    with at_most(2):
        readiness_tasks.prepare_tasks(timezone.now())
    with at_most(12):
        assert "List 53" in alices.text("work", whose="all")


def test_every_task_of_every_source_leads_to_a_page_that_is_there(
    alices: Desk, ground: Ground, tmp_path: Path
) -> None:
    ground.expect("mfa", cadence="daily", since=ago(9))
    ground.expect("keys", cadence="daily", since=ago(9))
    ground.show("keys", accepted=False)
    books = Accounting(alices.user, tmp_path)
    books.both(books.define(), [row("s1")], [row("s9")])
    ground.token(rotate_by=ago(3).isoformat())
    steps.lay_out(ago(3), by=alices.user)
    case = opened(World(alices.user))
    requests.ask(case.engagement, Wording("A", due=days.today()), by=alices.user)
    Reviewed(alices.user).open()
    shops.form(alices.user)
    Market.opened(alices.user).ask()
    silent = collecting.source("staff_mfa", schedule="30 2 * * *")
    Source.objects.filter(pk=silent.pk).update(created_at=timezone.now() - timedelta(days=9))
    found: dict[str, Task] = {}
    for task in tasklist.everything(Asked(days.today())):
        found.setdefault(task.source, task)
    assert set(found) == set(tasklist.sources())
    for task in found.values():
        way = task_links.way(task, alices.user)
        assert way.path != reverse("admin:work"), task
        assert alices.client.get(way.path).status_code == 200, task


def test_who_may_not_hand_in_is_led_to_the_control(ground: Ground) -> None:
    made = ground.expect("mfa", cadence="daily", since=ago(9))
    (task,) = tasklist.everything(Asked(days.today()))
    reviewer = cast.person("reviewer")
    assert task_links.way(task, reviewer).path.endswith(f"/controls/control/{made.control_id}/")


def test_a_task_with_a_page_that_is_not_there_leads_to_the_list(alice: User) -> None:
    lost = Task("odd", "1", "O-1", "Odd", days.today(), 1, page="nowhere", args=(1,))
    assert task_links.way(lost, alice).path == reverse("admin:work")


def test_names_are_escaped(alices: Desk, ground: Ground) -> None:
    given = {**GOOD["vendors"], "name": "<b>Bank</b>", "next_review": ago(1).isoformat()}
    entries.add(registry.get("vendors"), given=given, by=alices.user)
    page = alices.get("work", whose="all").content.decode()
    assert "<b>Bank" not in page
    assert "&lt;b&gt;Bank" in page


def test_it_refuses_other_methods_and_strangers(alices: Desk, strangers: tuple[User, ...]) -> None:
    assert alices.post("work").status_code == 405
    desk.assert_refused("work", strangers=strangers)
