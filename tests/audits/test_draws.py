"""Draws: after the sealing, by the auditor, numbered, reasoned, and never taken back."""

import json
from collections.abc import Callable, Iterator
from hashlib import sha256

import pytest
from django.db import DatabaseError, connection, transaction

from accounts.models import User
from audits import draws, engagements, sampling
from audits import models as records
from audits.confidence import Proposal
from audits.errors import ClosedError, DrawError, NotAllowedError
from audits.models import (
    Draw,
    Engagement,
    EngagementMember,
    SampleItem,
    SealedPopulation,
)
from audits.populations import Definition
from audits.sampling import Method
from audits.tables import cells_at
from controls.append_only import unguarded
from evidence import review
from evidence.models import LedgerEntry
from tests import append_only, cast
from tests.audits.sealing import NONCE, admit, changes, drawn, item, sealed
from tests.audits.world import World


@pytest.fixture
def engagement(world: World, bob: User) -> Engagement:
    engagement = world.engagement()
    admit(engagement, bob, by=world.alice)
    return engagement


@pytest.fixture
def population(world: World, engagement: Engagement) -> SealedPopulation:
    return sealed(world, engagement)


class TestDrawing:
    @pytest.mark.parametrize("method", Method)
    def test_it_gives_what_the_algorithm_gives(
        self, population: SealedPopulation, bob: User, method: Method
    ) -> None:
        made = drawn(population, bob, method=method)
        months = [str(row[1])[:7] for row in changes(60)]
        size = 60 if method is Method.ALL else 10
        rows = sampling.draw(made.seed, method=method, size=size, count=60, months=months)
        assert made.said["rows"] == rows == [one.row for one in made.items.all()]
        assert (made.ref, made.size) == (f"{population.ref}/D1", size)

    def test_the_seed_comes_from_table_control_period_and_nonce(
        self, population: SealedPopulation, bob: User
    ) -> None:
        lines = (
            "countersign-draw/v1",
            population.table_sha256,
            "AC-01",
            "2026-06-01",
            "2026-08-31",
            NONCE,
        )
        assert drawn(population, bob).seed == sha256("\n".join(lines).encode()).hexdigest()

    def test_the_leaf_binds_seed_algorithm_size_method_and_rows(
        self, population: SealedPopulation, bob: User
    ) -> None:
        made = drawn(population, bob)
        leaf = json.loads(made.ledger_entry.leaf)
        assert (leaf["kind"], leaf["subject"]) == ("draw", made.ref)
        assert leaf["actor"] == f"user:{bob.pk}"
        assert leaf["body"] == {
            "population": population.ref,
            "record_sha256": sha256(made.record.encode()).hexdigest(),
            "algorithm": "countersign-draw/v1",
            "seed": made.seed,
            "method": "random",
            "size": 10,
            "rows_sha256": sampling.digest_of(made.said["rows"]),
        }

    def test_every_item_is_found_in_the_table_again(
        self, world: World, engagement: Engagement, bob: User
    ) -> None:
        rows = [(f"CHG-{row[3]}", row[1], f'é "{row[3]}"\nnext', row[3]) for row in changes(30)]
        population = sealed(world, engagement, item(world, rows))
        items = list(drawn(population, bob).items.all())
        found = cells_at(population.evidence.population, [one.offset for one in items])
        assert [cells[0] for cells in found] == [f"CHG-{one.row}" for one in items]
        assert found[0][2] == f'é "{items[0].row}"\nnext'

    def test_nonces_that_look_alike_are_one(self, population: SealedPopulation, bob: User) -> None:
        made = drawn(population, bob, nonce="  cafe\u0301 at noon ")
        assert made.nonce == "caf\u00e9 at noon"

    def test_it_proposes_the_usual_size(self, population: SealedPopulation) -> None:
        assert draws.proposal_of(population) == Proposal(15, 5, 25)


class TestAnotherDraw:
    def test_it_needs_a_reason_and_the_first_one_stays(
        self, population: SealedPopulation, bob: User
    ) -> None:
        first = drawn(population, bob)
        with pytest.raises(DrawError, match=f"{first.ref} was drawn already"):
            drawn(population, bob, size=20)
        second = drawn(population, bob, size=20, reason="One deviation: widened from 10 to 20.")
        assert (second.number, second.ref) == (2, f"{population.ref}/D2")
        assert list(population.draws.values_list("number", flat=True)) == [2, 1]
        assert set(first.said["rows"]) < set(second.said["rows"])

    def test_the_same_draw_is_not_made_twice(self, population: SealedPopulation, bob: User) -> None:
        first = drawn(population, bob)
        with pytest.raises(DrawError, match=f"draw {first.ref} again"):
            drawn(population, bob, reason="Again.")


class TestRefusals:
    @pytest.fixture(autouse=True)
    def _nothing_is_half_applied(self, population: SealedPopulation) -> Iterator[None]:
        assert population.draws.count() == 0
        yield
        assert not Draw.objects.exists()
        assert not SampleItem.objects.exists()
        assert not LedgerEntry.objects.filter(kind="draw").exists()

    @pytest.mark.parametrize(
        ("size", "said"),
        [(61, "has 60 items, fewer than 61"), (0, "at least one"), (-5, "at least")],
    )
    def test_a_size_outside_the_population(
        self, population: SealedPopulation, bob: User, size: int, said: str
    ) -> None:
        with pytest.raises(DrawError, match=said):
            drawn(population, bob, size=size)

    @pytest.mark.parametrize("nonce", ["", "short", "x" * 101, "two\nlines here"])
    def test_a_nonce_that_is_none(
        self, population: SealedPopulation, bob: User, nonce: str
    ) -> None:
        with pytest.raises(DrawError, match="A nonce"):
            drawn(population, bob, nonce=nonce)

    def test_an_empty_population(self, world: World, engagement: Engagement, bob: User) -> None:
        empty = sealed(world, engagement, item(world, []))
        with pytest.raises(DrawError, match="has no items"):
            drawn(empty, bob, method=Method.ALL)

    def test_months_of_a_population_without_dates(
        self, world: World, engagement: Engagement, bob: User
    ) -> None:
        bare = sealed(world, engagement, item(world, changes(20)), Definition("One is a change."))
        with pytest.raises(DrawError, match="without a column of dates"):
            drawn(bare, bob, method=Method.STRATIFIED)

    def test_more_than_a_work_sheet_holds(
        self, population: SealedPopulation, bob: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(draws, "MOST_ITEMS", 59)
        with pytest.raises(DrawError, match="A work sheet holds 59 items"):
            drawn(population, bob, method=Method.ALL)

    def test_a_population_that_was_returned_since(
        self, world: World, population: SealedPopulation, bob: User
    ) -> None:
        review.return_with_reason(population.evidence, reviewer=world.alice, reason="Not all.")
        with pytest.raises(DrawError, match="Nothing can be drawn"):
            drawn(population, bob)

    def test_a_closed_engagement(
        self, world: World, population: SealedPopulation, bob: User
    ) -> None:
        engagements.close_engagement(population.engagement, by=world.alice)
        with pytest.raises(ClosedError):
            drawn(population, bob)


def alice(world: World, _engagement: Engagement) -> User:
    return world.alice


def alice_as_member(world: World, engagement: Engagement) -> User:
    admit(engagement, world.alice, by=world.alice)
    return world.alice


def administrator(world: World, engagement: Engagement) -> User:
    ruth = cast.person("administrator")
    admit(engagement, ruth, by=world.alice)
    return ruth


def charlie(_world: World, _engagement: Engagement) -> User:
    return cast.person()


def other_auditor(_world: World, _engagement: Engagement) -> User:
    return cast.person("auditor")


def observer(world: World, engagement: Engagement) -> User:
    dora = cast.person("auditor")
    admit(engagement, dora, by=world.alice)
    EngagementMember.objects.filter(user=dora).update(role=EngagementMember.Role.OBSERVER)
    return dora


STRANGERS = (alice, alice_as_member, administrator, charlie, other_auditor, observer)


@pytest.mark.parametrize("stranger", STRANGERS, ids=lambda who: who.__name__)
def test_only_an_auditor_of_the_engagement_draws(
    world: World,
    population: SealedPopulation,
    stranger: Callable[[World, Engagement], User],
) -> None:
    with pytest.raises(NotAllowedError):
        drawn(population, stranger(world, population.engagement))
    assert not Draw.objects.exists()


def test_a_changed_table_is_noticed_before_anything_is_drawn(
    population: SealedPopulation, bob: User
) -> None:
    with append_only.forging():
        SealedPopulation.objects.update(row_count=59)
    with pytest.raises(DrawError, match="60 rows now, and 59"):
        drawn(SealedPopulation.objects.get(), bob)


class TestAppendOnly:
    MODELS = (
        records.SealedPopulation,
        records.Draw,
        records.SampleItem,
        records.WorkSheetEntry,
        records.SampleAttribute,
        records.SampleResult,
    )

    @pytest.mark.django_db
    def test_every_table_has_its_triggers(self) -> None:
        assert unguarded(connection, [model._meta.db_table for model in self.MODELS]) == []

    def test_a_draw_cannot_be_taken_back(self, population: SealedPopulation, bob: User) -> None:
        made = drawn(population, bob)
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            made.items.all().delete()
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            Draw.objects.update(nonce="another nonce")
