"""The named examples of a push are shown in the API document, and each would be taken."""

import pytest

from compliance.api import documents, push_examples
from evidence.models import Evidence
from tests.api import calls
from tests.api.calls import Program


def test_the_document_names_each_case() -> None:
    push = documents.schema()["paths"]["/api/v1/evidence"]["post"]
    shown = push["requestBody"]["content"]["multipart/form-data"]["examples"]
    assert [one.get("summary") or name for name, one in shown.items()] == list(push_examples.CASES)
    assert [one["value"] for one in shown.values()] == list(push_examples.CASES.values())


@pytest.mark.django_db
@pytest.mark.parametrize("name", list(push_examples.CASES))
def test_what_an_example_shows_is_taken(robot: Program, name: str) -> None:
    case = dict(push_examples.CASES[name])
    before = calls.evidence() if "supersedes" in case else None
    if before:
        case["supersedes"] = before.ref
    filename = case.pop("file")
    answer = robot.push(filename=filename, **case)
    assert answer.status_code == 201, answer.content
    made = Evidence.objects.get(ref=answer.json()["ref"])
    assert (made.filename, made.title, made.supersedes) == (filename, case["title"], before)
