"""Checkpoints left outside: each place with the real thing, and what is known of success."""

import os
import subprocess
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import boto3
import pytest
from django.utils import timezone
from moto.server import ThreadedMotoServer
from pytest_django import Settings

from accounts.models import User
from audits import packs
from evidence import anchoring, anchors, checkpoint, given_out, signed_note, tasks
from evidence.anchors import directory, git, mail, s3
from evidence.anchors.note import Note
from evidence.errors import AnchorError
from evidence.log_models import Deposit
from evidence.models import Checkpoint
from evidence.standing import of_log
from jobs import leases, performing
from jobs.models import Job
from tests.audits.world import World, hand_in_staff
from tests.evidence.test_signing import grow
from tests.notices.sink import Sink, listening

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("var_dir")]


@pytest.fixture
def sink(settings: Settings) -> Iterator[Sink]:
    with listening(settings) as kept:
        yield kept


def signed(leaves: int = 3) -> Note:
    grow(leaves)
    return Note.of(checkpoint.sign())


def other(note: Note) -> Note:
    """A checkpoint that claims the same place with another text."""
    return Note(note.origin, note.size, note.root, note.text + "forged\n")


@pytest.fixture
def folder(settings: Settings, tmp_path: Path) -> Path:
    settings.ANCHOR_DIR = str(tmp_path / "mount")
    return tmp_path / "mount"


def test_no_place_is_in_use_until_it_is_named() -> None:
    assert anchors.in_use() == {}
    assert set(anchors.places()) == {"directory", "git", "mail", "s3", "time_stamp", "witness"}
    signed()
    anchoring.anchor()
    assert not Job.objects.exists()


class TestDirectory:
    def test_the_note_lies_there_whole(self, folder: Path) -> None:
        note = signed()
        receipt = directory.deposit(note)
        assert Path(receipt).read_text(encoding="utf-8") == note.text
        assert Path(receipt).is_relative_to(folder)
        assert [path.name for path in Path(receipt).parent.iterdir()] == [Path(receipt).name]

    @pytest.mark.usefixtures("folder")
    def test_a_second_time_it_is_the_same_receipt(self) -> None:
        note = signed()
        assert directory.deposit(note) == directory.deposit(note)

    @pytest.mark.usefixtures("folder")
    def test_what_lies_there_is_never_replaced(self) -> None:
        note = signed()
        receipt = directory.deposit(note)
        with pytest.raises(AnchorError, match="something else"):
            directory.deposit(other(note))
        assert Path(receipt).read_text(encoding="utf-8") == note.text

    def test_a_folder_that_cannot_be_written_is_told(
        self, settings: Settings, tmp_path: Path
    ) -> None:
        (tmp_path / "file").write_text("")
        settings.ANCHOR_DIR = str(tmp_path / "file")
        with pytest.raises(AnchorError, match="cannot be written"):
            directory.deposit(signed())

    def test_an_origin_never_leads_out_of_the_folder(self, folder: Path) -> None:
        note = Note("../../etc/x", 1, "0" * 64, "text\n")
        assert Path(directory.deposit(note)).resolve().is_relative_to(folder.resolve())


class TestGit:
    @pytest.fixture
    def repository(self, settings: Settings, tmp_path: Path) -> Path:
        bare = tmp_path / "anchors.git"
        subprocess.run(["git", "init", "--quiet", "--bare", str(bare)], check=True)
        settings.ANCHOR_GIT_URL = str(bare)
        return bare

    def shown(self, repository: Path, *arguments: str) -> str:
        command = ["git", "-C", str(repository), *arguments]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout

    def test_each_checkpoint_is_a_commit_on_the_one_before(self, repository: Path) -> None:
        notes = [signed(), signed()]
        receipts = [git.deposit(note) for note in notes]
        assert self.shown(repository, "log", "--format=%H", "main").split() == receipts[::-1]
        for note in notes:
            assert self.shown(repository, "show", f"main:{note.path}") == note.text

    def test_a_second_time_nothing_is_committed(self, repository: Path) -> None:
        note = signed()
        assert git.deposit(note) == git.deposit(note)
        assert self.shown(repository, "rev-list", "--count", "main").strip() == "1"

    @pytest.mark.usefixtures("repository")
    def test_what_lies_there_is_never_replaced(self) -> None:
        note = signed()
        git.deposit(note)
        with pytest.raises(AnchorError, match="something else"):
            git.deposit(other(note))

    def test_a_password_in_the_address_is_never_shown(self, settings: Settings) -> None:
        settings.ANCHOR_GIT_URL = "http://robot:hunter2@127.0.0.1:9/anchors.git"
        assert git.where() == "http://127.0.0.1:9/anchors.git (main)"
        with pytest.raises(AnchorError, match="ls-remote failed") as refused:
            git.deposit(signed())
        assert "hunter2" not in str(refused.value)

    def test_an_address_that_runs_a_command_is_refused(
        self, settings: Settings, tmp_path: Path
    ) -> None:
        settings.ANCHOR_GIT_URL = f"ext::touch% {tmp_path}/owned"
        with pytest.raises(AnchorError):
            git.deposit(signed())
        assert not (tmp_path / "owned").exists()


class TestMail:
    @pytest.fixture(autouse=True)
    def mailing_list(self, settings: Settings) -> None:
        settings.MAIL_IS_ON = True
        settings.ANCHOR_MAIL_TO = ["auditor@firm.example", "board@our.example"]

    def test_everybody_on_the_list_gets_the_note(self, sink: Sink) -> None:
        note = signed()
        mail.deposit(note)
        (message,) = sink.taken
        assert message["To"] == "auditor@firm.example, board@our.example"
        (attached,) = message.iter_attachments()
        assert attached.get_content() == note.text.encode()

    @pytest.mark.usefixtures("sink")
    def test_a_server_that_is_away_is_told(self, settings: Settings) -> None:
        settings.EMAIL_PORT = 9
        with pytest.raises(AnchorError, match="did not take it"):
            mail.deposit(signed())

    def test_without_a_mail_server_it_is_a_failure(self, settings: Settings) -> None:
        settings.MAIL_IS_ON = False
        with pytest.raises(AnchorError, match="EMAIL_HOST"):
            mail.deposit(signed())


class TestS3:
    @pytest.fixture
    def bucket(self, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            monkeypatch.setenv(name, "test")
        monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
        server.start()
        _, port = server.get_host_and_port()
        settings.ANCHOR_S3_ENDPOINT = f"http://127.0.0.1:{port}"
        settings.ANCHOR_S3_BUCKET = "anchors"
        client = boto3.client("s3", endpoint_url=settings.ANCHOR_S3_ENDPOINT)
        client.create_bucket(Bucket="anchors", ObjectLockEnabledForBucket=True)
        yield str(settings.ANCHOR_S3_ENDPOINT)
        server.stop()

    def versions(self, bucket: str, note: Note) -> list[Any]:
        # The buckets of all these tests are one, because the servers of a process share them.
        client = boto3.client("s3", endpoint_url=bucket)
        found = client.list_object_versions(Bucket="anchors", Prefix=f"checkpoints/{note.path}")
        return list(found["Versions"])

    def test_the_note_is_locked_for_years(self, bucket: str) -> None:
        note = signed()
        receipt = s3.deposit(note)
        client = boto3.client("s3", endpoint_url=bucket)
        (version,) = self.versions(bucket, note)
        assert f"version {version['VersionId']}, COMPLIANCE until" in receipt
        kept = client.get_object(
            Bucket="anchors", Key=version["Key"], VersionId=version["VersionId"]
        )
        assert kept["Body"].read().decode() == note.text
        years = (kept["ObjectLockRetainUntilDate"] - timezone.now()).days / 365
        assert years > 9.9
        with pytest.raises(client.exceptions.ClientError, match="AccessDenied"):
            client.delete_object(
                Bucket="anchors", Key=version["Key"], VersionId=version["VersionId"]
            )

    def test_a_second_time_no_version_is_added(self, bucket: str) -> None:
        note = signed()
        assert s3.deposit(note) == s3.deposit(note)
        assert len(self.versions(bucket, note)) == 1

    @pytest.mark.usefixtures("bucket")
    def test_what_lies_there_is_never_replaced(self) -> None:
        note = signed()
        s3.deposit(note)
        with pytest.raises(AnchorError, match="something else"):
            s3.deposit(other(note))

    def test_a_bucket_without_lock_is_refused(self, bucket: str, settings: Settings) -> None:
        boto3.client("s3", endpoint_url=bucket).create_bucket(Bucket="plain")
        settings.ANCHOR_S3_BUCKET = "plain"
        with pytest.raises(AnchorError):
            s3.deposit(signed())

    @pytest.mark.usefixtures("bucket")
    def test_a_bucket_that_is_not_there_is_told(self, settings: Settings) -> None:
        settings.ANCHOR_S3_BUCKET = "gone"
        with pytest.raises(AnchorError, match="S3 refused: NoSuchBucket"):
            s3.deposit(signed())


class TestJobs:
    @pytest.mark.usefixtures("folder")
    def test_every_day_the_log_is_signed_and_deposited(self) -> None:
        grow(3)
        tasks.anchor_daily(timezone.now())
        performing.drain()
        made = Deposit.objects.get()
        assert (made.place, made.is_done, made.checkpoint.size) == ("directory", True, 3)
        tasks.anchor_daily(timezone.now())
        performing.drain()
        assert Deposit.objects.count() == 1

    @pytest.mark.usefixtures("folder")
    def test_every_pack_is_anchored(self, alice: User) -> None:
        world = World(alice)
        hand_in_staff(world, date(2026, 6, 30))
        pack = packs.freeze(world.engagement(), by=alice)
        performing.drain()
        assert Deposit.objects.get(is_done=True).checkpoint == pack.checkpoint

    def test_a_failure_is_a_row_and_is_tried_again(self, folder: Path) -> None:
        folder.write_text("in the way")
        grow(3)
        anchoring.anchor()
        job = Job.objects.get()
        performing.perform(job.pk)
        job.refresh_from_db()
        assert (job.state, "cannot be written" in job.error) == (Job.State.WAITING, True)
        (place,) = anchoring.standings()
        assert place.is_failing
        assert of_log().a_place_fails
        folder.unlink()
        Job.objects.update(run_after=timezone.now())
        performing.perform(job.pk)
        (place,) = anchoring.standings()
        assert not place.is_failing
        assert place.failure
        assert not of_log().a_place_fails

    def test_one_that_was_given_up_is_asked_for_again_the_next_day(self, folder: Path) -> None:
        folder.write_text("in the way")
        grow(3)
        anchoring.anchor()
        Job.objects.update(max_attempts=1)
        performing.drain()
        assert Job.objects.get().state == Job.State.FAILED
        anchoring.anchor()
        assert Job.objects.get().state == Job.State.WAITING

    def test_a_place_may_be_away_for_hours(self, folder: Path) -> None:
        folder.write_text("in the way")
        grow(3)
        anchoring.anchor()
        job = Job.objects.get()
        pauses = [leases.BACK_OFF_SECONDS * 2**number for number in range(job.max_attempts - 1)]
        assert sum(min(one, leases.MAX_BACK_OFF_SECONDS) for one in pauses) > 3 * 3600

    def test_a_failure_at_a_place_that_is_no_longer_set_up_is_no_alarm(
        self, folder: Path, settings: Settings
    ) -> None:
        folder.write_text("in the way")
        grow(3)
        signed = checkpoint.sign()
        with pytest.raises(AnchorError):
            anchoring.deposit(signed, "directory")
        assert of_log().a_place_fails
        settings.ANCHOR_DIR = ""
        assert not of_log().a_place_fails

    @pytest.mark.usefixtures("folder")
    def test_a_checkpoint_is_kept_beside_the_key_before_it_leaves(self) -> None:
        grow(3)
        signed = checkpoint.sign()
        assert given_out.read() == ""
        anchoring.deposit(signed, "directory")
        assert given_out.read() == signed.note

    def test_what_cannot_be_kept_beside_the_key_does_not_leave(
        self, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def full(_: str) -> None:
            raise OSError(28, "No space left on device")

        grow(3)
        signed = checkpoint.sign()
        monkeypatch.setattr(given_out, "_replace", full)
        with pytest.raises(AnchorError, match="No space left"):
            anchoring.deposit(signed, "directory")
        assert not folder.exists()
        assert not Deposit.objects.get().is_done

    @pytest.mark.usefixtures("folder")
    def test_a_place_that_is_no_longer_set_up_ends_its_job(self, settings: Settings) -> None:
        grow(3)
        anchoring.anchor()
        settings.ANCHOR_DIR = ""
        performing.drain()
        assert Job.objects.get().state == Job.State.DONE
        assert not Deposit.objects.exists()


class TestRewriting:
    """Attack 8: who holds the database and the key rewrites the log and signs it anew."""

    def rewritten(self) -> Checkpoint:
        signer = checkpoint.signer()
        text = signed_note.Checkpoint(signer.name, 3, bytes(32)).to_text()
        given_out.path().unlink(missing_ok=True)
        return Checkpoint(size=3, note=signed_note.sign(text, [signer]))

    def test_without_an_anchor_nobody_can_tell(self) -> None:
        signed(3)
        forged = self.rewritten()
        assert signed_note.open_note(
            forged.note, [signed_note.Verifier.from_vkey(checkpoint.vkey())]
        )

    def test_the_copy_outside_contradicts_it(self, folder: Path) -> None:
        held = signed(3)
        directory.deposit(held)
        forged = Note.of(self.rewritten())
        directory.deposit(forged)
        names = sorted(path.name for path in folder.rglob("*.txt"))
        assert [name[:12] for name in names] == ["000000000003"] * 2
        assert len({name[13:] for name in names}) == 2


def test_names_of_files_are_safe_on_every_system(tmp_path: Path) -> None:
    path = Note("log.example/ä b", 5, "ab" * 32, "").path
    assert path == "log.example_b/000000000005-abababababababab.txt"
    assert os.fsencode(path).isascii()
