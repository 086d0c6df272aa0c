"""A first start as people do it: `manage.py up` or `demo`, and the link that it prints."""

import re
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.installation import HOUSE, PATIENCE_SECONDS, Installation, wait_until

__all__ = ["HOUSE", "Started", "running"]

_LINK = re.compile(r"http\S+/welcome/\S+/")
_ANSWERS = "Countersign runs at"
"""What is said once the web part answers; a demo shows its link before."""


@dataclass(frozen=True)
class Started:
    """Where the installation answers, and the link for its first administrator."""

    url: str
    welcome: str


@contextmanager
def running(
    folder: Path, *command: str, patience: float = PATIENCE_SECONDS, **settings: str
) -> Iterator[Started]:
    """Start an installation in a folder, wait for its invitation, stop it in the end.

    `command` is what manage.py is told, `up` where nothing is named; `patience` is in seconds.
    """
    port = _free_port()
    installation = Installation(folder, {"LISTEN": f"127.0.0.1:{port}", **settings})
    installation.start(command=command or ("up",))

    def invited() -> bool:
        supervisor = installation.supervisor
        if supervisor is not None and supervisor.poll() is not None:
            raise RuntimeError(f"The installation did not start:\n{installation.output()}")
        said = installation.output()
        return bool(_LINK.search(said)) and _ANSWERS in said

    try:
        wait_until(invited, what="the link for the first administrator", patience=patience)
        link = _LINK.search(installation.output())
        assert link is not None
        yield Started(f"http://localhost:{port}", link.group())
        installation.signal(signal.SIGTERM)
        installation.wait()
    finally:
        installation.end()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
