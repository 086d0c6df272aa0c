"""Asking for documents: nothing is asked without the agreement, and a flood is refused."""

from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

from accounts import journal
from audits.buyers import page
from audits.models import BuyerRequest
from evidence.models import LedgerEntry
from tests.audits.buying import NDA, Market

pytestmark = pytest.mark.django_db
PATH = "/trust/ask/"


def sent(market: Market, **changes: Any) -> dict[str, Any]:
    given = {
        "documents": [market.document.pk],
        "name": "Dana Buyer",
        "company": "Bright & Co",
        "email": "Dana@Bright.example",
        "purpose": "We review our vendors.",
        "accepted": "on",
        "agreement": journal.digest(NDA),
    }
    return {name: value for name, value in {**given, **changes}.items() if value is not None}


def test_the_page_shows_the_agreement_with_its_digest(client: Client, market: Market) -> None:
    del market
    text = client.get(PATH).content.decode()
    assert "You show it to nobody else." in text
    assert journal.digest(NDA) in text


def test_a_request_is_kept_with_what_was_accepted(client: Client, market: Market) -> None:
    answer = client.post(PATH, sent(market), HTTP_USER_AGENT="Browser/2")
    assert answer.status_code == 302
    assert client.get(answer.headers["Location"]).status_code == 200
    asked = BuyerRequest.objects.get()
    assert (asked.email, asked.company) == ("dana@bright.example", "Bright & Co")
    assert (asked.ip_address, asked.user_agent) == ("127.0.0.1", "Browser/2")
    assert asked.agreement.text == NDA
    assert asked.wanted == [market.document.pk]


def test_behind_a_proxy_it_is_the_visitor_who_is_kept(
    client: Client, market: Market, settings: Any
) -> None:
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    client.post(PATH, sent(market), HTTP_X_FORWARDED_FOR="203.0.113.9")
    assert BuyerRequest.objects.get().ip_address == "203.0.113.9"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"accepted": None}, "required"),
        ({"documents": None}, "required"),
        ({"documents": [10**6]}, "valid choice"),
        ({"email": "dana"}, "valid email"),
        ({"purpose": "x" * 1_001}, "at most"),
        ({"agreement": "0" * 64}, "was changed"),
        ({"name": "\0"}, "Null characters"),
    ],
)
def test_what_is_missing_is_said_and_nothing_is_kept(
    client: Client, market: Market, changes: dict[str, Any], words: str
) -> None:
    leaves = LedgerEntry.objects.count()
    answer = client.post(PATH, sent(market, **changes))
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert not BuyerRequest.objects.exists()
    assert LedgerEntry.objects.count() == leaves


def test_what_was_typed_stays_and_the_new_agreement_is_shown(
    client: Client, market: Market
) -> None:
    page.write_agreement("A new text.", by=market.admin)
    text = client.post(PATH, sent(market)).content.decode()
    assert "was changed" in text
    assert "We review our vendors." in text
    assert f'name="agreement" value="{journal.digest("A new text.")}"' in text


def test_hostile_words_are_words(client: Client, market: Market) -> None:
    text = client.post(PATH, sent(market, name="<script>x</script>", accepted=None))
    assert "<script>x" not in text.content.decode()


def test_one_network_asks_a_few_times_an_hour_only(client: Client, market: Market) -> None:
    cache.clear()
    seen = [client.post(PATH, sent(market, accepted=None)).status_code for _ in range(11)]
    assert seen == [422] * 10 + [429]


def test_a_form_of_another_site_is_refused(market: Market) -> None:
    strict = Client(enforce_csrf_checks=True)
    assert strict.post(PATH, sent(market)).status_code == 403
    assert not BuyerRequest.objects.exists()
