"""What is special about Finix: two ways of paging, and an answer that is no list."""

from pathlib import Path
from typing import Any

import pytest

from collectors.errors import SourceNonsenseError
from tests.collectors.asking import OCTOBER, Told, ask
from tests.collectors.loopback import Loopback, Reply


def users(scratch: Path, *bodies: str) -> tuple[Told, list[str]]:
    with Loopback(*(Reply(body.encode()) for body in bodies)) as server:
        told = ask("finix_users", scratch, url=server.url, user="US1", password="planted-word")
    assert {each.headers["Finix-Version"] for each in server.asked} == {"2022-02-01"}
    assert all(each.headers["Authorization"].startswith("Basic ") for each in server.asked)
    return told, [each.path for each in server.asked]


def page(number: int, style: str) -> str:
    user = (
        f'{{"id": "US{number}", "role": "ROLE_PARTNER", "enabled": true, '
        '"created_at": "2026-01-01T00:00:00Z"}'
    )
    return f'{{"_embedded": {{"users": [{user}]}}, "page": {{"limit": 100, {style}}}}}'


def test_a_cursor_is_followed_until_it_is_null(scratch: Path) -> None:
    told, asked = users(scratch, page(1, '"next_cursor": "US1"'), page(2, '"next_cursor": null'))
    assert [row["key_id"] for row in told.rows] == ["US1", "US2"]
    assert asked == ["/users?limit=100", "/users?limit=100&after_cursor=US1"]
    # In this style Finix counts nothing itself.
    assert told.trail.source_count is None


def test_a_cursor_of_the_word_null_is_the_end(scratch: Path) -> None:
    told, asked = users(scratch, page(1, '"next_cursor": "null"'))
    assert (len(told.rows), len(asked)) == (1, 1)


def test_an_offset_is_followed_until_an_empty_page(scratch: Path) -> None:
    told, asked = users(
        scratch,
        page(1, '"offset": 0, "count": 2'),
        page(2, '"offset": 1, "count": 2'),
        '{"page": {"limit": 100, "offset": 2, "count": 2}}',
    )
    assert asked[1:] == ["/users?limit=100&offset=1", "/users?limit=100&offset=2"]
    assert told.trail.source_count == len(told.rows) == 2


@pytest.mark.parametrize(
    "body",
    [
        "{}",
        '{"total": 1, "_embedded": {"errors": []}}',
        '{"_embedded": {"users": []}}',
        page(1, '"count": 1'),
    ],
)
def test_an_answer_that_is_no_list_is_not_an_empty_one(scratch: Path, body: str) -> None:
    with pytest.raises(SourceNonsenseError):
        users(scratch, body)


@pytest.mark.parametrize("body", ["{}", '{"_embedded": {"transfers": []}}', '{"page": {}}'])
def test_nothing_is_not_taken_for_a_month_without_payments(scratch: Path, body: str) -> None:
    values: dict[str, Any] = {"user": "US1", "password": "planted-word"}
    with Loopback(Reply(body.encode())) as server, pytest.raises(SourceNonsenseError):
        ask("finix_transfers", scratch, period=OCTOBER, url=server.url, **values)


def test_bounds_of_a_period_are_exact_to_the_fraction(scratch: Path) -> None:
    moments = [
        "2026-09-30T23:59:59.99Z",
        "2026-10-01T00:00:00.00Z",
        "2026-10-31T23:59:59.99Z",
        "2026-11-01T00:00:00.00Z",
    ]
    listed = ", ".join(
        f'{{"id": "ST{place}", "created_at": "{at}", "currency": "EUR", "total_amount": 5, '
        '"total_fee": 1, "net_amount": 4}'
        for place, at in enumerate(moments)
    )
    last = '"page": {"limit": 9, "next_cursor": null}'
    body = f'{{"_embedded": {{"settlements": [{listed}]}}, {last}}}'
    with Loopback(Reply(body.encode())) as server:
        told = ask(
            "finix_settlements",
            scratch,
            period=OCTOBER,
            url=server.url,
            user="US1",
            password="planted-word",
        )
    assert [row["sum_id"] for row in told.rows] == ["ST1", "ST2"]
    assert "created_at.lte=2026-11-01T00%3A00%3A00" in server.asked[0].path
