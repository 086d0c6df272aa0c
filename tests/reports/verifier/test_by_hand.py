"""docs/verify.md shows the same by hand: its commands are run as they stand there."""

import re
import subprocess
from pathlib import Path

import pytest
from django.conf import settings

from tests.conftest import demand
from tests.reports.verifier import packs
from tests.reports.verifier.packs import KEY, STATEMENT, good
from tests.reports.verifier.test_time_stamps import add, made, token
from tests.reports.verifier.trees import sha256
from tests.reports.verifier.zips import zipped

pytestmark = pytest.mark.debian

PAGE = Path(settings.BASE_DIR, "docs", "verify.md").read_text(encoding="utf-8")
BY_HAND = PAGE.split("## The same by hand")[1]
BLOCKS = re.findall(r"^```\n(.*?)^```$", BY_HAND, re.MULTILINE | re.DOTALL)
OURS = [block for block in BLOCKS if not block.startswith("cosign ")]


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """A good pack whose checkpoint was stamped."""
    authority = made(tmp_path_factory.mktemp("tsa"))
    draft = good()
    draft.manifest["sealed_at"] = "2020-01-01T10:00:00.000000Z"
    packs.finish(draft)
    add(draft, token(authority, draft.files[packs.CHECKPOINT]))
    return draft.seal() | {"root": authority.root.read_bytes()}


def run(folder: Path, files: dict[str, bytes]) -> "subprocess.CompletedProcess[str]":
    for program, package in (("unzip", "unzip"), ("openssl", "openssl")):
        demand(program, package)
    files = dict(files)
    # The certificates are the auditor's own; they come from elsewhere than the pack.
    root = files.pop("root")
    (folder / "PACK.zip").write_bytes(zipped(files))
    (folder / "tsa-ca.pem").write_bytes(root)
    blocks = "\n".join(OURS).replace("-CAfile tsa-ca.pem", "-CAfile ../tsa-ca.pem")
    script = f"set -eu\nVKEY='{KEY.vkey}'\n{blocks}"
    command = [demand("bash", "bash"), "-c", script]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def lacking(said: "subprocess.CompletedProcess[str]") -> list[str]:
    """Return what a person would look for in what the commands print, and not find."""
    told = said.stdout + said.stderr
    found = {
        "an end without an error": said.returncode == 0,
        "digests agree": "digests agree" in told,
        "nothing was added": "nothing was added" in told,
        "the digests are the signed ones": "the digests are the signed ones" in told,
        "two signatures": told.count("Signature Verified Successfully") == 2,
        "a time-stamp": "Verification: OK" in told,
    }
    return [words for words, is_there in found.items() if not is_there]


def test_a_good_pack_passes_every_command(tmp_path: Path, files: dict[str, bytes]) -> None:
    said = run(tmp_path, files)
    assert lacking(said) == [], said
    assert sha256(b"\0" + files["leaves/1.json"]) in said.stdout


@pytest.mark.parametrize(
    ("name", "content", "lacks"),
    [
        ("README.txt", b"another one", "digests agree"),
        ("extra.exe", b"MZ", "nothing was added"),
        (STATEMENT, good(seed=1).seal()[STATEMENT], "the digests are the signed ones"),
        ("checkpoint.txt", b"", "an end without an error"),
    ],
    ids=["a changed file", "an added file", "another statement", "no checkpoint"],
)
def test_a_bent_pack_does_not(
    tmp_path: Path, files: dict[str, bytes], name: str, content: bytes, lacks: str
) -> None:
    assert lacks in lacking(run(tmp_path, files | {name: content}))


def test_the_page_has_the_commands_that_are_run() -> None:
    assert len(OURS) == len(BLOCKS) - 1
    assert sum("openssl" in block for block in OURS) == 4
