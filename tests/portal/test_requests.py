"""Requests in the portal: an auditor asks, reads, decides, and takes lists out and in."""

from datetime import date, timedelta
from io import BytesIO
from typing import Any

import openpyxl
import pytest
from django.test import Client

from audits import engagements
from audits.days import today
from audits.models import EvidenceRequest, RequestImport
from compliance.portal import requests as pages
from reports.request_list import MEDIA_TYPE
from tests import cast
from tests.audits.asking import admit, answered, asked, state
from tests.audits.world import hand_in, submission
from tests.portal import house as houses
from tests.portal.house import ESCAPED, HOSTILE, OUTSIDERS, House, Outsider


@pytest.fixture
def request_(house: House) -> EvidenceRequest:
    return asked(house.engagement, house.bob, "User lists", refs=("AC-01",))


def act(door: Client, found: EvidenceRequest, deed: str, **more: object) -> Any:
    path = f"/portal/{found.engagement.ref}/requests/{found.number}/"
    return door.post(path, {"deed": deed, **more}, follow=True)


def page(door: Client, house: House, rest: str) -> str:
    answer = door.get(house.path(rest))
    assert answer.status_code == 200
    return str(answer.content.decode())


class TestList:
    def test_without_requests_it_says_what_to_do(self, door: Client, house: House) -> None:
        assert "No requests yet" in page(door, house, "requests/")
        assert "Upload a list" in page(door, house, "requests/")

    def test_it_shows_number_controls_answers_and_state(
        self, door: Client, house: House, request_: EvidenceRequest
    ) -> None:
        answered(request_, house.staff, house.world.alice)
        text = page(door, house, "requests/")
        for said in ("User lists", "AC-01", house.staff.ref, "Answered"):
            assert said in text

    def test_it_narrows_by_state_and_by_overdue(self, door: Client, house: House) -> None:
        late = asked(house.engagement, house.bob, "Late", due=today() - timedelta(days=1))
        asked(house.engagement, house.bob, "Today", due=today())
        done = asked(house.engagement, house.bob, "Done", due=today() - timedelta(days=1))
        answered(done, house.staff, house.world.alice)
        overdue = page(door, house, "requests/?overdue=1")
        assert late.title in overdue
        assert "Today" not in overdue
        assert "Done" not in overdue
        assert "Done" in page(door, house, "requests/?state=answered")
        assert "Late" not in page(door, house, "requests/?state=answered")
        assert "No request here" in page(door, house, "requests/?state=returned")

    def test_pages_go_on_by_number(
        self, door: Client, house: House, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(pages, "PAGE", 2)
        for number in range(3):
            asked(house.engagement, house.bob, f"Ask {number}")
        assert "?after=2" in page(door, house, "requests/")
        last = page(door, house, "requests/?after=2")
        assert "Ask 2" in last
        assert "Ask 1" not in last

    @pytest.mark.parametrize("query", ["state=odd", "state=%00", "after=x", "after=" + "9" * 30])
    def test_odd_queries_are_not_found(self, door: Client, house: House, query: str) -> None:
        assert door.get(house.path(f"requests/?{query}")).status_code == 404

    def test_it_costs_as_much_for_many_as_for_few(self, door: Client, house: House) -> None:
        answered(asked(house.engagement, house.bob), house.staff, house.world.alice)
        few = houses.queries(door, house.path("requests/"))
        for _ in range(5):
            answered(asked(house.engagement, house.bob), house.letter, house.world.alice)
        assert houses.queries(door, house.path("requests/")) == few <= 12


class TestAsking:
    def test_an_auditor_asks(self, door: Client, house: House) -> None:
        said = {"title": HOSTILE, "text": "All.", "refs": "AC-01, CC6.1", "due": "2026-12-01"}
        answer = door.post(house.path("requests/new/"), said, follow=True)
        made = house.engagement.requests.get()
        assert (made.refs, made.due) == ("AC-01, CC6.1", date(2026, 12, 1))
        assert ESCAPED in answer.content.decode()
        assert HOSTILE not in answer.content.decode()

    def test_what_is_refused_keeps_what_was_typed(self, door: Client, house: House) -> None:
        answer = door.post(house.path("requests/new/"), {"title": "Users", "refs": "XX-99"})
        text = answer.content.decode()
        assert "XX-99&#x27; is no control" in text
        assert 'value="Users"' in text
        assert not house.engagement.requests.exists()

    def test_an_auditor_changes_the_words(
        self, door: Client, house: House, request_: EvidenceRequest
    ) -> None:
        path = house.path(f"requests/{request_.number}/change/")
        assert 'value="User lists"' in door.get(path).content.decode()
        door.post(path, {"title": "All user lists", "refs": "AC-01"})
        request_.refresh_from_db()
        assert request_.title == "All user lists"


class TestThread:
    def test_the_whole_way_from_this_chair(
        self, door: Client, house: House, request_: EvidenceRequest
    ) -> None:
        first = answered(request_, house.staff, house.world.alice, "Here.")
        text = page(door, house, f"requests/{request_.number}/")
        assert house.staff.title in text
        assert house.staff.blob_id[:8] in text
        act(door, request_, "comment", text="Which system?")
        act(door, request_, "return", seen=first.pk, text="July is missing.")
        assert state(request_) == "returned"
        second = answered(request_, house.letter, house.world.alice)
        assert "is accepted" in act(door, request_, "accept", seen=second.pk).content.decode()
        assert state(request_) == "accepted"
        assert "Decide on the answer" not in page(door, house, f"requests/{request_.number}/")

    def test_an_answer_that_came_meanwhile_is_not_accepted_unread(
        self, door: Client, house: House, request_: EvidenceRequest
    ) -> None:
        first = answered(request_, house.staff, house.world.alice)
        answered(request_, house.letter, house.world.alice)
        said = act(door, request_, "accept", seen=first.pk).content.decode()
        assert "answered again meanwhile" in said
        assert state(request_) == "answered"

    def test_it_is_taken_back_with_a_reason(self, door: Client, request_: EvidenceRequest) -> None:
        assert "Say why" in act(door, request_, "withdraw", text=" ").content.decode()
        act(door, request_, "withdraw", text="Not needed.")
        assert state(request_) == "withdrawn"

    @pytest.mark.parametrize("said", [{}, {"deed": "answer"}, {"deed": "accept", "seen": "x"}])
    def test_other_deeds_are_not_found(
        self, door: Client, house: House, request_: EvidenceRequest, said: dict[str, str]
    ) -> None:
        path = house.path(f"requests/{request_.number}/")
        assert door.post(path, said).status_code == 404

    def test_an_observer_reads_and_does_nothing(
        self, client: Client, house: House, request_: EvidenceRequest
    ) -> None:
        observer = cast.person("auditor")
        admit(house.engagement, observer, by=house.world.alice, role="observer")
        seen = answered(request_, house.staff, house.world.alice)
        door = cast.sign_in(client, observer)
        assert "Accept the answer" not in page(door, house, f"requests/{request_.number}/")
        assert "Only an auditor" in act(door, request_, "accept", seen=seen.pk).content.decode()
        assert state(request_) == "answered"

    def test_a_closed_audit_is_read_only(
        self, door: Client, house: House, request_: EvidenceRequest
    ) -> None:
        engagements.close_engagement(house.engagement, by=house.world.alice)
        assert "stay as they are" in page(door, house, f"requests/{request_.number}/")
        assert "is closed" in act(door, request_, "comment", text="Hello").content.decode()

    def test_a_request_of_another_audit_is_not_found(self, door: Client, house: House) -> None:
        other = asked(house.other, house.world.alice)
        for rest in (f"requests/{other.number}/", f"requests/{other.number}/change/"):
            assert door.get(house.path(rest)).status_code == 404
            assert door.post(house.path(rest), {"deed": "comment"}).status_code == 404
        assert other.entries.count() == 1

    def test_evidence_brought_in_is_one_click_away(
        self, door: Client, house: House, request_: EvidenceRequest
    ) -> None:
        stray = hand_in(submission(b"chart", date(2026, 6, 1)))
        answered(request_, stray, house.world.alice, widen=True)
        path = house.path(f"evidence/{stray.ref}/")
        assert path in page(door, house, f"requests/{request_.number}/")
        assert door.get(path).status_code == 200

    def test_each_view_is_noted(
        self, door: Client, house: House, request_: EvidenceRequest
    ) -> None:
        page(door, house, "requests/")
        page(door, house, f"requests/{request_.number}/")
        houses.get(door, house.path("requests/list.xlsx"))
        assert houses.notes("view") == [f"{house.ref} requests", request_.ref]
        assert houses.notes("download") == [f"{house.ref}-requests.xlsx"]


def upload(door: Client, house: House, content: bytes, name: str = "list.xlsx") -> Any:
    file = BytesIO(content)
    file.name = name
    return door.post(house.path("requests/import/"), {"file": file}, follow=True)


def exported(door: Client, house: House) -> Any:
    answer = houses.get(door, house.path("requests/list.xlsx"))
    assert answer["Content-Type"] == MEDIA_TYPE
    return answer.body


def edited(content: bytes, **cells: Any) -> bytes:
    book = openpyxl.load_workbook(BytesIO(content))
    for place, value in cells.items():
        book.worksheets[0][place] = value
    out = BytesIO()
    book.save(out)
    book.close()
    return out.getvalue()


class TestLists:
    @pytest.mark.usefixtures("request_")
    def test_our_own_list_changes_nothing(self, door: Client, house: House) -> None:
        said = upload(door, house, exported(door, house)).content.decode()
        assert "Nothing would change" in said
        assert "Do all of it" not in said

    @pytest.mark.usefixtures("request_")
    def test_what_is_previewed_is_done(self, door: Client, house: House) -> None:
        changed = edited(
            exported(door, house), B2="All user lists", A3=7, B3="=chart", E3=date(2026, 12, 1)
        )
        refused = upload(door, house, changed).content.decode()
        assert "row 3: B3 holds a formula" in refused
        answer = upload(door, house, edited(changed, B3="Chart"))
        text = answer.content.decode()
        assert "User lists becomes All user lists" in text
        assert house.engagement.requests.count() == 1
        done = door.post(answer.redirect_chain[-1][0], follow=True).content.decode()
        assert "1 asked, 1 changed." in done
        assert house.engagement.requests.get(number=7).title == "Chart"

    @pytest.mark.usefixtures("request_")
    def test_bad_rows_are_named_and_nothing_is_done(self, door: Client, house: House) -> None:
        doubled = upload(door, house, edited(exported(door, house), A3=1, B3="Again"))
        assert "Row 3: the number 1 stands in row 2 too" in doubled.content.decode()
        unknown = upload(door, house, edited(exported(door, house), A3=2, B3="New", D3="XX-99"))
        text = unknown.content.decode()
        assert "Row 3: &#x27;XX-99&#x27; is no control" in text
        assert "Do all of it" not in text
        door.post(unknown.redirect_chain[-1][0])
        assert house.engagement.requests.count() == 1

    @pytest.mark.parametrize(
        ("content", "name", "said"),
        [
            (b"not a workbook", "list.xlsx", "is no readable XLSX file"),
            (b"Number,Title", "list.csv", "is no .xlsx file"),
            (b"", "list.xlsx", "empty"),
        ],
    )
    def test_other_files_are_refused(
        self, door: Client, house: House, content: bytes, name: str, said: str
    ) -> None:
        assert said in upload(door, house, content, name).content.decode()
        assert not RequestImport.objects.exists()

    def test_somebody_elses_upload_is_not_found(
        self, client: Client, door: Client, house: House
    ) -> None:
        colleague = cast.person("auditor")
        admit(house.engagement, colleague, by=house.world.alice)
        path = upload(door, house, exported_with_row(door, house)).redirect_chain[-1][0]
        cast.sign_in(client, colleague)
        assert client.get(path).status_code == 404
        assert client.post(path).status_code == 404
        assert not house.engagement.requests.exists()


def exported_with_row(door: Client, house: House) -> bytes:
    return edited(exported(door, house), A2=1, B2="Users")


@pytest.mark.parametrize("outsider", OUTSIDERS, ids=lambda who: who.__name__)
def test_who_may_not_see_it_does_nothing(
    client: Client, house: House, request_: EvidenceRequest, outsider: Outsider
) -> None:
    seen = answered(request_, house.staff, house.world.alice)
    door = cast.sign_in(client, outsider(house))
    entries = request_.entries.count()
    for rest, said in {
        f"requests/{request_.number}/": {"deed": "accept", "seen": seen.pk},
        f"requests/{request_.number}/change/": {"title": "Nothing"},
        "requests/new/": {"title": "Everything"},
        "requests/import/": {},
    }.items():
        assert door.post(house.path(rest), said).status_code == 404, rest
    assert request_.entries.count() == entries
    assert house.engagement.requests.count() == 1


def test_a_deed_needs_the_token_of_its_form(house: House, request_: EvidenceRequest) -> None:
    door = cast.sign_in(Client(enforce_csrf_checks=True), house.bob)
    path = house.path(f"requests/{request_.number}/")
    assert door.post(path, {"deed": "comment", "text": "Hello"}).status_code == 403
    assert request_.entries.count() == 1
