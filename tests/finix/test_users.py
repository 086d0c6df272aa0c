"""Keys of programs: who may make them, and that a password is told once."""

import pytest

from accounts.models import User
from evidence.models import LedgerEntry
from merchants import api_users
from merchants.models import ApiUser, Application
from tests.finix import calls
from tests.finix.calls import Program
from tests.merchants import shops

pytestmark = pytest.mark.django_db


def test_a_key_for_a_platform_tells_its_password_once(
    robot: Program, platform: Application
) -> None:
    made = robot.post(f"applications/{platform.ref}/users", {"tags": {"for": "tests"}})
    assert made.status_code == 201, made.content
    shape = made.json()
    assert shape["role"] == "ROLE_PARTNER"
    assert shape["created_by"] == f"api:{robot.key.ref}"
    new = Program(ApiUser.objects.get(ref=shape["id"]), shape["password"])
    assert new.ids("applications") == [platform.ref]
    assert robot.get(f"users/{shape['id']}").json()["password"] is None
    assert new.key.ref in robot.ids(f"applications/{platform.ref}/users")
    assert shape["password"] not in str(ApiUser.objects.values())
    assert LedgerEntry.objects.filter(kind="api_user.added", subject=shape["id"]).exists()


def test_a_key_for_a_merchant(partner: Program, platform: Application, alice: User) -> None:
    merchant = shops.merchant(alice, of=platform)
    path = f"identities/{merchant.identity_ref}/users"
    shape = partner.post(path, {"role": "ROLE_MERCHANT"}).json()
    new = Program(ApiUser.objects.get(ref=shape["id"]), shape["password"])
    assert new.ids("merchants") == [merchant.ref]
    assert new.ids("users") == [new.key.ref]
    calls.errors(partner.post(path, {"role": "ROLE_ADMIN"}), 422, "INVALID_FIELD", field="role")
    for refused in (new.post(path, {}), new.get("webhooks"), new.get("events")):
        calls.errors(refused, 403, "FORBIDDEN")


def test_only_a_key_for_all_platforms_makes_and_switches_others(
    robot: Program, partner: Program, platform: Application
) -> None:
    for refused in (
        partner.post(f"applications/{platform.ref}/users", {}),
        partner.put(f"users/{partner.key.ref}", {"enabled": False}),
    ):
        (found,) = calls.errors(refused, 403, "FORBIDDEN")
        assert found["message"] == "Access is denied"
    assert robot.put(f"users/{partner.key.ref}", {"enabled": False}).json()["enabled"] is False
    calls.errors(partner.get("users"), 401, "UNKNOWN")


def test_a_key_does_not_switch_itself_off(robot: Program) -> None:
    refused = robot.put(f"users/{robot.key.ref}", {"enabled": False})
    calls.errors(refused, 422, "INVALID_FIELD", field="enabled")
    calls.errors(robot.put(f"users/{robot.key.ref}", {"enabled": "no"}), 422, "INVALID_FIELD")
    assert robot.get("users").status_code == 200


def test_a_stranger_is_not_found(partner: Program, robot: Program, sandbox: Program) -> None:
    assert partner.ids("users") == [partner.key.ref]
    calls.errors(partner.get(f"users/{robot.key.ref}"), 404, "NOT_FOUND")
    calls.errors(robot.get(f"users/{sandbox.key.ref}"), 404, "NOT_FOUND")


def test_the_same_again_leaves_no_second_leaf(robot: Program, partner: Program) -> None:
    for _ in range(2):
        api_users.change(partner.key, enabled=False, actor="system")
    assert LedgerEntry.objects.filter(kind="api_user.switched").count() == 1
