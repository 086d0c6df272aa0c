"""Mails about requests: who is told, once, by a real server, and nobody who may not see it."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from django.core import mail as outbox
from django.test import Client
from pytest_django import Settings

from accounts.models import User
from audits import engagements, requests
from audits.days import today
from audits.models import Engagement, EvidenceRequest
from audits.request_terms import Owner, Wording, wording_of
from compliance.notices import events, mail, tasks
from compliance.notices.models import Notice, Reading
from jobs import leases, performing
from jobs.models import Job
from tests import cast
from tests.audits.asking import admit, answered, asked
from tests.audits.world import World, hand_in_staff
from tests.notices.sink import Sink

NOW = datetime.now(tz=UTC)


@pytest.fixture
def world(alice: User, var_dir: Path) -> World:
    return World(alice)


@pytest.fixture(autouse=True)
def mail_is_on(settings: Settings) -> None:
    settings.MAIL_IS_ON = True
    settings.SITE_URL = "https://trust.example"


@pytest.fixture
def engagement(world: World, bob: User) -> Engagement:
    made = world.engagement()
    admit(made, bob, by=world.alice)
    return made


def told() -> list[tuple[str, str]]:
    """Who is told of what, in order."""
    return [(one.user.email, one.about) for one in Notice.objects.order_by("pk")]


def ticked() -> None:
    events.read_threads()
    events.send_unsent(datetime.now(tz=UTC))


def hours_tried(job: Job) -> float:
    """For how many hours a job is tried again, by the usual back-off without its chance."""
    with patch.object(leases._chance, "uniform", return_value=1):
        waits = [leases.back_off(attempt) for attempt in range(1, job.max_attempts)]
    return sum(waits, timedelta()) / timedelta(hours=1)


def worked() -> None:
    """Do the jobs that wait, as a worker would."""
    for job in Job.objects.filter(state=Job.State.WAITING).order_by("pk"):
        performing.perform(job.pk)


class TestWhoIsTold:
    def test_each_side_is_told_what_the_other_did(
        self, engagement: Engagement, world: World, bob: User
    ) -> None:
        request = asked(engagement, bob)
        item = hand_in_staff(world, date(2026, 6, 30))
        first = answered(request, item, world.alice)
        requests.comment(request, text="July?", by=bob)
        requests.return_with_reason(request, seen=first.pk, reason="July.", by=bob)
        requests.comment(request, text="Coming.", by=world.alice)
        second = answered(request, item, world.alice)
        requests.accept(request, seen=second.pk, by=bob)
        events.read_threads()
        alice, auditor = world.alice.email, bob.email
        assert told() == [
            (alice, "asked"),
            (auditor, "answered"),
            (alice, "commented"),
            (alice, "returned"),
            (auditor, "commented"),
            (auditor, "answered"),
            (alice, "accepted"),
        ]

    def test_the_owner_is_told_or_who_holds_the_role(
        self, engagement: Engagement, world: World
    ) -> None:
        one = cast.person("control-owner", email="one@example.org")
        two = cast.person("control-owner", email="two@example.org")
        cast.person("engineer", email="three@example.org")
        for owner in (Owner(person=one), Owner(role="control_owner"), Owner(role="reviewer")):
            requests.ask(engagement, Wording("A"), by=world.alice, owner=owner)
        events.read_threads()
        # Nobody holds the role of the third; who leads asked it, and is not told of that.
        assert told() == [(one.email, "asked"), (one.email, "asked"), (two.email, "asked")]

    def test_where_the_owner_has_left_the_lead_is_told(
        self, engagement: Engagement, world: World, bob: User
    ) -> None:
        owner = cast.person("control-owner")
        request = requests.ask(engagement, Wording("A"), by=world.alice, owner=Owner(person=owner))
        User.objects.filter(pk=owner.pk).update(is_active=False)
        requests.comment(request, text="Soon?", by=bob)
        events.read_threads()
        assert told() == [(world.alice.email, "commented")]

    def test_other_auditors_are_not_told(
        self, engagement: Engagement, world: World, bob: User
    ) -> None:
        colleague, observer = cast.person("auditor"), cast.person("auditor")
        admit(engagement, colleague, by=world.alice)
        admit(engagement, observer, by=world.alice, role="observer")
        request = asked(engagement, bob)
        answered(request, hand_in_staff(world, date(2026, 6, 30)), world.alice)
        engagements.remove_member(engagement.members.get(user=bob), by=world.alice)
        requests.comment(request, text="Hello?", by=world.alice)
        events.read_threads()
        assert told()[1:] == [(colleague.email, "answered"), (colleague.email, "commented")]

    def test_a_thread_is_read_once_and_what_is_read_twice_tells_once(
        self, engagement: Engagement, bob: User
    ) -> None:
        asked(engagement, bob)
        assert events.read_threads() == 1
        assert events.read_threads() == 0
        Reading.objects.update(last_entry=0)
        assert events.read_threads() == 1
        assert len(told()) == 1

    def test_while_mail_is_off_nothing_piles_up(
        self, engagement: Engagement, bob: User, settings: Settings
    ) -> None:
        settings.MAIL_IS_ON = False
        asked(engagement, bob, due=today())
        tasks.read_threads(NOW)
        tasks.look_at_days(NOW)
        settings.MAIL_IS_ON = True
        tasks.read_threads(NOW)
        assert told() == []
        assert not Job.objects.filter(kind=events.KIND).exists()


class TestDays:
    @pytest.mark.parametrize(
        ("days", "about"), [(4, []), (3, ["due"]), (0, ["due"]), (-1, ["overdue"]), (-31, [])]
    )
    def test_what_is_due_soon_or_over_is_told_once(
        self, engagement: Engagement, bob: User, days: int, about: list[str]
    ) -> None:
        asked(engagement, bob, due=today() + timedelta(days=days))
        events.look_at_days()
        events.look_at_days()
        assert [what for _, what in told()] == about

    def test_a_day_that_moves_is_told_again(self, engagement: Engagement, bob: User) -> None:
        request = asked(engagement, bob, due=today() + timedelta(days=1))
        events.look_at_days()
        moved = Wording(request.title, due=today() + timedelta(days=2))
        requests.change(request, wording=moved, owner=Owner(), by=bob)
        events.look_at_days()
        assert [what for _, what in told()] == ["due", "due"]

    def test_what_is_answered_or_closed_is_nobodys_turn(
        self, engagement: Engagement, world: World, bob: User
    ) -> None:
        request = asked(engagement, bob, due=today())
        answered(request, hand_in_staff(world, date(2026, 6, 30)), world.alice)
        other = world.engagement()
        requests.ask(other, Wording("B", due=today()), by=world.alice)
        engagements.close_engagement(other, by=world.alice)
        events.look_at_days()
        assert told() == []


class TestMail:
    def test_it_says_what_and_where_and_nothing_of_evidence(
        self, engagement: Engagement, world: World, bob: User
    ) -> None:
        request = asked(engagement, bob, "User <b>lists</b>", text="secret words of the request")
        answered(request, hand_in_staff(world, date(2026, 6, 30)), world.alice, "secret words")
        ticked()
        worked()
        to_alice, to_bob = sorted(outbox.outbox, key=lambda one: one.to)
        assert (to_alice.to, to_bob.to) == ([world.alice.email], [bob.email])
        assert to_alice.subject == f"[Countersign] Request {request.ref} is new"
        assert f"https://trust.example/admin/requests/{request.pk}/" in to_alice.body
        assert f"https://trust.example/portal/{engagement.ref}/requests/1/" in to_bob.body
        html = str(getattr(to_bob, "alternatives", [])[0][0])
        assert "User &lt;b&gt;lists" in html
        for whole in (to_alice.body, to_bob.body, html):
            assert "secret words" not in whole
            assert "EV-" not in whole

    def test_many_news_are_one_mail(self, engagement: Engagement, bob: User) -> None:
        for number in range(60):
            asked(engagement, bob, f"Ask {number}")
        ticked()
        worked()
        (one,) = outbox.outbox
        assert one.subject == f"[Countersign] 60 news on requests of {engagement.ref}"
        assert "And 10 more" in one.body

    def test_nobody_gets_it_twice(self, engagement: Engagement, bob: User) -> None:
        asked(engagement, bob)
        ticked()
        ticked()
        worked()
        ticked()
        worked()
        for job in Job.objects.filter(kind=events.KIND):
            tasks.send_mail(_work(job))
        assert len(outbox.outbox) == 1

    def test_two_workers_do_not_send_the_same(self, engagement: Engagement, bob: User) -> None:
        asked(engagement, bob)
        ticked()
        taken = mail._taken(User.objects.get(email="alice@example.org"), 1)
        assert len(taken) == 1
        assert mail.send(taken[0].user, job=2) == 0
        Notice.objects.update(taken_at=NOW - timedelta(hours=1))
        assert mail.send(taken[0].user, job=2) == 1

    def test_who_lost_access_meanwhile_is_told_nothing(
        self, engagement: Engagement, world: World, bob: User
    ) -> None:
        request = asked(engagement, bob)
        answered(request, hand_in_staff(world, date(2026, 6, 30)), world.alice)
        ticked()
        engagements.remove_member(engagement.members.get(), by=world.alice)
        User.objects.filter(pk=world.alice.pk).update(is_active=False)
        worked()
        assert outbox.outbox == []


def _work(job: Job) -> Any:
    return type("Work", (), {"payload": job.payload, "job_id": job.pk})()


class TestServer:
    def test_a_real_server_takes_text_and_html(
        self, engagement: Engagement, bob: User, sink: Sink
    ) -> None:
        request = asked(engagement, bob, "Zürich\u2019s lists")
        ticked()
        worked()
        (got,) = sink.taken
        assert got["To"] == "alice@example.org"
        assert got["Subject"] == f"[Countersign] Request {request.ref} is new"
        assert got["Auto-Submitted"] == "auto-generated"
        plain, html = got.get_body(("plain",)), got.get_body(("html",))
        assert plain
        assert html
        assert "Zürich\u2019s lists" in plain.get_content()
        assert f"/admin/requests/{request.pk}/" in html.get_content()

    def test_what_a_server_refuses_is_sent_later_and_once(
        self, engagement: Engagement, bob: User, sink: Sink
    ) -> None:
        asked(engagement, bob)
        ticked()
        sink.full = True
        worked()
        assert Notice.objects.filter(sent_at=None).count() == 1
        job = Job.objects.get(kind=events.KIND)
        assert job.state == Job.State.WAITING
        assert "452" in job.error
        sink.full = False
        Job.objects.update(run_after=NOW - timedelta(minutes=1))
        worked()
        assert len(sink.taken) == 1
        assert Notice.objects.filter(sent_at=None).count() == 0

    def test_what_was_given_up_comes_on_another_day_and_once(
        self, engagement: Engagement, bob: User, sink: Sink
    ) -> None:
        asked(engagement, bob)
        ticked()
        sink.full = True
        Job.objects.filter(kind=events.KIND).update(max_attempts=1)
        worked()
        assert Job.objects.get(kind=events.KIND).state == Job.State.FAILED
        sink.full = False
        Notice.objects.update(taken_at=NOW - timedelta(hours=1))
        for _ in range(2):
            events.send_unsent(NOW + timedelta(days=1))
            worked()
        events.send_unsent(NOW + timedelta(days=2))
        worked()
        assert len(sink.taken) == 1

    def test_a_mail_is_tried_for_hours(self, engagement: Engagement, bob: User) -> None:
        asked(engagement, bob)
        ticked()
        assert hours_tried(Job.objects.get(kind=events.KIND)) > 4


def test_the_health_page_says_whether_mail_is_on(
    client: Client, var_dir: Path, settings: Settings, db: None
) -> None:
    assert client.get("/health/").json()["mail"] == "ok"
    settings.MAIL_IS_ON = False
    assert "notices are not sent" in client.get("/health/").json()["mail"]


def test_words_of_a_request_reach_no_header(engagement: Engagement, bob: User) -> None:
    made: EvidenceRequest = asked(engagement, bob, "Users\nBcc: eve@example.org")
    assert wording_of(made).title == "Users Bcc: eve@example.org"
    ticked()
    worked()
    (one,) = outbox.outbox
    assert "Bcc" not in str(one.message().items())
