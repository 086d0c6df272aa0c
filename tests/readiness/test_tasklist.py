"""The list of tasks: what each source finds, whose it is, and that it goes when it is done."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from accounts.models import User
from audits import changes, days, findings, requests
from audits.changes import Span
from audits.request_terms import Owner, Wording
from evidence import review
from readiness import steps, task_sources, tasklist
from readiness.errors import TaskSourceError
from readiness.task import Asked, Task
from registers import entries, registry
from tests import cast
from tests.audits.findings import opened
from tests.audits.world import World
from tests.readiness.ground import Ground, ago, begin
from tests.registers.books import GOOD
from tests.registers.reviewing import Reviewed
from tests.staff.desk import at_most

pytestmark = pytest.mark.django_db


@pytest.fixture
def ground(alice: User, var_dir: Path) -> Ground:
    """Alice's installation, a year old and empty but for her."""
    begin(ago(400))
    return Ground(alice)


def tasks(*sources: str, user: User | None = None) -> list[Task]:
    whose = tasklist.whose(user) if user else None
    asked = Asked(days.today(), whose=whose, sources=frozenset(sources))
    return list(tasklist.everything(asked))


def leave(user: User) -> None:
    User.objects.filter(pk=user.pk).update(is_active=False)


def test_an_empty_installation_has_no_tasks(ground: Ground) -> None:
    assert tasks() == []


def test_each_file_of_the_folder_is_a_source_and_the_way_to_add_one() -> None:
    names = {"evidence", "findings", "registers", "requests", "reviews", "steps"}
    assert names <= set(tasklist.sources())
    assert all(one.words for one in tasklist.sources().values())


def test_a_file_that_is_no_source_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(task_sources, "__path__", [*task_sources.__path__])
    monkeypatch.delattr("readiness.task_sources.steps.WORDS")
    tasklist.sources.cache_clear()
    with pytest.raises(TaskSourceError, match=r"task_sources/steps\.py"):
        tasklist.sources()
    monkeypatch.undo()
    tasklist.sources.cache_clear()


class TestEvidence:
    def test_what_is_expected_is_due_by_its_rhythm_and_goes_when_it_came(
        self, ground: Ground
    ) -> None:
        ground.expect("mfa", cadence="daily", since=ago(0))
        (one,) = tasks("evidence")
        assert (one.due, one.days_over(days.today())) == (days.today() + timedelta(days=5), 0)
        assert (one.title, one.role, one.is_of_catalogue) == ("Mfa", "compliance-lead", True)
        ground.show("mfa")
        assert tasks("evidence") == []

    def test_many_missed_times_are_one_task_from_the_first(self, ground: Ground) -> None:
        ground.expect("mfa", cadence="daily", since=ago(20))
        (one,) = tasks("evidence")
        assert one.due == ago(15)
        assert one.days_over(days.today()) == 15
        assert "Nothing has come" in one.note
        assert "20 later times are open too" in one.note

    @pytest.mark.usefixtures("var_dir")
    def test_what_was_due_before_the_installation_began_is_none(self, alice: User) -> None:
        begin(ago(3))
        ground = Ground(alice)
        ground.expect("mfa", cadence="daily", since=ago(60))
        (one,) = tasks("evidence")
        assert one.due == ago(3)

    def test_what_fails_its_check_is_a_task(self, ground: Ground) -> None:
        ground.expect("mfa", cadence="daily", since=ago(0))
        ground.check("all-have-mfa", "mfa")
        ground.show("mfa", exceptions=2)
        (one,) = tasks("evidence")
        assert "does not pass its checks" in one.note

    def test_what_a_machine_collects_is_a_task_only_once_it_is_overdue(
        self, ground: Ground
    ) -> None:
        ground.expect("fresh", cadence="daily", since=ago(0), collector="staff_mfa")
        ground.expect("stale", cadence="daily", since=ago(9), collector="staff_mfa")
        (one,) = tasks("evidence")
        assert one.title == "Stale"
        assert one.due == ago(4)

    @pytest.mark.parametrize("cadence", ["annual", "semi_annual", "quarterly", "monthly"])
    def test_a_long_window_is_never_cut_at_the_edge(self, ground: Ground, cadence: str) -> None:
        ground.expect("review", cadence=cadence, since=ago(0).replace(month=1, day=1))
        for one in tasks("evidence"):
            assert one.due
            # Five days are allowed after the end of a window.
            end = one.due - timedelta(days=5)
            assert (end + timedelta(days=1)).day == 1

    def test_a_skip_takes_it_away_and_a_move_gives_it_another_day(self, ground: Ground) -> None:
        made = ground.expect("mfa", cadence="daily", since=ago(0))
        due = days.today() + timedelta(days=5)
        span = Span(ago(0), ago(0), due)
        later = due + timedelta(days=3)
        changes.move(made, span=span, due=later, reason="Holiday.", by=ground.alice)
        (one,) = tasks("evidence")
        assert one.due == later
        changes.skip(made, span=span, reason="Nobody worked.", by=ground.alice)
        assert tasks("evidence") == []


class TestReviews:
    def test_what_awaits_a_decision_is_the_reviewers_but_not_its_preparers(
        self, ground: Ground
    ) -> None:
        ground.expect("mfa")
        item = ground.show("mfa", accepted=False)
        reviewer, other = cast.person("reviewer"), cast.person("engineer")
        (one,) = tasks("reviews", user=reviewer)
        assert one.due == days.day_of(item.received_at) + timedelta(days=7)
        assert tasks("reviews", user=other) == []
        assert not tasklist.whose(reviewer).has(replace(one, not_for=reviewer.pk))
        review.accept(item, reviewer=reviewer)
        assert tasks("reviews") == []

    def test_who_prepared_an_item_is_not_asked_to_review_it(self, ground: Ground) -> None:
        preparer = cast.person("reviewer")
        ground.expect("mfa")
        ground.show("mfa", accepted=False)
        (one,) = tasks("reviews")
        assert one.not_for is None
        assert tasklist.whose(preparer).has(one)


class TestRequests:
    def test_it_is_its_owners_or_the_leads(self, ground: Ground) -> None:
        alice, world = ground.alice, World(ground.alice)
        engagement = world.engagement()
        owner = cast.person("control-owner")
        due = days.today() + timedelta(days=3)
        requests.ask(engagement, Wording("A", due=due), by=alice, owner=Owner(person=owner))
        requests.ask(engagement, Wording("B"), by=alice, owner=Owner(role="control_owner"))
        requests.ask(engagement, Wording("C"), by=alice)
        assert [one.title for one in tasks("requests")] == ["A", "B", "C"]
        assert [one.title for one in tasks("requests", user=owner)] == ["A", "B"]
        assert [one.title for one in tasks("requests", user=alice)] == ["C"]
        assert [one.due for one in tasks("requests")] == [due, None, None]

    def test_it_is_the_leads_where_the_owner_has_left(self, ground: Ground) -> None:
        engagement = World(ground.alice).engagement()
        owner = cast.person("control-owner")
        requests.ask(engagement, Wording("A"), by=ground.alice, owner=Owner(person=owner))
        leave(owner)
        (one,) = tasks("requests", user=ground.alice)
        assert (one.person, one.owner) == (None, "Compliance lead")
        assert f"{owner}, whose it is, has left" in one.note


class TestFindings:
    def test_it_goes_from_response_to_action_to_retest_to_closing(self, ground: Ground) -> None:
        case = opened(World(ground.alice))
        (one,) = tasks("findings")
        assert "waits for a response" in one.note
        assert one.due == days.today() + timedelta(days=14)
        case.respond()
        case.plan(days.today() + timedelta(days=9))
        (one,) = tasks("findings")
        assert (one.named, one.due) == ("Head of IT", days.today() + timedelta(days=9))
        case.finish()
        (one,) = tasks("findings")
        assert "retest" in one.note
        assert one.role == "compliance-lead"
        assert findings.of_engagement(case.engagement).count() == 1


class TestRegisters:
    def test_an_entry_is_whom_its_register_says(self, ground: Ground) -> None:
        eve = cast.person("engineer", email="eve@example.org")
        ground.token(owner="eve@example.org", rotate_by=ago(3).isoformat())
        entries.add(
            registry.get("access_exceptions"), given=GOOD["access_exceptions"], by=ground.alice
        )
        entries.add(registry.get("ndas"), given=GOOD["ndas"], by=ground.alice)
        mine = {one.note for one in tasks("registers", user=eve)}
        assert mine == {"Tokens and service accounts: rotation due."}
        # Alice allowed the exception, and leads compliance: what names nobody is hers.
        alices = {one.note for one in tasks("registers", user=ground.alice)}
        assert alices == {"Access exceptions: ends.", "NDAs: ends."}

    def test_pages_of_many_entries_are_the_whole(
        self, ground: Ground, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for number in range(7):
            ground.token(rotate_by=ago(number % 3).isoformat())
        ground.expect("mfa", cadence="daily", since=ago(9))
        whole = [one.place for one in tasks()]
        monkeypatch.setattr(tasklist, "AT_ONCE", 2)
        assert [one.place for one in tasks()] == whole
        assert len(whole) == 8
        assert whole == sorted(whole)

    def test_what_is_done_or_taken_out_is_no_task(self, ground: Ground) -> None:
        done = {**GOOD["corrective_actions"], "title": "Done", "done_on": "2026-10-30"}
        with_proof = {**done, "proof": "Alert 7", "result": "works"}
        fields = registry.get("corrective_actions").fields
        given = {name: value for name, value in with_proof.items() if name in fields}
        entries.add(registry.get("corrective_actions"), given=given, by=ground.alice)
        assert tasks("registers") == []


class TestSteps:
    def test_a_step_is_its_owners_until_it_is_ticked(self, ground: Ground) -> None:
        owner = cast.person("engineer")
        due = days.today() + timedelta(days=2)
        assert tasks("steps") == []
        steps.assign("step-1-1", owner=owner, due_on=due, seen=0, by=ground.alice)
        (one,) = tasks("steps", user=owner)
        assert (one.due, one.owner) == (due, str(owner))
        assert tasks("steps", user=ground.alice) == []
        steps.tick("step-1-1", note="Minutes of June.", seen=1, by=ground.alice)
        assert tasks("steps") == []

    def test_a_step_of_somebody_who_left_is_the_leads(self, ground: Ground) -> None:
        owner = cast.person("engineer")
        steps.assign("step-1-1", owner=owner, due_on=None, seen=0, by=ground.alice)
        leave(owner)
        (one,) = tasks("steps", user=ground.alice)
        assert "has left" in one.note


class TestCampaigns:
    def test_lines_of_a_reviewer_who_left_are_the_leads(self, ground: Ground) -> None:
        reviewed = Reviewed(ground.alice)
        reviewed.open()
        leave(reviewed.ivan)
        (one,) = tasks("campaigns", user=ground.alice)
        assert "for a reviewer." in one.note
        assert "has left" in one.note


class TestWhose:
    def test_what_names_a_role_that_nobody_holds_is_the_overseers(self, ground: Ground) -> None:
        ground.expect("mfa", cadence="daily", since=ago(0))
        made = ground.made["mfa"]
        made.owner_role = "engineer"
        made.save()
        assert [one.title for one in tasks("evidence", user=ground.alice)] == ["Mfa"]
        engineer = cast.person("engineer")
        assert [one.title for one in tasks("evidence", user=engineer)] == ["Mfa"]
        # Roles are granted with a leaf; this one was given past the deed.
        assert tasks("evidence", user=ground.alice) == []

    def test_who_is_inactive_has_nothing(self, ground: Ground) -> None:
        ground.expect("mfa", cadence="daily", since=ago(0))
        ground.alice.is_active = False
        assert tasks("evidence", user=ground.alice) == []

    def test_of_one_person_until_a_day(self, ground: Ground) -> None:
        ground.expect("mfa", cadence="daily", since=ago(20))
        assert len(tasklist.of(ground.alice, until=ago(15)).tasks) == 1
        assert tasklist.of(ground.alice, until=ago(16)).tasks == ()


def test_a_second_look_costs_little_until_the_log_grows(ground: Ground) -> None:
    for number in range(5):
        ground.expect(f"list-{number}", cadence="daily", since=ago(3))
        ground.token()
    steps.lay_out(ago(3), by=ground.alice)
    before = tasks()
    with at_most(3):
        assert tasks() == before
    item = ground.show("list-2", accepted=False)
    assert item.ref in {one.name for one in tasks("reviews")}
