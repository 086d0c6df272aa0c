"""How collectors are found, and what their files must say."""

import sys
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from importlib.metadata import EntryPoint
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from collectors import registry, sources
from collectors.base import AsksFor, SourceSettings
from collectors.errors import DeclarationError, UnknownCollectorError
from tests.collectors import world

FOLDER = Path(next(iter(sources.__path__)))
FILES = sorted(path for path in FOLDER.glob("*.py") if path.stem != "__init__")


def module(**parts: Any) -> ModuleType:
    """A module that declares a good collector but for the parts."""
    made = ModuleType("house.doors")
    made.__file__ = __file__
    whole = {
        "COLLECTOR": world.DECLARED,
        "Settings": world.Settings,
        "collect": world.counted,
        **parts,
    }
    for name, part in whole.items():
        setattr(made, name, part)
    return made


def inspect(**parts: Any) -> registry.Collector:
    return registry.inspect_module("doors", module(**parts), version="1")


def test_every_file_in_the_folder_is_a_collector() -> None:
    assert {path.stem for path in FILES} <= set(registry.collectors())


def test_the_seven_of_a_fresh_house_are_there() -> None:
    assert set(registry.collectors()) >= {
        "api_tokens",
        "csv_import",
        "database_restore",
        "git_changes",
        "staff_mfa",
        "tls_endpoint",
        "uptime_probe",
    }


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_collector_fits_on_a_page(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= 120


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_the_code_digest_is_that_of_the_file(path: Path) -> None:
    assert registry.get(path.stem).code_digest == sha256(path.read_bytes()).hexdigest()


def test_a_good_declaration_is_taken() -> None:
    collector = inspect()
    assert collector.slug == "doors"
    assert [(column.name, column.type) for column in collector.columns] == [
        ("door", "text"),
        ("locked", "boolean"),
    ]
    assert collector.secret_fields == {"token"}


class Bare(SourceSettings):
    house: str = "ours"


def two_questions(ask: object, more: object) -> None:
    """Not a collector."""


@pytest.mark.parametrize(
    ("parts", "reason"),
    [
        ({"COLLECTOR": None}, "COLLECTOR = Declaration"),
        ({"COLLECTOR": {"title": "Doors"}}, "COLLECTOR = Declaration"),
        ({"Settings": None}, r"class Settings\(SourceSettings\) is missing"),
        ({"Settings": dict}, r"class Settings\(SourceSettings\) is missing"),
        ({"Settings": Bare}, "setting house needs a title and a description"),
        ({"collect": None}, "def collect"),
        ({"collect": two_questions}, "def collect"),
        ({"COLLECTOR": replace(world.DECLARED, permission=" ")}, "permission is empty"),
        ({"COLLECTOR": replace(world.DECLARED, asks="")}, "asks is empty"),
        ({"COLLECTOR": replace(world.DECLARED, columns={})}, "columns is empty"),
        ({"COLLECTOR": replace(world.DECLARED, columns={"a": "money"})}, "money"),
        ({"COLLECTOR": replace(world.DECLARED, schedule="often")}, "no cron expression"),
        ({"COLLECTOR": replace(world.DECLARED, schedule="")}, "correct COLLECTOR.schedule"),
        ({"COLLECTOR": replace(world.DECLARED, asks_for=AsksFor.FILE)}, "files are not scheduled"),
    ],
)
def test_a_poor_declaration_is_refused_with_its_reason(parts: dict[str, Any], reason: str) -> None:
    with pytest.raises(DeclarationError, match=reason) as caught:
        inspect(**parts)
    assert "doors" in str(caught.value)
    assert "house.doors" in str(caught.value)


@pytest.mark.parametrize("slug", ["Doors", "1doors", "two-doors", "d", "x" * 61, "türen"])
def test_a_slug_is_lower_snake_case(slug: str) -> None:
    with pytest.raises(DeclarationError, match="snake case"):
        registry.inspect_module(slug, module(), version="1")


def test_an_unknown_collector_is_named_with_the_known() -> None:
    with pytest.raises(UnknownCollectorError, match=r"'ghosts'; known are .*api_tokens"):
        registry.get("ghosts")


Points = Callable[..., None]


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> Points:
    """Pretends that packages with these entry points are installed."""

    def install(**points: str) -> None:
        def entry_points(group: str) -> list[EntryPoint]:
            return [EntryPoint(name, value, group) for name, value in points.items()]

        monkeypatch.setattr(registry, "entry_points", entry_points)

    return install


def test_an_installed_package_may_bring_a_collector(
    installed: Points, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "house.doors", module())
    monkeypatch.setitem(sys.modules, "house", ModuleType("house"))
    installed(doors="house.doors")
    found = registry.collectors.__wrapped__()
    assert found["doors"].declared is world.DECLARED
    assert found["doors"].version == "unknown"
    assert list(found) == sorted(found)


def test_two_collectors_of_one_name_are_refused(
    installed: Points, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "house.doors", module())
    monkeypatch.setitem(sys.modules, "house", ModuleType("house"))
    installed(staff_mfa="house.doors")
    with pytest.raises(DeclarationError, match="another collector has this name"):
        registry.collectors.__wrapped__()


@pytest.mark.parametrize(
    ("value", "reason"),
    [("house.gone", "cannot be loaded"), ("tests.collectors.world:answer", "must name a module")],
)
def test_an_entry_point_that_leads_nowhere_is_refused(
    installed: Points, value: str, reason: str
) -> None:
    installed(doors=value)
    with pytest.raises(DeclarationError, match=reason):
        registry.collectors.__wrapped__()
