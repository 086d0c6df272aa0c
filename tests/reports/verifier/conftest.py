"""A verifier to hand packs to, and what it found."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from reports.verifier import verify
from tests.reports.verifier.packs import KEY


@dataclass(frozen=True)
class Outcome:
    """What the verifier said of a pack."""

    status: int
    verdict: str
    passed: list[str]
    failures: list[tuple[str, str]]
    unchecked: list[str]

    def refuses(self, file: str, reason: str) -> bool:
        """Say whether the pack was found invalid for this reason, told of this file."""
        known = any(file == name and reason in told for name, told in self.failures)
        return known and (self.status, self.verdict) == (1, "INVALID")


Verifier = Callable[..., Outcome]


@pytest.fixture
def verified(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Verifier:
    """Verify the bytes of a pack within this process."""

    def verified(pack: bytes, *options: str, key: str = KEY.vkey) -> Outcome:
        path = tmp_path / "pack.zip"
        path.write_bytes(pack)
        status = verify.main([str(path), "--key", key, "--json", *options])
        told = json.loads(capsys.readouterr().out)
        assert told["exit_status"] == status
        failures = [(one["file"], one["reason"]) for one in told["failures"]]
        return Outcome(status, told["verdict"], told["passed"], failures, told["unchecked"])

    return verified
