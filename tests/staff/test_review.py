"""The review queue, single decisions, and accepting several items after a preview."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from accounts.models import User
from evidence import intake, review
from evidence.models import Evidence, LedgerEntry, Review
from tests import cast
from tests.audits.world import World, hand_in_staff
from tests.evidence import items
from tests.staff import desk
from tests.staff.desk import Desk, at_most, told, words

QUEUE = "review_queue"


def item(name: str = "a", **changes: Any) -> Evidence:
    return intake.receive(items.submission(content=name.encode(), **changes), actor="system")


def queued(response: Any) -> list[str]:
    return [entry.item.ref for entry in response.context["entries"]]


def test_an_empty_queue_says_so(alices: Desk) -> None:
    page = alices.text(QUEUE)
    assert "Nothing awaits a decision." in page
    assert "All is decided" in page


def test_it_shows_the_oldest_first(alices: Desk) -> None:
    first, second, third = item("a"), item("b"), item("c")
    review.accept(second, reviewer=alices.user)
    page = alices.get(QUEUE)
    assert queued(page) == [first.ref, third.ref]
    assert "2 items await a decision, oldest first." in words(page)


def test_it_shows_checks_and_exceptions_beside_the_buttons(alices: Desk, world: World) -> None:
    hand_in_staff(world, date(2026, 6, 30), without_mfa=2)
    page = alices.text(QUEUE)
    assert "No staff without a second factor 3 rows checked, 2 exceptions" in page
    assert "person_id has_mfa 1 false 2 false" in page
    assert "Accept A" in page
    assert "AC-01" in page


def test_twenty_items_cost_few_queries(alices: Desk, world: World) -> None:
    for number in range(5):
        hand_in_staff(world, date(2026, 6, 10 + number), without_mfa=1)
    sent = [items.submission(content=str(number).encode()) for number in range(20)]
    intake.receive_many(sent, actor="system")
    alices.get(QUEUE)
    with at_most(12):
        page = alices.get(QUEUE)
    assert len(queued(page)) == 20
    following = alices.get(QUEUE, after=page.context["following"])
    assert len(queued(following)) == 5
    assert following.context["following"] is None


@pytest.mark.parametrize("after", ["x", "-1", "9" * 40, "1; DROP TABLE"])
def test_a_strange_address_shows_the_queue_from_its_start(alices: Desk, after: str) -> None:
    first = item()
    assert queued(alices.get(QUEUE, after=after)) == [first.ref]


def test_accepting_leaves_a_decision_and_a_leaf(alices: Desk) -> None:
    evidence = item()
    answer = alices.post("review_accept", evidence.pk, follow=True)
    assert answer.redirect_chain == [(desk.url(QUEUE), 302)]
    assert f"{evidence.ref} is accepted." in told(answer)
    decision = Review.objects.get()
    assert (decision.decision, decision.reviewer) == ("accepted", alices.user)
    assert LedgerEntry.objects.filter(kind="review", subject=evidence.ref).count() == 1


def test_returning_needs_a_reason_and_keeps_it(alices: Desk) -> None:
    evidence = item()
    answer = alices.post("review_return", evidence.pk, reason="  ", follow=True)
    assert "Say why you return it" in told(answer)
    assert not Review.objects.exists()
    alices.post("review_return", evidence.pk, reason="Contractors are missing.")
    assert Review.objects.get().reason == "Contractors are missing."


def test_nobody_reviews_what_they_prepared(alices: Desk) -> None:
    own = item(prepared_by=alices.user)
    answer = alices.post("review_accept", own.pk, follow=True)
    assert "You prepared this item yourself." in told(answer)
    assert not Review.objects.exists()
    assert "You prepared this item, so another person must review it." in words(answer)


def test_two_reviewers_at_once_decide_once(alices: Desk, root: User) -> None:
    evidence = item()
    review.accept(evidence, reviewer=root)
    answer = alices.post("review_accept", evidence.pk, follow=True)
    assert "accepted already" in told(answer)
    assert Review.objects.count() == 1


def test_a_superseded_version_cannot_be_accepted(alices: Desk) -> None:
    old = item("a")
    item("b", supersedes=old)
    answer = alices.post("review_accept", old.pk, follow=True)
    assert "A newer version of this item exists." in told(answer)


def test_a_decision_leads_back_to_where_it_was_made(alices: Desk) -> None:
    evidence = item()
    page = desk.url("evidence_evidence_change", evidence.pk)
    assert alices.post("review_accept", evidence.pk, next=page).url == page


@pytest.mark.parametrize("elsewhere", ["https://evil.example/", "//evil.example", "javascript:1"])
def test_a_decision_never_leads_out_of_the_house(alices: Desk, elsewhere: str) -> None:
    answer = alices.post("review_accept", item().pk, next=elsewhere)
    assert answer.url == desk.url(QUEUE)


def test_the_preview_changes_nothing_and_says_what_will_be_left_out(alices: Desk) -> None:
    fit, own, old = item("a"), item("b", prepared_by=alices.user), item("c")
    newer = item("d", supersedes=old)
    decided = item("e")
    review.accept(decided, reviewer=alices.user)
    chosen = [each.pk for each in (fit, own, old, newer, decided)]
    page = alices.get("review_preview", item=chosen)
    assert [each.ref for each, _ in page.context["fit"]] == [fit.ref, newer.ref]
    left_out = {each.ref: why for each, _, why in page.context["unfit"]}
    assert "yourself" in left_out[own.ref]
    assert "newer version" in left_out[old.ref]
    assert "already" in left_out[decided.ref]
    text = words(page)
    assert "Will be accepted (2)" in text
    assert "Left out (3)" in text
    assert Review.objects.count() == 1


def test_the_preview_warns_of_items_with_exceptions(alices: Desk, world: World) -> None:
    flawed = hand_in_staff(world, date(2026, 6, 30), without_mfa=1)
    assert "1 of these items has exceptions" in alices.text("review_preview", item=[flawed.pk])


def test_the_preview_of_nothing_leads_back(alices: Desk) -> None:
    answer = alices.client.get(desk.url("review_preview"), follow=True)
    assert "Choose the items to accept first." in told(answer)
    assert answer.redirect_chain[0][0] == desk.url(QUEUE)


def test_several_items_are_accepted_one_by_one(alices: Desk) -> None:
    first, own, last = item("a"), item("b", prepared_by=alices.user), item("c")
    answer = alices.post(
        "review_accept_all", item=[first.pk, own.pk, last.pk, "x", 999], follow=True
    )
    assert "2 items are accepted." in told(answer)
    assert f"{own.ref}: You prepared this item yourself." in told(answer)
    assert set(Review.objects.values_list("evidence__ref", flat=True)) == {first.ref, last.ref}


def test_an_item_that_is_not_there_is_not_found(alices: Desk) -> None:
    assert alices.post("review_accept", 999).status_code == 404
    assert alices.post("review_return", 999, reason="x").status_code == 404


def test_a_deed_is_no_address_to_visit(alices: Desk) -> None:
    for name in ("review_accept", "review_return"):
        assert alices.get(name, item(name).pk).status_code == 405
    assert alices.get("review_accept_all").status_code == 405
    assert not Review.objects.exists()


def test_who_may_not_review_is_refused(alices: Desk, db: None) -> None:
    evidence = item()
    owner = desk.at(cast.person("control-owner"))
    assert owner.get(QUEUE).status_code == 403
    assert owner.post("review_accept", evidence.pk).status_code == 403
    assert "Accept" not in owner.text("evidence_evidence_change", evidence.pk)


def test_strangers_are_refused(strangers: tuple[User, ...], alices: Desk) -> None:
    evidence = item(collected_at=datetime(2026, 11, 1, tzinfo=UTC))
    for name, key in ((QUEUE, ()), ("review_preview", ()), ("review_accept_all", ())):
        desk.assert_refused(name, *key, strangers=strangers)
    desk.assert_refused("review_accept", evidence.pk, strangers=strangers)
    assert not Review.objects.exists()
