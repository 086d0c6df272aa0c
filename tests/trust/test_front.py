"""The first page for buyers: closed by default, plain numbers, no names."""

from datetime import date
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

from accounts.models import User
from audits.buyers import documents, page
from evidence import review
from reports import posture
from reports.kinds import restore_tests
from tests import cast
from tests.audits.buying import Market
from tests.audits.world import World, hand_in, submission
from tests.staff.desk import at_most

pytestmark = pytest.mark.django_db


class TestClosed:
    @pytest.mark.parametrize("path", ["/trust/", "/trust/ask/", "/trust/asked/"])
    def test_the_setting_alone_does_not_open_it(
        self, client: Client, settings: Any, path: str
    ) -> None:
        settings.TRUST_PAGE = True
        assert client.get(path).status_code == 404

    def test_the_switch_alone_does_not_open_it(
        self, client: Client, market: Market, settings: Any
    ) -> None:
        _, secret = market.linked()
        settings.TRUST_PAGE = False
        for path in ("/trust/", "/trust/ask/", f"/trust/documents/{secret}/"):
            assert client.get(path).status_code == 404
        settings.TRUST_PAGE = True
        assert client.get("/trust/").status_code == 200
        page.turn(is_open=False, contact="", by=market.admin)
        assert client.get("/trust/").status_code == 404
        assert client.get(f"/trust/documents/{secret}/").status_code == 404


def test_it_shows_numbers_and_what_may_be_asked_for(client: Client, market: Market) -> None:
    with at_most(25):
        answer = client.get("/trust/")
    text = answer.content.decode()
    assert answer.status_code == 200
    assert market.document.title in text
    assert "trust@example.org" in text
    for hidden in (market.alice.full_name, market.document.evidence.ref, "the wiki"):
        assert hidden not in text
    with at_most(6):
        client.get("/trust/")


def test_it_refuses_a_wrong_method(client: Client, market: Market) -> None:
    del market
    assert client.post("/trust/").status_code == 405
    assert client.put("/trust/ask/").status_code == 405


def test_without_documents_it_says_whom_to_write_to(client: Client, market: Market) -> None:
    documents.withdraw(market.document, by=market.alice)
    for path in ("/trust/", "/trust/ask/"):
        text = client.get(path).content.decode()
        assert "No document is offered" in text
        assert "trust@example.org" in text


@pytest.mark.usefixtures("var_dir")
class TestPosture:
    def test_only_what_was_accepted_counts(
        self, alice: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        world, rae = World(alice), cast.person("reviewer")
        engagement = world.engagement()
        restored = hand_in(submission(b"restored\n", date(2026, 7, 1), None, world.restore))
        monkeypatch.setattr(restore_tests, "RESTORES", (world.restore.slug,))
        before = posture.of_today()
        review.accept(restored, reviewer=rae)
        after = posture.of_today()
        assert (before.restored_on, before.shown) == (None, 0)
        assert after.restored_on == date(2026, 7, 1)
        assert after.log_size == before.log_size + 1
        assert after.log_root != before.log_root
        assert [scope.framework for scope in after.scopes] == [engagement.framework.title]
        assert after.availability is None

    def test_it_is_counted_once_for_all_who_look(
        self, client: Client, market: Market, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        del market
        counted: list[object] = []
        real = posture.of_today

        def count() -> posture.Posture:
            counted.append(1)
            return real()

        monkeypatch.setattr(posture, "of_today", count)
        client.get("/trust/")
        client.get("/trust/")
        assert len(counted) == 1
        cache.clear()
        client.get("/trust/")
        assert len(counted) == 2
