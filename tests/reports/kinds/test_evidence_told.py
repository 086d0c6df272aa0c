"""Reports of evidence: the calendar, restores, uptime, and the IPE sheet of one item."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from hashlib import sha256
from typing import Any

import pytest

from audits import changes
from audits.changes import Span
from evidence.models import Evidence
from evidence.population import Column, PopulationFacts, TableFacts
from reports.errors import AskedError
from tests.audits.world import World, clock, hand_in, hand_in_staff, ipe, submission
from tests.reports.written.reading import AT, Read

Ask = Callable[..., Read]
PERIOD: dict[str, Any] = {"start": date(2026, 7, 1), "end": date(2026, 9, 30)}


def series(*rows: str) -> tuple[bytes, PopulationFacts]:
    """A series of an uptime probe, as CSV rows of day, address, samples and answers."""
    content = "\n".join(["day,url,samples,successes", *rows, ""]).encode()
    columns = (
        Column("day", "date"),
        Column("url", "text"),
        Column("samples", "integer"),
        Column("successes", "integer"),
    )
    facts = TableFacts(sha256(content).hexdigest(), len(rows), {})
    return content, PopulationFacts(columns, ipe(), facts)


class TestCalendar:
    def test_due_days_follow_the_rhythm_and_the_recorded_changes(
        self, ask: Ask, world: World
    ) -> None:
        with clock(AT):
            changes.skip(
                world.leavers,
                span=Span(date(2026, 7, 1), date(2026, 7, 31), date(2026, 8, 5)),
                reason="Nobody could leave.",
                by=world.alice,
            )
        said = ask("evidence_calendar", **PERIOD)
        rows = [row for row in said.sheets["Due days"][1:] if row[2] == "Leavers"]
        assert [(f"{row[0]:%m-%d}", f"{row[3]:%m-%d}") for row in rows] == [
            ("07-05", "06-01"),
            ("09-05", "08-01"),
        ]
        assert said.figures["By hand"] == said.figures["Times due"]

    @pytest.mark.usefixtures("world")
    def test_months_add_up(self, ask: Ask) -> None:
        said = ask("evidence_calendar", **PERIOD)
        months = said.sheets["By month"][1:]
        assert [row[0] for row in months] == ["2026-07", "2026-08", "2026-09"]
        assert sum(row[1] for row in months) == said.figures["Times due"]


class TestRestores:
    def test_each_restore_stands_with_its_checks(self, ask: Ask, world: World) -> None:
        world.mfa.slug = "restore-test"
        world.mfa.save()
        bad = hand_in_staff(world, date(2026, 7, 6), without_mfa=2)
        hand_in_staff(world, date(2026, 6, 6))
        said = ask("restore_tests", **PERIOD)
        (row,) = said.sheets["Restores"][1:]
        assert (row[0], row[6], row[8], row[9]) == (bad.ref, 3, 2, "not reviewed")
        assert "found exceptions" in row[7]
        assert said.figures["With exceptions"] == 1

    def test_as_of_an_earlier_day_a_later_retest_is_unknown(self, ask: Ask, world: World) -> None:
        world.mfa.slug = "restore-test"
        world.mfa.save()
        bad = hand_in_staff(world, date(2026, 7, 6), without_mfa=2)
        hand_in_staff(world, date(2026, 7, 20), supersedes=bad)
        then = datetime(2026, 7, 10, tzinfo=UTC)
        said = ask("restore_tests", **PERIOD, at=then, made_at=AT)
        assert [row[0] for row in said.sheets["Restores"][1:]] == [bad.ref]
        assert (said.figures["With exceptions"], said.document.as_of) == (1, then)
        assert ask("restore_tests", **PERIOD).figures["With exceptions"] == 0

    @pytest.mark.usefixtures("world")
    def test_none_is_told(self, ask: Ask) -> None:
        said = ask("restore_tests", **PERIOD)
        assert "No item of the period shows that anything was restored." in said.words
        assert "The catalogue expects no restore test." in said.words


class TestUptime:
    @pytest.fixture
    def watched(self, world: World) -> Evidence:
        world.leavers.slug = "uptime-per-day"
        world.leavers.save()
        content, population = series(
            "2026-07-01,https://api.example/,1000,1000", "2026-07-02,https://api.example/,1000,998"
        )
        return hand_in(
            submission(
                content,
                date(2026, 7, 1),
                date(2026, 7, 2),
                world.leavers,
                filename="uptime.csv",
                population=population,
            )
        )

    def test_it_is_computed_of_samples_and_gaps_are_named(
        self, ask: Ask, watched: Evidence
    ) -> None:
        said = ask("uptime", start=date(2026, 7, 1), end=date(2026, 7, 4))
        assert said.figures["Uptime in percent"] == 99.9
        assert said.figures["Days below 99.9 percent"] == 1
        assert [(row[4], row[5], row[6]) for row in said.sheets["By day"][1:]] == [
            (100, "kept", watched.ref),
            (99.8, "below", watched.ref),
        ]
        assert [row[2] for row in said.sheets["Days without a series"][1:]] == [2]

    @pytest.mark.usefixtures("world")
    def test_without_a_series_it_says_so(self, ask: Ask) -> None:
        said = ask("uptime", **PERIOD)
        assert "No series of the period says anything of uptime." in said.words
        assert "Uptime in percent - of all samples" in said.words
        assert [row[2] for row in said.sheets["Days without a series"][1:]] == [72]


class TestSheetOfAnItem:
    @pytest.mark.usefixtures("audit")
    def test_it_says_how_it_was_made_and_where_the_log_has_it(self, ask: Ask) -> None:
        item = Evidence.objects.get(ref="EV-000002")
        said = ask("ipe_sheet", subject="ev-000002")
        facts = said.figures
        assert facts["SHA-256"] == item.blob_id
        assert facts["Leaf of the log"] == item.ledger_entry_id
        assert facts["Query"] == "GET /people"
        assert facts["Review"] == "accepted"
        assert [row[:2] for row in said.sheets["Columns"][1:]] == [
            ("All rows", "count"),
            ("person_id", "integer"),
            ("has_mfa", "boolean"),
        ]
        assert said.sheets["Checks"][1][2] == "passed"
        assert said.sheets["Reviews"][1][3] == "All of them have one now."

    @pytest.mark.usefixtures("world")
    def test_what_is_no_table_is_told(self, ask: Ask) -> None:
        item = hand_in(submission(b"a letter", date(2026, 7, 1)))
        said = ask("ipe_sheet", subject=item.ref)
        assert "The item is no table, so no query made it" in said.words
        assert "Nobody has reviewed the item yet." in said.words

    @pytest.mark.usefixtures("world")
    def test_an_unknown_item_is_refused(self, ask: Ask) -> None:
        with pytest.raises(AskedError, match="There is no item 'EV-9'"):
            ask("ipe_sheet", subject="EV-9")
