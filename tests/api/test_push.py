"""A program hands in evidence: once, whole, and with a plain answer to every mistake."""

import threading
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from accounts.models import ApiToken, User
from compliance.api import pushing
from controls.models import Risk
from evidence import intake, store
from evidence.models import Evidence, LedgerEntry
from tests.api import calls
from tests.api.calls import Program
from tests.evidence import items
from tests.installation import PATIENCE_SECONDS

pytestmark = pytest.mark.django_db


@pytest.fixture
def nothing_stored(settings: Settings) -> Iterator[None]:
    yield
    assert Evidence.objects.count() == 0
    assert LedgerEntry.objects.filter(kind="evidence").count() == 0
    folders = (Path(settings.STORE_DIR), Path(settings.SCRATCH_DIR))
    assert [path for folder in folders for path in folder.rglob("*") if path.is_file()] == []


class TestOneItem:
    def test_it_is_stored_with_its_leaf(self, robot: Program, alice: User) -> None:
        expectation = items.expectation("restore-test")
        answer = robot.push(expectations=["restore-test"], owner="Platform team")
        assert answer.status_code == 201, answer.content
        stored = Evidence.objects.get()
        assert b"".join(store.stream(stored.blob_id)) == b"day,result\n2026-10-05,ok\n"
        token = ApiToken.objects.get()
        assert stored.ledger_entry.actor == f"token:{token.pk}"
        assert stored.prepared_by == alice
        assert [claim.expectation for claim in stored.claims.all()] == [expectation]
        assert answer.headers["Location"] == f"http://testserver/api/v1/evidence/{stored.ref}"
        body = answer.json()
        assert body["ref"] == stored.ref
        assert body["sha256"] == stored.blob_id
        assert body["size"] == 25
        assert body["expectations"] == ["restore-test"]
        assert body["received_from"] == f"token:{token.pk}"
        assert body["prepared_by"] == f"user:{alice.pk}"
        assert body["log_index"] == stored.ledger_entry_id
        assert body["collected_at"] == "2026-11-01T08:00:00Z"
        assert body["owner"] == "Platform team"
        assert body["supersedes"] is None

    def test_what_no_check_can_read_does_not_look_like_proof(self, robot: Program) -> None:
        items.check(items.expectation("restore-test"), "SELECT * FROM population")
        assert robot.push(expectations=["restore-test"]).status_code == 201
        (result,) = Evidence.objects.get().check_results.all()
        assert result.state == "error"

    def test_what_it_answers_is_what_reading_it_answers(self, robot: Program) -> None:
        pushed = robot.push().json()
        read = robot.get(f"{calls.EVIDENCE}/{pushed['ref']}").json()
        assert {name: read[name] for name in pushed} == pushed

    def test_a_large_file_goes_through_a_file_of_the_scratch_folder(
        self, robot: Program, settings: Settings, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        settings.FILE_UPLOAD_TEMP_DIR = settings.SCRATCH_DIR
        content = b"0123456789abcdef\n" * 200_000
        receive = intake.receive_once
        folders = []

        def watched(submission: intake.Submission, *, actor: str) -> tuple[Evidence, bool]:
            folders.append(Path(getattr(submission.content, "name")).parent)  # noqa: B009
            return receive(submission, actor=actor)

        monkeypatch.setattr(intake, "receive_once", watched)
        answer = robot.push(content=content, filename="big.txt")
        assert answer.status_code == 201
        assert answer.json()["sha256"] == sha256(content).hexdigest()
        assert folders == [Path(settings.SCRATCH_DIR)]
        assert list(Path(settings.SCRATCH_DIR).iterdir()) == []

    def test_it_may_supersede_an_older_version(self, robot: Program) -> None:
        older = robot.push().json()
        newer = robot.push(content=b"better", supersedes=older["ref"]).json()
        assert newer["supersedes"] == older["ref"]
        assert newer["version"] == 2
        assert newer["uid"] == older["uid"]
        again = robot.push(content=b"best", supersedes=older["ref"])
        calls.error(again, 409, "superseded")

    def test_it_may_name_a_risk(self, robot: Program) -> None:
        Risk.objects.create(ref="R-01", title="Loss of data", area="availability")
        assert robot.push(related_risk="R-01").json()["related_risk"] == "R-01"

    def test_the_media_type_of_the_sender_is_not_believed(self, robot: Program) -> None:
        file = SimpleUploadedFile("page.csv", b"<script>", "text/html")
        assert robot.push(file=file).json()["media_type"] == "text/csv"

    def test_a_file_name_keeps_its_letters(self, robot: Program) -> None:
        answer = robot.push(filename="Übersicht 9.41\u202fAM &amp; more.csv")
        assert answer.json()["filename"] == "Übersicht 9.41\u202fAM &amp; more.csv"

    def test_it_costs_a_bounded_number_of_queries(self, robot: Program) -> None:
        items.expectation("restore-test")
        robot.push()
        with CaptureQueriesContext(connection) as queries:
            robot.push(content=b"other", expectations=["restore-test"])
        assert len(queries) <= 24


BAD: dict[str, tuple[dict[str, Any], int, str, str]] = {
    "0 bytes": ({"content": b""}, 422, "invalid", "file"),
    "no file": ({"file": None}, 422, "invalid", "file"),
    "text for a file": ({"file": "day,result"}, 422, "invalid", "file"),
    "contradicting digest": ({"sha256": "f" * 64}, 422, "invalid", "sha256"),
    "digest of another form": ({"sha256": "abc"}, 422, "invalid", "sha256"),
    "period reversed": ({"covers_to": "2026-09-30"}, 422, "invalid", "covers_to"),
    "future collection": ({"collected_at": "2999-01-01T00:00:00Z"}, 422, "invalid", "collected_at"),
    "no zone": ({"collected_at": "2026-11-01T08:00:00"}, 422, "invalid", "collected_at"),
    "bad date": ({"covers_from": "2026-02-30"}, 422, "invalid", "covers_from"),
    "date of another country": ({"covers_from": "31.10.2026"}, 422, "invalid", "covers_from"),
    "unknown expectation": ({"expectations": ["none"]}, 422, "invalid", "expectations"),
    "unknown area": ({"area": "marketing"}, 422, "invalid", "area"),
    "unknown type": ({"evidence_type": "gossip"}, 422, "invalid", "evidence_type"),
    "unknown risk": ({"related_risk": "R-99"}, 422, "invalid", "related_risk"),
    "unknown predecessor": ({"supersedes": "EV-999999"}, 422, "invalid", "supersedes"),
    "unknown field": ({"colums": "[]"}, 422, "invalid", "colums"),
    "repeated field": ({"title": ["one", "two"]}, 422, "invalid", "title"),
    "no title": ({"title": None}, 422, "invalid", "title"),
    "blank title": ({"title": " "}, 422, "invalid", "title"),
    "long title": ({"title": "x" * 201}, 422, "invalid", "title"),
    "NUL in a title": ({"title": "a\0b"}, 422, "invalid", "title"),
    "newline in a title": ({"title": "a\nb"}, 422, "invalid", "title"),
    "turned text in an owner": ({"owner": "a\u202eb"}, 422, "invalid", "owner"),
    "wrong encoding of a title": ({"title": b"Gr\xfc\xdfe"}, 422, "invalid", "title"),
    "NUL in a file name": ({"filename": "a\0b.csv"}, 422, "invalid", "file"),
    "turned file name": ({"filename": "a\u202egnp.exe"}, 422, "invalid", "file"),
    "long file name": ({"filename": "x" * 200}, 422, "invalid", "file"),
    "card number": ({"title": "pan 4111111111111111"}, 422, "screened", "file"),
}


@pytest.mark.usefixtures("nothing_stored")
class TestBadInput:
    @pytest.mark.parametrize("name", BAD)
    def test_it_is_refused_with_the_field_that_needs_mending(
        self, robot: Program, name: str
    ) -> None:
        changes, status, code, field = BAD[name]
        said = calls.error(robot.push(**changes), status, code)
        assert set(said["fields"]) == {field}
        assert all(said["fields"][field])

    def test_all_wrong_fields_are_named_at_once(self, robot: Program) -> None:
        answer = robot.push(area="x", covers_from="y", title=None, colums="z", related_risk="R-99")
        said = calls.error(answer, 422, "invalid")
        assert {"area", "covers_from", "title", "colums"} <= set(said["fields"])

    def test_a_file_over_the_limit_is_refused(self, robot: Program, settings: Settings) -> None:
        settings.MAX_EVIDENCE_BYTES = 10
        calls.error(robot.push(content=b"12345678901"), 413, "too_large")

    def test_a_body_over_the_limit_is_refused_unread(
        self, robot: Program, settings: Settings, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        settings.MAX_EVIDENCE_BYTES = 10
        monkeypatch.setattr(pushing, "_FRAME_BYTES", 100)
        monkeypatch.setattr(pushing, "push", None)
        said = calls.error(robot.push(), 413, "too_large")
        assert "10 bytes" in said["message"]

    @pytest.mark.parametrize("length", ["", "-1", "1e3", "many"])
    def test_a_body_without_a_length_is_refused(self, robot: Program, length: str) -> None:
        answer = robot.call(
            "POST", calls.EVIDENCE, headers={"Idempotency-Key": "k"}, CONTENT_LENGTH=length
        )
        calls.error(answer, 411, "length_required")

    @pytest.mark.parametrize("kind", ["application/json", "application/x-www-form-urlencoded"])
    def test_a_body_of_another_type_is_refused(self, robot: Program, kind: str) -> None:
        answer = robot.call(
            "POST",
            calls.EVIDENCE,
            data=b"{}",
            content_type=kind,
            headers={"Idempotency-Key": "k"},
        )
        calls.error(answer, 415, "unsupported_media_type")

    @pytest.mark.parametrize("key", ["", "x" * 201, "schlüssel", "a\tb"])
    def test_a_push_needs_a_printable_key(self, robot: Program, key: str) -> None:
        said = calls.error(robot.push(key), 400, "idempotency_key")
        assert "Idempotency-Key" in said["message"]

    def test_a_database_that_fails_leaves_no_file(
        self, robot: Program, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def fail(*_: object, **__: object) -> None:
            raise RuntimeError

        monkeypatch.setattr(LedgerEntry.objects, "bulk_create", fail)
        calls.error(robot.push(), 500, "internal_error")


class TestTokens:
    def test_a_token_without_the_scope_is_refused_before_the_body_is_read(
        self, alice: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(pushing, "push", None)
        reader = calls.program(alice, "evidence:read")
        said = calls.error(reader.push(), 403, "insufficient_scope")
        assert "evidence:write" in said["message"]

    def test_it_refuses_charlie(self, charlie: User) -> None:
        calls.error(calls.program(charlie).push(), 403, "insufficient_scope")
        assert not Evidence.objects.exists()


class TestIdempotency:
    def test_a_repeated_push_gives_the_first_answer(self, robot: Program) -> None:
        first = robot.push("k1")
        again = robot.push("k1")
        assert first.status_code == 201
        assert "Idempotent-Replay" not in first.headers
        assert again.status_code == 200
        assert again.headers["Idempotent-Replay"] == "true"
        assert again.content == first.content
        assert Evidence.objects.count() == 1

    @pytest.mark.parametrize(
        "changes",
        [{"content": b"other"}, {"title": "Other"}, {"filename": "b.csv"}, {"owner": "me"}],
    )
    def test_other_content_under_the_same_key_is_refused(
        self, robot: Program, changes: dict[str, Any]
    ) -> None:
        robot.push("k1")
        calls.error(robot.push("k1", **changes), 409, "idempotency_conflict")
        assert Evidence.objects.count() == 1

    def test_two_tokens_may_use_the_same_key(self, robot: Program, alice: User) -> None:
        other = calls.program(alice)
        assert robot.push("k1").status_code == other.push("k1").status_code == 201

    def test_the_longest_key_is_kept(self, robot: Program) -> None:
        key = "~ " * 99 + "!!"
        assert robot.push(key).status_code == 201
        assert robot.push(key).status_code == 200

    @pytest.mark.django_db(transaction=True)
    def test_two_at_once_make_one_item(self, robot: Program) -> None:
        barrier = threading.Barrier(2, timeout=PATIENCE_SECONDS)
        answers: list[Any] = []

        def push() -> None:
            try:
                barrier.wait(timeout=PATIENCE_SECONDS)
                answers.append(Program(robot.secret).push("the same"))
            finally:
                connection.close()

        threads = [threading.Thread(target=push) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=PATIENCE_SECONDS)
        assert sorted(answer.status_code for answer in answers) == [200, 201]
        assert answers[0].content == answers[1].content
        assert Evidence.objects.count() == 1
