"""Runs Python in a process of its own that knows nothing of the run of the tests around it."""

import os
import subprocess
import sys
from pathlib import Path

_OURS = ("PYTEST", "TEST_", "DATABASE_", "DJANGO_", "VAR_DIR", "BROKER_")


def run(folder: Path, *command: str, path: Path | None = None) -> str:
    """Return what it prints; what is on `path` is found as if it were installed."""
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(_OURS)
    } | {"PYTHONDONTWRITEBYTECODE": "1"}
    if path:
        environment["PYTHONPATH"] = str(path)
    done = subprocess.run(
        [sys.executable, *command],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
