"""Sessions: a list of one's own, ended one by one or all at once, by time and by what changes."""

import time
from typing import Any

import pytest
from allauth.usersessions.models import UserSession
from django.core.cache import cache
from django.test import Client
from pytest_django import Settings

from accounts import sessions
from accounts.models import User
from compliance.signin.middleware import SEEN_AT, SIGNED_IN_AT
from tests import cast
from tests.cast import PASSWORD, Journal
from tests.signin.pages import LOGIN, SECOND, code, signed_in, type_password

PAGE = "/accounts/sessions/"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
SAFARI = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15) Version/18.0 Safari/605.1"


@pytest.fixture(autouse=True)
def _fresh_counts(db: None) -> None:
    cache.clear()


@pytest.fixture
def secret(alice: User) -> str:
    return cast.enrol(alice)


def browser(agent: str = FIREFOX, place: str = "192.0.2.7") -> Client:
    return Client(headers={"User-Agent": agent}, REMOTE_ADDR=place)


def entered(user: User, agent: str = FIREFOX, place: str = "192.0.2.7") -> Client:
    """A browser in which the person is signed in, as the door notes it."""
    client = cast.sign_in(browser(agent, place), user)
    forget(client)
    assert client.get("/").status_code == 302
    return client


def forget(client: Client, **values: int) -> None:
    """Have the session be noted anew, or say other times in it."""
    session = client.session
    session.pop(SEEN_AT)
    session.update(values)
    session.save()


def is_in(client: Client) -> bool:
    return client.get(PAGE).status_code == 200


class TestList:
    def test_it_says_device_place_and_which_is_this(self, alice: User) -> None:
        here, _ = entered(alice), entered(alice, SAFARI, "198.51.100.4")
        page = here.get(PAGE).content.decode()
        for words in ("Firefox on Linux", "192.0.2.7", "Safari on macOS", "198.51.100.4"):
            assert words in page
        assert page.count("This one") == 1
        assert "UTC" in page

    def test_a_typed_sign_in_is_noted_at_once(self, alice: User, secret: str) -> None:
        client = browser()
        type_password(client, alice)
        client.post(SECOND, {"code": code(secret)})
        [row] = UserSession.objects.filter(user=alice)
        assert (row.ip, row.user_agent) == ("192.0.2.7", FIREFOX)
        assert row.session_key == client.session.session_key

    def test_those_of_others_are_not_in_it(self, alice: User, bob: User) -> None:
        entered(bob, SAFARI, "203.0.113.9")
        assert "203.0.113.9" not in entered(alice).get(PAGE).content.decode()

    def test_one_that_ended_is_not_in_it(self, alice: User) -> None:
        here, other = entered(alice), entered(alice, SAFARI)
        other.post("/accounts/logout/")
        assert [one.is_this for one in sessions.of(alice, key=here.session.session_key or "")] == [
            True
        ]

    def test_when_it_was_used_is_kept_to_the_minute(self, alice: User) -> None:
        client = entered(alice)
        [first] = sessions.of(alice)
        client.get("/")
        assert sessions.of(alice) == [first]
        forget(client)
        client.get("/")
        [later] = sessions.of(alice)
        assert later.seen_at > first.seen_at
        assert later.began_at == first.began_at

    def test_a_stranger_is_sent_to_the_sign_in(self, client: Client) -> None:
        assert client.get(PAGE)["Location"].startswith(LOGIN)


class TestEnding:
    def test_one_of_ones_own(self, alice: User, journal: Journal) -> None:
        here, other = entered(alice), entered(alice, SAFARI)
        row = UserSession.objects.get(session_key=other.session.session_key)
        here.post(PAGE, {"session": row.pk})
        assert (is_in(here), signed_in(other)) == (True, False)
        assert journal.last.kind == "sessions.ended"
        assert journal.last.body == {"which": "one"}

    @pytest.mark.parametrize("given", ["", "x", "-1", "0", "9" * 30, "²"])
    def test_one_that_is_not_there(self, alice: User, given: str) -> None:
        page = entered(alice).post(PAGE, {"session": given}, follow=True).content.decode()
        assert "This session has ended already." in page

    def test_nobody_ends_the_one_of_somebody_else(self, alice: User, bob: User) -> None:
        theirs = entered(bob)
        row = UserSession.objects.get(user=bob)
        entered(alice).post(PAGE, {"session": row.pk})
        assert is_in(theirs)

    def test_all_others_even_those_that_were_never_noted(
        self, alice: User, journal: Journal
    ) -> None:
        here, other, unknown = entered(alice), entered(alice), cast.sign_in(Client(), alice)
        here.post(PAGE, {"session": "others"})
        assert (is_in(here), is_in(other), is_in(unknown)) == (True, False, False)
        assert journal.last.body == {"which": "others"}
        assert len(sessions.of(alice)) == 1

    def test_an_administrator_ends_all_of_a_person(
        self, alice: User, root: User, journal: Journal
    ) -> None:
        theirs, admin = entered(alice), cast.sign_in(Client(), root)
        page = admin.get(f"/admin/accounts/user/{alice.pk}/").content.decode()
        assert "Firefox on Linux" in page
        admin.post(f"/admin/accounts/user/{alice.pk}/sessions/")
        assert (is_in(theirs), is_in(admin)) == (False, True)
        assert journal.last.body == {"which": "all"}
        assert journal.last.actor == f"user:{root.pk}"

    def test_who_does_not_manage_people_ends_nobody_s(self, alice: User) -> None:
        theirs = entered(alice)
        for other in (cast.person("engineer"), cast.person()):
            path = f"/admin/accounts/user/{alice.pk}/sessions/"
            assert cast.sign_in(Client(), other).post(path).status_code == 403
        assert is_in(theirs)

    def test_a_wrong_method(self, alice: User, root: User) -> None:
        assert entered(alice).put(PAGE).status_code == 405
        admin = cast.sign_in(Client(), root)
        assert admin.get(f"/admin/accounts/user/{alice.pk}/sessions/").status_code == 405


class TestChanges:
    def test_a_new_password_ends_all_others(self, alice: User, journal: Journal) -> None:
        here, other = entered(alice), entered(alice)
        new = "x9 y8 z7 w6 v5 u4"
        given = {"oldpassword": PASSWORD, "password1": new, "password2": new}
        assert here.post("/accounts/password/change/", given).status_code == 302
        assert (is_in(here), is_in(other)) == (True, False)
        assert journal.last.kind == "password.changed"

    @pytest.mark.django_db(transaction=True)
    def test_a_change_of_factors_ends_all_others(self, alice: User) -> None:
        # The sign-in tells of it once the change is committed, while the page is answered.
        here, other = entered(alice), entered(alice)
        here.post("/accounts/2fa/recovery-codes/generate/")
        assert (is_in(here), is_in(other)) == (True, False)

    def test_a_deactivated_person_is_out_at_once(self, alice: User, root: User) -> None:
        theirs, admin = entered(alice), cast.sign_in(Client(), root)
        admin.post(f"/admin/accounts/user/{alice.pk}/deactivate/", {"reason": "Left."})
        assert not is_in(theirs)
        assert sessions.of(alice) == []


class TestTime:
    def said(self, client: Client) -> str:
        answer: Any = client.get("/admin/", follow=True)
        assert answer.redirect_chain[0][0] == f"{LOGIN}?next=/admin/"
        assert not signed_in(client)
        text: str = answer.content.decode()
        return text

    def test_a_session_that_was_idle_ends(self, alice: User, settings: Settings) -> None:
        client, limit = entered(alice), settings.SESSION_IDLE_MINUTES * 60
        forget(client, **{SEEN_AT: int(time.time()) - limit + 30})
        assert is_in(client)
        forget(client, **{SEEN_AT: int(time.time()) - limit - 30})
        assert "nothing was asked for a while" in self.said(client)

    def test_a_session_that_began_long_ago_ends_however_busy(
        self, alice: User, settings: Settings
    ) -> None:
        client, now = entered(alice), int(time.time())
        forget(client, **{SEEN_AT: now, SIGNED_IN_AT: now - settings.SESSION_COOKIE_AGE - 30})
        assert "had become too old" in self.said(client)

    def test_the_limits_are_settings(self, alice: User, settings: Settings) -> None:
        settings.SESSION_IDLE_MINUTES = 2
        client = entered(alice)
        forget(client, **{SEEN_AT: int(time.time()) - 150})
        assert not is_in(client)


class TestFresh:
    def test_a_dangerous_deed_asks_once_more_and_then_goes_on(
        self, root: User, settings: Settings
    ) -> None:
        engineer, admin = cast.person("engineer"), entered(root)
        path = f"/admin/accounts/user/{engineer.pk}/grant/"
        late = int(time.time()) - settings.ACCOUNT_REAUTHENTICATION_TIMEOUT - 5
        forget(admin, **{SIGNED_IN_AT: late})
        asked = admin.post(path, {"role": "reviewer"})
        assert asked["Location"].startswith("/accounts/reauthenticate/?next=")
        assert not engineer.roles.filter(slug="reviewer").exists()
        wrong = admin.post(asked["Location"], {"password": "something else"})
        assert wrong.status_code == 200
        assert not engineer.roles.filter(slug="reviewer").exists()
        admin.post(asked["Location"], {"password": PASSWORD, "next": path})
        assert engineer.roles.filter(slug="reviewer").exists()
        # For the next minutes nobody is asked again.
        assert admin.get("/admin/accounts/apitoken/add/").status_code == 200

    def test_who_may_not_is_refused_before_anything_is_asked(self, bob: User) -> None:
        client = entered(bob)
        forget(client, **{SIGNED_IN_AT: int(time.time()) - 10_000})
        assert client.post("/admin/log/resume/").status_code == 403
