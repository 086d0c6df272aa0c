"""Whoever opens a demo is led through its year, and begins nothing."""

from pytest_django import Settings

from compliance.demo.mark import SENTENCE
from tests.staff.desk import Desk


def test_a_demo_leads_through_its_year(alices: Desk, settings: Settings) -> None:
    settings.DEMO = SENTENCE
    page = alices.get("index")
    html = page.content.decode()
    assert "The tour of this demo" in html
    assert "First steps" not in html
    stops = page.context["stops"]
    assert len(stops) == 7
    for stop in stops:
        assert alices.client.get(stop.url).status_code == 200, stop.title


def test_no_other_installation_has_a_tour(alices: Desk) -> None:
    assert "The tour of this demo" not in alices.get("index").content.decode()
