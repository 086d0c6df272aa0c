"""A processor on the loopback that lists transfers by cursor, a hundred on a page, for benchmarks.

Usage: python -m tests.benchmarks.pages_server ROWS DAY. It prints its port, and ends with its
standard input, so that it does not outlive who measures.
"""

import json
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

PER_PAGE = 100
_LETTERS = "bcdfghjkmnpqrstv"


def name(number: int) -> str:
    """Return an id in letters only, as long as those of a processor."""
    return "TR" + "".join(_LETTERS[int(digit, 16)] for digit in f"{number:022x}")


def page(first: int, rows: int, day: str) -> bytes:
    """Return one page in the shape that Finix documents."""
    last = min(first + PER_PAGE, rows)
    listed: list[dict[str, object]] = [
        {
            "id": name(number),
            "created_at": f"{day}T{number % 24:02}:{number % 60:02}:00.00Z",
            "type": "DEBIT",
            "subtype": "API",
            "state": "SUCCEEDED",
            "amount": number % 9000 + 100,
            "fee": 30,
            "currency": "EUR",
            "merchant": "MUlindgren",
            "idempotency_id": f"order-{name(number)}",
            "trace_id": f"trace-{name(number)}",
            "failure_code": None,
            "ready_to_settle_at": f"{day}T23:00:00.00Z",
            "tags": {},
        }
        for number in range(first, last)
    ]
    cursor = str(last) if last < rows else None
    told = {"_embedded": {"transfers": listed}, "page": {"limit": PER_PAGE, "next_cursor": cursor}}
    return json.dumps(told).encode()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    rows = 0
    day = ""

    def do_GET(self) -> None:
        asked = parse_qs(urlsplit(self.path).query)
        body = page(int(asked.get("after_cursor", ["0"])[0]), self.rows, self.day)
        self.send_response_only(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Date", self.date_time_string())
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """The measures speak for themselves."""


def main(rows: int, day: str) -> None:
    _Handler.rows, _Handler.day = rows, day
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    sys.stdout.write(f"{server.server_address[1]}\n")
    sys.stdout.flush()
    sys.stdin.read()


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2])
