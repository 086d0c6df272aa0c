"""The calendar of the organisation is checked at the start, with a sentence saying what to set."""

from datetime import date

import pytest
from django.core.exceptions import ImproperlyConfigured

from compliance import environment


def calendar(monkeypatch: pytest.MonkeyPatch, country: str, region: str) -> tuple[str, str]:
    monkeypatch.setenv("COUNTRY", country)
    monkeypatch.setenv("REGION", region)
    return environment.holiday_calendar("COUNTRY", "REGION")


@pytest.mark.parametrize(
    ("country", "region", "found"),
    [("", "", ("", "")), ("de", "", ("DE", "")), ("DE", "by", ("DE", "BY"))],
)
def test_a_known_calendar_is_taken(
    monkeypatch: pytest.MonkeyPatch, country: str, region: str, found: tuple[str, str]
) -> None:
    assert calendar(monkeypatch, country, region) == found


@pytest.mark.parametrize(
    ("country", "region", "words"),
    [
        ("Germany", "", "COUNTRY is 'GERMANY', for which no holidays are known"),
        ("", "BY", "COUNTRY is ''"),
        ("DE", "XX", "REGION is 'XX'; of DE these are known: .*BY"),
    ],
)
def test_an_unknown_one_stops_the_start(
    monkeypatch: pytest.MonkeyPatch, country: str, region: str, words: str
) -> None:
    with pytest.raises(ImproperlyConfigured, match=words):
        calendar(monkeypatch, country, region)


def test_own_days_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OWN", "2026-12-24, 2026-12-31")
    assert environment.days("OWN") == {date(2026, 12, 24), date(2026, 12, 31)}
    monkeypatch.setenv("OWN", "24.12.2026")
    with pytest.raises(ImproperlyConfigured, match="set it to days as in 2026-12-24"):
        environment.days("OWN")
