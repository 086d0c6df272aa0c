"""Populations of several parts: sealed as one, drawn through all, and drawn again from the pack."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime
from hashlib import sha256
from typing import Any

import pytest
from django.db import DatabaseError, transaction
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import User
from audits import draws, joined, packs, sampling
from audits.errors import DrawError, PopulationRefusedError
from audits.models import Engagement, PopulationPart, SealedPopulation
from audits.sampling import Method
from evidence import review
from evidence.models import Evidence, LedgerEntry
from evidence.population import Column
from tests.append_only import forging
from tests.audits.sealing import (
    COLUMNS,
    DEFINITION,
    admit,
    changes,
    drawn,
    month,
    sealed,
    table,
)
from tests.audits.world import World, hand_in, submission

DIGESTS = st.lists(
    st.binary(max_size=4).map(lambda it: sha256(it).hexdigest()), min_size=1, max_size=6
)


@pytest.fixture
def engagement(world: World, bob: User) -> Engagement:
    engagement = world.engagement()
    admit(engagement, bob, by=world.alice)
    return engagement


@pytest.fixture
def parts(world: World) -> list[Evidence]:
    return [month(world, place) for place in range(3)]


@pytest.fixture
def summer(world: World, engagement: Engagement, parts: list[Evidence]) -> SealedPopulation:
    last, first, middle = parts[2], parts[0], parts[1]
    return sealed(world, engagement, last, further=[first, middle])


class TestSealing:
    def test_its_control_totals_are_those_of_one_table_of_all_rows(
        self, world: World, engagement: Engagement, summer: SealedPopulation
    ) -> None:
        content, facts = table(changes(60))
        sent = submission(
            content, world.start, world.end, world.leavers, filename="all.csv", population=facts
        )
        whole = sealed(world, engagement, hand_in(sent))
        assert summer.said["control_totals"] == whole.said["control_totals"] == {"amount": "1830"}

    def test_the_parts_stand_in_the_order_of_their_days(
        self, summer: SealedPopulation, parts: list[Evidence]
    ) -> None:
        said = summer.said
        assert said["format"] == "countersign-population/v2"
        assert [one["evidence"] for one in said["parts"]] == [one.ref for one in parts]
        assert [one["rows"] for one in said["parts"]] == [20, 21, 19]
        assert (summer.period_from, summer.period_to) == (date(2026, 6, 1), date(2026, 8, 31))
        assert summer.row_count == said["profile"]["count"] == 60
        assert said["profile"]["ids"]["missing"] == 0
        assert [one.evidence_id for one in summer.parts.all()] == [one.pk for one in parts]

    def test_the_digest_covers_every_part_in_order(
        self, summer: SealedPopulation, parts: list[Evidence]
    ) -> None:
        tables = [one.population.table_id for one in parts]
        lines = "\n".join(("countersign-joined/v1", *tables)).encode()
        assert summer.table_sha256 == sha256(lines).hexdigest()
        entry = LedgerEntry.objects.get(kind="population")
        assert json.loads(entry.leaf)["body"]["table_sha256"] == summer.table_sha256

    def test_one_part_is_sealed_as_ever(self, world: World, engagement: Engagement) -> None:
        made = sealed(world, engagement)
        assert made.said["format"] == "countersign-population/v1"
        assert "parts" not in made.said
        assert made.table_sha256 == made.evidence.population.table_id
        assert not PopulationPart.objects.exists()

    def test_the_same_parts_need_a_reason_to_be_sealed_again(
        self, world: World, engagement: Engagement, summer: SealedPopulation, parts: list[Evidence]
    ) -> None:
        with pytest.raises(PopulationRefusedError, match=f"as {summer.ref} already"):
            sealed(world, engagement, parts[0], further=parts[1:])

    @pytest.mark.usefixtures("summer")
    def test_a_part_that_is_kept_does_not_change(self) -> None:
        with pytest.raises(DatabaseError), transaction.atomic():
            PopulationPart.objects.update(row_count=1)


class TestRefusals:
    def refuse(
        self, world: World, engagement: Engagement, said: str, *items: Evidence, **more: Any
    ) -> None:
        before = LedgerEntry.objects.count()
        with pytest.raises(PopulationRefusedError, match=said):
            sealed(world, engagement, items[0], further=items[1:], **more)
        assert LedgerEntry.objects.count() == before
        assert not SealedPopulation.objects.exists()

    def test_days_that_no_part_covers(self, world: World, engagement: Engagement) -> None:
        first, last = month(world, 0), month(world, 2)
        said = "Nothing covers 2026-07-01 to 2026-07-31"
        self.refuse(world, engagement, said, last, first)

    def test_days_that_two_parts_cover(self, world: World, engagement: Engagement) -> None:
        first, second = month(world, 0), month(world, 1, start=date(2026, 6, 30))
        self.refuse(world, engagement, "in the population twice", first, second)

    def test_a_part_given_twice(self, world: World, engagement: Engagement) -> None:
        first = month(world, 0)
        self.refuse(world, engagement, "in the population twice", first, first)

    def test_other_columns(self, world: World, engagement: Engagement) -> None:
        renamed = (*COLUMNS[:3], Column("sum", "integer"))
        first, second = month(world, 0), month(world, 1, columns=renamed)
        self.refuse(world, engagement, "do not have the same columns", first, second)

    def test_a_part_that_was_asked_for_too_early(
        self, world: World, engagement: Engagement
    ) -> None:
        early = month(world, 1, started_at=datetime(2026, 7, 30, tzinfo=UTC))
        said = f"{early.ref} was asked for on 2026-07-30"
        self.refuse(world, engagement, said, month(world, 0), early)

    def test_a_part_that_its_source_counts_otherwise(
        self, world: World, engagement: Engagement
    ) -> None:
        short = month(world, 1, source_count=22)
        said = f"counted 22 and the table of {short.ref} has 21"
        self.refuse(world, engagement, said, month(world, 0), short)

    def test_a_part_that_was_returned(self, world: World, engagement: Engagement) -> None:
        first, second = month(world, 0), month(world, 1)
        review.return_with_reason(second, reviewer=world.alice, reason="Archived are missing.")
        self.refuse(world, engagement, f"returned {second.ref}", first, second)

    def test_a_part_of_another_control(self, world: World, engagement: Engagement) -> None:
        stranger = hand_in(submission(b"x", date(2026, 7, 1), date(2026, 7, 31), world.restore))
        self.refuse(world, engagement, "is no table", month(world, 0), stranger)

    def test_ids_that_occur_in_two_parts(self, world: World, engagement: Engagement) -> None:
        content, facts = table(changes(60)[:3])
        twice = hand_in(
            submission(
                content,
                date(2026, 7, 1),
                date(2026, 7, 31),
                world.leavers,
                collected=date(2026, 9, 2),
                population=facts,
            )
        )
        self.refuse(world, engagement, "3 repetitions", month(world, 0), twice)


class TestDrawing:
    def test_it_draws_what_one_table_of_all_rows_would_give_but_for_the_digest(
        self, summer: SealedPopulation, bob: User
    ) -> None:
        draw = drawn(summer, bob, method=Method.STRATIFIED)
        months = [f"{row[1]:%Y-%m}" for row in changes(60)]
        seed = draws.seed_of(summer, draw.nonce)
        again = sampling.draw(seed, method=Method.STRATIFIED, size=10, count=60, months=months)
        assert draw.said["rows"] == again

    def test_each_row_is_found_in_its_part(self, summer: SealedPopulation, bob: User) -> None:
        draw = drawn(summer, bob, method=Method.ALL)
        items = list(draw.items.order_by("-row"))
        found = joined.cells_at(summer, [one.offset for one in items])
        assert [cells[0] for cells in found] == [f"CHG-{one.row:04d}" for one in items]

    def test_nothing_is_drawn_once_a_part_was_returned(
        self, world: World, summer: SealedPopulation, parts: list[Evidence], bob: User
    ) -> None:
        review.return_with_reason(parts[1], reviewer=world.alice, reason="Wrong.")
        with pytest.raises(DrawError, match=f"returned {parts[1].ref}"):
            drawn(summer, bob)

    @pytest.mark.usefixtures("summer")
    def test_every_part_stays_in_the_pack_whatever_the_scope(
        self, world: World, engagement: Engagement
    ) -> None:
        with forging():
            world.leavers.claims.all().delete()
        selection = packs.selection_of(packs.freeze(engagement, by=None))
        assert [item.ref for item in selection.items] == [*("EV-000001", "EV-000002", "EV-000003")]


class TestDigest:
    @given(DIGESTS, DIGESTS)
    def test_two_lists_of_tables_have_two_digests(self, one: list[str], other: list[str]) -> None:
        assert (joined.digest_of(one) == joined.digest_of(other)) is (one == other)

    def test_that_of_one_table_is_its_own(self) -> None:
        assert joined.digest_of(["ab"]) == "ab"


def test_more_parts_than_can_be_joined_are_refused(parts: list[Evidence]) -> None:
    first = parts[0].population
    with pytest.raises(PopulationRefusedError, match="at most 60 parts"):
        joined.ordered([first] * 61)


def test_a_definition_is_of_all_parts(
    world: World, engagement: Engagement, parts: list[Evidence]
) -> None:
    told = replace(DEFINITION, date_column="", id_column="amount")
    made = sealed(world, engagement, parts[0], told, further=parts[1:])
    assert made.said["profile"]["ids"]["last"] == "60"
