"""Choices of forms, their figures, and the list that a job writes and keeps."""

import csv
from io import StringIO
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from accounts.models import User
from evidence import store
from evidence.models import Evidence
from merchants import exporting, portfolio
from merchants.errors import NotAllowedError
from merchants.portfolio import Choice
from tests.merchants import shops

pytestmark = pytest.mark.django_db
SQLITE = pytest.mark.skipif(connection.vendor != "sqlite", reason="reads the plans of SQLite")


def _quiet(_done: int, _total: int, _note: str) -> None:
    """Nobody watches."""


def test_a_choice_is_the_same_after_it_was_kept() -> None:
    choice = Choice("sandbox", 7, "OVERDUE", "B", "3", "30")
    assert portfolio.of_json(choice.to_json()) == choice
    assert portfolio.of_json({}) == Choice()


def test_figures_are_what_the_lists_hold(alice: User) -> None:
    shops.form(alice, form_type="B", level=1)
    shops.aged(shops.form(alice), 20)
    shops.aged(shops.signed(alice).form, 500)
    shops.form(alice, of=shops.application(alice, environment="sandbox"))
    found = portfolio.count("live", timezone.now())
    assert found.total == 3
    facets: Any = found.facets
    for facet, words in facets.items():
        for word, states in words.items():
            if facet == "age" and word == portfolio.OLDER:
                continue  # Rows of a test are aged after they were numbered.
            for state, forms in states.items():
                listed = portfolio.chosen(Choice(state=state, **{facet: word}))
                assert listed.count() == forms or facet == "age"
    assert found.facets["age"]["30"] == {"INCOMPLETE": 2}
    assert found.facets["age"]["7"] == {"INCOMPLETE": 1}


def test_small_portfolios_need_no_job(alice: User) -> None:
    shops.form(alice)
    assert portfolio.ask_for_figures(timezone.now()) is None
    found = portfolio.figures("live")
    assert found
    assert found.by_state == {"INCOMPLETE": 1}


def test_a_list_is_written_once_and_names_nobody(alice: User, charlie: User) -> None:
    form = shops.form(alice, own_number="=1+1")
    shops.form(alice, form_type="B")
    with pytest.raises(NotAllowedError):
        exporting.ask(Choice(), by=charlie)
    job = exporting.ask(Choice(form_type="A"), by=alice)
    seen: list[tuple[int, int]] = []
    told = exporting.run(
        job.payload, key=job.key, progress=lambda done, total, _: seen.append((done, total))
    )
    evidence = Evidence.objects.get()
    content = b"".join(store.stream(evidence.blob_id)).decode()
    (row,) = csv.DictReader(StringIO(content))
    assert told == {"evidence": evidence.ref, "forms": 1}
    assert (row["form_id"], row["merchant_level"], row["state"]) == (form.ref, "4", "INCOMPLETE")
    assert "Brot" not in content
    assert seen == [(1, 1)]
    assert evidence.population.ipe["parameters"] == {"environment": "live", "form_type": "A"}
    assert exporting.run(job.payload, key=job.key, progress=_quiet) == {"evidence": evidence.ref}
    assert Evidence.objects.count() == 1


@SQLITE
@pytest.mark.parametrize(
    "choice",
    [
        Choice(),
        Choice(state="OVERDUE"),
        Choice(form_type="A"),
        Choice(level="1"),
        Choice(state="OVERDUE", form_type="A"),
        Choice(state="OVERDUE", age="30"),
    ],
)
def test_a_list_follows_an_index_and_sorts_nothing(alice: User, choice: Choice) -> None:
    plan = portfolio.chosen(choice).filter(pk__lt=10**6)[:51].explain()
    assert "SEARCH merchants_complianceform" in plan
    assert "TEMP B-TREE" not in plan
