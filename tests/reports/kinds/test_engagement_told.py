"""Reports of an engagement: its description, its samples, and the draft of a bridge letter."""

from collections.abc import Callable
from datetime import date

import pytest
from django.utils import timezone

from accounts.models import User
from audits import description, worksheets
from audits.models import Engagement
from audits.worksheets import ItemResult
from registers import entries, registry
from reports.errors import AskedError
from tests.audits.sealing import Findings, admit, drawn, sealed
from tests.audits.world import World
from tests.registers.books import GOOD
from tests.reports.written.reading import Read

Ask = Callable[..., Read]


class TestDescription:
    def test_sections_stand_in_their_order_with_what_they_lack(
        self, ask: Ask, world: World
    ) -> None:
        audit = world.engagement()
        description.write_section(
            audit, section="DC1", text="We move money.\n\nEvery day.", based_on=0, by=world.alice
        )
        said = ask("system_description", engagement=audit)
        assert "DC1 What we provide We move money. Every day." in said.words
        assert "DC2 What we promise and what that requires This section is not written yet." in (
            said.words
        )
        lacking = sum(len(each) for each in description.lacks(audit).values())
        assert said.figures["Lacking"] == lacking > 0
        assert said.figures["Sections written"] == 1

    def test_without_any_text_it_says_where_to_write(self, ask: Ask, world: World) -> None:
        said = ask("system_description", engagement=world.engagement())
        assert "No section of the description is written yet." in said.words


class TestBridgeLetter:
    def test_it_counts_what_came_after_the_window(self, ask: Ask, world: World) -> None:
        add = {
            "changes": {"deployed_on": "2026-09-02", "touches_processing": "yes"},
            "incidents": {"noticed_on": "2026-09-03"},
        }
        add["changes"]["processing_note"] = "Limits are checked earlier."
        for slug, changed in add.items():
            given = {**GOOD[slug], **changed}
            entries.add(registry.get(slug), given=given, by=world.alice)
        said = ask("bridge_letter", engagement=world.engagement())
        assert "about the days from 2026-09-01 to 2026-09-10." in said.words
        assert "1 change is recorded; of these, 1 touches processing." in said.words
        assert [row[1] for row in said.sheets["Changes that touch processing"][1:]] == ["OPS-12"]
        assert [row[0] for row in said.sheets["Incidents"][1:]] == ["IN-4"]

    def test_with_nothing_recorded_it_says_so(self, ask: Ask, world: World) -> None:
        said = ask("bridge_letter", engagement=world.engagement())
        assert "No change is recorded in the register of changes." in said.words
        assert "No incident is recorded in the register of incidents." in said.words

    def test_a_window_that_still_runs_needs_none(self, ask: Ask, world: World) -> None:
        world.end = date(2026, 10, 31)
        with pytest.raises(AskedError, match="nothing is to be bridged yet"):
            ask("bridge_letter", engagement=world.engagement())


class TestSamples:
    @pytest.fixture
    def audit(self, world: World, bob: User) -> Engagement:
        audit = world.engagement()
        admit(audit, bob, by=world.alice)
        return audit

    def test_population_draw_and_results_stand_together(
        self, ask: Ask, world: World, audit: Engagement, bob: User
    ) -> None:
        population = sealed(world, audit)
        draw = drawn(population, bob)
        worksheets.choose_attributes(draw, titles=["Ticket"], by=bob)
        first = draw.items.order_by("row")[0].row
        worksheets.record_results(
            draw,
            results=[ItemResult(first, "A", "pass", "Seen.", "")],
            by=bob,
            report_deviation=Findings(),
        )
        said = ask("sample_paper", engagement=audit, at=timezone.now())
        assert said.sheets["Populations"][1][0] == population.ref
        assert said.sheets["Draws"][1][:4] == (draw.ref, "AC-01", "random", draw.size)
        (tally,) = said.sheets["Results by attribute"][1:]
        assert tally[1:6] == ("A Ticket", 1, 0, 0, draw.size - 1)
        assert said.sheets["Results by item"][1][1:4] == (first, "A", "pass")

    def test_what_was_sealed_later_is_not_told(
        self, ask: Ask, world: World, audit: Engagement
    ) -> None:
        sealed(world, audit)
        said = ask("sample_paper", engagement=audit)
        assert "No population is sealed in this engagement" in said.words
