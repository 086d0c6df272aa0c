"""The OpenAPI document of the merchants' API says what each address does, and answers keep it."""

import json
import re
from typing import Any

import pytest
from django.test import Client
from drf_spectacular.validation import validate_schema
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from accounts.models import User
from compliance.api.finix import documents
from merchants.models import ComplianceForm, Webhook
from tests.finix import calls, things
from tests.finix.calls import Program
from tests.finix.receiver import Receiver
from tests.finix.test_doors import ALLOWED
from tests.merchants import shops

_PARAMETER = re.compile(r"<\w+:(\w+)>")


def address(path: str) -> str:
    """Return an address below an environment as the document writes it."""
    return "/finix/{environment}/" + _PARAMETER.sub(r"{\1}", path)


def conforms(answer: Any, path: str, method: str = "get") -> Any:
    """Hold an answer against the schema that the document promises; return its body."""
    document = documents.schema()
    responses = document["paths"][address(path)][method]["responses"]
    status = str(answer.status_code)
    promised = responses.get(status) or responses[f"{status[0]}XX"]
    schema = promised["content"]["application/hal+json"]["schema"]
    resource = DRAFT202012.create_resource({"components": document["components"]})
    registry = Registry().with_resource("urn:api", resource)
    rooted = json.loads(json.dumps(schema).replace('"#/', '"urn:api#/'))
    validator = Draft202012Validator(
        rooted, registry=registry, format_checker=Draft202012Validator.FORMAT_CHECKER
    )
    said = answer.json()
    assert [f"{error.json_path}: {error.message}" for error in validator.iter_errors(said)] == []
    return said


def test_it_is_valid_and_tells_every_address_with_every_method() -> None:
    document = documents.schema()
    validate_schema(document)  # type: ignore[no-untyped-call]
    told = {
        (method.upper(), path)
        for path, item in document["paths"].items()
        for method in item
        if method != "parameters"
    }
    assert told == {(method, address(path)) for method, path in ALLOWED if method != "HEAD"}
    operations = [
        one["operationId"]
        for item in document["paths"].values()
        for method, one in item.items()
        if method != "parameters"
    ]
    assert len(operations) == len(set(operations))


@pytest.fixture
def form(alice: User) -> ComplianceForm:
    return shops.form(alice)


@pytest.mark.django_db
class TestAnswersKeepThePromise:
    @pytest.mark.usefixtures("form")
    @pytest.mark.parametrize("name", ["merchants", "applications", "users", "identities"])
    def test_of_parties(self, robot: Program, name: str) -> None:
        page = conforms(robot.get(name), name)
        ref = calls.ids_of(page)[0]
        conforms(robot.get(f"{name}/{ref}"), f"{name}/<id:ref>")
        conforms(robot.get(name, Finix_Version="2018-01-01"), name)

    def test_of_forms(self, robot: Program, form: ComplianceForm) -> None:
        one = "compliance_forms/<id:ref>"
        conforms(robot.get("compliance_forms"), "compliance_forms")
        conforms(robot.get(f"compliance_forms/{form.ref}"), one)
        signed = robot.put(f"compliance_forms/{form.ref}", {"pci_saq_a": calls.SIGNED})
        assert conforms(signed, one, "put")["state"] == "COMPLETE"
        other = {"pci_saq_a": {**calls.SIGNED, "name": "Otto"}}
        refused = robot.put(f"compliance_forms/{form.ref}", other)
        assert refused.status_code == 409
        conforms(refused, one, "put")

    @pytest.mark.usefixtures("form")
    def test_of_verifications(self, robot: Program) -> None:
        (ref,) = calls.ids_of(conforms(robot.get("verifications"), "verifications"))
        conforms(robot.get(f"verifications/{ref}"), "verifications/<id:ref>")

    def test_of_files_and_links(self, robot: Program, form: ComplianceForm) -> None:
        said = {"linked_to": form.merchant.ref, "type": "OTHER"}
        ref = conforms(robot.post("files", said), "files", "post")["id"]
        conforms(robot.get("files"), "files")
        links = f"files/{ref}/external_links"
        made = robot.post(links, {"type": "UPLOAD", "duration": 5})
        link = conforms(made, "files/<id:ref>/external_links", "post")
        conforms(robot.get(links), "files/<id:ref>/external_links")
        uploaded = Client().put(link["url"], calls.PDF, content_type="application/pdf")
        conforms(uploaded, "external/<id:link>/<id:proof>", "put")

    def test_of_webhooks(
        self, robot: Program, hook: Webhook, receiver: Receiver, form: ComplianceForm
    ) -> None:
        one = "webhooks/<id:ref>"
        conforms(robot.post("webhooks", {"url": receiver.url}), "webhooks", "post")
        conforms(robot.get("webhooks"), "webhooks")
        conforms(robot.get(f"webhooks/{hook.ref}"), one)
        conforms(robot.post(f"webhooks/{hook.ref}/test_events", {}), f"{one}/test_events", "post")
        rotated = robot.post(f"webhooks/{hook.ref}/secret_rotations", {})
        conforms(rotated, f"{one}/secret_rotations", "post")
        sent = things.delivery(hook, form)
        path = f"webhooks/{hook.ref}/deliveries"
        conforms(robot.get(path), f"{one}/deliveries")
        again = robot.post(f"{path}/{sent.ref}/redeliveries", {})
        conforms(again, f"{one}/deliveries/<id:delivery>/redeliveries", "post")

    @pytest.mark.usefixtures("hook", "form")
    def test_of_events(self, robot: Program) -> None:
        page = conforms(robot.get("events"), "events")
        conforms(robot.get(f"events/{calls.ids_of(page)[0]}"), "events/<id:ref>")

    def test_of_a_new_key(self, robot: Program, form: ComplianceForm) -> None:
        path = f"applications/{form.application.ref}/users"
        made = conforms(robot.post(path, {}), "applications/<id:ref>/users", "post")
        assert made["password"]

    def test_an_answer_that_breaks_it_would_be_seen(self) -> None:
        class Broken:
            status_code = 200

            @staticmethod
            def json() -> dict[str, Any]:
                return {"id": "cf_1"}

        with pytest.raises(AssertionError):
            conforms(Broken, "compliance_forms/<id:ref>")


class TestServing:
    @pytest.mark.parametrize("form", ["json", "yaml"])
    def test_anybody_may_read_it(self, client: Client, form: str) -> None:
        answer = client.get(f"/finix/openapi.{form}")
        assert answer.status_code == 200
        assert answer.headers["Content-Type"] == f"application/{form}"
        assert b"/finix/{environment}/compliance_forms/{ref}" in answer.content
        again = client.get(
            f"/finix/openapi.{form}", headers={"If-None-Match": answer.headers["ETag"]}
        )
        assert (again.status_code, again.content) == (304, b"")

    @pytest.mark.parametrize("path", ["openapi.json", "openapi.yaml", "docs/"])
    def test_it_refuses_a_wrong_method(self, client: Client, path: str) -> None:
        calls.errors(client.post(f"/finix/{path}"), 405, "METHOD_NOT_ALLOWED")

    def test_the_viewer_loads_nothing_from_elsewhere(self, client: Client) -> None:
        answer = client.get("/finix/docs/")
        page = answer.content.decode()
        assert answer.status_code == 200
        assert 'data-document="/finix/openapi.json"' in page
        assert "//" not in page.replace("<!doctype html>", "")
        assert "unsafe" not in answer.headers["Content-Security-Policy"]
