"""Single sign-on by OpenID Connect against a real provider over loopback."""

import importlib
import os
import subprocess
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx2
import pytest
from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount, SocialToken
from django.test import Client

from accounts.models import User
from tests import cast
from tests.installation import PATIENCE_SECONDS
from tests.signin.pages import ENROL, LOGIN, SECOND, code, signed_in, type_password

PRINT = "from compliance import settings; print(settings.SOCIALACCOUNT_PROVIDERS)"
START = "/accounts/oidc/sso/login/"

# The provider's own library warns of its own coming change.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


@pytest.fixture(scope="module")
def provider() -> Iterator[str]:
    """The address of a running provider that knows four people."""
    with warnings.catch_warnings():
        # Its library warns of its own coming change, by a filter that it sets when first imported.
        importlib.import_module("authlib.deprecate")
        warnings.simplefilter("ignore")
        mock = importlib.import_module("oidc_provider_mock")
    known = {
        "alice": {"email": "Alice@Example.org", "email_verified": True},
        "liar": {"email": "alice@example.org", "email_verified": False},
        "stranger": {"email": "stranger@example.org", "email_verified": True},
        "nameless": {},
    }
    people = [mock.User(sub=sub, claims=claims) for sub, claims in known.items()]
    with mock.run_server_in_thread(user_claims=people) as server:
        yield f"http://localhost:{server.server_port}"


@pytest.fixture(autouse=True)
def configured(settings: Any, provider: str, db: None) -> None:
    app = {
        "provider_id": "sso",
        "name": "Example ID",
        "client_id": "countersign",
        "secret": "known to both",
        "settings": {"server_url": provider},
    }
    settings.SOCIALACCOUNT_PROVIDERS = {
        "openid_connect": {"OAUTH_PKCE_ENABLED": True, "APPS": [app]}
    }


def come_back(client: Client, sub: str, start: str = START) -> Any:
    """Go to the provider, identify there, and follow it back to us."""
    away = client.get(start)
    answer = httpx2.post(away["Location"], data={"sub": sub})
    back = urlsplit(answer.headers["location"])
    assert back.path == f"{START}callback/"
    return client.get(f"{back.path}?{back.query}")


def test_the_sign_in_page_offers_it_as_a_link(client: Client) -> None:
    page = client.get(LOGIN).content.decode()
    assert "Sign in with Example ID" in page
    assert f'href="{START}' in page


def test_it_asks_the_provider_with_state_and_a_code_challenge(
    client: Client, provider: str
) -> None:
    away = client.get(START)
    assert away["Location"].startswith(f"{provider}/oauth2/authorize")
    assert "state=" in away["Location"]
    assert "code_challenge_method=S256" in away["Location"]


def test_an_invited_person_is_found_by_the_verified_address(client: Client, alice: User) -> None:
    EmailAddress.objects.create(user=alice, email=alice.email, verified=True, primary=True)
    assert come_back(client, "alice")["Location"] == "/"
    assert client.session["_auth_user_id"] == str(alice.pk)
    assert SocialAccount.objects.get().user == alice
    alice.refresh_from_db()
    assert alice.has_usable_password()


def test_it_does_not_replace_the_second_factor(client: Client, alice: User) -> None:
    come_back(client, "alice")
    assert client.get("/admin/")["Location"] == ENROL


def test_it_asks_for_the_second_factor_that_is_set_up(client: Client, alice: User) -> None:
    secret = cast.enrol(alice)
    assert come_back(client, "alice")["Location"] == SECOND
    assert not signed_in(client)
    client.post(SECOND, {"code": code(secret)})
    assert client.get("/")["Location"] == "/admin/"


def test_an_address_that_its_owner_only_typed_loses_its_password(
    client: Client, alice: User
) -> None:
    # Whoever typed it may not be the one whom the provider knows by it.
    come_back(client, "alice")
    alice.refresh_from_db()
    assert not alice.has_usable_password()
    elsewhere = Client()
    type_password(elsewhere, alice)
    assert not signed_in(elsewhere)


def test_an_unverified_address_finds_nobody(client: Client, alice: User) -> None:
    response = come_back(client, "liar")
    assert "No account for you here yet" in response.content.decode()
    assert not signed_in(client)
    assert not SocialAccount.objects.exists()


@pytest.mark.parametrize("sub", ["stranger", "nameless"])
def test_a_stranger_gets_no_account(client: Client, alice: User, sub: str) -> None:
    response = come_back(client, sub)
    assert "Accounts are by invitation" in response.content.decode()
    assert not signed_in(client)
    assert User.objects.count() == 1


def test_an_inactive_person_stays_out(client: Client, alice: User) -> None:
    User.objects.filter(pk=alice.pk).update(is_active=False)
    come_back(client, "alice")
    assert not signed_in(client)


def test_nobody_links_an_identity_to_an_account_of_another_name(
    client: Client, charlie: User
) -> None:
    cast.sign_in(client, charlie)
    response = come_back(client, "stranger", f"{START}?process=connect")
    assert response["Location"] == LOGIN
    assert not SocialAccount.objects.exists()


def test_an_answer_that_we_did_not_ask_for_is_refused(client: Client, alice: User) -> None:
    response = client.get(f"{START}callback/?code=guessed&state=guessed")
    assert "did not succeed" in response.content.decode()
    assert not signed_in(client)


def test_no_token_of_the_provider_is_kept(client: Client, alice: User) -> None:
    come_back(client, "alice")
    assert not SocialToken.objects.exists()


def test_a_provider_that_is_down_is_said(client: Client, settings: Any) -> None:
    app = settings.SOCIALACCOUNT_PROVIDERS["openid_connect"]["APPS"][0]
    app["settings"]["server_url"] = "http://localhost:1"
    response = client.get(START)
    assert response.status_code == 502
    assert "did not succeed" in response.content.decode()


def test_it_refuses_a_wrong_method(client: Client) -> None:
    assert client.post(START).status_code == 405


def test_an_unknown_provider_is_not_there(client: Client) -> None:
    assert client.get("/accounts/oidc/other/login/").status_code == 404


def settings_with(folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Load the settings in a process of their own, with these environment variables only."""
    return subprocess.run(
        [sys.executable, "-c", PRINT],
        cwd=Path(__file__).parents[2],
        env={"PATH": os.environ["PATH"], "VAR_DIR": str(folder), **variables},
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE_SECONDS,
    )


def test_it_is_configured_by_the_environment(tmp_path: Path) -> None:
    done = settings_with(
        tmp_path,
        OIDC_ISSUER="https://id.example.org/",
        OIDC_CLIENT_ID="ours",
        OIDC_CLIENT_SECRET="known to both",
    )
    assert done.returncode == 0
    assert "'server_url': 'https://id.example.org'" in done.stdout


def test_half_a_configuration_stops_the_start_and_says_what_to_set(tmp_path: Path) -> None:
    done = settings_with(tmp_path, OIDC_ISSUER="https://id.example.org")
    assert done.returncode != 0
    assert "OIDC_CLIENT_ID is empty, but OIDC_ISSUER is set" in done.stderr


def test_it_is_off_unless_configured(tmp_path: Path) -> None:
    assert "APPS" not in settings_with(tmp_path).stdout
