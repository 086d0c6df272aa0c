"""A lost disk comes back from its backup: every row, every file, the log, and the keys if asked."""

import io
import json
import os
import shutil
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection, transaction
from pytest_django import Settings

from compliance.backups import keyring, manifest, restoring, sources
from compliance.backups.errors import BackupDamagedError, BackupError, NotEmptyError
from compliance.backups.manifest import SealedFile
from evidence import given_out, intake
from evidence.models import BlobKey, LedgerEntry
from evidence.stores.filesystem import path_of
from tests.collectors.conftest import server_programs
from tests.evidence import items
from tests.installation import Installation

__all__ = ["server_programs"]
PHRASE = "a passphrase long enough"
ON_SQLITE = connection.vendor == "sqlite"


@pytest.fixture
def phrase(tmp_path: Path) -> Path:
    path = tmp_path / "phrase"
    path.write_text(f"{PHRASE}\n")
    return path


@pytest.mark.usefixtures("server_programs")
@pytest.mark.django_db(transaction=True)
class TestLostDisk:
    @pytest.fixture
    def house(self, tmp_path: Path) -> Iterator[Installation]:
        made = Installation(tmp_path / "house")
        name = f"lost_{uuid4().hex[:8]}"
        if not ON_SQLITE:
            url = urlsplit(os.environ["DATABASE_URL"])
            made.environment["DATABASE_URL"] = url._replace(path=f"/{name}").geturl()
            self.sql(f'CREATE DATABASE "{name}"')
        made.folder.mkdir()
        yield made
        made.end()
        if not ON_SQLITE:
            self.sql(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    def sql(self, statement: str) -> None:
        with connection.cursor() as cursor:
            cursor.execute(statement)

    def run(self, house: Installation, *words: str, code: int = 0) -> str:
        done = house.manage(*words)
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout + done.stderr

    def shell(self, house: Installation, deed: str) -> str:
        source = f"from tests.compliance import lost_disk; lost_disk.{deed}()"
        return self.run(house, "shell", "--no-imports", "-c", source)

    def lose(self, house: Installation) -> None:
        shutil.rmtree(house.folder)
        house.folder.mkdir()
        if not ON_SQLITE:
            name = house.environment["DATABASE_URL"].partition("/lost_")[2].partition("?")[0]
            self.sql(f'DROP DATABASE "lost_{name}" WITH (FORCE)')
            self.sql(f'CREATE DATABASE "lost_{name}"')

    @pytest.mark.parametrize("to", ["folder", "one.tar"])
    def test_everything_comes_back(
        self, house: Installation, tmp_path: Path, phrase: Path, to: str
    ) -> None:
        self.shell(house, "build")
        target = str(tmp_path / to)
        said = self.run(house, "backup", "--to", target, "--with-keys", str(phrase), "--verify")
        assert "Backed up" in said
        self.lose(house)
        said = self.run(house, "restore", "--from", target, "--with-keys", str(phrase))
        assert "0 problems" in said
        assert "not signed until an administrator" in said
        assert "0 problems" in self.run(house, "verify_ledger")
        said = self.shell(house, "look")
        assert "4 opened" in said
        assert "refused: The log was restored from the backup of" in said
        assert "pack whole: True" in said
        again = self.run(house, "restore", "--from", target, code=1)
        assert "not empty" in again


@pytest.mark.usefixtures("server_programs", "var_dir")
@pytest.mark.django_db(transaction=True)
class TestBackup:
    @pytest.fixture(autouse=True)
    def _items(self, var_dir: Path) -> None:
        assert list((var_dir / "store").iterdir()) == []
        for number in range(3):
            intake.receive(items.submission(content=b"item %d" % number), actor="system")

    @pytest.fixture
    def to(self, tmp_path: Path) -> Path:
        return tmp_path / "backup"

    def back_up(self, to: Path, **options: Any) -> str:
        out = io.StringIO()
        call_command("backup", to=to, stdout=out, stderr=out, **options)
        return out.getvalue()

    def listed(self, to: Path) -> list[SealedFile]:
        with sources.opened(to) as source:
            return list(source.list_of(source.manifest()))

    def test_it_names_every_file_and_the_log(self, to: Path) -> None:
        assert "3 files" in self.back_up(to)
        assert {file.blob for file in self.listed(to)} == set(
            BlobKey.objects.values_list("blob_id", flat=True)
        )
        leaf = json.loads(LedgerEntry.objects.get(kind="backup.made").leaf)
        assert leaf["body"]["files"] == 3
        assert leaf["body"]["log_size"] == 3

    def test_a_second_one_copies_what_is_new_only(self, to: Path) -> None:
        self.back_up(to)
        (first, *_) = self.listed(to)
        before = (to / first.name).stat().st_mtime_ns
        intake.receive(items.submission(content=b"one more"), actor="system")
        assert "4 files" in (said := self.back_up(to))
        assert "(1 new)" in said
        assert (to / first.name).stat().st_mtime_ns == before
        assert len([path for path in to.iterdir() if path.name.startswith("database-")]) == 1

    def test_one_that_broke_off_is_gone_on_with(self, to: Path) -> None:
        self.back_up(to)
        (to / manifest.NAME).unlink()
        whole, damaged, _ = self.listed_by_store()
        (to / "files" / damaged).write_bytes(b"x" * (to / "files" / damaged).stat().st_size)
        assert "(1 new)" in self.back_up(to)
        assert (to / "files" / whole).read_bytes() == path_of(whole).read_bytes()
        assert (to / "files" / damaged).read_bytes() == path_of(damaged).read_bytes()

    def listed_by_store(self) -> list[str]:
        return sorted(BlobKey.objects.values_list("location", flat=True))

    def test_what_no_row_names_any_more_leaves_the_backup(self, to: Path) -> None:
        self.back_up(to)
        gone, *_ = self.listed_by_store()
        BlobKey.objects.filter(location=gone).update(key_id="", wrapped_key=b"")
        self.back_up(to)
        assert not (to / "files" / gone).exists()
        assert len(self.listed(to)) == 2

    @pytest.mark.parametrize("name", ["backup", "backup.tar"])
    def test_damaged_evidence_is_told_and_the_rest_is_there(
        self, tmp_path: Path, name: str
    ) -> None:
        damaged, gone, whole = self.listed_by_store()
        path_of(damaged).write_bytes(b"x" * path_of(damaged).stat().st_size)
        path_of(gone).unlink()
        out = io.StringIO()
        with pytest.raises(SystemExit):
            call_command("backup", to=tmp_path / name, stdout=out, stderr=out)
        assert "changed or damaged" in out.getvalue()
        assert "is gone" in out.getvalue()
        assert [file.location for file in self.listed(tmp_path / name)] == [whole]
        with sources.opened(tmp_path / name) as source:
            restoring.verify(source, tell=lambda *_: None)

    def test_a_file_that_is_there_is_not_written_over(self, tmp_path: Path) -> None:
        there = tmp_path / "backup.tar"
        there.write_text("somebody's")
        with pytest.raises(CommandError, match="there already"):
            self.back_up(there)
        assert there.read_text() == "somebody's"

    def test_a_full_installation_is_left_alone(self, to: Path) -> None:
        self.back_up(to)
        with pytest.raises(CommandError, match="database is not empty"):
            call_command("restore", source=to)

    def test_keys_are_not_in_it_unless_asked(self, to: Path, phrase: Path) -> None:
        assert "The keys are not in it" in self.back_up(to)
        assert not list(to.glob("keys-*"))
        self.back_up(to, with_keys=phrase)
        (sealed,) = to.glob("keys-*")
        secret = (given_out.path().parent / "sealing.key").read_bytes()
        assert secret not in sealed.read_bytes()
        assert keyring.open_sealed(sealed.read_bytes(), PHRASE)["sealing.key"] == secret

    @pytest.mark.parametrize("what", ["database", "list", "file"])
    @pytest.mark.parametrize("name", ["backup", "backup.tar"])
    def test_a_changed_byte_is_found(self, tmp_path: Path, what: str, name: str) -> None:
        to = tmp_path / name
        self.back_up(to)
        self.damage(to, what)
        with sources.opened(to) as source, pytest.raises(BackupDamagedError):
            restoring.verify(source, tell=lambda *_: None)

    def damage(self, to: Path, what: str) -> None:
        start = {"database": "database-", "list": "files-", "file": "files/"}[what]
        if to.is_dir():
            path = next(
                path
                for path in sorted(to.rglob("*"))
                if path.is_file() and str(path.relative_to(to)).startswith(start)
            )
            place, offset = path, 5
        else:
            with tarfile.open(to) as tar:
                member = next(one for one in tar.getmembers() if one.name.startswith(start))
            place, offset = to, member.offset_data + 5
        content = bytearray(place.read_bytes())
        content[offset] ^= 1
        place.write_bytes(content)

    def test_a_backup_without_its_keys_is_refused_before_anything(
        self, to: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self.back_up(to)
        self.empty(settings, monkeypatch)
        with pytest.raises(CommandError, match="without it no evidence opens"):
            call_command("restore", source=to)
        assert list(Path(settings.STORE_DIR).iterdir()) == []

    def empty(self, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
        """Another folder for everything, and a database that counts as empty."""
        for name in ("STORE_DIR", "KEYS_DIR"):
            folder = Path(settings.VAR_DIR) / f"new-{name}"
            folder.mkdir()
            setattr(settings, name, folder)
        monkeypatch.setattr("compliance.backups.database.refuse_full", lambda: None)

    def test_a_failed_restore_leaves_nothing(
        self, to: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch, phrase: Path
    ) -> None:
        self.back_up(to, with_keys=phrase)
        self.damage(to, "file")
        self.empty(settings, monkeypatch)
        with pytest.raises(CommandError, match="is not what its list says"):
            call_command("restore", source=to, with_keys=phrase)
        assert [path for path in Path(settings.STORE_DIR).rglob("*") if path.is_file()] == []
        assert given_out.restored() == ""

    def test_another_passphrase_does_not_open_the_keys(
        self, to: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch, phrase: Path
    ) -> None:
        self.back_up(to, with_keys=phrase)
        self.empty(settings, monkeypatch)
        phrase.write_text("another passphrase")
        with pytest.raises(CommandError, match="does not open"):
            call_command("restore", source=to, with_keys=phrase)

    def test_a_backup_of_a_newer_version_is_refused(self, to: Path) -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO django_migrations (app, name, applied)"
                " VALUES ('evidence', '9999_later', '2030-01-01')"
            )
        try:
            self.back_up(to)
        finally:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute("DELETE FROM django_migrations WHERE name = '9999_later'")
        with pytest.raises(CommandError, match="newer Countersign"):
            call_command("restore", source=to)


class TestKeyring:
    def test_a_key_that_is_another_one_is_never_replaced(self, tmp_path: Path) -> None:
        (tmp_path / "sealing.key").write_bytes(b"mine")
        (tmp_path / "django_secret").write_bytes(b"fresh")
        with pytest.raises(NotEmptyError, match="another key"):
            keyring.refuse_other(tmp_path, {"sealing.key": b"theirs"})
        keyring.refuse_other(tmp_path, {"sealing.key": b"mine", "django_secret": b"old"})

    def test_keys_are_private(self, tmp_path: Path) -> None:
        keyring.place(tmp_path, {"sealing.key": b"x"})
        assert (tmp_path / "sealing.key").stat().st_mode & 0o777 == 0o600

    def test_what_was_given_out_is_never_set_back(self, tmp_path: Path) -> None:
        (tmp_path / "given_out.note").write_bytes(b"newer")
        keyring.place(tmp_path, {"given_out.note": b"older"})
        assert (tmp_path / "given_out.note").read_bytes() == b"newer"

    def test_a_short_passphrase_is_refused(self, tmp_path: Path) -> None:
        (tmp_path / "phrase").write_text("short")
        with pytest.raises(BackupError, match="shorter than 12"):
            keyring.passphrase(tmp_path / "phrase")


@pytest.mark.parametrize("location", ["../../etc/passwd", "/etc/passwd", "ab/../x", "ab/", ""])
def test_a_list_never_leads_out_of_the_store(location: str) -> None:
    line = json.dumps(
        {"location": location, "version": "", "blob": "0" * 64, "size": 1, "sha256": "0" * 64}
    )
    with pytest.raises(BackupDamagedError):
        list(manifest.read_lines([line.encode()]))


@pytest.mark.parametrize("content", [b"", b"{}", b"[]", b'{"format": "other"}', b"\xff"])
def test_a_manifest_that_is_none_is_told(content: bytes) -> None:
    with pytest.raises(BackupDamagedError):
        manifest.Manifest.from_json(content)


def test_no_backup_is_told(tmp_path: Path) -> None:
    with sources.opened(tmp_path) as source, pytest.raises(BackupError, match="no whole backup"):
        source.manifest()
    with pytest.raises(BackupError, match="no backup"), sources.opened(tmp_path / "x.tar"):
        pass
