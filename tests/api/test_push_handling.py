"""A program says what was done to an export before it was handed in."""

import json
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from evidence.models import Evidence
from tests.api import calls
from tests.api.calls import Program

pytestmark = pytest.mark.django_db

STEP = {"did": "filtered", "words": "Only ours.", "rows_before": 3, "rows_after": 1}
STEP |= {"reason": "Others are idle."}
SEEN = {"ran_by": "Platform engineer", "where": "Dashboard", "rows_seen": 3}


def test_it_is_kept_and_read_back(robot: Program) -> None:
    answer = robot.push(steps=json.dumps([STEP]), observation=json.dumps(SEEN))
    assert answer.status_code == 201, answer.content
    read = robot.get(f"{calls.EVIDENCE}/{answer.json()['ref']}").json()
    assert read["handling"] == {
        "steps": [{**STEP, "sha256_before": ""}],
        "observation": {**SEEN, "filters": "", "clock_seen": ""},
    }


def test_without_it_there_is_none(robot: Program) -> None:
    ref = robot.push().json()["ref"]
    assert robot.get(f"{calls.EVIDENCE}/{ref}").json()["handling"] is None


@pytest.mark.parametrize(
    ("changes", "field", "said"),
    [
        ({"steps": "no json"}, "steps", "valid JSON"),
        ({"steps": "{}"}, "steps", "Send a JSON list"),
        ({"steps": json.dumps([STEP] * 13)}, "steps", "up to 12 steps"),
        ({"steps": json.dumps([{**STEP, "did": "shuffled"}])}, "steps", "Step 1: did:"),
        ({"steps": json.dumps([{**STEP, "color": "red"}])}, "steps", "no such name here"),
        ({"steps": json.dumps(["sorted"])}, "steps", "Step 1: "),
        ({"steps": json.dumps([{**STEP, "reason": None}])}, "steps", "Step 1: reason:"),
        ({"steps": json.dumps([{"did": "masked", "words": "x"}])}, "steps", "why something was"),
        ({"steps": json.dumps([{**STEP, "rows_after": 2}])}, "steps", "The table has 1 rows"),
        ({"observation": "[]"}, "observation", "dictionary"),
        ({"observation": json.dumps({"ran_by": "x"})}, "observation", "where: This field"),
    ],
    ids=[
        *("no-json", "object", "many", "word", "stranger", "text", "null", "no-reason", "no-chain"),
        *("list", "nowhere"),
    ],
)
def test_what_does_not_fit_names_its_field(
    robot: Program, changes: dict[str, str], field: str, said: str
) -> None:
    fields = calls.error(robot.push(**changes), 422, "invalid")["fields"]
    assert said in fields[field][0]
    assert not Evidence.objects.exists()


def test_the_same_key_with_other_steps_is_refused(robot: Program) -> None:
    assert robot.push("one", steps=json.dumps([STEP])).status_code == 201
    assert robot.push("one", steps=json.dumps([STEP])).status_code == 200
    calls.error(robot.push("one"), 409, "idempotency_conflict")


def test_items_of_a_batch_have_their_own(robot: Program) -> None:
    plain = {name: value for name, value in calls.fields().items() if name != "file"}
    items = [{**plain, "file": "first", "idempotency_key": "a", "steps": [STEP]}]
    answer = _batch(robot, items)
    assert answer.status_code == 201, answer.content
    assert Evidence.objects.get().handling["steps"][0]["reason"] == "Others are idle."
    items = [{**plain, "file": "first", "idempotency_key": "b", "steps": [{**STEP, "did": "x"}]}]
    fields = calls.error(_batch(robot, items), 422, "invalid")["fields"]
    assert fields["items.0.steps"][0].startswith("Step 1: did:")


def _batch(robot: Program, items: list[dict[str, Any]]) -> Any:
    first = SimpleUploadedFile("restore.csv", b"day,result\n2026-10-05,ok\n", "text/csv")
    return robot.client.post(
        f"{calls.EVIDENCE}/batch",
        data={"items": json.dumps(items), "first": first},
        headers={"Authorization": f"Bearer {robot.secret}"},
    )
