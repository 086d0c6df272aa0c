"""A pack of many files and its verification, beside a plain loop over the same files."""

import os
import secrets
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from hashlib import sha256
from pathlib import Path
from statistics import median

from django.conf import settings
from django.core.management import call_command

import reports
from audits import engagements, packs
from audits.models import Pack
from controls.models import Criterion, Expectation, Framework
from evidence import checkpoint, intake, store
from evidence.models import Evidence
from reports import audit_pack_zip
from tests import cast
from tests.benchmarks.stopwatch import ROUNDS, Measure, Rival, compared, take_turns
from tests.evidence import items

ITEM = 200_000
BATCH = 100
LAUNCHER = Path(__file__).parent / "launch.py"
VERIFIER = Path(reports.__file__).parent / "verifier" / "verify.py"


def measure(quick: bool) -> Iterator[Measure]:
    count = 200 if quick else 10_000
    call_command("load_catalogue", yes=True, verbosity=0)
    pack = _pack(count)
    path = Path(settings.VAR_DIR) / "pack.zip"
    size = f"{count:,} files, {count * ITEM / 1e6:.0f} MB"
    rate = count * ITEM / 1e6
    memory = _memory_of_writing(pack, path)
    yield from _streamed(pack, size, rate, memory)
    yield from _to_the_disk(pack, size, rate, memory, path)
    seconds, memory = _verify(path)
    hashed = take_turns([lambda: _hash_members(path)])[0]
    yield compared(
        "verify",
        size,
        (rate / seconds, "MB/s"),
        Rival("hashlib loop", rate / hashed, ">= 0.7"),
        ratio=hashed / seconds,
        memory_mb=memory,
    )


def _streamed(pack: Pack, size: str, rate: float, memory: int) -> Iterator[Measure]:
    """Measure the writer by itself: what it writes goes nowhere, as with the plain loop."""
    nowhere = Path(os.devnull)
    ours, plain = take_turns([lambda: _write(pack, nowhere), _read_all])
    yield compared(
        "pack",
        size,
        (rate / ours, "MB/s"),
        Rival("open and hash", rate / plain, ">= 0.5"),
        ratio=plain / ours,
        memory_mb=memory,
    )


def _to_the_disk(pack: Pack, size: str, rate: float, memory: int, path: Path) -> Iterator[Measure]:
    """Measure what a person waits for, beside a loop that writes as much."""
    copy = path.with_suffix(".copy")
    ours, plain = take_turns([lambda: _write(pack, path), lambda: _read_all(copy)])
    copy.unlink()
    yield compared(
        "pack to the disk",
        size,
        (rate / ours, "MB/s"),
        Rival("open, hash, write", rate / plain, ">= 0.5"),
        ratio=plain / ours,
        memory_mb=memory,
    )


def _pack(count: int) -> Pack:
    lead = cast.person("administrator")
    framework = Framework.objects.get(slug="tsc_2017")
    security = Criterion.objects.get(framework=framework, ref="CC6.1").category
    engagement = engagements.open_engagement(
        "Benchmark",
        framework=framework,
        type="soc2_type2",
        window_from=date(2026, 1, 1),
        window_to=date(2026, 6, 30),
        categories={security: "Always in scope."},
        by=lead,
    )
    expectation = Expectation.objects.get(slug="staff-mfa-state")
    for start in range(0, count, BATCH):
        batch = [_item(expectation) for _ in range(min(BATCH, count - start))]
        intake.receive_many(batch, actor="system")
    return packs.freeze(engagement, by=lead)


def _item(expectation: Expectation) -> intake.Submission:
    return replace(
        items.PLAIN,
        content=secrets.token_bytes(ITEM),
        filename="item.bin",
        covers_from=date(2026, 3, 1),
        covers_to=date(2026, 3, 1),
        collected_at=datetime(2026, 3, 1, 12, tzinfo=UTC),
        claims=(expectation,),
    )


def _write(pack: Pack, path: Path) -> None:
    with path.open("wb") as file:
        audit_pack_zip.write(pack, file)


def _memory_of_writing(pack: Pack, path: Path) -> int:
    """Return the peak memory in MB of a process that does nothing but write the pack.

    The PDF engine is a process of its own and not counted.
    """
    command = [sys.executable, "-m", "tests.benchmarks.write_pack", str(pack.pk), str(path)]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return int(told.split()[-1])


def _read_all(copy: Path = Path(os.devnull)) -> None:
    """Open, hash and copy every stored file, as a plain loop would."""
    with copy.open("wb") as target:
        for digest in Evidence.objects.order_by("pk").values_list("blob_id", flat=True):
            running = sha256()
            with store.open_blob(digest) as reader:
                while chunk := reader.read(256 * 1024):
                    running.update(chunk)
                    target.write(chunk)


def _verify(path: Path) -> tuple[float, int]:
    """Return the median seconds of the verifier as a whole process, and its peak memory in MB."""
    command = [sys.executable, "-I", str(VERIFIER), str(path), "--key", checkpoint.vkey()]
    # What this process holds would count as the peak of a child: a small one starts the verifier.
    launch = [sys.executable, "-I", str(LAUNCHER), *command]
    runs = []
    for _ in range(ROUNDS):
        told = subprocess.run(launch, capture_output=True, text=True, check=True).stdout
        seconds, memory = told.split()
        runs.append((float(seconds), int(memory)))
    return median(seconds for seconds, _ in runs), max(memory for _, memory in runs)


def _hash_members(path: Path) -> None:
    with zipfile.ZipFile(path) as pack:
        for name in pack.namelist():
            with pack.open(name) as member:
                running = sha256()
                while chunk := member.read(1024 * 1024):
                    running.update(chunk)
