"""A receiver of events on the loopback: what it was sent, and what it answers."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any


@dataclass
class Receiver:
    """Answers with a status, and keeps the headers and bodies that came."""

    url: str = ""
    status: int = 200
    lines: int = 0
    """How many connections were opened."""
    seconds: float = 0.0
    """How long it takes to answer."""
    got: list[tuple[dict[str, str], bytes]] = field(default_factory=list)

    @property
    def events(self) -> list[tuple[dict[str, str], bytes]]:
        """What came, without the empty test events."""
        return [one for one in self.got if one[1]]


@contextmanager
def listening() -> Iterator[Receiver]:
    """Run a receiver for as long as the block lasts."""
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def setup(self) -> None:
            super().setup()
            receiver.lines += 1

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            time.sleep(receiver.seconds)
            receiver.got.append((dict(self.headers.items()), body))
            self.send_response(receiver.status)
            self.send_header("Content-Length", "0")
            self.send_header("Location", f"{receiver.url}/elsewhere")
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            """Tests speak for themselves."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    receiver.url = f"http://127.0.0.1:{server.server_address[1]}/hook"
    thread = Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
