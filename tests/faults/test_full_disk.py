"""The disk is full, for the files or for everything: it is said, and nothing is half there."""

import json
import os
import resource
import subprocess
import sys
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from pytest_django import Settings

from collectors.models import Run
from collectors.run import perform
from evidence import disk, intake, ledger, store
from evidence.models import Blob, Evidence
from tests.api import calls
from tests.api.calls import Program
from tests.collectors import world
from tests.evidence import items
from tests.installation import HOUSE, OURS, PATIENCE_SECONDS

BALLAST = "ballast"
# Takes in items until nothing fits any more, makes room, and goes on with what was refused.
FULL = """
import django, json, os, sys
from pathlib import Path
django.setup()
from django.conf import settings
from django.core.management import call_command
from django.db import Error, connection
from evidence import disk, intake
from evidence.group_commit import GroupError
from evidence.models import Evidence, IntakeKey, LedgerEntry
from tests.evidence import items
call_command("migrate", verbosity=0)
ballast = Path(settings.VAR_DIR) / "ballast"
ballast.write_bytes(b"0" * 300_000)
told, refused, odd, number = {}, [], [], 0
while len(refused) < 5:
    number += 1
    key = f"item-{number}"
    wanted = items.submission(
        content=os.urandom(150_000).hex().encode(), filename="a.txt", idempotency_key=key
    )
    try:
        told[key] = intake.receive(wanted, actor="system").ref
    except (Error, GroupError, OSError) as error:
        if isinstance(error, OSError) and not disk.is_full(error):
            odd.append(repr(error))
        refused.append((key, wanted))
        connection.close()
ballast.unlink()
for key, wanted in refused:
    told[key] = intake.receive(wanted, actor="system").ref
    break
known = {row.key: row.evidence.ref for row in IntakeKey.objects.select_related("evidence")}
indexes = sorted(LedgerEntry.objects.values_list("index", flat=True))
print(json.dumps({
    "told": told, "known": known, "odd": odd, "gapless": indexes == list(range(len(indexes))),
    "items": Evidence.objects.count(),
}))
"""


class _FullDisk:
    """Stands in for `os` of the store: what it opens for writing is a full device."""

    def __init__(self) -> None:
        self.is_full = True

    def __getattr__(self, name: str) -> Any:
        return getattr(os, name)

    def open(self, path: Path, flags: int, mode: int = 0o777) -> int:
        if self.is_full:
            os.close(os.open(path, flags, mode))
            return os.open("/dev/full", os.O_WRONLY)
        return os.open(path, flags, mode)


@pytest.fixture
def full(monkeypatch: pytest.MonkeyPatch) -> _FullDisk:
    made = _FullDisk()
    monkeypatch.setattr(store, "os", made)
    return made


def lying(settings: Settings) -> list[Path]:
    return [path for path in Path(settings.STORE_DIR).rglob("*") if path.is_file()]


@pytest.mark.django_db
@pytest.mark.usefixtures("var_dir")
class TestFiles:
    def test_nothing_of_an_item_stays_and_the_next_one_fits(
        self, full: _FullDisk, settings: Settings
    ) -> None:
        with pytest.raises(OSError, match="No space") as caught:
            intake.receive(items.submission(), actor="system")
        assert disk.is_full(caught.value)
        assert (Evidence.objects.count(), Blob.objects.count(), ledger.size()) == (0, 0, 0)
        assert lying(settings) == []
        full.is_full = False
        intake.receive(items.submission(), actor="system")
        assert len(lying(settings)) == 1

    def test_a_write_that_is_taken_in_part_is_no_success(self, settings: Settings) -> None:
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        content = BytesIO(os.urandom(150_000))
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, hard))
        try:
            with pytest.raises(OSError, match="too large"):
                store.put(content)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        assert lying(settings) == []

    def test_a_program_is_told_and_its_key_stays_free(self, full: _FullDisk, alice: Any) -> None:
        robot: Program = calls.program(alice)
        answer = robot.push("one")
        said = calls.error(answer, 503, "no_room")
        assert said["message"].startswith(disk.FULL)
        assert answer.headers["Retry-After"] == "300"
        full.is_full = False
        assert robot.push("one").status_code == 201

    def test_a_run_says_so_and_the_next_one_works(
        self, full: _FullDisk, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        source = world.source(world.install(monkeypatch))
        run = perform(source, period=None, key="night", attempt=1)
        assert (run.state, run.transient, run.reason) == (Run.State.FAILED, True, disk.FULL)
        full.is_full = False
        assert perform(source, period=None, key="night", attempt=2).state == Run.State.COMPLETE

    def test_another_trouble_with_files_is_no_full_disk(self) -> None:
        assert not disk.is_full(PermissionError(13, "no"))
        assert not disk.is_full(ValueError("No space left"))
        assert disk.is_full(OSError(28, "No space left on device"))


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A real file system with hardly any room."""
    place = tmp_path / "small"
    place.mkdir()
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=14m", "none", str(place)],
        capture_output=True,
        check=False,
    )
    if made.returncode:
        pytest.skip("this machine lets nobody mount a small disk")
    yield place
    subprocess.run(["umount", "--lazy", str(place)], check=True)


@pytest.mark.slow
def test_a_disk_that_is_full_for_database_and_files_loses_nothing(small_disk: Path) -> None:
    kept = {name: value for name, value in os.environ.items() if name not in OURS}
    environment = kept | {
        "DJANGO_SETTINGS_MODULE": "compliance.settings",
        "VAR_DIR": str(small_disk),
        "PYTHONPATH": str(HOUSE),
    }

    def run(*command: str) -> str:
        ended = subprocess.run(
            [sys.executable, *command],
            cwd=HOUSE,
            env=environment,
            capture_output=True,
            text=True,
            timeout=PATIENCE_SECONDS,
            check=False,
        )
        assert ended.returncode == 0, ended.stdout + ended.stderr
        return ended.stdout

    told = SimpleNamespace(**json.loads(run("-c", FULL).splitlines()[-1]))
    assert told.odd == []
    assert told.known == told.told
    assert told.gapless
    assert told.items == len(told.told)
    assert " 0 problems." in run("manage.py", "verify_ledger")
