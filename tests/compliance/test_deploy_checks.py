"""Unsafe deployments are refused, each with a stable id; the embedded default is not."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as kept
from django.core import checks
from django.test import Client
from pytest_django import Settings

from compliance import deploy_checks

SAFE = {
    "SESSION_COOKIE_SECURE": True,
    "CSRF_COOKIE_SECURE": True,
    "SESSION_COOKIE_HTTPONLY": True,
    "SECURE_SSL_REDIRECT": True,
    "SECURE_HSTS_SECONDS": 31_536_000,
}


def ids() -> list[str]:
    """The ids that all registered checks of ours raise; run as `manage.py` runs them."""
    found = checks.run_checks()
    return sorted(str(one.id) for one in found if str(one.id).startswith("compliance."))


@pytest.fixture
def deployed(settings: Settings) -> Settings:
    """An installation behind a proxy with TLS, as it should be."""
    settings.DEBUG, settings.LISTEN = False, "0.0.0.0:8000"
    settings.SITE_URL, settings.ALLOWED_HOSTS = "https://trust.example", ["trust.example"]
    for name, value in SAFE.items():
        setattr(settings, name, value)
    return settings


def test_nothing_is_said_of_one_behind_tls(deployed: Settings) -> None:
    assert ids() == []


@pytest.mark.parametrize("site", ["http://localhost:8000", "http://127.0.0.1:8000"])
def test_the_embedded_default_on_this_machine_stays_usable(settings: Settings, site: str) -> None:
    settings.SITE_URL, settings.LISTEN, settings.DEBUG = site, "127.0.0.1:8000", False
    assert ids() == []


@pytest.mark.parametrize(
    "site", ["http://trust.example", "http://10.0.0.7:8000", "http://0.0.0.0:8000"]
)
def test_plain_http_beyond_this_machine_is_refused(deployed: Settings, site: str) -> None:
    deployed.SITE_URL = site
    assert ids() == ["compliance.E001"]
    [said] = deploy_checks.check_transport()
    assert site in said.msg
    assert "SITE_URL=https://" in str(said.hint)


def test_a_developer_may_do_it_with_debug_but_hears_of_that(deployed: Settings) -> None:
    deployed.SITE_URL, deployed.DEBUG = "http://10.0.0.7:8000", True
    assert ids() == ["compliance.E004"]
    deployed.SITE_URL, deployed.LISTEN = "http://localhost:8000", "127.0.0.1:8000"
    assert ids() == []


def test_a_server_that_listens_everywhere_without_tls_is_a_warning(deployed: Settings) -> None:
    deployed.SITE_URL = "http://localhost:8000"
    assert ids() == ["compliance.W001"]


def test_an_address_that_is_none_is_left_to_the_start(deployed: Settings) -> None:
    deployed.SITE_URL, deployed.LISTEN = "http://localhost:8000", "[::1"
    assert ids() == []


@pytest.mark.parametrize("name", SAFE)
def test_nobody_undoes_what_tls_is_for(deployed: Settings, name: str) -> None:
    setattr(deployed, name, False)
    assert ids() == ["compliance.E002"]
    assert name in deploy_checks.check_cookies()[0].msg


@pytest.mark.parametrize("backend", ["locmem.LocMemCache", "dummy.DummyCache"])
def test_a_cache_of_one_process_is_refused(deployed: Settings, backend: str) -> None:
    deployed.CACHES = {"default": {"BACKEND": f"django.core.cache.backends.{backend}"}}
    assert ids() == ["compliance.E003"]
    deployed.CACHES = {"default": {"BACKEND": "django.core.cache.backends.db.DatabaseCache"}}
    assert ids() == []


def test_any_host_is_refused(deployed: Settings) -> None:
    deployed.ALLOWED_HOSTS = ["*"]
    assert ids() == ["compliance.E005"]


def test_with_tls_everything_leads_there(deployed: Settings, client: Client) -> None:
    deployed.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    answer = client.get("/accounts/login/", headers={"Host": "trust.example"})
    assert answer.status_code == 301
    assert answer["Location"] == "https://trust.example/accounts/login/"


def read(environment: dict[str, str], folder: Path, *names: str) -> dict[str, Any]:
    """The settings of a process of its own, which begins with this environment."""
    code = (
        "import json, django; from django.conf import settings; django.setup();"
        f"print(json.dumps({{name: getattr(settings, name) for name in {names!r}}}))"
    )
    found = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={
            **found,
            "VAR_DIR": str(folder),
            "DJANGO_SETTINGS_MODULE": "compliance.settings",
            **environment,
        },
        cwd=kept.BASE_DIR,
        capture_output=True,
        text=True,
        check=True,
    )
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def test_https_in_the_address_turns_everything_on(tmp_path: Path) -> None:
    names = [*SAFE, "SECURE_HSTS_INCLUDE_SUBDOMAINS", "SECURE_PROXY_SSL_HEADER"]
    told = read({"SITE_URL": "https://trust.example"}, tmp_path, *names)
    assert told == {
        **SAFE,
        "SECURE_HSTS_INCLUDE_SUBDOMAINS": True,
        "SECURE_PROXY_SSL_HEADER": ["HTTP_X_FORWARDED_PROTO", "https"],
    }


def test_the_start_is_refused_with_words_that_help(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "manage.py", "prepare"],
        env={
            **os.environ,
            "VAR_DIR": str(tmp_path),
            "DJANGO_SETTINGS_MODULE": "compliance.settings",
            "SITE_URL": "http://trust.example",
        },
        cwd=kept.BASE_DIR,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "compliance.E001" in done.stderr
    assert "set SITE_URL=https://your.name" in done.stderr
