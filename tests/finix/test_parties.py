"""Merchants, their identities, platforms and verifications, as programs see them."""

from typing import Any

import pytest

from accounts.models import User
from merchants import api_users, parties
from merchants.models import Application, Merchant
from tests.finix import calls
from tests.finix.calls import Program
from tests.merchants import shops

pytestmark = pytest.mark.django_db


@pytest.fixture
def merchant(alice: User, platform: Application) -> Merchant:
    return shops.merchant(alice, of=platform)


def test_a_merchant_is_told_with_its_state(robot: Program, merchant: Merchant) -> None:
    shape = robot.get(f"merchants/{merchant.ref}").json()
    assert shape["onboarding_state"] == "PROVISIONING"
    assert not shape["processing_enabled"]
    assert shape["identity"] == merchant.identity_ref
    assert shape["created_at"][-4] == "."
    assert robot.ids("merchants") == [merchant.ref]
    assert robot.ids(f"merchants?identity={merchant.identity_ref}") == [merchant.ref]
    assert robot.ids("merchants?onboarding_state=APPROVED") == []


def test_an_identity_names_the_business_and_no_person(robot: Program, merchant: Merchant) -> None:
    answer = robot.get(f"identities/{merchant.identity_ref}")
    assert answer.json()["entity"]["business_name"] == "Brot und Butter GmbH"
    listed = robot.get("identities")
    assert calls.ids_of(listed.json()) == [merchant.identity_ref]
    for told in (answer.content.decode(), listed.content.decode()):
        assert "Erna" not in told
        assert "Marktplatz" not in told
        assert "bakery.example" not in told


def test_nobody_stands_behind_an_identity(robot: Program, merchant: Merchant) -> None:
    assert robot.ids(f"identities/{merchant.identity_ref}/associated_identities") == []


def test_a_verification_follows_the_merchant(
    robot: Program, merchant: Merchant, alice: User
) -> None:
    of_merchant = f"merchants/{merchant.ref}/verifications"
    (ref,) = robot.ids(of_merchant)
    assert ref.startswith("VI")
    assert robot.post(of_merchant, {}).json()["state"] == "PENDING"
    assert robot.post("verifications", {"merchant": merchant.ref}).json()["id"] == ref
    calls.errors(robot.post("verifications", {}), 422, "INVALID_FIELD", field="merchant")
    calls.errors(robot.post("verifications", {"merchant": "MU1"}), 404, "NOT_FOUND")
    parties.approve([merchant], by=alice)
    assert robot.get(f"verifications/{ref}").json()["state"] == "SUCCEEDED"
    assert robot.ids("verifications?state=SUCCEEDED") == robot.ids(f"verifications?id={ref}")
    assert robot.ids(f"verifications?after_cursor={ref}") == []
    for path, said in ((of_merchant, {}), ("verifications", {"merchant": merchant.ref})):
        calls.errors(robot.post(path, said), 422, "UNPROCESSABLE_ENTITY")


def test_a_platform_is_told(robot: Program, platform: Application) -> None:
    assert robot.ids("applications") == [platform.ref]
    assert robot.get(f"applications/{platform.ref}").json()["name"] == platform.name


PATHS = {
    "merchants": lambda one: one.ref,
    "identities": lambda one: one.identity_ref,
    "applications": lambda one: one.application.ref,
}


@pytest.mark.parametrize("resource", PATHS)
class TestTags:
    """What programs may hang on."""

    @pytest.fixture
    def path(self, resource: str, merchant: Merchant) -> str:
        return f"{resource}/{PATHS[resource](merchant)}"

    def test_tags_are_exchanged(self, robot: Program, path: str) -> None:
        tags = {f"key {number}": "x" * 500 for number in range(49)} | {"k" * 40: "v"}
        assert robot.put(path, {"tags": tags}).json()["tags"] == tags
        assert robot.put(path, {}).json()["tags"] == tags
        assert robot.put(path, {"tags": {}}).json()["tags"] == {}

    @pytest.mark.parametrize(
        "tags",
        [
            {str(number): "v" for number in range(51)},
            {"k" * 41: "v"},
            {"k": "v" * 501},
            {"": "v"},
            {"k": 1},
            {"k": None},
            [],
            "text",
            {"pan": "4111 1111 1111 1111"},
        ],
    )
    def test_what_does_not_fit_changes_nothing(
        self, robot: Program, path: str, tags: object
    ) -> None:
        calls.errors(robot.put(path, {"tags": tags}), 422, "INVALID_FIELD", field="tags")
        assert robot.get(path).json()["tags"] == {}


@pytest.mark.parametrize("path", ["merchants", "identities", "applications", "verifications"])
def test_what_is_somebody_elses_does_not_exist(
    alice: User, merchant: Merchant, path: str, sandbox: Program
) -> None:
    other = Program(*api_users.add_partner_key(shops.application(alice), actor="system"))
    names: dict[str, Any] = {**PATHS, "verifications": lambda one: "VI" + one.ref[2:]}
    ref = names[path](merchant)
    for program in (other, sandbox):
        calls.errors(program.get(f"{path}/{ref}"), 404, "NOT_FOUND")
        assert ref not in program.ids(path)
        if path != "verifications":
            refused = program.put(f"{path}/{ref}", {"tags": {"a": "b"}})
            calls.errors(refused, 404, "NOT_FOUND")
