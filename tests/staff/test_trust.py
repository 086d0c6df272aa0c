"""The trust page at the desk: the switch, documents, decisions, and the log of hand-outs."""

from typing import Any

import pytest

from accounts.models import User
from audits.buyers import documents, handing, page
from audits.buyers.asking import Visitor
from audits.models import BuyerDecision, BuyerDocument, BuyerRequest
from reports import watermark
from tests import cast
from tests.audits.buying import SEEN, Market, uploaded
from tests.staff import desk
from tests.staff.desk import Desk, at_most

pytestmark = pytest.mark.django_db


@pytest.fixture
def market(alices: Desk) -> Market:
    return Market.opened(alices.user)


def test_an_empty_page_says_what_to_do(alices: Desk) -> None:
    text = alices.text("trust")
    assert "No document is offered" in text
    assert "TRUST_PAGE off" in text
    assert "None yet: nobody can ask" in text
    assert "Nothing can be offered yet" in alices.text("trust_offer")
    assert "Nobody has asked yet" in alices.text("audits_buyerrequest_changelist")
    assert "Nothing was handed out yet" in alices.text("audits_buyerhandout_changelist")


def test_only_an_administrator_opens_it_and_writes_the_agreement(alices: Desk) -> None:
    assert alices.post("trust_switch", turn="open", contact="a@example.org").status_code == 403
    assert alices.get("trust_agreement").status_code == 403
    admins = desk.at(cast.person("administrator"))
    answer = admins.post("trust_switch", turn="open", contact="no address", follow=True)
    assert "no e-mail address" in desk.told(answer)
    answer = admins.post("trust_switch", turn="open", contact="a@example.org", follow=True)
    assert "is open" in desk.told(answer)
    assert page.is_open()
    assert admins.post("trust_agreement", text="Keep it to yourself.").status_code == 302
    assert "is in force" in desk.words(admins.post("trust_agreement", text="Keep it to yourself."))
    admins.post("trust_switch", turn="close", contact="a@example.org")
    assert not page.is_open()


def test_a_document_is_offered_and_withdrawn(alices: Desk) -> None:
    item = uploaded(alices.user)
    answer = alices.post("trust_offer", evidence=item.pk, title="Our policy")
    assert answer.status_code == 302
    made = BuyerDocument.objects.get()
    with at_most(25):
        assert "Our policy" in alices.text("trust")
    answer = alices.post("trust_withdraw", made.pk, follow=True)
    assert "no longer offered" in desk.told(answer)
    assert not documents.offered().exists()


def test_a_file_that_cannot_be_marked_is_refused_on_the_form(
    alices: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Intake keeps such files out; one that came before a stricter reading is met here.
    monkeypatch.setattr(watermark, "fault_of", lambda _content: "It cannot be read as PDF.")
    item = uploaded(alices.user)
    answer = alices.post("trust_offer", evidence=item.pk, title="Our policy")
    assert "cannot be read as PDF" in desk.words(answer)
    assert not BuyerDocument.objects.exists()


def test_a_request_is_approved_sent_again_and_revoked(alices: Desk, market: Market) -> None:
    asked = market.ask()
    with at_most(20):
        text = alices.text("audits_buyerrequest_change", asked.pk)
    assert "Dana Buyer" in text
    assert "127.0.0.1" in text
    given: dict[str, Any] = {"documents": [market.document.pk], "days": 7, "downloads": 1}
    answer = alices.post("buyer_approve", asked.pk, follow=True, **{**given, "days": "x"})
    assert "1 to 90 days" in desk.told(answer)
    alices.post("buyer_approve", asked.pk, **given)
    decision = BuyerDecision.objects.get()
    assert (decision.is_approved, decision.most_downloads) == (True, 1)
    first = handing.new_secret(decision)
    assert "on its way" in desk.told(alices.post("buyer_send", asked.pk, follow=True))
    assert handing.find(first).decision == decision
    alices.post("buyer_revoke", asked.pk, reason="A mistake.")
    assert "A mistake." in alices.text("audits_buyerrequest_change", asked.pk)
    assert "ended" in desk.told(alices.post("buyer_send", asked.pk, follow=True))


def test_a_request_is_declined_with_a_reason(alices: Desk, market: Market) -> None:
    asked = market.ask()
    answer = alices.post("buyer_decline", asked.pk, follow=True)
    assert "Say why" in desk.told(answer)
    alices.post("buyer_decline", asked.pk, reason="We do not know you.")
    assert "We do not know you." in alices.text("audits_buyerrequest_change", asked.pk)
    assert alices.post("buyer_revoke", asked.pk, reason="No.", follow=True).status_code == 200
    assert alices.post("buyer_revoke", BuyerRequest.objects.count() + 9).status_code == 404


def test_the_lists_are_searched_and_filtered(alices: Desk, market: Market) -> None:
    _, secret = market.linked()
    link = handing.find(secret)
    handing.hand_out(handing.opened(link)[0].grant, link, content=b"copy", seen=SEEN)
    requests, taken = "audits_buyerrequest_changelist", "audits_buyerhandout_changelist"
    with at_most(12):
        assert "Bright & Co" in alices.text(requests, state="approved")
    assert "Bright & Co" not in alices.text(requests, state="waiting")
    assert "Bright & Co" in alices.text(requests, q="dana@bright")
    assert "Bright & Co" not in alices.text(requests, q="nobody")
    with at_most(12):
        assert "Bright & Co" in alices.text(taken, document=market.document.pk)
    assert "Bright & Co" not in alices.text(taken, document=market.document.pk + 9)
    assert "Bright & Co" in alices.text(taken, q="bright")


def test_the_log_is_exported_harmless(alices: Desk, market: Market) -> None:
    asked = market.ask(Visitor("=cmd()", "Bright", "dana@bright.example", "Review"))
    link = handing.find(handing.new_secret(market.approve(asked)))
    handing.hand_out(handing.opened(link)[0].grant, link, content=b"copy", seen=SEEN)
    answer = alices.get("hand_outs_export")
    lines = b"".join(answer).decode().splitlines()
    assert len(lines) == 2
    assert "SHA-256 of the copy" in lines[0]
    assert ",=cmd()" not in lines[1]
    assert asked.ref in lines[1]


@pytest.mark.parametrize("name", ["trust", "trust_offer", "hand_outs_export"])
def test_strangers_and_reviewers_stay_outside(
    name: str, alices: Desk, strangers: tuple[User, ...]
) -> None:
    del alices
    assert desk.at(cast.person("reviewer")).get(name).status_code == 403
    for stranger in strangers:
        assert desk.at(stranger).get(name).status_code == 403
