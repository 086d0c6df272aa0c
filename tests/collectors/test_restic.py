"""A restore test of a real restic repository."""

import os
import shutil
import subprocess
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from collectors.errors import (
    ProgramMissingError,
    SettingsError,
    SourceDeniedError,
    SourceError,
    SourceNonsenseError,
    SourceRefusedError,
)
from collectors.restores import restic
from tests.collectors.asking import Told, ask
from tests.conftest import demand

PASSWORD = "planted-repository-word"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """What is backed up: files in folders, an empty one, a link, a strange name, and a list."""
    folder = tmp_path / "ledger"
    (folder / "october").mkdir(parents=True)
    contents = {"a.csv": b"1,2\n" * 5000, "october/b.csv": b"", "october/Zoë's file.txt": b"x"}
    lines = []
    for name, content in contents.items():
        (folder / name).write_bytes(content)
        lines.append(f"{sha256(content).hexdigest()}  {name}\n")
    (folder / "SHA256SUMS").write_text("".join(lines), encoding="utf-8")
    (folder / "link").symlink_to("a.csv")
    return folder


@pytest.fixture
def repository(tmp_path: Path, data: Path) -> Path:
    """A repository with an older and a newer backup of the same folder."""
    demand("restic", "restic")
    place = tmp_path / "repository"
    run(place, "init")
    run(place, "backup", str(data), "--host", "db-1")
    (data / "late.csv").write_bytes(b"later")
    run(place, "backup", str(data), "--host", "db-1")
    return place


def run(place: Path, *words: str) -> None:
    environment = {**os.environ, "RESTIC_PASSWORD": PASSWORD}
    subprocess.run(
        ["restic", "--no-cache", "--quiet", f"--repo={place}", *words],
        env=environment,
        check=True,
        capture_output=True,
    )


def restored(scratch: Path, repository: Path, **values: Any) -> Told:
    usual = {"repository": str(repository), "password": PASSWORD}
    return ask("restic_restore", scratch, **{**usual, **values})


def snapshot_of(repository: Path) -> set[Path]:
    return {path for path in repository.rglob("*") if path.is_file()}


@pytest.mark.debian
def test_the_newest_backup_is_restored_and_compared(
    scratch: Path, repository: Path, data: Path
) -> None:
    before = snapshot_of(repository)
    told = restored(scratch, repository, manifest=f"{data}/SHA256SUMS")
    (row,) = told.rows
    assert row["data_store"] == f"db-1: {data}"
    assert (row["files_kept"], row["files_restored"]) == (5, 5)
    assert row["bytes_kept"] == row["bytes_restored"] > 20_000
    assert (row["digests_compared"], row["differing"], row["first_differing"]) == (3, 0, None)
    assert row["engine"].startswith("restic ")
    assert datetime.now(UTC) - row["backed_up_at"] < timedelta(minutes=10)
    assert told.trail.source_count == 1
    assert snapshot_of(repository) == before, "the test wrote into the repository"
    assert list(scratch.rglob("restored")) == [], "the copy was left behind"


@pytest.mark.debian
def test_each_host_and_folder_is_restored(scratch: Path, repository: Path, data: Path) -> None:
    run(repository, "backup", str(data / "october"), "--host", "db-2")
    told = restored(scratch, repository)
    assert {(row["data_store"], row["files_kept"]) for row in told.rows} == {
        (f"db-1: {data}", 5),
        (f"db-2: {data}/october", 2),
    }
    assert {row["digests_compared"] for row in told.rows} == {0}


@pytest.mark.debian
def test_data_that_changed_before_the_backup_is_found(
    scratch: Path, repository: Path, data: Path
) -> None:
    """The list was written of the live data, so that what the backup missed is seen."""
    (data / "a.csv").write_bytes(b"1,3\n" * 5000)
    (data / "october" / "b.csv").unlink()
    run(repository, "backup", str(data), "--host", "db-1")
    (row,) = restored(scratch, repository, manifest=f"{data}/SHA256SUMS").rows
    assert (row["differing"], row["first_differing"]) == (2, f"{data}/a.csv")


@pytest.mark.debian
def test_a_damaged_repository_is_a_failure(scratch: Path, repository: Path) -> None:
    for pack in [path for path in (repository / "data").rglob("*") if path.is_file()]:
        content = pack.read_bytes()
        pack.chmod(0o600)
        pack.write_bytes(b"\0" * (len(content) // 2) + content[len(content) // 2 :])
    with pytest.raises(SourceError, match=r"could not be restored|refused"):
        restored(scratch, repository)


@pytest.mark.debian
def test_a_wrong_password_is_a_denial(scratch: Path, repository: Path) -> None:
    with pytest.raises(SourceDeniedError, match="wrong password") as caught:
        restored(scratch, repository, password="planted-wrong-word")
    assert "planted" not in str(caught.value)


@pytest.mark.debian
def test_a_folder_without_a_repository_is_told(scratch: Path, tmp_path: Path) -> None:
    demand("restic", "restic")
    with pytest.raises(SourceRefusedError, match="no restic repository"):
        restored(scratch, tmp_path / "nothing")


@pytest.mark.debian
def test_a_list_that_the_backup_lacks_is_told(scratch: Path, repository: Path) -> None:
    with pytest.raises(SourceRefusedError, match="holds no /elsewhere"):
        restored(scratch, repository, manifest="/elsewhere")


@pytest.mark.debian
def test_a_repository_without_backups_is_empty_by_fact(scratch: Path, tmp_path: Path) -> None:
    demand("restic", "restic")
    run(tmp_path / "new", "init")
    told = restored(scratch, tmp_path / "new")
    assert (told.rows, told.trail.source_count) == ([], 0)


@pytest.mark.parametrize(
    "place", ["sftp:root@host:/x", "rclone:x:y", "-oX", "relative", "local:/x"]
)
def test_only_some_kinds_of_repository_are_taken(scratch: Path, place: str) -> None:
    """Others start programs of their own, which a setting must not."""
    with pytest.raises(SettingsError):
        restored(scratch, Path(place))


def test_a_trap_is_not_asked(scratch: Path) -> None:
    with pytest.raises(SourceRefusedError, match=r"169\.254"):
        ask(
            "restic_restore",
            scratch,
            repository="rest:https://169.254.169.254/repository",
            password=PASSWORD,
        )


def test_a_machine_without_restic_says_what_to_install(
    scratch: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "which", lambda _name: None)
    with pytest.raises(ProgramMissingError, match="apt-get install restic"):
        restored(scratch, tmp_path)


def test_a_path_that_leads_out_of_the_backup_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceNonsenseError):
        restic._below(tmp_path, "/a/../../etc/passwd")
