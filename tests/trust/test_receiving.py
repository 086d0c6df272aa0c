"""Behind a link: marked copies, as many as agreed, to whoever holds it, and to nobody else."""

from datetime import timedelta
from hashlib import sha256
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone

from audits.buyers import deciding, documents
from audits.models import BuyerHandOut, BuyerLink
from compliance.notices import sharing
from evidence.models import LedgerEntry
from reports import pdf_engine
from tests.audits.buying import Market
from tests.audits.world import clock

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(bool(pdf_engine.missing_libraries()), reason="The PDF engine is missing."),
]


def behind(secret: str, key: int = 0) -> str:
    return f"/trust/documents/{secret}/" + (f"{key}/" if key else "")


def grant(market: Market) -> int:
    return int(BuyerLink.objects.latest("pk").decision.grants.get(document=market.document).pk)


def test_the_mail_leads_to_a_marked_copy(client: Client, market: Market) -> None:
    decision = market.approve(market.ask())
    assert sharing.send(decision, job=1) == 1
    letter = mail.outbox[-1]
    assert letter.to == ["dana@bright.example"]
    path = next(word for word in str(letter.body).split() if "/trust/documents/" in word)
    page = client.get(path.removeprefix("http://localhost:8000"))
    assert "Security policy of 2026" in page.content.decode()
    assert page.headers["Referrer-Policy"] == "same-origin"
    assert "noindex" in page.headers["X-Robots-Tag"]
    assert not BuyerHandOut.objects.exists()

    secret = path.rstrip("/").rpartition("/")[2]
    taken = client.post(behind(secret, grant(market)), HTTP_USER_AGENT="Browser/2")
    assert taken.status_code == 200
    assert taken.headers["Content-Disposition"].startswith("attachment")
    assert taken.content.startswith(b"%PDF-")
    assert b"ReceiverAcross" in taken.content
    noted = BuyerHandOut.objects.get()
    assert noted.copy_sha256 == sha256(taken.content).hexdigest()
    assert noted.user_agent == "Browser/2"
    leaf = LedgerEntry.objects.latest("index")
    assert (leaf.kind, leaf.actor) == ("trust.hand_out", f"buyer:{decision.request.ref}")


def test_the_same_copy_comes_again_and_then_no_more(client: Client, market: Market) -> None:
    _, secret = market.linked(downloads=2)
    path = behind(secret, grant(market))
    assert client.post(path).content == client.post(path).content
    third = client.post(path)
    assert third.status_code == 410
    assert "as often as was agreed" in third.content.decode()
    assert BuyerHandOut.objects.count() == 2


def test_looking_takes_nothing_away(client: Client, market: Market) -> None:
    _, secret = market.linked()
    path = behind(secret, grant(market))
    assert client.get(path).status_code == 405
    assert client.head(path).status_code == 405
    assert client.head(behind(secret)).status_code == 200
    assert not BuyerHandOut.objects.exists()


def test_a_stranger_finds_nothing(client: Client, market: Market) -> None:
    market.linked()
    assert client.get(behind("guessed")).status_code == 404
    assert client.post(behind("guessed", grant(market))).status_code == 404
    assert not BuyerHandOut.objects.exists()


def test_a_link_opens_its_own_documents_only(client: Client, market: Market) -> None:
    market.linked()
    theirs = grant(market)
    _, secret = market.linked()
    assert client.post(behind(secret, theirs)).status_code == 404
    assert not BuyerHandOut.objects.exists()


def test_it_says_why_it_has_ended(client: Client, market: Market) -> None:
    decision, secret = market.linked()
    with clock(timezone.now() + timedelta(days=15)):
        late = client.get(behind(secret))
    assert late.status_code == 410
    assert "trust@example.org" in late.content.decode()
    deciding.revoke(decision, reason="A mistake.", by=market.alice)
    assert client.post(behind(secret, grant(market))).status_code == 410
    assert sharing.send(decision, job=2) == 0


def test_what_was_withdrawn_is_not_behind_it(client: Client, market: Market) -> None:
    _, secret = market.linked()
    key = grant(market)
    documents.withdraw(market.document, by=market.alice)
    assert client.post(behind(secret, key)).status_code == 404
    assert "no longer on offer" in client.get(behind(secret)).content.decode()


def test_without_the_engine_nothing_leaves(
    client: Client, market: Market, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, secret = market.linked()
    monkeypatch.setattr(pdf_engine, "missing_libraries", lambda: "The libraries are missing.")
    answer = client.post(behind(secret, grant(market)))
    assert answer.status_code == 503
    assert not BuyerHandOut.objects.exists()


def test_a_refusal_is_told_with_its_reason(market: Market, settings: Any) -> None:
    settings.ORGANISATION = "Example"
    decision = deciding.decline(market.ask(), reason="We do not know you.", by=market.alice)
    assert sharing.send(decision, job=3) == 1
    body = str(mail.outbox[-1].body)
    assert "We do not know you." in body
    assert "/trust/documents/" not in body
