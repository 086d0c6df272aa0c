"""A case as files in a folder, and verify.py run over them as an auditor runs it."""

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from tests.acceptance.attacks.registry import Case
from tests.reports.verifier.packs import VERIFIER


@dataclass(frozen=True)
class Outcome:
    """What a verifier said of a pack."""

    verdict: str
    failures: list[tuple[str, str]]
    unchecked: list[str]
    meaning: str = ""

    def fits(self, case: Case) -> bool:
        """Say whether this is what must be said of the case."""
        if self.verdict != case.verdict:
            return False
        # Whoever is no engineer reads what a refusal means; nothing else has a meaning to tell.
        if bool(self.meaning) != (self.verdict == "INVALID"):
            return False
        if case.verdict == "COULD NOT CHECK":
            return any(case.reason in told for told in self.unchecked)
        blamed = any(file == case.file and case.reason in why for file, why in self.failures)
        return blamed or case.verdict == "VALID"


def options(case: Case, folder: Path) -> list[str]:
    """Lay the case down and return the arguments of verify.py."""
    pack = folder / "pack.zip"
    pack.write_bytes(case.pack)
    told = [str(pack), "--key", case.key]
    for option, content in (
        ("--held-checkpoint", case.held),
        ("--scope", None if case.scope is None else case.scope.encode()),
    ):
        if content is not None:
            path = folder / option.strip("-")
            path.write_bytes(content)
            told += [option, str(path)]
    for option, text in (
        ("--nonce", case.nonce),
        ("--request", case.request),
        ("--not-before", case.not_before),
    ):
        told += [option, text] if text is not None else []
    for witness in case.witnesses or ():
        told += ["--witness", witness]
    return told


def run_script(case: Case, folder: Path) -> Outcome:
    """Run verify.py as a program of its own, cut off from everything else."""
    command = [sys.executable, "-I", str(VERIFIER), *options(case, folder), "--json"]
    done = subprocess.run(command, capture_output=True, check=False, cwd="/")
    told = json.loads(done.stdout)
    assert told["exit_status"] == done.returncode
    failures = [(one["file"], one["reason"]) for one in told["failures"]]
    return Outcome(told["verdict"], failures, told["unchecked"], told["meaning"])
