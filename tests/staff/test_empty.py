"""An empty installation: each list that holds nothing says what to do next."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.test.html import Element, parse_html

from accounts.models import User
from compliance.staff.door import site
from tests.staff import desk
from tests.staff.desk import Desk

_SAYS_NEXT = {"p", "a", "button"}


def pages() -> list[str]:
    """Every page that needs nothing but its address, and every list."""
    own = [each.route for each in site.pages if "GET" in each.methods and "<" not in each.route]
    lists = [f"{each._meta.app_label}/{each._meta.model_name}/" for each in site._registry]
    return [*(route for route in own if route.endswith("/")), *lists]


def parts(whole: object) -> Iterator[Element]:
    """Walk through all parts of a page."""
    if isinstance(whole, Element):
        yield whole
        for child in whole.children:
            yield from parts(child)


def is_empty_state(part: Element) -> bool:
    return ("class", "cs-empty") in part.attributes


@pytest.fixture
def roots(root: User, var_dir: Path) -> Desk:
    return desk.at(root)


def test_an_empty_list_says_what_to_do_next(roots: Desk) -> None:
    silent, told = [], 0
    for path in pages():
        page = parse_html(roots.client.get(f"/admin/{path}", follow=True).content.decode())
        for part in filter(is_empty_state, parts(page)):
            told += 1
            if not _SAYS_NEXT & {each.name for each in parts(part)}:
                silent.append(f"{path}: {part}")
    assert told > 20
    assert silent == []


def test_who_may_not_do_it_is_offered_no_button(roots: Desk, ivans: Desk) -> None:
    assert roots.text("audits_engagement_changelist").count("Open an engagement") == 2
    assert "Open an engagement" not in ivans.text("audits_engagement_changelist")
