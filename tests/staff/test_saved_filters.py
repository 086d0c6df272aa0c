"""Saved filters: naming one on a list, opening the list with it, sharing, deleting, undoing."""

import re
from typing import Any

import pytest
from django.core import signing

from accounts import saved_filters
from accounts.models import SavedFilter, User
from compliance.staff import filter_shelf, undo
from tests.staff import desk
from tests.staff.desk import Desk, told

LISTS = (
    ("evidence_evidence_changelist", "area__exact=access_control"),
    ("audits_finding_changelist", "q=CC6"),
    ("work", "when=overdue"),
    ("merchants", "state=OVERDUE"),
    ("breaks", "state=open"),
)


def kept(desk: Desk, page: str = "work", query: str = "when=overdue", **more: Any) -> SavedFilter:
    return saved_filters.keep(desk.user, page=page, name="Late", query=query, **more)


def keep(alices: Desk, **sent: str) -> Any:
    return alices.client.post(desk.url("filter_keep"), sent)


@pytest.mark.parametrize(("page", "query"), LISTS)
def test_each_long_list_keeps_and_opens_with_a_filter(alices: Desk, page: str, query: str) -> None:
    address = desk.url(page)
    html = alices.client.get(f"{address}?{query}").content.decode()
    assert 'name="name"' in html
    sent = re.search(r'name="query" value="([^"]*)"', html)
    assert sent
    answer = keep(alices, page=page, query=f"{sent[1]}&p=1", name="Mine", default="1")
    assert answer.url == f"{address}?{query}"
    assert alices.get(page).url == f"{address}?{query}"
    # Who clears the filters comes from the list itself.
    cleared = alices.client.get(address, headers={"referer": f"http://testserver{address}?x=1"})
    assert cleared.status_code == 200
    named = alices.client.get(f"{address}?{query}").content.decode()
    assert 'aria-current="true">Mine' in named
    assert 'name="name"' not in named


def test_a_link_that_is_shared_works_for_others(alices: Desk, ivans: Desk) -> None:
    kept(alices, query="when=all")
    html = alices.get("filters").content.decode()
    link = re.search(r'readonly value="[a-z]+://[^/]+([^"]+)"', html)
    assert link
    assert ivans.client.get(link[1]).status_code == 200
    assert "Late" not in ivans.text("filters")


def test_a_deleted_filter_comes_back_by_the_button(alices: Desk) -> None:
    one = kept(alices, is_default=True)
    page = alices.post("filter_drop", one.pk, follow=True)
    assert "deleted" in told(page)
    assert not SavedFilter.objects.exists()
    deed = re.search(r'name="deed" value="([^"]+)"', page.content.decode())
    assert deed
    for _ in range(2):
        assert "kept again" in told(alices.post("undo", follow=True, deed=deed[1]))
    again = SavedFilter.objects.get()
    assert (again.name, again.query, again.is_default) == ("Late", "when=overdue", True)


def test_only_who_did_it_takes_it_back_and_only_for_an_hour(
    alices: Desk, ivans: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = alices.post("filter_drop", kept(alices).pk, follow=True)
    found = re.search(r'name="deed" value="([^"]+)"', page.content.decode())
    assert found
    assert "Only who did this" in told(ivans.post("undo", follow=True, deed=found[1]))
    assert "no longer" in told(alices.post("undo", follow=True, deed="made up"))
    monkeypatch.setattr(undo, "GOOD_SECONDS", -1)
    assert "no longer" in told(alices.post("undo", follow=True, deed=found[1]))
    assert not SavedFilter.objects.exists()
    forged = signing.dumps([alices.user.pk, "filter.dropped", {}], salt="another")
    assert "no longer" in told(alices.post("undo", follow=True, deed=forged))


def test_a_list_that_there_is_not_keeps_none(alices: Desk, strangers: tuple[User, ...]) -> None:
    answer = keep(alices, page="nowhere", query="x=1", name="A")
    assert answer.url == desk.url("filters")
    assert not SavedFilter.objects.exists()
    desk.assert_refused("filters", strangers=strangers)


def test_the_same_choice_is_one_query() -> None:
    assert filter_shelf.query_of("b=&a=1&p=3&after=9&c=x%20y") == "a=1&c=x+y"
    assert filter_shelf.query_of("&".join(f"a{n}=1" for n in range(60))) == ""
