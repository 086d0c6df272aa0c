"""The portfolio counts forms by state, type and level, and lists all of the live environment."""

from collections.abc import Callable

import pytest

from accounts.models import User
from audits.days import day_of
from tests.merchants import shops
from tests.reports.written.reading import Read

Ask = Callable[..., Read]


def test_forms_are_counted_and_listed_without_names(ask: Ask, alice: User) -> None:
    platform = shops.application(alice)
    form = shops.form(alice, of=platform)
    shops.form(alice, of=shops.application(alice, environment="sandbox"))
    said = ask("merchant_portfolio")
    (row,) = said.sheets["Forms"][1:]
    assert (row[0], row[1], row[5]) == (form.ref, form.merchant.ref, "Incomplete")
    assert row[6].date() == day_of(form.due_at)
    assert said.figures["Complete, in percent"] == 0
    assert said.figures["Incomplete"] == 1
    assert [(line[0], line[6]) for line in said.sheets["By questionnaire"][1:]] == [
        (form.form_type, 1)
    ]
    assert shops.BAKERY.business_name not in said.words


@pytest.mark.usefixtures("world")
def test_an_empty_portfolio_is_told(ask: Ask) -> None:
    said = ask("merchant_portfolio")
    assert "No form was issued to a merchant yet." in said.words
