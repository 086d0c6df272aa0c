"""The static files are collected where they have changed, and only there."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.contrib.staticfiles import finders

from compliance import static_files


@pytest.fixture
def source(settings: Any, tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "source"
    folder.mkdir()
    (folder / "house.css").write_text("p {}", encoding="utf-8")
    settings.STATICFILES_DIRS = [folder]
    settings.STATICFILES_FINDERS = ["django.contrib.staticfiles.finders.FileSystemFinder"]
    settings.STATIC_ROOT = tmp_path / "static"
    # Django keeps the finders of the settings that it saw first.
    get_finder: Any = finders.get_finder
    get_finder.cache_clear()
    yield folder
    get_finder.cache_clear()


def test_it_collects_once(source: Path, settings: Any) -> None:
    assert static_files.collect()
    assert (settings.STATIC_ROOT / "house.css").read_text(encoding="utf-8") == "p {}"
    assert not static_files.collect()


def test_it_collects_again_what_has_changed(source: Path, settings: Any) -> None:
    static_files.collect()
    (source / "house.css").write_text("p { margin: 0 }", encoding="utf-8")
    (source / "new.css").touch()

    assert static_files.collect()
    assert (settings.STATIC_ROOT / "new.css").exists()
    assert "margin" in (settings.STATIC_ROOT / "house.css").read_text(encoding="utf-8")


def test_it_clears_away_what_is_gone(source: Path, settings: Any) -> None:
    (source / "old.css").touch()
    static_files.collect()
    (source / "old.css").unlink()

    assert static_files.collect()
    assert not (settings.STATIC_ROOT / "old.css").exists()


def test_it_collects_again_after_a_collection_that_broke_off(
    source: Path, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    static_files.collect()
    (source / "new.css").touch()

    def break_off(*_: Any, **__: Any) -> None:
        raise OSError("disk full")

    with monkeypatch.context() as patch:
        patch.setattr(static_files, "call_command", break_off)
        with pytest.raises(OSError, match="disk full"):
            static_files.collect()

    assert static_files.collect()
