"""Populations in the staff door: sealed from a form, listed with gaps, read with their draws."""

from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from audits import engagements, worksheets
from audits.models import Draw, Engagement, SealedPopulation
from evidence.models import Evidence, LedgerEntry
from tests.audits import sealing
from tests.audits.world import World
from tests.staff import desk
from tests.staff.desk import Desk, assert_refused, at_most

LIST, PAGE, SEAL = (
    "audits_sealedpopulation_changelist",
    "audits_sealedpopulation_change",
    "population_seal",
)


@pytest.fixture
def audit(world: World) -> Engagement:
    return world.engagement()


@pytest.fixture
def listed(world: World) -> Evidence:
    return sealing.item(world)


def filled(of: Evidence, **changes: Any) -> dict[str, Any]:
    answers = {
        "evidence": of.ref,
        "control": "AC-01",
        "definition": "One row is one merged change; drafts are out.",
        "date_column": "merged_on",
        "id_column": "change_id",
        "frequency": "per_event",
        "lag_days": "0",
        "gap_note": "",
        "tie_source": "",
        "tie_count": "",
        "tie_evidence": "",
        "tie_explanation": "",
        "reason": "",
    }
    return {**answers, **changes}


def test_an_empty_list_says_what_to_do(alices: Desk) -> None:
    assert "A population is sealed on the page of an item with rows" in alices.text(LIST)


def test_the_form_begins_with_the_item_and_its_columns(
    alices: Desk, audit: Engagement, listed: Evidence
) -> None:
    form = alices.get(SEAL, audit.pk, evidence=listed.ref).context["form"]
    assert form["evidence"].value() == listed.ref
    assert (form["date_column"].value(), form["id_column"].value()) == ("merged_on", "change_id")
    assert form["control"].value() == "AC-01"
    assert alices.get(SEAL, audit.pk, evidence="\0").status_code == 200


def test_a_population_is_sealed(alices: Desk, audit: Engagement, listed: Evidence) -> None:
    told = {"tie_source": "Deployments", "tie_count": "58", "tie_explanation": "Two rolled back."}
    answer = alices.post(SEAL, audit.pk, **filled(listed, lag_days="1", **told))
    made = SealedPopulation.objects.get()
    assert answer.url == desk.url(PAGE, made.pk)
    assert made.sealed_by == alices.user
    text = alices.text(PAGE, made.pk)
    assert "CHG-0001 to CHG-0060, 0 missing" in text
    assert "Deployments counts 58; difference 2 Two rolled back." in text
    assert "Nothing was drawn yet. Tell the auditor" in text


def test_parts_are_sealed_as_one_and_listed(alices: Desk, audit: Engagement, world: World) -> None:
    june, july, august = (sealing.month(world, place) for place in range(3))
    answer = alices.post(SEAL, audit.pk, **filled(june, further=f"{august.ref}, {july.ref}"))
    made = SealedPopulation.objects.get()
    assert answer.url == desk.url(PAGE, made.pk)
    text = alices.text(PAGE, made.pk)
    assert f"{july.ref}, 2026-07-01 to 2026-07-31, 21 rows" in text
    assert "SHA-256 of all parts" in text


def test_the_count_of_an_item_is_taken_from_its_table(
    alices: Desk, audit: Engagement, listed: Evidence
) -> None:
    said = filled(listed, tie_source="Deployments", tie_evidence=listed.ref)
    alices.post(SEAL, audit.pk, **said)
    assert SealedPopulation.objects.get().said["tie_out"]["count"] == 60


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"evidence": "EV-999999"}, "There is no item"),
        ({"further": "EV-000001 EV-999999"}, "There is no item"),
        ({"further": "EV-000001"}, "in the population twice"),
        ({"date_column": "nowhere"}, "no column &#x27;nowhere&#x27;"),
        ({"lag_days": "61"}, "less than or equal to 60"),
        ({"lag_days": "9"}, "later events cannot be in it"),
        ({"tie_count": "58"}, "Give the second source and its count, or neither"),
        ({"tie_source": "Deployments", "tie_count": "58"}, "Testing stops until"),
        ({"control": "AV-01"}, "Select a valid choice"),
    ],
)
def test_what_is_refused_is_said_on_the_form(
    alices: Desk, audit: Engagement, listed: Evidence, change: dict[str, str], said: str
) -> None:
    leaves = LedgerEntry.objects.count()
    page = alices.post(SEAL, audit.pk, **filled(listed, **change)).content.decode()
    assert said in page
    assert "One row is one merged change" in page
    assert LedgerEntry.objects.count() == leaves


def test_it_is_listed_with_gaps_and_tie_out(alices: Desk, audit: Engagement, world: World) -> None:
    made = sealing.sealed(world, audit)
    text = alices.text(LIST)
    assert made.ref in text
    assert "1 Jun to 31 Aug 2026" in text
    with at_most(12):
        alices.get(LIST)
    assert made.ref in alices.text(LIST, q=made.ref.lower())
    assert made.ref not in alices.text(LIST, q="ENG-2026-9/P9")


def test_draws_and_results_are_read(
    alices: Desk, audit: Engagement, world: World, bob: User
) -> None:
    made = sealing.sealed(world, audit)
    sealing.admit(audit, bob, by=world.alice)
    draw: Draw = sealing.drawn(made, bob)
    worksheets.choose_attributes(draw, titles=["Ticket"], by=bob)
    text = alices.text(PAGE, made.pk)
    assert f"Results of {draw.ref}" in text
    assert "A Ticket: 0 passed, 0 deviated, 0 not applicable, 10 not tested" in text


def test_pages_of_the_engagement_and_of_the_item_lead_to_the_form(
    alices: Desk, audit: Engagement, listed: Evidence
) -> None:
    here = alices.get("audits_engagement_change", audit.pk).content.decode()
    assert desk.url(SEAL, audit.pk) in here
    item = alices.get("evidence_evidence_change", listed.pk).content.decode()
    assert f"{desk.url(SEAL, audit.pk)}?evidence={listed.ref}" in item
    engagements.close_engagement(audit, by=alices.user)
    closed = alices.get("evidence_evidence_change", listed.pk).content.decode()
    assert desk.url(SEAL, audit.pk) not in closed


def test_it_refuses_a_wrong_method(alices: Desk, audit: Engagement) -> None:
    assert alices.client.put(desk.url(SEAL, audit.pk)).status_code == 405
    assert alices.post(LIST).status_code == 405


def test_it_refuses_auditors_and_outsiders(
    audit: Engagement, world: World, strangers: tuple[User, ...]
) -> None:
    made = sealing.sealed(world, audit)
    assert_refused(SEAL, audit.pk, strangers=strangers)
    answer = Client().get(desk.url(PAGE, made.pk))
    assert answer.status_code == 302
    for stranger in strangers:
        assert desk.at(stranger).get(PAGE, made.pk).status_code == 403
