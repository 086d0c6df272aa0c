"""Businesses that programs name: kept sealed, told without persons, made merchants once."""

from typing import Any

import pytest

from accounts.models import User
from evidence import resealing
from merchants import identity, parties
from merchants.models import Application, Merchant, Prospect
from tests.finix import calls
from tests.finix.calls import Program
from tests.merchants import shops

pytestmark = pytest.mark.django_db
ENTITY = {
    "business_name": "Brot und Butter GmbH",
    "doing_business_as": "Ofenloch",
    "email": "erna@bakery.example",
    "first_name": "Erna",
    "last_name": "Ofenloch-Meier",
    "title": "Owner",
    "business_phone": "+49 651 1",
    "business_address": {"line1": "Marktplatz 1", "city": "Trier", "country": "DEU"},
    "url": "https://bakery.example",
}


@pytest.fixture
def named(partner: Program) -> dict[str, Any]:
    made = partner.post("identities", {"entity": ENTITY, "tags": {"a": "b"}})
    assert made.status_code == 201, made.content
    return dict(made.json())


def test_a_business_is_named_and_made_a_merchant(
    partner: Program, named: dict[str, Any], platform: Application, alice: User
) -> None:
    told = partner.get(f"identities/{named['id']}")
    assert told.json() == named
    assert named["entity"]["doing_business_as"] == "Ofenloch"
    assert "Erna" not in told.content.decode()
    body = {"processor": "DUMMY_V1", "tags": {"saq_type": "B"}}
    made = partner.post(f"identities/{named['id']}/merchants", body)
    assert made.status_code == 201, made.content
    shape = made.json()
    assert (shape["onboarding_state"], shape["processing_enabled"]) == ("PROVISIONING", False)
    merchant = Merchant.objects.get(ref=shape["id"])
    assert merchant.form_type == "B"
    known = identity.opened(merchant)
    assert known.contact_name == "Erna Ofenloch-Meier"
    assert known.address == "Marktplatz 1, Trier, DEU"
    assert partner.ids("identities") == [named["id"]]
    assert Prospect.objects.get().identity == ""
    parties.approve([merchant], by=alice)
    assert partner.ids("compliance_forms") == [merchant.forms.get().ref]


def test_a_business_is_made_a_merchant_once(partner: Program, named: dict[str, Any]) -> None:
    path = f"identities/{named['id']}/merchants"
    partner.post(path, {"processor": "DUMMY_V1"})
    calls.errors(partner.post(path, {"processor": "DUMMY_V1"}), 422, "INVALID_FIELD")
    assert Merchant.objects.count() == 1


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"business_name": None}, "entity.business_name"),
        ({"email": ""}, "entity.email"),
        ({"email": "nobody"}, "entity"),
        ({"business_name": "4111 1111 1111 1111"}, "entity"),
        ({"first_name": 7}, "entity.first_name"),
        ({"business_address": {"line1": []}}, "entity.business_address.line1"),
    ],
)
def test_a_field_that_does_not_fit_is_named(
    partner: Program, changes: dict[str, Any], field: str
) -> None:
    refused = partner.post("identities", {"entity": {**ENTITY, **changes}})
    calls.errors(refused, 422, "INVALID_FIELD", field=field)
    assert not Prospect.objects.exists()


def test_what_a_merchant_is_made_of_is_checked(partner: Program, named: dict[str, Any]) -> None:
    path = f"identities/{named['id']}/merchants"
    calls.errors(partner.post(path, {}), 422, "INVALID_FIELD", field="processor")
    body = {"processor": "DUMMY_V1", "tags": {"saq_type": "Z"}}
    calls.errors(partner.post(path, body), 422, "INVALID_FIELD", field="tags.saq_type")
    assert not Merchant.objects.exists()


def test_a_key_for_several_platforms_names_one(
    robot: Program, platform: Application, alice: User
) -> None:
    shops.application(alice)
    refused = robot.post("identities", {"entity": ENTITY})
    calls.errors(refused, 422, "INVALID_FIELD", field="application")
    made = robot.post("identities", {"entity": ENTITY, "application": platform.ref})
    assert made.json()["application"] == platform.ref


def test_what_is_somebody_elses_does_not_exist(
    named: dict[str, Any], sandbox: Program, alice: User
) -> None:
    for path in ("", "/associated_identities"):
        calls.errors(sandbox.get(f"identities/{named['id']}{path}"), 404, "NOT_FOUND")
    refused = sandbox.post(f"identities/{named['id']}/merchants", {"processor": "X"})
    calls.errors(refused, 404, "NOT_FOUND")


def test_an_exchange_of_the_sealing_key_keeps_it(partner: Program, named: dict[str, Any]) -> None:
    resealing.begin()
    resealing.go_on()
    assert not resealing.needed()
    assert partner.get(f"identities/{named['id']}").json() == named


def test_tags_of_a_business_are_exchanged(partner: Program, named: dict[str, Any]) -> None:
    path = f"identities/{named['id']}"
    assert partner.put(path, {"tags": {"c": "d"}}).json()["tags"] == {"c": "d"}
    refused = partner.put(path, {"entity": {"business_name": "Other"}})
    calls.errors(refused, 422, "INVALID_FIELD", field="entity")
