"""Following pages: every way to the end, and no way without one."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest

from collectors.deadline import Deadline
from collectors.errors import SourceNonsenseError, SourceRefusedError
from collectors.trail import Trail
from collectors.wire import paging
from collectors.wire.http import Client
from collectors.wire.paging import Turn
from tests.collectors.loopback import Loopback, Reply


@contextmanager
def asked(server: Loopback, path: str = "/api") -> Iterator[Client]:
    deadline = Deadline.after(timedelta(seconds=20))
    with server, Client(f"{server.url}{path}", deadline=deadline, trail=Trail()) as api:
        yield api


def read(turn: Turn, *bodies: str, links: list[str] | None = None, **options: Any) -> Any:
    """The ids that came, and the queries that were sent."""
    server = Loopback()
    for place, body in enumerate(bodies):
        told = links[place] if links and place < len(links) else ""
        link = {"Link": told.replace("{url}", server.url)} if told else {}
        server.replies.append(Reply(body.encode(), headers=link))
    with asked(server) as api:
        found = [item.integer("id") for item in paging.items(api, "users", turn=turn, **options)]
    return found, [each.path.removeprefix("/api") for each in server.asked]


def test_a_link_header_is_followed_to_the_last_page() -> None:
    links = [
        '<{url}/api/users?page=9>; rel="last", <{url}/api/users?a=1&a=2&page=2>; rel="next"',
        '<{url}/api/users?page=1>; rel="prev"',
    ]
    found, queries = read(
        paging.by_link(), '[{"id": 1}]', '[{"id": 2}]', links=links, params={"limit": "1"}
    )
    assert found == [1, 2]
    assert queries == ["/users?limit=1", "/users?a=1&a=2&page=2"]


def test_a_link_to_another_server_is_not_followed() -> None:
    links = ['<https://elsewhere.example/users?page=2>; rel="next"']
    with pytest.raises(SourceRefusedError, match=r"https://elsewhere\.example.*not carried"):
        read(paging.by_link(), '[{"id": 1}]', links=links)


def test_a_cursor_is_sent_back_until_it_is_null() -> None:
    found, queries = read(
        paging.by_cursor("page.next", sends="after"),
        '{"page": {"next": "b"}, "users": [{"id": 1}]}',
        '{"page": {"next": 7}, "users": [{"id": 2}]}',
        '{"page": {"next": null}, "users": [{"id": 3}]}',
        where="users",
    )
    assert found == [1, 2, 3]
    assert queries == ["/users", "/users?after=b", "/users?after=7"]


@pytest.mark.parametrize(
    "end", ['{"page": {}, "users": []}', '{"page": {"next": "c"}, "users": []}']
)
def test_an_empty_page_ends_the_list(end: str) -> None:
    first = '{"page": {"next": "b"}, "users": [{"id": 1}]}'
    found, queries = read(paging.by_cursor("page.next", sends="after"), first, end, where="users")
    assert (found, len(queries)) == ([1], 2)


def test_an_empty_page_in_the_middle_may_be_no_end() -> None:
    found, _ = read(
        paging.by_cursor("next", sends="token"),
        '{"next": "b", "users": []}',
        '{"users": [{"id": 1}]}',
        where="users",
        empty_ends=False,
    )
    assert found == [1]


def test_a_page_that_does_not_say_whether_there_are_more_is_nonsense() -> None:
    with pytest.raises(SourceNonsenseError, match=r"page of page\.next is missing"):
        read(paging.by_cursor("page.next", sends="after"), '{"users": [{"id": 1}]}', where="users")
    with pytest.raises(SourceNonsenseError, match="more is missing"):
        read(paging.by_offset(more="more"), '{"users": [{"id": 1}]}', where="users")


def test_an_offset_counts_what_came() -> None:
    found, queries = read(
        paging.by_offset(more="more"),
        '{"more": true, "users": [{"id": 1}, {"id": 2}]}',
        '{"more": true, "users": [{"id": 3}]}',
        '{"more": false, "users": [{"id": 4}]}',
        where="users",
    )
    assert found == [1, 2, 3, 4]
    assert queries == ["/users", "/users?offset=2", "/users?offset=3"]


def test_page_numbers_go_on_until_an_empty_page() -> None:
    found, queries = read(paging.by_number(), '[{"id": 1}]', '[{"id": 2}]', "[]")
    assert (found, queries) == ([1, 2], ["/users", "/users?page=2", "/users?page=3"])


def test_the_last_id_is_sent_back_while_there_are_more() -> None:
    found, queries = read(
        paging.by_last_id(sends="starting_after", more="has_more"),
        '{"has_more": true, "data": [{"id": 1}, {"id": 2}]}',
        '{"has_more": false, "data": [{"id": 3}]}',
        where="data",
    )
    assert (found, queries) == ([1, 2, 3], ["/users", "/users?starting_after=2"])


def test_an_address_in_the_answer_is_followed() -> None:
    found, queries = read(
        paging.by_address("_links.next.href"),
        '{"_links": {"next": {"href": "/users?after=1"}}, "value": [{"id": 1}]}',
        '{"_links": {"next": null}, "value": [{"id": 2}]}',
        where="value",
    )
    assert (found, queries[1]) == ([1, 2], "/users?after=1")


def test_a_cursor_that_comes_twice_is_refused() -> None:
    pages = [f'{{"next": "b", "users": [{{"id": {number}}}]}}' for number in range(5)]
    with pytest.raises(SourceNonsenseError, match="leads back to a page that was read already"):
        read(paging.by_cursor("next", sends="after"), *pages, where="users")


def test_cursors_that_go_round_in_a_ring_are_refused_before_they_come_again() -> None:
    bodies = [f'{{"next": "{c}", "users": [{{"id": {n}}}]}}' for n, c in enumerate("abcab")]
    turn = paging.by_cursor("next", sends="after")
    server = Loopback(*(Reply(body.encode()) for body in bodies))
    with asked(server) as api:
        rows = paging.items(api, "users", where="users", turn=turn)
        with pytest.raises(SourceNonsenseError, match="would never end"):
            list(rows)
    # The fourth answer leads to `a` again, where the second came from.
    assert len(server.asked) == 4


@pytest.mark.parametrize("turn", [paging.by_number(), paging.by_offset()])
def test_a_source_that_ignores_the_page_is_refused(turn: Turn) -> None:
    with pytest.raises(SourceNonsenseError, match="would never end"):
        read(turn, '[{"id": 1}]')


def test_a_list_may_be_left_out_where_the_source_does_so() -> None:
    assert read(paging.by_number(), "{}", where="_embedded", may_lack=True)[0] == []
    with pytest.raises(SourceNonsenseError, match="without the list users"):
        read(paging.by_number(), "{}", where="users")


def test_pages_are_read_as_they_are_wanted() -> None:
    """However long a list is, no page is fetched before its rows are asked for."""
    server = Loopback(Reply(b'[{"id": 1}]'), Reply(b'[{"id": 2}]'), Reply(b"[]"))
    with asked(server) as api:
        rows = paging.items(api, "users", turn=paging.by_number())
        next(rows)
        assert len(server.asked) == 1
        assert len(list(rows)) == 1


def test_ways_may_be_chosen_by_the_answer() -> None:
    def chosen(listed: paging.Listed) -> Turn:
        styled = listed.whole.part("page").value("next") is not None
        return paging.by_cursor("page.next", sends="after") if styled else paging.by_offset()

    found, queries = read(
        paging.either(chosen),
        '{"page": {"next": "b"}, "users": [{"id": 1}]}',
        '{"page": {"offset": 0}, "users": [{"id": 2}]}',
        '{"page": {"offset": 1}, "users": []}',
        where="users",
    )
    assert (found, queries[1:]) == ([1, 2], ["/users?after=b", "/users?after=b&offset=1"])
