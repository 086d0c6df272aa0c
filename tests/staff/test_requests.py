"""Requests in the staff door: the list, one with its thread, who answers, and answering."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from accounts.models import User
from audits import requests
from audits.models import Engagement, EvidenceRequest
from audits.request_terms import Owner, wording_of
from compliance.staff import requests as pages
from compliance.staff import words as said
from evidence.models import Evidence
from tests import cast
from tests.audits.asking import admit, answered, asked, state
from tests.audits.world import World, hand_in, hand_in_staff, submission
from tests.staff import desk
from tests.staff.desk import Desk, assert_refused, at_most, told, words

LIST = "requests"
PAGE = "request"
ANSWER = "request_answer"


@pytest.fixture
def engagement(world: World, bob: User) -> Engagement:
    made = world.engagement()
    admit(made, bob, by=world.alice)
    return made


@pytest.fixture
def request_(engagement: Engagement, bob: User) -> EvidenceRequest:
    return asked(engagement, bob, "User lists", text="All <b>systems</b>.", refs=("AC-01",))


@pytest.fixture
def item(world: World) -> Evidence:
    return hand_in_staff(world, date(2026, 6, 30))


@pytest.fixture
def stray(world: World) -> Evidence:
    return hand_in(submission(b"chart", date(2026, 6, 30), filename="chart.txt"))


class TestList:
    def test_without_an_engagement_or_requests_it_says_what_to_do(
        self, alices: Desk, world: World
    ) -> None:
        assert "Open your first engagement" in alices.text(LIST)
        world.engagement()
        text = alices.text(LIST)
        assert "No requests yet" in text
        assert "Mail is off" in text

    def test_it_narrows_by_state_owner_and_what_is_late(
        self, alices: Desk, engagement: Engagement, bob: User, item: Evidence
    ) -> None:
        late = asked(engagement, bob, "Late one", due=said.today() - timedelta(days=1))
        requests.change(
            late, wording=wording_of(late), owner=Owner(person=alices.user), by=alices.user
        )
        given = asked(engagement, bob, "Given one", due=said.today() - timedelta(days=1))
        answered(given, item, alices.user)
        for query, titles in (
            ({}, {"Late one", "Given one"}),
            ({"state": "answered"}, {"Given one"}),
            ({"overdue": "1"}, {"Late one"}),
            ({"owner": "me"}, {"Late one"}),
            ({"owner": "nobody"}, {"Given one"}),
            ({"owner": "engineer"}, set()),
        ):
            text = alices.text(LIST, **query)
            assert {title for title in ("Late one", "Given one") if title in text} == titles, query

    def test_pages_go_on_by_number(
        self,
        alices: Desk,
        engagement: Engagement,
        bob: User,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setattr(pages, "PER_PAGE", 2)
        for number in range(3):
            asked(engagement, bob, f"Ask {number}")
        assert "Next requests" in alices.text(LIST)
        last = alices.text(LIST, after=2)
        assert "Ask 2" in last
        assert "Ask 1" not in last
        assert alices.get(LIST, after="x").status_code == 404

    def test_it_costs_the_same_for_many(
        self, alices: Desk, engagement: Engagement, bob: User, item: Evidence
    ) -> None:
        for _ in range(5):
            answered(asked(engagement, bob), item, alices.user)
        with at_most(12):
            alices.get(LIST)


class TestPage:
    def test_it_shows_the_thread_and_escapes_it(
        self, alices: Desk, request_: EvidenceRequest, item: Evidence
    ) -> None:
        answered(request_, item, alices.user, "See <i>here</i>.")
        page = alices.get(PAGE, request_.pk)
        text = words(page)
        for part in ("User lists", item.ref, "Bob Achterberg", "All <b>systems</b>.", "Answered"):
            assert part in text
        assert "<b>systems" not in page.content.decode()

    def test_staff_comments(self, alices: Desk, request_: EvidenceRequest) -> None:
        alices.post("request_comment", request_.pk, text="Until\0 when?")
        entry = request_.entries.last()
        assert entry
        assert (entry.kind, entry.text, entry.side) == ("commented", "Until when?", "staff")

    def test_who_answers_is_named(self, alices: Desk, request_: EvidenceRequest, bob: User) -> None:
        alices.post("request_owner", request_.pk, owner="engineer")
        request_.refresh_from_db()
        assert request_.owner_role == "engineer"
        alices.post("request_owner", request_.pk, owner=alices.user.pk)
        request_.refresh_from_db()
        assert (request_.owner, request_.owner_role) == (alices.user, "")
        refused = alices.post("request_owner", request_.pk, owner=bob.pk, follow=True)
        assert "no active member of the staff" in told(refused)
        assert alices.post("request_owner", request_.pk, owner="99999").status_code == 404

    def test_staff_takes_back_its_own_only(
        self, alices: Desk, engagement: Engagement, request_: EvidenceRequest
    ) -> None:
        ours = asked(engagement, alices.user)
        alices.post("request_withdraw", ours.pk, text="Twice.")
        assert state(ours) == "withdrawn"
        refused = alices.post("request_withdraw", request_.pk, text="No.", follow=True)
        assert "Only an auditor takes it back" in told(refused)
        assert "Take the request back" not in alices.text(PAGE, request_.pk)

    def test_it_offers_no_decision(
        self, alices: Desk, request_: EvidenceRequest, item: Evidence
    ) -> None:
        answered(request_, item, alices.user)
        assert "Accept" not in alices.text(PAGE, request_.pk)

    def test_one_that_is_not_there(self, alices: Desk) -> None:
        assert alices.get(PAGE, 99).status_code == 404


class TestAnswering:
    def test_what_claims_the_controls_is_offered_first(
        self, alices: Desk, request_: EvidenceRequest, item: Evidence, stray: Evidence
    ) -> None:
        text = alices.text(ANSWER, request_.pk)
        assert item.ref in text
        assert stray.ref not in text

    @pytest.mark.parametrize("query", ["chart", "ev-000001", "CHART.TXT"])
    def test_evidence_is_found_by_reference_and_title(
        self, alices: Desk, request_: EvidenceRequest, stray: Evidence, query: str
    ) -> None:
        assert stray.ref in alices.text(ANSWER, request_.pk, q=query)
        assert "Out of scope" in alices.text(ANSWER, request_.pk, q=query)

    def test_it_answers_with_what_was_chosen_and_typed(
        self, alices: Desk, request_: EvidenceRequest, item: Evidence, world: World
    ) -> None:
        second = hand_in_staff(world, date(2026, 7, 30))
        alices.post(ANSWER, request_.pk, evidence=item.ref, more=second.ref.lower(), note="Both.")
        answer = requests.latest_answer(request_)
        assert answer
        assert [bound.evidence for bound in answer.items.all()] == [item, second]
        assert answer.text == "Both."

    def test_what_is_out_of_scope_needs_a_second_word(
        self, alices: Desk, request_: EvidenceRequest, stray: Evidence
    ) -> None:
        refused = alices.post(ANSWER, request_.pk, evidence=stray.ref, note="The chart.")
        text = words(refused)
        assert "claims nothing that is in scope" in text
        assert "Make it evidence of" in text
        assert "The chart." in refused.content.decode()
        assert state(request_) == "asked"
        alices.post(ANSWER, request_.pk, evidence=stray.ref, widen="yes")
        assert state(request_) == "answered"

    @pytest.mark.parametrize(
        ("sent", "told_"),
        [({}, "Choose the evidence"), ({"more": "EV-999999"}, "no evidence 'EV-999999'")],
    )
    def test_what_is_refused_is_said(
        self, alices: Desk, request_: EvidenceRequest, sent: dict[str, Any], told_: str
    ) -> None:
        assert told_ in words(alices.post(ANSWER, request_.pk, **sent))
        assert alices.post(ANSWER, request_.pk, evidence="EV\0", more="\0").status_code == 200

    def test_a_file_that_is_handed_in_leads_back_here(
        self, alices: Desk, request_: EvidenceRequest, world: World
    ) -> None:
        assert f"request={request_.pk}" in alices.get(ANSWER, request_.pk).content.decode()
        from_here = desk.url("hand_in") + f"?request={request_.pk}"
        sent = handed_in(world)
        answer: Any = alices.client.post(from_here, sent)
        made = Evidence.objects.get()
        assert answer.status_code == 302
        assert answer.url == f"{desk.url(ANSWER, request_.pk)}?evidence={made.ref}"
        assert made.ref in desk.words(alices.client.get(answer.url))


def handed_in(world: World) -> dict[str, object]:
    from_file = submission(b"minutes", world.start)
    return {
        "file": SimpleUploadedFile("minutes.txt", b"minutes"),
        "title": "Minutes",
        "claims": [world.leavers.pk],
        "covers_from": "2026-06-01",
        "covers_to": "2026-06-30",
        "collected_at": "2026-07-01T09:00",
        "evidence_type": "meeting_minutes",
        "kind": "document",
        "area": "access_control",
        "environment": "corporate",
        "source_system": from_file.source_system,
        "sensitivity": "internal",
    }


@pytest.mark.parametrize(
    "name", [PAGE, ANSWER, "request_comment", "request_withdraw", "request_owner"]
)
def test_strangers_are_refused(
    request_: EvidenceRequest, strangers: tuple[User, ...], name: str
) -> None:
    if name in {PAGE, ANSWER}:
        assert_refused(name, request_.pk, strangers=strangers)
    for stranger in strangers:
        assert desk.at(stranger).post(name, request_.pk).status_code == 403
    assert request_.entries.count() == 1


def test_who_only_reads_answers_nothing(request_: EvidenceRequest) -> None:
    executive = desk.at(cast.person("executive"))
    assert "User lists" in executive.text(PAGE, request_.pk)
    assert executive.get(ANSWER, request_.pk).status_code == 403
    assert executive.post(ANSWER, request_.pk).status_code == 403
