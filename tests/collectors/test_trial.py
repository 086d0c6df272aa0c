"""Trying a connection."""

from itertools import count
from pathlib import Path
from typing import Any

import pytest

from collectors.base import Answer, Ask
from collectors.errors import SourceDeniedError
from collectors.models import Run, Source
from collectors.trial import try_connection
from evidence.models import Blob
from tests.collectors import world

pytestmark = pytest.mark.django_db


def test_it_shows_the_first_rows_and_keeps_nothing(
    monkeypatch: pytest.MonkeyPatch, own_folders: Path
) -> None:
    asked = []

    def endless(_ask: Ask[Any]) -> Answer:
        def rows() -> Any:
            for number in count():
                asked.append(number)
                yield (f"door {number}", True)

        return world.answer(rows())

    world.install(monkeypatch, endless)
    outcome = try_connection(world.source())
    assert outcome.works
    assert "the house answered" in outcome.message
    assert outcome.columns == ("door", "locked")
    assert outcome.rows[0] == ("door 0", "true")
    assert len(outcome.rows) == len(asked) == 5
    assert (Run.objects.count(), Blob.objects.count()) == (0, 0)
    assert list((own_folders / "scratch").iterdir()) == []


def test_it_says_what_is_wrong_without_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    def denied(ask: Ask[Any]) -> Answer:
        raise SourceDeniedError(f"{ask.settings.token.get_secret_value()} is refused")

    world.install(monkeypatch, denied)
    outcome = try_connection(world.source(values={"token": "hunter2-hunter2"}))
    assert not outcome.works
    assert outcome.message == "[removed] is refused"


def test_rows_that_do_not_fit_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    world.install(monkeypatch, lambda _ask: world.answer([("front", "shut")]))
    outcome = try_connection(world.source())
    assert not outcome.works
    assert "column locked" in outcome.message


def test_settings_that_do_not_fit_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    world.install(monkeypatch)
    source = world.source()
    Source.objects.filter(pk=source.pk).update(config={"garden": 1})
    source.refresh_from_db()
    assert "garden" in try_connection(source).message


def test_a_folder_tells_where_it_is(own_folders: Path) -> None:
    outcome = try_connection(world.source("csv_import"))
    assert outcome.works
    assert str(own_folders / "inbox") in outcome.message


def test_it_tells_what_it_sees_and_what_it_may_not_see(monkeypatch: pytest.MonkeyPatch) -> None:
    def half_blind(ask: Ask[Any]) -> Answer:
        ask.trail.saw(b"[]", asked="GET https://house.example/doors")
        ask.trail.lacks("The cellar may not be read with hunter2-hunter2.")
        return world.answer()

    world.install(monkeypatch, half_blind)
    outcome = try_connection(world.source(values={"token": "hunter2-hunter2"}))
    assert outcome.works
    assert outcome.seen == ("GET https://house.example/doors",)
    assert outcome.unseen == ("The cellar may not be read with [removed].",)


def test_what_was_seen_before_an_error_is_told_too(monkeypatch: pytest.MonkeyPatch) -> None:
    def denied_later(ask: Ask[Any]) -> Answer:
        ask.trail.saw(b"[]", asked="GET https://house.example/doors")
        raise SourceDeniedError

    world.install(monkeypatch, denied_later)
    outcome = try_connection(world.source())
    assert not outcome.works
    assert outcome.seen == ("GET https://house.example/doors",)
