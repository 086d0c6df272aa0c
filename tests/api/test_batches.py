"""A program hands in several items at once: all of them, or none, and each under its own key."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from accounts.models import User
from compliance.api import batches
from evidence.models import Evidence, LedgerEntry
from tests.api import calls
from tests.api.calls import Program
from tests.evidence import items

pytestmark = pytest.mark.django_db
BATCH = f"{calls.EVIDENCE}/batch"


@pytest.fixture
def nothing_stored(settings: Settings) -> Iterator[None]:
    yield
    assert Evidence.objects.count() == 0
    assert LedgerEntry.objects.filter(kind="evidence").count() == 0
    folders = (Path(settings.STORE_DIR), Path(settings.SCRATCH_DIR))
    assert [path for folder in folders for path in folder.rglob("*") if path.is_file()] == []


def item(number: int, **changes: Any) -> dict[str, Any]:
    """The fields of a good item but for the changes; None leaves a field out."""
    given = {
        **calls.fields(),
        "file": f"file-{number}",
        "idempotency_key": f"key-{number}",
        "title": f"Item {number}",
        **changes,
    }
    return {name: value for name, value in given.items() if value is not None}


def send(robot: Program, listed: object, **parts: Any) -> Any:
    """Send items with a file for each of the first three, but for the changes."""
    count = len(listed) if isinstance(listed, list) else 0
    files = {
        f"file-{number}": SimpleUploadedFile(f"{number}.csv", b"day\n%d\n" % number)
        for number in range(min(count, 3))
    }
    text = listed if isinstance(listed, str) else json.dumps(listed)
    data = {"items": text, **files, **parts}
    return robot.client.post(
        BATCH,
        data={name: value for name, value in data.items() if value is not None},
        headers={"Authorization": f"Bearer {robot.secret}"},
    )


class TestSeveralItems:
    def test_they_come_in_with_their_own_words_files_and_leaves(self, robot: Program) -> None:
        items.expectation("restore-test")
        answer = send(robot, [item(0), item(1, expectations=["restore-test"]), item(2)])
        assert answer.status_code == 201, answer.content
        stored = list(Evidence.objects.order_by("pk"))
        assert [one.title for one in stored] == ["Item 0", "Item 1", "Item 2"]
        assert [one.filename for one in stored] == ["0.csv", "1.csv", "2.csv"]
        assert len({one.ledger_entry_id for one in stored}) == 3
        body = answer.json()
        assert [one["ref"] for one in body["items"]] == [one.ref for one in stored]
        assert [one["expectations"] for one in body["items"]] == [[], ["restore-test"], []]
        assert body["replayed"] == []

    def test_each_receipt_is_what_reading_the_item_answers(self, robot: Program) -> None:
        for one in send(robot, [item(0), item(1)]).json()["items"]:
            read = robot.get(f"{calls.EVIDENCE}/{one['ref']}").json()
            assert {name: read[name] for name in one} == one

    def test_what_no_check_can_read_does_not_look_like_proof(self, robot: Program) -> None:
        items.check(items.expectation("restore-test"), "SELECT * FROM population")
        assert send(robot, [item(0, expectations=["restore-test"])]).status_code == 201
        (result,) = Evidence.objects.get().check_results.all()
        assert result.state == "error"

    def test_two_may_have_the_same_content(self, robot: Program) -> None:
        same = {f"file-{number}": SimpleUploadedFile("x.csv", b"same") for number in range(2)}
        assert send(robot, [item(0), item(1)], **same).status_code == 201
        assert Evidence.objects.values("blob").distinct().count() == 1
        assert Evidence.objects.count() == 2

    def test_queries_grow_by_what_runs_alone_for_each_item(self, robot: Program) -> None:
        send(robot, [item(0)])
        with CaptureQueriesContext(connection) as queries:
            send(robot, [item(one, idempotency_key=f"b-{one}") for one in range(3)])
        assert len(queries) <= 16


class TestRepeating:
    def test_a_batch_sent_again_gives_the_first_answers(self, robot: Program) -> None:
        first = send(robot, [item(0), item(1)])
        again = send(robot, [item(0), item(1)])
        assert (first.status_code, again.status_code) == (201, 200)
        assert again.json() == {"items": first.json()["items"], "replayed": [0, 1]}
        assert Evidence.objects.count() == 2

    def test_a_batch_may_hold_items_that_came_in_before(self, robot: Program) -> None:
        first = send(robot, [item(0)]).json()["items"]
        later = send(robot, [item(1), item(0)])
        assert later.status_code == 201
        assert later.json()["replayed"] == [1]
        assert later.json()["items"][1] == first[0]

    def test_a_key_means_the_same_alone_and_in_a_batch(self, robot: Program) -> None:
        alone = robot.push("key-0", title="Item 0", content=b"day\n0\n", filename="0.csv").json()
        assert send(robot, [item(0)]).json() == {"items": [alone], "replayed": [0]}

    def test_other_content_under_a_known_key_refuses_the_whole_batch(self, robot: Program) -> None:
        send(robot, [item(0)])
        answer = send(robot, [item(1), item(0, title="Other")])
        assert "'key-0'" in calls.error(answer, 409, "idempotency_conflict")["message"]
        assert Evidence.objects.count() == 1


BAD: dict[str, tuple[object, dict[str, Any], set[str]]] = {
    "no items": ("", {}, {"items"}),
    "not JSON": ("[{", {}, {"items"}),
    "an object": ("{}", {}, {"items"}),
    "none": ("[]", {}, {"items"}),
    "51 items": ([item(one) for one in range(51)], {}, {"items"}),
    "deep nesting": ("[" * 100_000, {}, {"items"}),
    "a file for the items": (
        None,
        {"items": SimpleUploadedFile("items.json", b"[]"), "file-0": None},
        {"items"},
    ),
    "an item that is a word": (["title"], {"file-0": None}, {"items.0.non_field_errors"}),
    "a wrong field of the second": ([item(0), item(1, area="x")], {}, {"items.1.area"}),
    "an unknown field": ([item(0, colums="[]")], {}, {"items.0.colums"}),
    "a list for a title": ([item(0, title=["a"])], {}, {"items.0.title"}),
    "null for a title": (json.dumps([{**item(0), "title": None}]), {}, {"items.0.title"}),
    "a lone surrogate": ([item(0, title="\ud800")], {}, {"items.0.title"}),
    "no key": ([item(0, idempotency_key=None)], {}, {"items.0.idempotency_key"}),
    "an unprintable key": ([item(0, idempotency_key="a\n")], {}, {"items.0.idempotency_key"}),
    "the same key twice": (
        [item(0), item(1, idempotency_key="key-0")],
        {},
        {"items.0.idempotency_key", "items.1.idempotency_key"},
    ),
    "the same file twice": (
        [item(0), item(1, file="file-0")],
        {"file-1": None},
        {"items.0.file", "items.1.file"},
    ),
    "a file that did not come": ([item(0), item(1)], {"file-1": None}, {"items.1.file"}),
    "text for a file": ([item(0)], {"file-0": "day"}, {"items.0.file", "file-0"}),
    "a file that no item names": (
        [item(0)],
        {"more": SimpleUploadedFile("x", b"x")},
        {"more"},
    ),
    "a part that nobody knows": ([item(0)], {"titel": "x"}, {"titel"}),
    "an unknown expectation": ([item(0, expectations=["none"])], {}, {"items.0.expectations"}),
    "0 bytes": (
        [item(0), item(1)],
        {"file-1": SimpleUploadedFile("1.csv", b"")},
        {"items.1.file"},
    ),
    "a contradicting digest": ([item(0), item(1, sha256="f" * 64)], {}, {"items.1.sha256"}),
    "a reversed period": ([item(0, covers_to="2026-09-30")], {}, {"items.0.covers_to"}),
}


@pytest.mark.usefixtures("nothing_stored")
class TestBadInput:
    @pytest.mark.parametrize("name", BAD)
    def test_nothing_is_taken_in_and_the_item_is_named(self, robot: Program, name: str) -> None:
        listed, parts, blamed = BAD[name]
        said = calls.error(send(robot, listed, **parts), 422, "invalid")
        assert set(said["fields"]) == blamed
        assert all(said["fields"].values())

    def test_one_card_number_in_a_description_refuses_all(self, robot: Program) -> None:
        answer = send(robot, [item(0), item(1, title="pan 4111111111111111")])
        said = calls.error(answer, 422, "screened")
        assert set(said["fields"]) == {"items.1.file"}
        assert "4111" not in str(said)

    def test_a_body_over_the_limit_is_refused_unread(
        self, robot: Program, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(batches, "push_many", None)
        answer = robot.call("POST", BATCH, CONTENT_LENGTH=str(batches.MOST_BYTES * 2))
        calls.error(answer, 413, "too_large")

    def test_it_refuses_charlie(self, charlie: User) -> None:
        calls.error(send(calls.program(charlie), [item(0)]), 403, "insufficient_scope")

    def test_a_json_body_is_refused(self, robot: Program) -> None:
        answer = robot.call("POST", BATCH, data=b"[]", content_type="application/json")
        calls.error(answer, 415, "unsupported_media_type")


class TestVersions:
    def test_two_cannot_replace_the_same_version(self, robot: Program) -> None:
        older = robot.push().json()["ref"]
        answer = send(robot, [item(0, supersedes=older), item(1, supersedes=older)])
        calls.error(answer, 409, "superseded")
        assert Evidence.objects.count() == 1

    def test_one_that_has_a_newer_version_is_named(self, robot: Program) -> None:
        older = robot.push().json()["ref"]
        robot.push(content=b"newer", supersedes=older)
        answer = send(robot, [item(0), item(1, supersedes=older)])
        assert older in calls.error(answer, 409, "superseded")["message"]
        assert Evidence.objects.count() == 2
