"""What a program puts on its items to find them again, and the ways from one object to others."""

import json
from typing import Any

import pytest

from evidence import intake
from evidence.models import Evidence
from tests.api import calls
from tests.api.calls import EVIDENCE, Program
from tests.api.test_evidence_list import refs, walk
from tests.evidence import items

pytestmark = pytest.mark.django_db


def test_tags_come_back_as_they_were_sent(robot: Program) -> None:
    sent = {"ticket": "OPS-12", "batch": ""}
    answer = robot.push(tags=json.dumps(sent))
    assert answer.status_code == 201, answer.content
    assert answer.json()["tags"] == sent
    ref = answer.json()["ref"]
    assert robot.get(f"{EVIDENCE}/{ref}").json()["tags"] == sent
    assert robot.get(EVIDENCE).json()["items"][0]["tags"] == sent


@pytest.mark.parametrize(
    "unfit",
    ["ticket", "[]", '{"ticket": 12}', json.dumps({"k" * 41: "x"}), '{"a": {"b": "c"}}'],
    ids=["no json", "a list", "a number", "long key", "nested"],
)
def test_tags_that_cannot_be_kept_are_refused_by_name(robot: Program, unfit: str) -> None:
    answer = robot.push(tags=unfit)
    assert answer.status_code == 422
    assert set(answer.json()["error"]["fields"]) == {"tags"}
    assert Evidence.objects.count() == 0


def test_a_list_can_be_asked_for_one_tag(robot: Program) -> None:
    for number, ticket in enumerate(("OPS-1", "OPS-2", "OPS-1")):
        intake.receive(
            items.submission(content=b"%d" % number, tags={"ticket": ticket}), actor="token:1"
        )
    calls.evidence(content=b"without")
    assert refs(robot.get(f"{EVIDENCE}?tag=ticket:OPS-1")) == ["EV-000003", "EV-000001"]
    assert walk(robot, "tag=ticket:OPS-1&limit=1") == ["EV-000003", "EV-000001"]
    assert refs(robot.get(f"{EVIDENCE}?tag=ticket:OPS-1&covers_from=2030-01-01")) == []
    assert refs(robot.get(f"{EVIDENCE}?tag=ticket:")) == []


def test_a_tag_goes_with_an_expectation(robot: Program) -> None:
    expectation = items.expectation()
    for number, ticket in enumerate(("OPS-1", "OPS-2")):
        intake.receive(
            items.submission(
                content=b"%d" % number, tags={"ticket": ticket}, claims=(expectation,)
            ),
            actor="token:1",
        )
    asked = f"{EVIDENCE}?tag=ticket:OPS-2&expectation={expectation.slug}"
    assert refs(robot.get(asked)) == ["EV-000002"]


@pytest.mark.parametrize("word", ["ticket", ":OPS-1"], ids=["no colon", "no key"])
def test_a_misspelt_tag_is_refused(robot: Program, word: str) -> None:
    answer = robot.get(f"{EVIDENCE}?tag={word}")
    assert answer.status_code == 400
    assert set(answer.json()["error"]["fields"]) == {"tag"}


def test_links_lead_to_what_they_name(robot: Program) -> None:
    first = intake.receive(items.submission(), actor="token:1")
    second = intake.receive(items.submission(content=b"a\n2\n", supersedes=first), actor="token:1")
    links: dict[str, Any] = robot.get(f"{EVIDENCE}/{second.ref}").json()["_links"]
    assert set(links) == {"self", "content", "proof", "predecessor-version"}
    answers = {name: robot.get(link["href"]) for name, link in links.items()}
    assert {answer.status_code for answer in answers.values()} <= {200}
    assert answers["predecessor-version"].json()["ref"] == first.ref
    back = answers["predecessor-version"].json()["_links"]["successor-version"]["href"]
    assert robot.get(back).json()["ref"] == second.ref
