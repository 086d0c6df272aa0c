"""The command never writes where no demo is, and says what it does."""

from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from accounts import roles
from accounts.models import Invitation, User
from compliance.demo import home, mark
from compliance.management.commands import demo as command


@pytest.fixture
def house(settings: Settings, tmp_path: Path) -> Path:
    """An installation that is no demo."""
    settings.VAR_DIR = tmp_path
    return tmp_path


@pytest.mark.parametrize("deed", ["fill", "start"])
@pytest.mark.django_db
def test_nothing_made_up_enters_a_real_installation(house: Path, deed: str) -> None:
    with pytest.raises(CommandError, match="a folder of its own"):
        call_command("demo", deed)
    assert not User.objects.exists()
    assert list(house.iterdir()) == []


def test_there_is_nothing_to_remove(house: Path) -> None:
    said = StringIO()
    call_command("demo", "remove", stdout=said)
    assert said.getvalue() == "There is no demo.\n"


def test_removal_leaves_the_installation_around_it(house: Path) -> None:
    (house / "countersign.sqlite3").write_bytes(b"real")
    mark.put_into(house / "demo")
    (house / "demo" / "countersign.sqlite3").write_bytes(b"made up")
    call_command("demo", "remove", stdout=StringIO())
    assert [path.name for path in house.iterdir()] == ["countersign.sqlite3"]


def test_a_half_loaded_demo_is_none(house: Path) -> None:
    mark.put_into(house / "demo")
    assert not home.is_loaded()


def test_inside_a_demo_the_folder_is_its_own(house: Path) -> None:
    mark.put_into(house)
    assert home.folder() == house


@pytest.mark.django_db
def test_a_demo_of_an_older_version_is_brought_up_to_date_before_anybody_is_invited(
    house: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.DEMO = mark.SENTENCE
    done: list[tuple[str, int]] = []

    def call(name: str, **_options: object) -> None:
        done.append((name, Invitation.objects.count()))

    roles.sync()
    monkeypatch.setattr(command, "call_command", call)
    said = StringIO()
    call_command("demo", "start", stdout=said)
    assert done == [("migrate", 0), ("up", 1)]
    assert "/welcome/" in said.getvalue()
