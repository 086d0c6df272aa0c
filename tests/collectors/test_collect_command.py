"""`manage.py collect`."""

import os
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from collectors import connections
from collectors.base import Answer, Ask, AsksFor
from collectors.errors import SourceDeniedError
from collectors.models import Run
from tests.collectors import world
from tests.evidence import items

pytestmark = pytest.mark.django_db


def collect(*words: str) -> str:
    said = StringIO()
    call_command("collect", *words, stdout=said, no_color=True)
    return said.getvalue()


def test_it_asks_a_source_and_says_what_came(monkeypatch: pytest.MonkeyPatch) -> None:
    world.install(monkeypatch)
    expectation = items.expectation(collector="doors")
    items.check(expectation, "SELECT * FROM population WHERE NOT locked")
    source = world.source(expectations=[expectation])
    said = collect(source.slug)
    run = Run.objects.get()
    assert run.evidence
    assert f"{source.slug}: Complete, RUN-000001" in said
    assert "2 rows" in said
    assert run.evidence.ref in said
    assert "check staff-mfa-check: failed" in said


def test_it_asks_for_a_period(monkeypatch: pytest.MonkeyPatch) -> None:
    world.install(monkeypatch, kind="event", asks_for=AsksFor.CLOSED_WINDOW)
    source = world.source()
    said = collect(source.slug, "--from", "2026-03-01", "--to", "2026-03-31")
    assert "2026-03-01 to 2026-03-31" in said


def test_it_asks_for_each_month_of_a_past_period(monkeypatch: pytest.MonkeyPatch) -> None:
    world.install(monkeypatch, kind="event", asks_for=AsksFor.CLOSED_WINDOW)
    source = world.source()
    collect(source.slug, "--from", "2025-12-15", "--to", "2026-02-28", "--by-month")
    asked = [f"{run.period_from} {run.period_to}" for run in Run.objects.order_by("number")]
    assert asked == ["2025-12-15 2025-12-31", "2026-01-01 2026-01-31", "2026-02-01 2026-02-28"]
    with pytest.raises(CommandError, match="--from and --to with --by-month"):
        collect(source.slug, "--by-month")


def test_it_fails_when_a_run_does(monkeypatch: pytest.MonkeyPatch) -> None:
    def denied(_ask: Ask[Any]) -> Answer:
        raise SourceDeniedError("renew the token")

    world.install(monkeypatch, denied)
    source = world.source()
    said = StringIO()
    with pytest.raises(CommandError, match="1 of 1 runs did not give a whole answer"):
        call_command("collect", source.slug, stdout=said, no_color=True)
    assert "renew the token" in said.getvalue()


def test_a_partial_answer_is_no_success(monkeypatch: pytest.MonkeyPatch) -> None:
    world.install(monkeypatch, lambda _ask: world.answer([]))
    with pytest.raises(CommandError, match="whole answer"):
        collect(world.source().slug)


def test_it_asks_all_that_are_enabled(monkeypatch: pytest.MonkeyPatch) -> None:
    world.install(monkeypatch)
    world.source()
    world.source()
    connections.disable(world.source(), by=world.BY)
    collect("--all")
    assert Run.objects.count() == 2


def test_it_asks_again_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    world.install(monkeypatch)
    source = world.source()
    collect(source.slug)
    collect(source.slug)
    assert Run.objects.count() == 2


def test_it_takes_files_from_a_folder(own_folders: Path) -> None:
    source = world.source("csv_import")
    assert "no new files" in collect(source.slug)
    path = own_folders / "inbox" / source.slug / "roster__2026-10-31.csv"
    path.write_text("name\nAnn\n")
    os.utime(path, (1_790_000_000, 1_790_000_000))
    assert "Complete" in collect(source.slug)
    assert not path.exists()


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ([], "Name one source, or say --all"),
        (["doors-9", "--all"], "Name one source, or say --all"),
        (["ghosts"], "no source 'ghosts'"),
        (["ghosts", "--from", "2026-01-01"], "both --from and --to"),
        (["ghosts", "--from", "2026-01-01", "--to", "soon"], "Dates are written"),
        (["ghosts", "--from", "2026-01-31", "--to", "2026-01-01"], "before it starts"),
    ],
)
def test_it_says_what_was_wrong_with_the_call(words: list[str], reason: str) -> None:
    with pytest.raises(CommandError, match=reason):
        collect(*words)
