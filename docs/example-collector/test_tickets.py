"""The collector of tickets, found by its entry point and tried on a server on the loopback."""

from pathlib import Path

import pytest

from collectors import registry
from collectors.errors import SourceDeniedError
from tests.collectors.asking import OCTOBER, ask
from tests.collectors.loopback import Loopback, Reply

PAGES = [
    Reply(path.read_bytes())
    for path in sorted((Path(__file__).parent / "payloads").glob("page-*.json"))
]
EMPTY = Reply(b'{"tickets": [], "page": {"next": null, "total": 0}}')


def test_the_installed_package_brings_it() -> None:
    assert registry.get("tickets").version == "countersign-tickets 1.0"


def test_all_pages_become_rows(tmp_path: Path) -> None:
    with Loopback(*PAGES) as server:
        told = ask("tickets", tmp_path, url=server.url, token="secret", period=OCTOBER)
    assert [(row["ticket_id"], row["queue"]) for row in told.rows] == [
        ("T-1", "payouts"),
        ("T-2", "access"),
        ("T-3", "payouts"),
    ]
    assert told.trail.source_count == 3
    assert server.asked[0].headers["Authorization"] == "Bearer secret"
    assert server.asked[1].path.endswith("after=T-2")


def test_a_month_without_tickets_has_no_rows_and_says_so(tmp_path: Path) -> None:
    with Loopback(EMPTY) as server:
        told = ask("tickets", tmp_path, url=server.url, token="secret", period=OCTOBER)
    assert (told.rows, told.trail.source_count) == ([], 0)


def test_a_refused_token_is_told_in_words(tmp_path: Path) -> None:
    with Loopback(Reply(status=401)) as server, pytest.raises(SourceDeniedError, match="Renew"):
        ask("tickets", tmp_path, url=server.url, token="secret", period=OCTOBER)
