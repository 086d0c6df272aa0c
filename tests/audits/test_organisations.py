"""Subservice organisations and customers' controls: part of the scope, each deed with a leaf."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import DatabaseError, transaction

from accounts.models import User
from audits import organisations
from audits.days import today
from audits.errors import FrozenError, NotAllowedError, OrganisationError
from audits.models import (
    Engagement,
    SubserviceOrganisation,
    UserEntityControl,
    UserEntityWording,
)
from audits.organisations import Profile
from evidence import ledger
from evidence.models import LedgerEntry
from tests.audits.world import World

BANK = Profile("Bank of Dora", "Holds the money.", "carve_out", "It settles.\n \nIt tells.", "x")


@pytest.fixture
def engagement(world: World) -> Engagement:
    return world.engagement()


@pytest.fixture
def bank(world: World, engagement: Engagement) -> SubserviceOrganisation:
    return organisations.add_organisation(engagement, profile=BANK, by=world.alice)


@pytest.fixture
def cuec(world: World, engagement: Engagement) -> UserEntityControl:
    return organisations.add_user_entity_control(
        engagement, criterion=world.criteria["CC6.1"], text=" Rotate keys. ", by=world.alice
    )


def kinds() -> list[str]:
    return list(LedgerEntry.objects.order_by("index").values_list("kind", flat=True))


class TestOrganisations:
    def test_one_is_added_changed_and_removed(
        self, world: World, bank: SubserviceOrganisation
    ) -> None:
        assert bank.controls == ["It settles.", "It tells."]
        organisations.change_organisation(
            bank, profile=replace(BANK, method="inclusive"), by=world.alice
        )
        bank.refresh_from_db()
        assert bank.method == "inclusive"
        organisations.remove_organisation(bank, by=world.alice)
        assert kinds()[-3:] == ["subservice.added", "subservice.changed", "subservice.removed"]
        assert "Dora" not in "".join(LedgerEntry.objects.values_list("leaf", flat=True))
        with pytest.raises(OrganisationError, match="was removed already"):
            organisations.remove_organisation(bank, by=world.alice)
        with pytest.raises(OrganisationError, match="was removed meanwhile"):
            organisations.change_organisation(bank, profile=BANK, by=world.alice)

    def test_a_removed_one_can_be_added_again(
        self, world: World, bank: SubserviceOrganisation
    ) -> None:
        organisations.remove_organisation(bank, by=world.alice)
        organisations.add_organisation(bank.engagement, profile=BANK, by=world.alice)

    @pytest.mark.parametrize(
        ("profile", "said"),
        [
            (replace(BANK, name="bank of DORA "), "named already"),
            (replace(BANK, name=" "), "Give the organisation's name"),
            (replace(BANK, services=""), "what it does"),
            (replace(BANK, method="ignore"), "carve-out or inclusive"),
        ],
    )
    def test_what_is_half_said_is_refused(
        self, world: World, bank: SubserviceOrganisation, profile: Profile, said: str
    ) -> None:
        leaves = ledger.size()
        with pytest.raises(OrganisationError, match=said):
            organisations.add_organisation(bank.engagement, profile=profile, by=world.alice)
        assert ledger.size() == leaves

    def test_it_may_keep_its_own_name_but_take_no_other(
        self, world: World, bank: SubserviceOrganisation
    ) -> None:
        other = organisations.add_organisation(
            bank.engagement, profile=replace(BANK, name="Cloud"), by=world.alice
        )
        with pytest.raises(OrganisationError, match="named already"):
            organisations.change_organisation(other, profile=BANK, by=world.alice)


class TestCustomersControls:
    def test_each_wording_stays_and_the_last_holds(
        self, world: World, cuec: UserEntityControl
    ) -> None:
        organisations.reword_user_entity_control(cuec, text="Rotate yearly.", by=world.alice)
        (holding,) = organisations.latest_wordings(cuec.engagement)
        assert (holding.number, holding.text, holding.control.ref) == (
            2,
            "Rotate yearly.",
            "CUEC-1",
        )
        assert UserEntityWording.objects.get(number=1).text == "Rotate keys."
        with pytest.raises(DatabaseError), transaction.atomic():
            UserEntityWording.objects.update(text="")

    def test_a_number_is_used_once(self, world: World, cuec: UserEntityControl) -> None:
        organisations.remove_user_entity_control(cuec, by=world.alice)
        second = organisations.add_user_entity_control(
            cuec.engagement, criterion=cuec.criterion, text="Check the hooks.", by=world.alice
        )
        assert second.ref == "CUEC-2"
        assert [one.control for one in organisations.latest_wordings(cuec.engagement)] == [second]
        with pytest.raises(OrganisationError, match="was removed already"):
            organisations.remove_user_entity_control(cuec, by=world.alice)
        with pytest.raises(OrganisationError, match="was removed"):
            organisations.reword_user_entity_control(cuec, text="x", by=world.alice)

    def test_a_criterion_outside_the_scope_is_refused(
        self, world: World, engagement: Engagement
    ) -> None:
        with pytest.raises(OrganisationError, match=r"A1\.2 is not in the scope"):
            organisations.add_user_entity_control(
                engagement, criterion=world.criteria["A1.2"], text="x", by=world.alice
            )
        assert not UserEntityControl.objects.exists()

    @pytest.mark.parametrize(
        ("text", "said"), [("  ", "what the customer must do"), ("Rotate keys.", "already")]
    )
    def test_a_wording_says_something_new(
        self, world: World, cuec: UserEntityControl, text: str, said: str
    ) -> None:
        with pytest.raises(OrganisationError, match=said):
            organisations.reword_user_entity_control(cuec, text=text, by=world.alice)


def deeds(
    bank: SubserviceOrganisation, cuec: UserEntityControl, by: User
) -> list[Callable[[], object]]:
    engagement = bank.engagement
    other = replace(BANK, name="Cloud")
    return [
        lambda: organisations.add_organisation(engagement, profile=other, by=by),
        lambda: organisations.change_organisation(bank, profile=other, by=by),
        lambda: organisations.remove_organisation(bank, by=by),
        lambda: organisations.add_user_entity_control(
            engagement, criterion=cuec.criterion, text="x", by=by
        ),
        lambda: organisations.reword_user_entity_control(cuec, text="x", by=by),
        lambda: organisations.remove_user_entity_control(cuec, by=by),
    ]


def test_after_the_freeze_they_stay_as_they_are(
    world: World, bank: SubserviceOrganisation, cuec: UserEntityControl
) -> None:
    Engagement.objects.update(freeze_on=today() - timedelta(days=1))
    leaves = ledger.size()
    for deed in deeds(bank, cuec, world.alice):
        with pytest.raises(FrozenError):
            deed()
    assert ledger.size() == leaves


def test_every_deed_refuses_who_may_not_manage_engagements(
    bank: SubserviceOrganisation, cuec: UserEntityControl, charlie: User, bob: User
) -> None:
    for stranger in (charlie, bob):
        for deed in deeds(bank, cuec, stranger):
            with pytest.raises(NotAllowedError):
                deed()
