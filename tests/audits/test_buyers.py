"""Deeds of sharing: what may be offered, who asks, who decides, and how copies are counted."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from accounts.models import User
from audits.buyers import asking, deciding, documents, handing, page
from audits.buyers.asking import MOST_OF_ONE, Visitor
from audits.errors import (
    BuyerDecisionError,
    BuyerDocumentError,
    BuyerLinkEndedError,
    BuyerLinkUnknownError,
    BuyerRequestError,
    NotAllowedError,
    TrustPageError,
)
from audits.models import BuyerAgreement, BuyerHandOut, BuyerLink, BuyerRequest
from controls.append_only import unguarded
from evidence import intake, review, verification
from evidence.models import Evidence, LedgerEntry
from jobs.models import Job
from tests import cast
from tests.audits.buying import DANA, NDA, SEEN, Market, pdf, uploaded
from tests.audits.world import clock
from tests.evidence import items

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("var_dir")]


@pytest.fixture
def market(alice: User) -> Market:
    return Market.opened(alice)


def state_of() -> str:
    """The state of the only request."""
    row: Any = deciding.with_state(BuyerRequest.objects.all()).get()
    return str(row.state)


def test_the_page_is_closed_until_an_administrator_opens_it(alice: User) -> None:
    assert not page.is_open()
    with pytest.raises(NotAllowedError):
        page.turn(is_open=True, contact="trust@example.org", by=alice)
    admin = cast.person("administrator")
    with pytest.raises(TrustPageError, match="address"):
        page.turn(is_open=True, contact="", by=admin)
    page.turn(is_open=True, contact="trust@example.org", by=admin)
    assert page.is_open()
    page.turn(is_open=False, contact="", by=admin)
    assert not page.is_open()
    kinds = LedgerEntry.objects.filter(subject="trust").values_list("kind", flat=True)
    assert list(kinds) == ["trust.opened", "trust.closed"]


def test_what_states_facts_only_grows(market: Market) -> None:
    names = ("agreement", "decision", "grant", "handout", "request", "revocation")
    tables = ["audits_trustswitch", *(f"audits_buyer{name}" for name in names)]
    assert unguarded(connection, tables) == []
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        BuyerAgreement.objects.update(text="Do as you like.")


class TestDocuments:
    def test_an_uploaded_pdf_is_offered_once(self, market: Market) -> None:
        item = market.document.evidence
        with pytest.raises(BuyerDocumentError, match="already"):
            documents.offer(item, title="Again", content=pdf(), by=market.alice)
        documents.withdraw(market.document, by=market.alice)
        documents.offer(item, title="Again", content=pdf(), by=market.alice)
        with pytest.raises(BuyerDocumentError, match="already"):
            documents.withdraw(market.document, by=market.alice)

    def test_a_report_of_the_house_may_be_offered(self) -> None:
        found = self._report(actor="reports.written")
        assert list(documents.shareable()) == [found]

    def test_the_word_report_alone_makes_no_report(self) -> None:
        self._report(actor="token:1")
        assert not documents.shareable().exists()

    @pytest.mark.parametrize(
        "changes",
        [
            {"run_ref": "RUN-1"},
            {"evidence_type": "ticket"},
            {"sensitivity": "restricted"},
            {"media_type": "text/plain", "filename": "policy.txt"},
        ],
        ids=lambda changes: next(iter(changes)),
    )
    def test_nothing_else_is(self, alice: User, changes: dict[str, str]) -> None:
        uploaded(alice, **changes)
        assert not documents.shareable().exists()

    def test_neither_is_what_a_reviewer_returned_or_what_was_replaced(self, alice: User) -> None:
        first = uploaded(alice)
        second = uploaded(alice, content=pdf(pages=3), supersedes=first)
        assert list(documents.shareable()) == [second]
        rae = cast.person("reviewer")
        review.return_with_reason(second, reviewer=rae, reason="The old logo.")
        assert not documents.shareable().exists()

    def test_a_title_that_turns_around_is_refused(self, market: Market) -> None:
        with pytest.raises(BuyerDocumentError, match="invisible"):
            documents.offer(
                market.document.evidence, title="A\u202efdp", content=pdf(), by=market.alice
            )

    def test_bytes_that_are_no_pdf_are_refused(self, market: Market) -> None:
        item = uploaded(market.alice, content=b"not a pdf", title="Other")
        with pytest.raises(BuyerDocumentError, match="no PDF"):
            documents.offer(item, title="Other", content=b"not a pdf", by=market.alice)

    def test_who_may_not_share_offers_nothing(self, market: Market) -> None:
        rae = cast.person("reviewer")
        with pytest.raises(NotAllowedError):
            documents.offer(market.document.evidence, title="Mine", content=pdf(), by=rae)
        with pytest.raises(NotAllowedError):
            documents.withdraw(market.document, by=rae)

    def _report(self, *, actor: str) -> Evidence:
        sent = items.submission(
            content=pdf(),
            filename="trust-summary.pdf",
            media_type="application/pdf",
            evidence_type="report",
            tags={"report": "trust_summary"},
        )
        return intake.receive(sent, actor=actor)


class TestAsking:
    def test_what_was_accepted_can_be_shown(self, market: Market) -> None:
        asked = market.ask()
        assert asked.agreement.text == NDA
        assert asked.ip_address == SEEN.ip_address
        assert asked.user_agent == SEEN.user_agent
        leaf = asked.ledger_entry
        assert asked.agreement_sha256 in leaf.leaf
        for word in (DANA.name, DANA.company, DANA.email):
            assert word not in leaf.leaf
        assert leaf.actor == f"buyer:{asked.ref}"

    def test_an_older_agreement_is_read_anew(self, market: Market) -> None:
        page.write_agreement("A new text.", by=market.admin)
        with pytest.raises(BuyerRequestError, match="changed"):
            market.ask()
        with pytest.raises(TrustPageError, match="in force"):
            page.write_agreement("A new text.", by=market.admin)

    @pytest.mark.parametrize(
        "visitor",
        [
            Visitor("", "Bright", "dana@bright.example", "Review"),
            Visitor("Dana", "Bright", "dana", "Review"),
            Visitor("Dana", "Bright", "dana@bright.example", "x" * 1_001),
            Visitor("Da\u202ena", "Bright", "dana@bright.example", "Review"),
        ],
        ids=["name", "address", "long", "invisible"],
    )
    def test_what_cannot_be_kept_is_refused(self, market: Market, visitor: Visitor) -> None:
        with pytest.raises(BuyerRequestError):
            market.ask(visitor)
        assert not BuyerRequest.objects.exists()

    def test_one_address_asks_a_few_times_only(
        self, market: Market, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for _ in range(MOST_OF_ONE):
            market.ask()
        with pytest.raises(BuyerRequestError, match="wait already"):
            market.ask()
        other = Visitor("Eve", "Bright", "eve@bright.example", "Review")
        market.ask(other)
        monkeypatch.setattr(asking, "MOST_WAITING", 4)
        with pytest.raises(BuyerRequestError, match="Too many"):
            market.ask(other)

    def test_what_is_not_on_offer_cannot_be_asked_for(self, market: Market) -> None:
        documents.withdraw(market.document, by=market.alice)
        with pytest.raises(BuyerRequestError, match="at least one"):
            market.ask()


class TestDeciding:
    def test_an_approval_is_a_leaf_and_a_mail(self, market: Market) -> None:
        asked = market.ask()
        decision = market.approve(asked)
        assert decision.ends_at
        assert decision.ends_at - decision.at < timedelta(days=14, seconds=1)
        assert Job.objects.get(kind=deciding.MAIL).payload == {"decision": decision.pk}
        assert decision.ledger_entry.kind == "trust.approved"
        with pytest.raises(BuyerDecisionError, match="already"):
            market.approve(asked)
        with pytest.raises(BuyerDecisionError, match="already"):
            deciding.decline(asked, reason="No.", by=market.alice)

    @pytest.mark.parametrize(
        "changes", [{"days": 0}, {"days": 91}, {"downloads": 0}, {"downloads": 21}, {"keys": []}]
    )
    def test_it_is_bounded(self, market: Market, changes: dict[str, object]) -> None:
        with pytest.raises(BuyerDecisionError):
            market.approve(market.ask(), **changes)
        assert not Job.objects.filter(kind=deciding.MAIL).exists()

    def test_a_refusal_needs_a_reason(self, market: Market) -> None:
        asked = market.ask()
        with pytest.raises(BuyerDecisionError, match="why"):
            deciding.decline(asked, reason=" ", by=market.alice)
        deciding.decline(asked, reason="We do not know you.", by=market.alice)
        assert state_of() == "declined"

    def test_who_may_not_share_decides_nothing(self, market: Market) -> None:
        asked, rae = market.ask(), cast.person("reviewer")
        with pytest.raises(NotAllowedError):
            deciding.approve(asked, keys=[market.document.pk], days=1, downloads=1, by=rae)
        with pytest.raises(NotAllowedError):
            deciding.decline(asked, reason="No.", by=rae)
        decision = market.approve(asked)
        with pytest.raises(NotAllowedError):
            deciding.revoke(decision, reason="No.", by=rae)

    def test_its_state_follows_the_facts(self, market: Market) -> None:
        decision = None
        asked = market.ask()
        assert state_of() == "waiting"
        decision = market.approve(asked)
        assert state_of() == "approved"
        with clock(timezone.now() + timedelta(days=15)):
            assert state_of() == "ended"
        deciding.revoke(decision, reason="A mistake.", by=market.alice)
        assert state_of() == "revoked"


class TestHandingOut:
    def test_each_copy_is_counted_and_a_leaf(self, market: Market) -> None:
        decision, secret = market.linked(downloads=2)
        link = handing.find(secret)
        (one,) = handing.opened(link)
        assert one.left == 2
        handing.hand_out(one.grant, link, content=b"first", seen=SEEN)
        taken = handing.hand_out(one.grant, link, content=b"second", seen=SEEN)
        assert taken.ledger_entry.subject == decision.request.ref
        assert taken.copy_sha256 in taken.ledger_entry.leaf
        with pytest.raises(BuyerLinkEndedError, match="as often"):
            handing.hand_out(one.grant, link, content=b"third", seen=SEEN)
        assert BuyerHandOut.objects.count() == 2
        assert handing.opened(link)[0].left == 0

    def test_the_secret_lies_nowhere(self, market: Market) -> None:
        _, secret = market.linked()
        assert BuyerLink.objects.get().fingerprint == handing.fingerprint(secret)
        assert not LedgerEntry.objects.filter(leaf__contains=secret).exists()

    def test_a_new_link_ends_the_one_before(self, market: Market) -> None:
        decision, first = market.linked()
        second = handing.new_secret(decision)
        with pytest.raises(BuyerLinkEndedError):
            handing.find(first)
        assert handing.find(second).decision == decision
        with pytest.raises(BuyerLinkUnknownError):
            handing.find("another")

    def test_it_ends_with_its_days(self, market: Market) -> None:
        decision, secret = market.linked(days=1)
        with clock(timezone.now() + timedelta(days=1, seconds=1)):
            with pytest.raises(BuyerLinkEndedError):
                handing.find(secret)
            with pytest.raises(BuyerDecisionError):
                handing.new_secret(decision)
            with pytest.raises(BuyerDecisionError):
                deciding.send_again(decision, by=market.alice)

    def test_it_ends_with_a_revocation(self, market: Market) -> None:
        decision, secret = market.linked()
        link = handing.find(secret)
        (one,) = handing.opened(link)
        deciding.revoke(decision, reason="A mistake.", by=market.alice)
        with pytest.raises(BuyerLinkEndedError):
            handing.find(secret)
        with pytest.raises(BuyerLinkEndedError):
            handing.hand_out(one.grant, link, content=b"late", seen=SEEN)
        assert not BuyerHandOut.objects.exists()

    def test_a_document_that_was_withdrawn_is_no_longer_behind_it(self, market: Market) -> None:
        _, secret = market.linked()
        link = handing.find(secret)
        (one,) = handing.opened(link)
        documents.withdraw(market.document, by=market.alice)
        assert handing.opened(link) == []
        with pytest.raises(BuyerLinkEndedError):
            handing.hand_out(one.grant, link, content=b"late", seen=SEEN)


def test_the_log_tells_all_of_it(market: Market) -> None:
    decision, secret = market.linked()
    link = handing.find(secret)
    handing.hand_out(handing.opened(link)[0].grant, link, content=b"copy", seen=SEEN)
    deciding.revoke(decision, reason="Enough.", by=market.alice)
    deciding.decline(market.ask(), reason="No more.", by=market.alice)
    assert list(verification.look_through()) == []
