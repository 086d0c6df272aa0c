"""Sealing: what the population is, and everything that must be refused rather than warned about."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime
from hashlib import sha256
from typing import Any

import pytest

from accounts.models import User
from audits import engagements, populations
from audits.confidence import Frequency
from audits.coverage import State
from audits.errors import ClosedError, NotAllowedError, PopulationRefusedError
from audits.facts import coverage_of
from audits.models import Engagement, SealedPopulation
from audits.populations import TieOut
from controls.models import Expectation
from evidence import ledger, review
from evidence.models import LedgerEntry
from evidence.population import Column
from tests.audits.sealing import DEFINITION, changes, item, sealed
from tests.audits.world import World, hand_in, moment, submission


@pytest.fixture
def engagement(world: World) -> Engagement:
    return world.engagement()


def leaves() -> list[dict[str, Any]]:
    return [json.loads(one.leaf) for one in LedgerEntry.objects.filter(kind="population")]


class TestSealing:
    def test_it_keeps_counts_gaps_and_totals(self, world: World, engagement: Engagement) -> None:
        made = sealed(world, engagement)
        said = made.said
        assert made.ref == f"{engagement.ref}/P1"
        assert said["profile"]["count"] == made.row_count == 60
        assert said["profile"]["months"] == {"2026-06": 20, "2026-07": 20, "2026-08": 20}
        assert said["profile"]["empty_days"] == 32
        assert said["profile"]["ids"]["is_sequence"]
        assert said["profile"]["ids"]["missing"] == 0
        assert said["control_totals"] == {"amount": str(60 * 61 // 2)}
        assert said["period"] == {"from": "2026-06-01", "to": "2026-08-31"}
        assert said["tie_out"] is None

    def test_the_leaf_binds_the_record_and_holds_no_free_text(
        self, world: World, engagement: Engagement
    ) -> None:
        made = sealed(world, engagement, tie_out=TieOut(60, "Secret deployment log"))
        (leaf,) = leaves()
        assert leaf["subject"] == made.ref
        assert leaf["actor"] == f"user:{world.alice.pk}"
        assert leaf["body"]["record_sha256"] == sha256(made.record.encode()).hexdigest()
        assert leaf["body"]["table_sha256"] == made.evidence.population.table_id
        assert "main branch" not in json.dumps(leaf)
        assert "Secret" not in json.dumps(leaf)

    def test_the_record_is_canonical(self, world: World, engagement: Engagement) -> None:
        made = sealed(world, engagement)
        assert made.record.encode() == ledger.canonical(made.said)

    def test_populations_are_numbered_within_the_engagement(
        self, world: World, engagement: Engagement
    ) -> None:
        other = world.engagement()
        sealed(world, engagement)
        assert sealed(world, engagement, item(world, changes(5))).number == 2
        assert sealed(world, other).number == 1

    def test_an_empty_population_is_a_population(
        self, world: World, engagement: Engagement
    ) -> None:
        made = sealed(world, engagement, item(world, []))
        assert (made.row_count, made.said["profile"]["months"]) == (0, {})
        assert made.said["profile"]["empty_days"] == 92

    def test_the_frequency_is_kept(self, world: World, engagement: Engagement) -> None:
        made = sealed(world, engagement, None, replace(DEFINITION, frequency=Frequency.WEEKLY))
        assert made.said["frequency"] == "weekly"


class TestEventsAskedForTooEarly:
    @pytest.mark.parametrize("asked", ["2026-08-30T08:00:00", "2026-08-31T21:30:00"])
    def test_before_the_period_is_over_is_refused(
        self, world: World, engagement: Engagement, asked: str
    ) -> None:
        moment = datetime.fromisoformat(asked).replace(tzinfo=UTC)
        early = item(world, started_at=moment)
        with pytest.raises(PopulationRefusedError, match="later events cannot be in it"):
            sealed(world, engagement, early)
        assert leaves() == []

    def test_the_days_of_settling_are_waited_for(
        self, world: World, engagement: Engagement
    ) -> None:
        asked = item(world)
        with pytest.raises(PopulationRefusedError, match="and 2 days had passed for its source"):
            sealed(world, engagement, asked, replace(DEFINITION, lag_days=2))
        assert (
            sealed(world, engagement, asked, replace(DEFINITION, lag_days=1)).said["lag_days"] == 1
        )

    def test_the_lag_of_the_expectation_is_waited_for_whatever_is_typed(
        self, world: World, engagement: Engagement
    ) -> None:
        asked = item(world)
        Expectation.objects.filter(pk=world.leavers.pk).update(lag_days=2)
        with pytest.raises(PopulationRefusedError, match="again on 2026-09-03 or later"):
            sealed(world, engagement, asked)
        assert leaves() == []
        later = item(
            world,
            started_at=datetime(2026, 9, 3, 8, tzinfo=UTC),
            collected=date(2026, 9, 3),
            supersedes=asked,
        )
        assert sealed(world, engagement, later).said["lag_days"] == 2

    @pytest.mark.parametrize("lag", [0, 1, 2, 3])
    def test_what_covers_its_period_can_be_sealed_and_nothing_else(
        self, world: World, engagement: Engagement, lag: int
    ) -> None:
        asked = item(world)
        Expectation.objects.filter(pk=world.leavers.pk).update(lag_days=lag)
        report = coverage_of(engagement, moment(date(2026, 12, 1)), slugs=[world.leavers.slug])
        is_covered = report.occurrences[-1].state is not State.PARTIAL
        if is_covered:
            sealed(world, engagement, asked)
        else:
            with pytest.raises(PopulationRefusedError, match="later events"):
                sealed(world, engagement, asked)
        assert is_covered is (lag < 2)

    def test_when_it_was_handed_in_does_not_make_it_late_enough(
        self, world: World, engagement: Engagement
    ) -> None:
        early = item(world, started_at=datetime(2026, 8, 1, tzinfo=UTC))
        assert early.collected_at.date() > world.end
        with pytest.raises(PopulationRefusedError, match="asked for on 2026-08-01"):
            sealed(world, engagement, early)


class TestUnsoundItems:
    def refuse(
        self, world: World, engagement: Engagement, said: str, evidence: Any, **more: Any
    ) -> None:
        before = LedgerEntry.objects.count()
        with pytest.raises(PopulationRefusedError, match=said):
            sealed(world, engagement, evidence, **more)
        assert LedgerEntry.objects.count() == before
        assert not SealedPopulation.objects.exists()

    def test_a_partial_one_is_refused(self, world: World, engagement: Engagement) -> None:
        part = item(world, partial_reason="page 3 timed out")
        self.refuse(world, engagement, "not whole: page 3 timed out", part)

    def test_a_returned_one_is_refused(self, world: World, engagement: Engagement) -> None:
        wrong = item(world)
        review.return_with_reason(wrong, reviewer=world.alice, reason="Archived ones are missing.")
        self.refuse(world, engagement, "returned", wrong)

    def test_one_accepted_after_it_was_returned_is_sealed(
        self, world: World, engagement: Engagement
    ) -> None:
        found = item(world)
        review.return_with_reason(found, reviewer=world.alice, reason="Is this all?")
        review.accept(found, reviewer=world.alice)
        assert sealed(world, engagement, found).number == 1

    def test_a_replaced_one_is_refused(self, world: World, engagement: Engagement) -> None:
        first = item(world)
        second = item(world, changes(61), supersedes=first)
        self.refuse(world, engagement, f"replaced by {second.ref}", first)

    def test_one_that_its_source_counts_otherwise_is_refused(
        self, world: World, engagement: Engagement
    ) -> None:
        self.refuse(world, engagement, "counted 61", item(world, source_count=61))

    def test_what_is_no_table_is_refused(self, world: World, engagement: Engagement) -> None:
        letter = hand_in(submission(b"a letter", world.start, world.end, world.leavers))
        self.refuse(world, engagement, "is no table", letter)

    def test_an_item_of_another_control_is_refused(
        self, world: World, engagement: Engagement
    ) -> None:
        with pytest.raises(PopulationRefusedError, match="not in the scope"):
            populations.seal_population(
                engagement,
                control=world.backup,
                evidence=item(world),
                definition=DEFINITION,
                by=world.alice,
            )

    def test_an_item_outside_the_window_is_refused(self, world: World) -> None:
        summer = item(world)
        world.start, world.end = date(2026, 10, 1), date(2026, 10, 31)
        later = world.engagement()
        self.refuse(world, later, "no evidence of AC-01 in the window", summer)


class TestGapsAndDifferences:
    def test_gaps_need_a_word(self, world: World, engagement: Engagement) -> None:
        holed = item(world, [row for row in changes(60) if row[3] not in {7, 8}])
        with pytest.raises(PopulationRefusedError, match="2 gaps, 0 repetitions"):
            sealed(world, engagement, holed)
        made = sealed(world, engagement, holed, replace(DEFINITION, gap_note="Two were drafts."))
        assert made.said["profile"]["ids"]["runs"] == [{"first": "CHG-0007", "last": "CHG-0008"}]
        assert made.said["gap_note"] == "Two were drafts."

    def test_repetitions_need_a_word(self, world: World, engagement: Engagement) -> None:
        twice = item(world, [*changes(5), changes(5)[0]])
        with pytest.raises(PopulationRefusedError, match="1 repetitions"):
            sealed(world, engagement, twice)

    def test_a_tie_out_that_agrees_is_kept(self, world: World, engagement: Engagement) -> None:
        other = item(world, changes(60))
        made = sealed(world, engagement, tie_out=TieOut(60, "Deployments", evidence=other))
        assert made.said["tie_out"] == {
            "count": 60,
            "source": "Deployments",
            "evidence": other.ref,
            "difference": 0,
            "explanation": "",
        }

    def test_a_difference_stops_until_it_is_explained(
        self, world: World, engagement: Engagement
    ) -> None:
        with pytest.raises(
            PopulationRefusedError, match="Deployments counts 58 and the table has 60"
        ):
            sealed(world, engagement, tie_out=TieOut(58, "Deployments"))
        told = TieOut(58, "Deployments", explanation="Two were rolled back the same hour.")
        assert sealed(world, engagement, tie_out=told).said["tie_out"]["difference"] == 2

    @pytest.mark.parametrize("wrong", [TieOut(-1, "Deployments"), TieOut(60, " ")])
    def test_a_tie_out_names_its_source_and_count(
        self, world: World, engagement: Engagement, wrong: TieOut
    ) -> None:
        with pytest.raises(PopulationRefusedError):
            sealed(world, engagement, tie_out=wrong)


class TestDefinition:
    @pytest.mark.parametrize(
        ("change", "said"),
        [
            ({"words": " "}, "Say in words"),
            ({"date_column": "nowhere"}, "no column 'nowhere'; it has change_id"),
            ({"date_column": "author"}, "is text and holds no dates"),
            ({"id_column": "merged_on"}, "is date and holds no ids"),
            ({"lag_days": -1}, "0 to 60"),
            ({"lag_days": 61}, "0 to 60"),
        ],
    )
    def test_what_does_not_fit_the_table_is_refused(
        self, world: World, engagement: Engagement, change: dict[str, Any], said: str
    ) -> None:
        with pytest.raises(PopulationRefusedError, match=said):
            sealed(world, engagement, None, replace(DEFINITION, **change))

    def test_columns_may_be_left_out(self, world: World, engagement: Engagement) -> None:
        bare = replace(DEFINITION, date_column="", id_column="")
        made = sealed(world, engagement, None, bare)
        assert made.said["profile"]["ids"] is None
        assert made.said["profile"]["months"] == {}

    def test_cells_with_line_breaks_are_one_row(self, world: World, engagement: Engagement) -> None:
        rows = [(f"CHG-{n}", date(2026, 6, n), 'two\nlines, "quoted"', n) for n in (1, 2, 3)]
        made = sealed(world, engagement, item(world, rows))
        assert made.row_count == 3

    def test_a_column_named_like_none_of_ours_is_fine(
        self, world: World, engagement: Engagement
    ) -> None:
        columns = (Column("when", "timestamp"),)
        moments = [(datetime(2026, 6, n, 23, 30, tzinfo=UTC),) for n in (1, 2)]
        made = sealed(
            world,
            engagement,
            item(world, moments, columns),
            replace(DEFINITION, date_column="when", id_column=""),
        )
        assert made.said["profile"]["months"] == {"2026-06": 2}


class TestWhoAndWhen:
    def test_an_auditor_does_not_seal(
        self, world: World, engagement: Engagement, bob: User
    ) -> None:
        with pytest.raises(NotAllowedError):
            populations.seal_population(
                engagement,
                control=world.access,
                evidence=item(world),
                definition=DEFINITION,
                by=bob,
            )

    def test_a_closed_engagement_is_refused(self, world: World, engagement: Engagement) -> None:
        found = item(world)
        engagements.close_engagement(engagement, by=world.alice)
        with pytest.raises(ClosedError):
            sealed(world, engagement, found)

    def test_the_same_table_again_needs_a_reason(
        self, world: World, engagement: Engagement
    ) -> None:
        found = item(world)
        first = sealed(world, engagement, found)
        with pytest.raises(PopulationRefusedError, match=f"as {first.ref} already"):
            sealed(world, engagement, found)
        again = sealed(world, engagement, found, reason="The date column was the wrong one.")
        assert again.said["reason"] == "The date column was the wrong one."
