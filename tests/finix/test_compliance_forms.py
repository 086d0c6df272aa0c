"""Forms for programs: listed, fetched, signed once, and refused as documented."""

from typing import Any

import pytest

from accounts.models import User
from jobs.models import Job
from merchants import api_users
from merchants.models import ComplianceForm, SignatureRecord
from tests.finix import calls
from tests.finix.calls import SIGNED, Program
from tests.merchants import shops

pytestmark = pytest.mark.django_db
KEYS = {
    "id", "created_at", "updated_at", "application", "application_id", "compliance_form_template",
    "due_at", "files", "linked_to", "linked_type", "pci_saq_a", "state", "tags", "type",
    "valid_from", "valid_until", "version",
}  # fmt: skip


@pytest.fixture
def form(alice: User) -> ComplianceForm:
    return shops.form(alice)


def sign(robot: Program, form: ComplianceForm, **changes: Any) -> Any:
    said = {name: value for name, value in {**SIGNED, **changes}.items() if value is not None}
    return robot.put(f"compliance_forms/{form.ref}", {"pci_saq_a": said})


def test_a_form_has_every_field_that_clients_know(robot: Program, form: ComplianceForm) -> None:
    answer = robot.get(f"compliance_forms/{form.ref}")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "application/hal+json"
    shape = answer.json()
    assert set(shape) == KEYS | {"_links"}
    assert shape["application"] == shape["application_id"] == form.application.ref
    assert shape["linked_to"] == form.merchant.ref
    assert shape["pci_saq_a"] == {**dict.fromkeys(SIGNED), "is_accepted": False}
    assert shape["state"] == "INCOMPLETE"
    assert shape["type"] == "PCI_SAQ_A"
    assert shape["files"] == {"signed_file": None, "unsigned_file": None}


def test_who_looks_at_an_open_form_has_its_paper_rendered_once(
    robot: Program, form: ComplianceForm
) -> None:
    for _ in range(2):
        robot.get(f"compliance_forms/{form.ref}")
    assert Job.objects.filter(kind="merchants.paper").count() == 1


def test_signing_completes_a_form_and_echoes_what_was_said(
    robot: Program, form: ComplianceForm
) -> None:
    answer = sign(robot, form)
    assert answer.status_code == 200, answer.content
    shape = answer.json()
    assert shape["state"] == "COMPLETE"
    assert shape["pci_saq_a"] == {**SIGNED, "is_accepted": True}
    record = SignatureRecord.objects.get()
    assert record.basis == "document"
    assert record.seen_address == "127.0.0.1"
    assert record.ledger_entry is not None


def test_the_same_signature_again_is_the_first_one(robot: Program, form: ComplianceForm) -> None:
    first = sign(robot, form).json()
    again = sign(robot, form)
    assert again.status_code == 200
    assert again.json() == first
    assert SignatureRecord.objects.count() == 1


def test_another_signature_is_a_conflict_and_changes_nothing(
    robot: Program, form: ComplianceForm
) -> None:
    sign(robot, form)
    calls.errors(sign(robot, form, name="Somebody Else"), 409, "CONFLICT")
    assert SignatureRecord.objects.get().name == SIGNED["name"]


def test_tags_are_exchanged_with_a_signature_and_without(
    robot: Program, form: ComplianceForm
) -> None:
    path = f"compliance_forms/{form.ref}"
    untouched = robot.put(path, {"tags": {"tier": "gold"}}).json()
    assert (untouched["state"], untouched["tags"]) == ("INCOMPLETE", {"tier": "gold"})
    assert robot.ids("compliance_forms?tags.key=tier") == [form.ref]
    signed = robot.put(path, {"pci_saq_a": SIGNED, "tags": {"team": "north"}}).json()
    assert (signed["state"], signed["tags"]) == ("COMPLETE", {"team": "north"})
    assert robot.ids("compliance_forms?tags.key=tier") == []
    # A signed form says the same with other tags.
    assert robot.put(path, {"tags": {}}).json()["pci_saq_a"] == signed["pci_saq_a"]


@pytest.mark.parametrize("name", SIGNED)
@pytest.mark.parametrize("value", [None, "", "   ", 7, [], "x" * 501])
def test_each_of_the_five_fields_is_needed(
    robot: Program, form: ComplianceForm, name: str, value: object
) -> None:
    answer = sign(robot, form, **{name: value})
    calls.errors(answer, 422, "INVALID_FIELD", field=f"pci_saq_a.{name}")
    form.refresh_from_db()
    assert form.state == "INCOMPLETE"


def test_all_that_is_missing_is_said_at_once(robot: Program, form: ComplianceForm) -> None:
    found = calls.errors(
        robot.put(f"compliance_forms/{form.ref}", {"pci_saq_a": {}}), 422, "INVALID_FIELD"
    )
    assert {one["field"] for one in found} == {f"pci_saq_a.{name}" for name in SIGNED}


@pytest.mark.parametrize("body", [{}, {"pci_saq_a": None}, {"pci_saq_a": []}, {"other": 1}])
def test_a_body_without_the_attestation_is_refused(
    robot: Program, form: ComplianceForm, body: object
) -> None:
    answer = robot.put(f"compliance_forms/{form.ref}", body)
    calls.errors(answer, 422, "INVALID_FIELD", field="pci_saq_a")


def test_a_form_that_is_no_more_valid_takes_no_signature(
    robot: Program, form: ComplianceForm
) -> None:
    ComplianceForm.objects.update(state="INVALID")
    calls.errors(sign(robot, form), 422, "UNPROCESSABLE_ENTITY")


def test_an_unknown_form_is_not_found(robot: Program) -> None:
    (found,) = calls.errors(robot.get("compliance_forms/cf_nothing"), 404, "NOT_FOUND")
    assert found["message"] == "cf_nothing was not found"


class TestReach:
    """What is somebody else's does not exist."""

    def test_the_environments_are_apart(
        self, robot: Program, sandbox: Program, alice: User
    ) -> None:
        live = shops.form(alice)
        tried = shops.form(alice, of=shops.application(alice, environment="sandbox"))
        assert robot.ids("compliance_forms") == [live.ref]
        assert sandbox.ids("compliance_forms") == [tried.ref]
        for program, form in ((robot, tried), (sandbox, live)):
            calls.errors(program.get(f"compliance_forms/{form.ref}"), 404, "NOT_FOUND")
            calls.errors(sign(program, form), 404, "NOT_FOUND")
        calls.errors(robot.get("/finix/sandbox/compliance_forms"), 401, "UNKNOWN")

    def test_a_partner_reaches_its_own_platform(
        self, partner: Program, platform: Any, alice: User
    ) -> None:
        own, other = shops.form(alice, of=platform), shops.form(alice)
        assert partner.ids("compliance_forms") == [own.ref]
        assert partner.ids(f"compliance_forms?linked_to={other.merchant.ref}") == []
        calls.errors(partner.get(f"compliance_forms/{other.ref}"), 404, "NOT_FOUND")
        calls.errors(sign(partner, other), 404, "NOT_FOUND")
        cursor = partner.get(f"compliance_forms?after_cursor={other.ref}")
        calls.errors(cursor, 404, "NOT_FOUND")

    def test_a_merchant_reaches_itself(self, platform: Any, alice: User) -> None:
        from_api = shops.form(alice, of=platform), shops.form(alice, of=platform)
        own, other = from_api
        key = Program(*_merchant_key(own))
        assert key.ids("compliance_forms") == [own.ref]
        assert sign(key, own).status_code == 200
        calls.errors(sign(key, other), 404, "NOT_FOUND")


def _merchant_key(form: ComplianceForm) -> Any:
    return api_users.add_merchant_key(form.merchant, actor="system")
