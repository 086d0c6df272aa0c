"""Issuing a pack: frozen at once, rendered by a worker, stored as evidence, once."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from accounts.models import User
from audits.errors import NotAllowedError
from audits.models import Engagement, Pack, PackFile
from evidence import ledger, store
from evidence.errors import BlobMissingError
from evidence.models import BlobKey, Evidence, LedgerEntry
from jobs import performing
from jobs.models import Job
from reports import issue
from tests.audits.world import World
from tests.reports.making import engagement_with_evidence, frozen, verify

pytestmark = pytest.mark.usefixtures("no_pdf")


@pytest.fixture
def engagement(world: World) -> Engagement:
    return engagement_with_evidence(world)


def content(file: PackFile) -> bytes:
    with store.open_blob(file.sha256) as reader:
        return reader.read()


class TestRequest:
    def test_it_freezes_at_once_and_leaves_the_writing_to_a_worker(
        self, world: World, engagement: Engagement
    ) -> None:
        job = issue.request_pack(engagement, by=world.alice)
        pack = Pack.objects.get()
        assert (job.kind, job.payload) == ("reports.pack", {"pack": pack.pk})
        assert (job.state, job.requested_by) == (Job.State.WAITING, f"user:{world.alice.pk}")
        assert not PackFile.objects.exists()

    def test_each_request_is_another_pack(self, world: World, engagement: Engagement) -> None:
        jobs = [issue.request_pack(engagement, by=world.alice) for _ in range(2)]
        assert jobs[0].pk != jobs[1].pk
        assert [pack.number for pack in Pack.objects.order_by("id")] == [1, 2]

    def test_who_may_not_build_packs_leaves_neither_pack_nor_job(
        self, engagement: Engagement, bob: User, charlie: User
    ) -> None:
        for stranger in (bob, charlie):
            with pytest.raises(NotAllowedError):
                issue.request_pack(engagement, by=stranger)
        assert not Pack.objects.exists()
        assert not Job.objects.filter(kind=issue.KIND).exists()

    def test_a_job_that_cannot_be_queued_takes_the_pack_back(
        self, world: World, engagement: Engagement, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def fail(*_: object, **__: object) -> None:
            raise IntegrityError

        monkeypatch.setattr(issue, "enqueue", fail)
        size = ledger.size()
        with pytest.raises(IntegrityError):
            issue.request_pack(engagement, by=world.alice)
        assert not Pack.objects.exists()
        assert ledger.size() == size


class TestJob:
    def test_a_pack_may_be_larger_than_any_item_in_it(self, world: World, settings: Any) -> None:
        pack = frozen(world)
        settings.MAX_EVIDENCE_BYTES = max(Evidence.objects.values_list("blob__size", flat=True))
        file = issue.issue(pack)
        assert file.size > settings.MAX_EVIDENCE_BYTES
        assert len(content(file)) == file.size

    def test_a_worker_stores_the_file_as_evidence(
        self, world: World, engagement: Engagement, tmp_path: Path
    ) -> None:
        job = issue.request_pack(engagement, by=world.alice)
        assert performing.perform(job.pk)
        job.refresh_from_db()
        assert job.state == Job.State.DONE, job.error
        file = PackFile.objects.get()
        assert job.result == {
            "pack": "ENG-2026-1/1",
            "evidence": file.evidence.ref,
            "sha256": file.sha256,
        }
        assert job.progress_done == job.progress_total > 0
        stored = content(file)
        assert (len(stored), hashlib.sha256(stored).hexdigest()) == (file.size, file.sha256)
        assert verify(stored, tmp_path).returncode == 0

    def test_the_file_says_what_it_is(self, world: World, engagement: Engagement) -> None:
        job = issue.request_pack(engagement, by=world.alice)
        performing.perform(job.pk)
        evidence = PackFile.objects.get().evidence
        assert evidence.filename == "ENG-2026-1-pack-1.zip"
        assert (evidence.evidence_type, evidence.area) == ("pack", "audit_requests")
        assert (evidence.covers_from, evidence.covers_to) == (world.start, world.end)
        assert (evidence.sensitivity, evidence.media_type) == ("confidential", "application/zip")
        assert evidence.prepared_by == world.alice
        assert not evidence.claims.exists()

    def test_a_leaf_ties_the_file_to_its_pack(self, world: World, engagement: Engagement) -> None:
        performing.perform(issue.request_pack(engagement, by=world.alice).pk)
        entry, file = LedgerEntry.objects.last(), PackFile.objects.get()
        assert entry
        leaf = json.loads(entry.leaf)
        assert (leaf["kind"], leaf["subject"]) == ("pack.issued", "ENG-2026-1/1")
        assert leaf["body"] == {
            "evidence": file.evidence.ref,
            "sha256": file.sha256,
            "size": file.size,
        }

    def test_a_pack_that_cannot_be_written_fails_the_job_with_the_reason(
        self, world: World, engagement: Engagement
    ) -> None:
        job = issue.request_pack(engagement, by=world.alice)
        BlobKey.objects.all().delete()
        performing.perform(job.pk)
        job.refresh_from_db()
        assert job.state == Job.State.FAILED
        assert str(BlobMissingError()) in job.error
        assert not PackFile.objects.exists()


class TestTwice:
    def test_the_second_run_gives_the_first_file(self, world: World) -> None:
        pack = frozen(world)
        first = issue.issue(pack)
        assert issue.issue(pack) == first
        assert Evidence.objects.filter(evidence_type="pack").count() == 1

    def test_a_run_that_was_overtaken_gives_the_file_of_the_other_and_leaves_nothing(
        self, world: World, settings: object
    ) -> None:
        pack = frozen(world)
        found: list[PackFile] = []

        def overtake(done: int, total: int, _note: str) -> None:
            if done == total and total and not found:
                found.append(issue.issue(Pack.objects.get(pk=pack.pk)))

        assert issue.issue(pack, progress=overtake) == found[0]
        assert Evidence.objects.filter(evidence_type="pack").count() == 1
        root = Path(settings.STORE_DIR)  # type: ignore[attr-defined]
        files = {path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file()}
        assert files == set(BlobKey.objects.values_list("location", flat=True))

    def test_a_failure_while_recording_leaves_no_file_behind(
        self, world: World, settings: object, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        pack = frozen(world)

        def fail(*_: object, **__: object) -> None:
            raise IntegrityError

        monkeypatch.setattr(PackFile.objects, "create", fail)
        with pytest.raises(IntegrityError):
            issue.issue(pack)
        root = Path(settings.STORE_DIR)  # type: ignore[attr-defined]
        files = {path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file()}
        assert files == set(BlobKey.objects.values_list("location", flat=True))
        assert not Evidence.objects.filter(evidence_type="pack").exists()

    def test_the_row_of_the_file_cannot_be_changed(self, world: World) -> None:
        issue.issue(frozen(world))
        with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
            PackFile.objects.update(sha256="0" * 64)
