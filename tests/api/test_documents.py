"""The OpenAPI document says what the API does, is served without a token, and changes seen only."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from drf_spectacular.drainage import GENERATOR_STATS
from drf_spectacular.validation import validate_schema
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from accounts.models import User
from compliance.api import documents
from tests.api import calls
from tests.api.calls import EVIDENCE, Program
from tests.audits.world import World
from tests.evidence import items

SNAPSHOT = Path(__file__).parent / "openapi.json"
RENEW = "RENEW_SNAPSHOTS=1 .venv/bin/pytest tests/api/test_documents.py"


def conforms(answer: Any, path: str, method: str = "get") -> None:
    """Hold an answer against the schema that the document promises for its status."""
    document = documents.schema()
    promised = document["paths"][path][method]["responses"][str(answer.status_code)]
    schema = promised["content"]["application/json"]["schema"]
    resource = DRAFT202012.create_resource({"components": document["components"]})
    registry = Registry().with_resource("urn:api", resource)
    rooted = json.loads(json.dumps(schema).replace('"#/', '"urn:api#/'))
    validator = Draft202012Validator(
        rooted, registry=registry, format_checker=Draft202012Validator.FORMAT_CHECKER
    )
    assert [error.message for error in validator.iter_errors(answer.json())] == []


def test_the_document_is_valid_and_made_without_a_warning() -> None:
    documents.schema.cache_clear()
    GENERATOR_STATS.reset()
    document = documents.schema()
    assert not GENERATOR_STATS
    assert document["openapi"] == "3.1.1"
    validate_schema(document)  # type: ignore[no-untyped-call]


def test_the_document_is_the_one_that_was_agreed() -> None:
    data, _ = documents.document("json")
    document = json.loads(data)
    if os.environ.get("RENEW_SNAPSHOTS"):
        text = json.dumps(document, indent=1, ensure_ascii=False, sort_keys=True)
        SNAPSHOT.write_text(text + "\n", encoding="utf-8")
    agreed = json.loads(SNAPSHOT.read_text(encoding="utf-8"))
    assert document == agreed, f"The API changed. Is it meant, and told to its users? Then: {RENEW}"


@pytest.mark.django_db
class TestAnswersKeepThePromise:
    def test_of_evidence(self, robot: Program) -> None:
        expectation = items.expectation()
        items.check(expectation, "SELECT email FROM population")
        calls.evidence(**vars(items.population(claims=(expectation,))))
        conforms(robot.get(EVIDENCE), "/api/v1/evidence")
        conforms(robot.get(f"{EVIDENCE}/EV-000001"), "/api/v1/evidence/{ref}")
        conforms(robot.get(f"{EVIDENCE}/EV-000001/proof"), "/api/v1/evidence/{ref}/proof")

    def test_of_a_push(self, robot: Program) -> None:
        for _ in range(2):
            conforms(robot.push("k"), "/api/v1/evidence", "post")
        conforms(robot.push("k", title="Other"), "/api/v1/evidence", "post")
        conforms(robot.push(area="x"), "/api/v1/evidence", "post")

    def test_of_controls_runs_and_the_log(self, robot: Program) -> None:
        items.expectation()
        source = calls.source()
        calls.run(source)
        calls.run(source, "complete", reason="")
        conforms(robot.get("/api/v1/controls"), "/api/v1/controls")
        conforms(robot.get("/api/v1/controls/AC-01"), "/api/v1/controls/{ref}")
        conforms(robot.get("/api/v1/runs"), "/api/v1/runs")
        conforms(robot.get("/api/v1/runs/RUN-000001"), "/api/v1/runs/{ref}")
        conforms(robot.get("/api/v1/checkpoint"), "/api/v1/checkpoint")
        conforms(robot.get("/api/v1/runs/x"), "/api/v1/runs/{ref}")

    def test_of_engagements(self, robot: Program, alice: User) -> None:
        engagement = World(alice).engagement()
        conforms(robot.get("/api/v1/engagements"), "/api/v1/engagements")
        one = f"/api/v1/engagements/{engagement.ref}"
        conforms(robot.get(one), "/api/v1/engagements/{ref}")

    def test_an_answer_that_breaks_it_would_be_seen(self) -> None:
        class Broken:
            status_code = 200

            @staticmethod
            def json() -> dict[str, Any]:
                return {"items": [{"ref": 5}], "next_cursor": None}

        with pytest.raises(AssertionError):
            conforms(Broken, "/api/v1/evidence")


class TestServing:
    @pytest.mark.parametrize("form", ["json", "yaml"])
    def test_anybody_may_read_it(self, client: Client, form: str) -> None:
        answer = client.get(f"/api/v1/openapi.{form}")
        assert answer.status_code == 200
        assert answer.headers["Content-Type"] == f"application/{form}"
        assert b"/api/v1/evidence/{ref}/content" in answer.content
        etag = answer.headers["ETag"]
        again = client.get(f"/api/v1/openapi.{form}", headers={"If-None-Match": etag})
        assert (again.status_code, again.content) == (304, b"")

    @pytest.mark.parametrize("path", ["openapi.json", "openapi.yaml", "docs/"])
    def test_it_refuses_a_wrong_method(self, client: Client, path: str) -> None:
        calls.error(client.post(f"/api/v1/{path}"), 405, "method_not_allowed")

    def test_the_viewer_loads_nothing_from_elsewhere(self, client: Client) -> None:
        answer = client.get("/api/v1/docs/")
        page = answer.content.decode()
        assert answer.status_code == 200
        assert 'data-document="/api/v1/openapi.json"' in page
        assert "//" not in page.replace("<!doctype html>", "")
        assert "<script>" not in page
        assert "style=" not in page
        # In no fixed order.
        policy = answer.headers["Content-Security-Policy"].split("; ")
        assert "script-src 'self'" in policy
        assert "unsafe" not in str(policy)
