"""The drill for a leaked token: ended at once by whoever holds it, told, and listed."""

import io
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.core.cache import cache
from django.core.management import call_command
from django.core.management.base import CommandError
from django.test import Client

from accounts.errors import TokenError
from accounts.models import ApiToken, User
from compliance import leaks
from evidence.models import LedgerEntry
from tests import cast
from tests.api import calls
from tests.api.calls import EVIDENCE

PAGE = "/leaked-token/"
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("var_dir")]


@pytest.fixture(autouse=True)
def _fresh_counts() -> None:
    cache.clear()


def pasted(client: Client, secret: str) -> str:
    answer: Any = client.post(PAGE, {"secret": secret})
    text: str = answer.content.decode()
    return text


class TestReport:
    def test_it_ends_at_once_and_its_deeds_are_listed(self, alice: User) -> None:
        robot = calls.program(alice)
        assert robot.push().status_code == 201
        leak = leaks.report(f" {robot.secret}\n", by="system")
        assert robot.get(EVIDENCE).status_code == 401
        assert leak.was_live
        assert [deed.kind for deed in leak.deeds] == ["evidence"]
        kinds = list(LedgerEntry.objects.order_by("index").values_list("kind", flat=True))
        assert kinds[-2:] == ["token.revoked", "token.leaked"]

    def test_its_owner_is_told_without_the_secret(self, alice: User) -> None:
        robot = calls.program(alice)
        robot.push()
        leaks.report(robot.secret, by="system")
        [sent] = mail.outbox
        assert sent.to == [alice.email]
        assert "It was live until this moment." in sent.body
        assert "evidence EV-000001" in sent.body
        assert robot.secret not in sent.body

    @pytest.mark.parametrize(
        "more",
        [{"revoked": True}, {"expires_in": timedelta(seconds=-1)}],
        ids=["revoked", "expired"],
    )
    def test_one_that_was_dead_is_told_as_such(self, alice: User, more: dict[str, Any]) -> None:
        leak = leaks.report(calls.give_token(alice, "*", **more), by="system")
        assert not leak.was_live
        assert "not live any more" in mail.outbox[0].body
        assert LedgerEntry.objects.latest("index").kind == "token.leaked"

    @pytest.mark.parametrize("secret", ["", "cs_p_" + "x" * 43, "ü", "cs_p_"])
    def test_what_is_no_token_of_ours_changes_nothing(self, alice: User, secret: str) -> None:
        calls.give_token(alice, "*")
        with pytest.raises(TokenError, match="no token of this installation"):
            leaks.report(secret, by="system")
        assert not ApiToken.objects.exclude(revoked_at=None).exists()
        assert not LedgerEntry.objects.exists()

    def test_a_mail_server_that_is_down_does_not_bring_it_back(
        self, alice: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def down(**_: Any) -> None:
            raise ConnectionRefusedError

        monkeypatch.setattr(leaks, "send_mail", down)
        robot = calls.program(alice)
        leaks.report(robot.secret, by="system")
        assert robot.get(EVIDENCE).status_code == 401


class TestPage:
    def test_anybody_may_paste_it_and_learns_nothing(self, client: Client, alice: User) -> None:
        robot = calls.program(alice)
        assert client.get(PAGE).status_code == 200
        page = pasted(client, robot.secret)
        assert "The token is revoked" in page
        assert alice.email not in page
        assert robot.secret not in page
        assert robot.get(EVIDENCE).status_code == 401
        assert LedgerEntry.objects.latest("index").actor == "anybody"

    def test_who_is_signed_in_is_named(self, client: Client, alice: User, charlie: User) -> None:
        pasted(cast.sign_in(client, charlie), calls.give_token(alice, "*"))
        assert LedgerEntry.objects.latest("index").actor == f"user:{charlie.pk}"

    def test_another_word_is_refused(self, client: Client) -> None:
        assert "no token of this installation" in pasted(client, "cs_p_something")
        assert "required" in pasted(client, "")

    def test_tries_are_counted_in_the_shared_cache(self, client: Client) -> None:
        tries = [client.post(PAGE, {"secret": "x"}).status_code for _ in range(35)]
        assert tries == [200] * 30 + [429] * 5
        other = Client(REMOTE_ADDR="198.51.100.4")
        assert other.post(PAGE, {"secret": "x"}).status_code == 200

    def test_a_wrong_method(self, client: Client) -> None:
        assert client.put(PAGE).status_code == 405


class TestCommand:
    def test_it_reads_the_secret_from_its_input(
        self, alice: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        robot, said = calls.program(alice), io.StringIO()
        monkeypatch.setattr("sys.stdin", io.StringIO(f"{robot.secret}\n"))
        call_command("token_leaked", stdout=said)
        assert "was reported as leaked" in said.getvalue()
        assert robot.get(EVIDENCE).status_code == 401

    def test_an_unknown_one_is_a_sentence(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("sys.stdin", io.StringIO("x\n"))
        with pytest.raises(CommandError, match="no token of this installation"):
            call_command("token_leaked")
