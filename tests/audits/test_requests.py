"""Requests: who may do what, in which order, and that each deed leaves a row and a leaf."""

import json
from collections.abc import Callable
from datetime import date

import pytest

from accounts import journal
from accounts.models import User
from audits import engagements, requests
from audits.errors import (
    ClosedError,
    NotAllowedError,
    RequestError,
)
from audits.models import Engagement, EvidenceRequest, RequestEntry
from audits.request_terms import Owner, Wording, owner_of, split
from evidence import ledger
from evidence.models import Evidence, LedgerEntry
from tests import cast
from tests.audits.asking import admit, answered, asked, state
from tests.audits.world import World, hand_in_staff

Deeds = list[Callable[[], object]]


@pytest.fixture
def engagement(world: World, bob: User) -> Engagement:
    made = world.engagement()
    admit(made, bob, by=world.alice)
    return made


@pytest.fixture
def item(world: World) -> Evidence:
    """Evidence in scope."""
    return hand_in_staff(world, date(2026, 6, 30))


def last_leaf() -> tuple[str, str, dict[str, object]]:
    entry = LedgerEntry.objects.order_by("index").last()
    assert entry
    body: dict[str, object] = json.loads(entry.leaf)["body"]
    return entry.kind, entry.subject, body


class TestAsking:
    def test_an_auditor_asks_and_numbers_follow_each_other(
        self, engagement: Engagement, bob: User
    ) -> None:
        first = asked(engagement, bob, refs=("AC-01", "CC6.1"), due=date(2026, 9, 10))
        second = asked(engagement, bob)
        assert (first.number, second.number) == (1, 2)
        assert (state(first), first.asked_for, first.refs) == ("asked", "auditor", "AC-01, CC6.1")
        kind, subject, body = last_leaf()
        assert (kind, subject) == ("request.asked", f"{engagement.ref}/R2")
        assert "User lists" not in json.dumps(body)

    def test_a_leaf_of_asking_binds_words_and_day(self, engagement: Engagement, bob: User) -> None:
        made = asked(engagement, bob, text="All of them.", due=date(2026, 9, 10))
        _, _, body = last_leaf()
        assert body["due"] == "2026-09-10"
        assert body["request_sha256"] == journal.digest(made.text)

    def test_staff_prepares_a_list_and_names_who_answers(
        self, engagement: Engagement, world: World
    ) -> None:
        made = requests.ask(
            engagement, Wording("Chart"), by=world.alice, owner=Owner(role="control_owner")
        )
        assert (made.asked_for, made.owner_role) == ("staff", "control_owner")

    def test_numbers_are_unique_within_the_engagement_only(
        self, engagement: Engagement, world: World, bob: User
    ) -> None:
        requests.ask(engagement, Wording("A"), by=bob, number=7)
        with pytest.raises(RequestError, match="has a request 7 already"):
            requests.ask(engagement, Wording("B"), by=bob, number=7)
        other = world.engagement()
        assert requests.ask(other, Wording("C"), by=world.alice, number=7).number == 7
        assert asked(engagement, bob).number == 8

    @pytest.mark.parametrize(
        ("wording", "said"),
        [
            (Wording("  "), "title"),
            (Wording("x" * 201), "201 characters"),
            (Wording("A", text="x" * 10_001), "Shorten it"),
            (Wording("A", text="a\x07b"), r"U\+0007"),
            (Wording("A\ud800"), r"U\+D800"),
            (Wording("A", refs=("XX-99",)), "'XX-99' is no control"),
            (Wording("A", refs=("AV-01",)), "'AV-01' is no control"),
        ],
    )
    def test_it_refuses_what_cannot_be_asked(
        self, engagement: Engagement, bob: User, wording: Wording, said: str
    ) -> None:
        leaves = ledger.size()
        with pytest.raises(RequestError, match=said):
            requests.ask(engagement, wording, by=bob)
        assert not EvidenceRequest.objects.exists()
        assert ledger.size() == leaves

    @pytest.mark.parametrize("number", [0, -1, 100_000])
    def test_it_refuses_numbers_that_are_none(
        self, engagement: Engagement, bob: User, number: int
    ) -> None:
        with pytest.raises(RequestError, match="between 1 and 99,999"):
            requests.ask(engagement, Wording("A"), by=bob, number=number)

    def test_an_engagement_holds_only_so_many(
        self, engagement: Engagement, bob: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(requests, "MOST", 1)
        asked(engagement, bob)
        with pytest.raises(RequestError, match="takes no more"):
            asked(engagement, bob)

    def test_an_auditor_names_no_owner(self, engagement: Engagement, bob: User) -> None:
        with pytest.raises(NotAllowedError, match="for the staff"):
            requests.ask(engagement, Wording("A"), by=bob, owner=Owner(role="engineer"))

    def test_an_owner_is_staff(self, engagement: Engagement, world: World, bob: User) -> None:
        for wrong in (Owner(person=bob), Owner(role="king"), Owner(world.alice, "engineer")):
            with pytest.raises(RequestError):
                requests.ask(engagement, Wording("A"), by=world.alice, owner=wrong)


class TestSides:
    def test_only_members_who_audit_may_ask(
        self, engagement: Engagement, world: World, charlie: User
    ) -> None:
        observer = cast.person("auditor")
        admit(engagement, observer, by=world.alice, role="observer")
        other = cast.person("auditor")
        for stranger in (observer, other, charlie, cast.person("control-owner")):
            with pytest.raises(NotAllowedError, match="may not ask"):
                asked(engagement, stranger)

    def test_who_is_staff_never_decides_not_even_as_a_member(
        self, engagement: Engagement, world: World, bob: User, item: Evidence
    ) -> None:
        admit(engagement, world.alice, by=world.alice)
        request = asked(engagement, bob)
        given = answered(request, item, world.alice)
        for decide in decisions(request, given, world.alice):
            with pytest.raises(NotAllowedError, match="Only an auditor"):
                decide()
        assert state(request) == "answered"

    def test_an_auditor_never_answers(
        self, engagement: Engagement, bob: User, item: Evidence
    ) -> None:
        request = asked(engagement, bob)
        with pytest.raises(NotAllowedError, match="may not answer"):
            answered(request, item, bob)

    def test_who_hands_nothing_in_answers_nothing(
        self, engagement: Engagement, bob: User, item: Evidence, charlie: User
    ) -> None:
        request = asked(engagement, bob)
        for stranger in (cast.person("executive"), charlie):
            with pytest.raises(NotAllowedError, match="may not answer"):
                answered(request, item, stranger)

    def test_access_that_is_over_is_over(
        self, engagement: Engagement, world: World, bob: User, item: Evidence
    ) -> None:
        request = asked(engagement, bob)
        given = answered(request, item, world.alice)
        engagements.remove_member(engagement.members.get(), by=world.alice)
        deeds: Deeds = [
            *decisions(request, given, bob),
            lambda: asked(engagement, bob),
            lambda: requests.comment(request, text="Hello?", by=bob),
            lambda: requests.withdraw(request, reason="Not needed.", by=bob),
        ]
        for deed in deeds:
            with pytest.raises(NotAllowedError):
                deed()

    def test_staff_takes_back_only_what_staff_asked(
        self, engagement: Engagement, world: World, bob: User
    ) -> None:
        theirs, ours = asked(engagement, bob), asked(engagement, world.alice)
        with pytest.raises(NotAllowedError, match="Only an auditor takes it back"):
            requests.withdraw(theirs, reason="We would rather not.", by=world.alice)
        requests.withdraw(ours, reason="Asked twice.", by=world.alice)
        requests.withdraw(theirs, reason="Not needed.", by=bob)
        assert (state(theirs), state(ours)) == ("withdrawn", "withdrawn")


def decisions(request: EvidenceRequest, seen: RequestEntry, by: User) -> Deeds:
    return [
        lambda: requests.accept(request, seen=seen.pk, by=by),
        lambda: requests.return_with_reason(request, seen=seen.pk, reason="June?", by=by),
    ]


class TestMoves:
    def test_the_whole_way(
        self, engagement: Engagement, world: World, bob: User, item: Evidence
    ) -> None:
        request = asked(engagement, bob)
        first = answered(request, item, world.alice, "Here is June.")
        assert state(request) == "answered"
        requests.comment(request, text="Thank you.", by=bob)
        assert state(request) == "answered"
        requests.return_with_reason(request, seen=first.pk, reason="July is missing.", by=bob)
        assert state(request) == "returned"
        second = answered(request, hand_in_staff(world, date(2026, 7, 30)), world.alice)
        requests.accept(request, seen=second.pk, by=bob)
        assert state(request) == "accepted"
        assert [entry.kind for entry in request.entries.all()] == [
            *("asked", "answered", "commented", "returned", "answered", "accepted")
        ]
        kind, _, body = last_leaf()
        assert (kind, body["answer"]) == ("request.accepted", second.ledger_entry_id)
        assert len({entry.ledger_entry_id for entry in request.entries.all()}) == 6

    def test_an_answer_binds_the_digest(
        self, engagement: Engagement, world: World, bob: User, item: Evidence
    ) -> None:
        given = answered(asked(engagement, bob), item, world.alice)
        (bound,) = given.items.all()
        assert (bound.evidence, bound.digest) == (item, item.blob_id)
        _, _, body = last_leaf()
        assert body["evidence"] == [{"ref": item.ref, "sha256": item.blob_id}]
        assert body["brought_into_scope"] == []

    def test_a_decision_is_about_the_answer_that_was_seen(
        self, engagement: Engagement, world: World, bob: User, item: Evidence
    ) -> None:
        request = asked(engagement, bob)
        first = answered(request, item, world.alice)
        answered(request, item, world.alice, "And again.")
        for decide in decisions(request, first, bob):
            with pytest.raises(RequestError, match="answered again meanwhile"):
                decide()

    def test_moves_out_of_turn_are_refused(
        self, engagement: Engagement, world: World, bob: User, item: Evidence
    ) -> None:
        request = asked(engagement, bob)
        begun = request.entries.get()
        for decide in decisions(request, begun, bob):
            with pytest.raises(RequestError, match="is open; it cannot be"):
                decide()
        given = answered(request, item, world.alice)
        requests.accept(request, seen=given.pk, by=bob)
        deeds: Deeds = [
            *decisions(request, given, bob),
            lambda: answered(request, item, world.alice),
            lambda: requests.withdraw(request, reason="Oh.", by=bob),
        ]
        for deed in deeds:
            with pytest.raises(RequestError, match="is accepted; it cannot be"):
                deed()

    @pytest.mark.parametrize("blank", ["", "  \n"])
    def test_reasons_and_comments_say_something(
        self, engagement: Engagement, world: World, bob: User, item: Evidence, blank: str
    ) -> None:
        request = asked(engagement, bob)
        given = answered(request, item, world.alice)
        deeds: Deeds = [
            lambda: requests.return_with_reason(request, seen=given.pk, reason=blank, by=bob),
            lambda: requests.withdraw(request, reason=blank, by=bob),
            lambda: requests.comment(request, text=blank, by=bob),
            lambda: requests.answer(request, evidence=[], note="See above.", by=world.alice),
        ]
        for deed in deeds:
            with pytest.raises(RequestError):
                deed()
        assert request.entries.count() == 2

    def test_a_closed_engagement_is_quiet(
        self, engagement: Engagement, world: World, bob: User, item: Evidence
    ) -> None:
        request = asked(engagement, bob)
        given = answered(request, item, world.alice)
        engagements.close_engagement(engagement, by=world.alice)
        deeds: Deeds = [
            *decisions(request, given, bob),
            lambda: asked(engagement, bob),
            lambda: answered(request, item, world.alice),
            lambda: requests.comment(request, text="One more thing.", by=bob),
            lambda: requests.withdraw(request, reason="Late.", by=bob),
            lambda: change(request, bob, title="Other"),
        ]
        for deed in deeds:
            with pytest.raises(ClosedError):
                deed()

    def test_the_list_knows_the_states_in_one_query(
        self, engagement: Engagement, world: World, bob: User, item: Evidence
    ) -> None:
        opened, given = asked(engagement, bob), asked(engagement, bob)
        answered(given, item, world.alice)
        requests.comment(given, text="Seen.", by=bob)
        rows = requests.with_state(engagement.requests.all())
        assert [(row.pk, getattr(row, "state", "")) for row in rows] == [
            (opened.pk, "asked"),
            (given.pk, "answered"),
        ]


def change(
    request: EvidenceRequest, by: User, *, owner: Owner | None = None, **words: object
) -> RequestEntry | None:
    asked_for = {
        "title": request.title,
        "text": request.text,
        "refs": split(request.refs),
        "due": request.due,
        **words,
    }
    return requests.change(
        request,
        wording=Wording(**asked_for),  # type: ignore[arg-type]
        owner=owner or owner_of(request),
        by=by,
    )


class TestChanging:
    def test_an_auditor_changes_the_words(self, engagement: Engagement, bob: User) -> None:
        request = asked(engagement, bob)
        entry = change(request, bob, title="All user lists", due=date(2026, 9, 1))
        assert entry
        assert (entry.kind, entry.text) == ("changed", "title, due")
        request.refresh_from_db()
        assert (request.title, request.due, state(request)) == (
            "All user lists",
            date(2026, 9, 1),
            "asked",
        )

    def test_what_stays_the_same_leaves_no_leaf(self, engagement: Engagement, bob: User) -> None:
        request = asked(engagement, bob)
        leaves = ledger.size()
        assert change(request, bob) is None
        assert ledger.size() == leaves

    def test_staff_changes_the_owner_and_nothing_else(
        self, engagement: Engagement, world: World, bob: User
    ) -> None:
        request = asked(engagement, bob)
        assert change(request, world.alice, owner=Owner(person=world.alice))
        assert request.owner == world.alice
        with pytest.raises(NotAllowedError, match="Only an auditor changes"):
            change(request, world.alice, title="Less")
        with pytest.raises(NotAllowedError, match="for the staff"):
            change(request, bob, owner=Owner())

    def test_what_is_done_stays(
        self, engagement: Engagement, world: World, bob: User, item: Evidence
    ) -> None:
        request = asked(engagement, bob)
        requests.accept(request, seen=answered(request, item, world.alice).pk, by=bob)
        with pytest.raises(RequestError, match="is accepted"):
            change(request, bob, title="More")
