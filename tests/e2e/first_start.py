"""A first start as people do it: `manage.py up`, and the link that it prints."""

import re
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.installation import HOUSE, Installation, wait_until

__all__ = ["HOUSE", "Started", "running"]

_LINK = re.compile(r"http\S+/welcome/\S+/")


@dataclass(frozen=True)
class Started:
    """Where the installation answers, and the link for its first administrator."""

    url: str
    welcome: str


@contextmanager
def running(folder: Path, **settings: str) -> Iterator[Started]:
    """Start an installation in a folder, wait for its invitation, stop it in the end."""
    port = _free_port()
    installation = Installation(folder, {"LISTEN": f"127.0.0.1:{port}", **settings})
    installation.start()

    def invited() -> bool:
        supervisor = installation.supervisor
        if supervisor is not None and supervisor.poll() is not None:
            raise RuntimeError(f"The installation did not start:\n{installation.output()}")
        return bool(_LINK.search(installation.output()))

    try:
        wait_until(invited, what="the link for the first administrator")
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
