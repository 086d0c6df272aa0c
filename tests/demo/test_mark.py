"""A folder is a demo by what lies in it; a demo keeps its data to itself and speaks to nobody."""

import os
from email.utils import parseaddr
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured
from pytest_django import Settings

from compliance.demo import home, mark
from compliance.demo.errors import DemoError


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever a demo sets goes again; the run of the tests is none."""
    monkeypatch.setattr(os, "environ", dict(os.environ))
    for name in ("DATABASE_URL", "BROKER_URL", "STORE_URL"):
        os.environ.pop(name, None)


def test_a_folder_without_the_mark_is_none(tmp_path: Path) -> None:
    before = dict(os.environ)
    assert mark.dress(tmp_path) == ""
    assert os.environ == before


def test_a_marked_folder_is_a_demo_however_it_is_opened(tmp_path: Path) -> None:
    mark.put_into(tmp_path)
    os.environ["ORGANISATION"] = "A real company"
    assert mark.dress(tmp_path) == mark.SENTENCE
    assert os.environ["ORGANISATION"] == mark.COMPANY
    assert "fictional" in os.environ["LOG_ORIGIN"]


@pytest.mark.parametrize("name", ["DATABASE_URL", "STORE_URL_FILE", "BROKER_URL", "KEYS_KMS_KEY"])
def test_it_refuses_data_elsewhere(tmp_path: Path, name: str) -> None:
    mark.put_into(tmp_path)
    os.environ[name] = "somewhere"
    with pytest.raises(ImproperlyConfigured, match=f"Unset {name.removesuffix('_FILE')}"):
        mark.dress(tmp_path)


def test_it_speaks_to_nobody(tmp_path: Path) -> None:
    mark.put_into(tmp_path)
    os.environ |= {"EMAIL_HOST": "mail.example", "CHAT_WEBHOOK_URL_FILE": "/a/file"}
    mark.dress(tmp_path)
    assert "EMAIL_HOST" not in os.environ
    assert "CHAT_WEBHOOK_URL_FILE" not in os.environ


def test_a_mail_that_lies_in_its_folder_says_what_it_is(tmp_path: Path) -> None:
    mark.put_into(tmp_path)
    os.environ["EMAIL_FROM"] = "security@a-real-company.example"
    mark.dress(tmp_path)
    name, address = parseaddr(os.environ["EMAIL_FROM"])
    assert name == mark.COMPANY
    assert address.endswith(".example")
    assert "real" not in address


def test_only_a_demo_is_removed(tmp_path: Path, settings: Settings) -> None:
    settings.VAR_DIR = tmp_path
    assert not home.remove()
    folder = tmp_path / "demo"
    folder.mkdir()
    (folder / "precious.txt").write_text("real", encoding="utf-8")
    with pytest.raises(DemoError, match="not removed"):
        home.remove()
    mark.put_into(folder)
    assert home.remove()
    assert not folder.exists()
    assert tmp_path.exists()


def test_the_tests_are_no_demo(settings: Settings) -> None:
    assert settings.DEMO == ""
