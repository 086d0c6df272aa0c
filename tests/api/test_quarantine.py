"""A push that screening holds back: where it lies, the same answer again, and its release."""

import json
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from pytest_django import Settings

from accounts.models import User
from evidence import quarantine_deeds
from evidence.models import Evidence
from evidence.quarantine_models import Quarantined
from tests.api import calls
from tests.api.calls import Program

pytestmark = pytest.mark.django_db
HIT = b"x\n4111111111111111"


def test_the_answer_says_where_it_lies_and_not_what_it_holds(robot: Program) -> None:
    said = calls.error(robot.push(content=HIT), 422, "quarantined")
    assert "line 2" in said["message"]
    assert said["fields"]["quarantine"] == ["QU-000001"]
    assert said["fields"]["file"] == ["It lies in quarantine as QU-000001."]
    assert "4111" not in str(said)
    assert not Evidence.objects.exists()


def test_the_same_push_gives_the_same_answer(robot: Program) -> None:
    answers = [calls.error(robot.push(content=HIT, key="k"), 422, "quarantined") for _ in "12"]
    assert answers[0]["fields"] == answers[1]["fields"]
    assert Quarantined.objects.count() == 1


def test_another_push_under_its_key_is_a_conflict(robot: Program) -> None:
    robot.push(content=HIT, key="k")
    calls.error(robot.push(content=HIT + b" ", key="k"), 409, "idempotency_conflict")


def test_once_released_the_push_gives_the_evidence(robot: Program, root: User) -> None:
    robot.push(content=HIT, key="k")
    evidence = quarantine_deeds.release(Quarantined.objects.get(), by=root, reason="A test.")
    answer = robot.push(content=HIT, key="k")
    assert answer.status_code == 200
    assert answer.json()["ref"] == evidence.ref


def test_whose_token_it_is_may_not_decide(robot: Program) -> None:
    robot.push(content=HIT)
    row = Quarantined.objects.get()
    assert row.sent_by is not None
    assert "yourself" in quarantine_deeds.obstacle(row, "released", by=row.sent_by) or (
        "roles" in quarantine_deeds.obstacle(row, "released", by=row.sent_by)
    )


def test_no_call_shows_it(robot: Program) -> None:
    robot.push(content=HIT)
    assert robot.call("GET", calls.EVIDENCE).json()["items"] == []


def test_a_refused_description_is_kept_nowhere(robot: Program) -> None:
    said = calls.error(robot.push(title="Paid with 4111111111111111"), 422, "screened")
    assert "description" in said["message"]
    assert not Quarantined.objects.exists()


class TestBatches:
    def test_none_is_taken_in_and_only_the_hit_is_kept(
        self, robot: Program, settings: Settings
    ) -> None:
        said = calls.error(self.send(robot, b"fine", HIT), 422, "quarantined")
        assert said["fields"] == {
            "items.1.file": ["It lies in quarantine as QU-000001."],
            "items.1.quarantine": ["QU-000001"],
        }
        assert not Evidence.objects.exists()
        stored = [path for path in Path(settings.STORE_DIR).rglob("*") if path.is_file()]
        assert len(stored) == 1

    def test_once_released_the_same_batch_comes_in(self, robot: Program, root: User) -> None:
        self.send(robot, b"fine", HIT)
        evidence = quarantine_deeds.release(Quarantined.objects.get(), by=root, reason="A test.")
        answer = self.send(robot, b"fine", HIT)
        assert answer.status_code == 201
        assert answer.json()["items"][1]["ref"] == evidence.ref
        assert answer.json()["replayed"] == [1]

    def send(self, robot: Program, *contents: bytes) -> Any:
        listed = [
            {**calls.fields(), "file": f"f{n}", "idempotency_key": f"k{n}"}
            for n in range(len(contents))
        ]
        files = {f"f{n}": SimpleUploadedFile(f"{n}.txt", each) for n, each in enumerate(contents)}
        return robot.client.post(
            f"{calls.EVIDENCE}/batch",
            data={"items": json.dumps(listed), **files},
            headers={"Authorization": f"Bearer {robot.secret}"},
        )
