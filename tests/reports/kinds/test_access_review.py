"""Reviews of access are told line by line, with what is left to decide and to prove."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from accounts.models import User
from audits import days
from tests.registers.reviewing import Reviewed
from tests.reports.written.reading import Read

Ask = Callable[..., Read]


def test_each_line_stands_with_its_decision(ask: Ask, alice: User, tmp_path: Path) -> None:
    reviewed = Reviewed(alice)
    campaign = reviewed.open()
    reviewed.decide(campaign, "keep", 1)
    reviewed.decide(campaign, "revoke", 2, why="Nobody uses it.")
    today = days.today()
    said = ask("access_review", start=today - timedelta(days=30), end=today)
    (row,) = said.sheets["Campaigns"][1:]
    assert (row[0], row[7], row[8], row[9], row[10]) == (campaign.ref, campaign.line_count, 2, 1, 0)
    lines = {line[1]: line for line in said.sheets["Lines"][1:]}
    assert len(lines) == campaign.line_count
    assert (lines[1][6], lines[2][6], lines[2][7]) == ("keep", "revoke", "Nobody uses it.")
    assert lines[3][6] == "not decided"
    assert said.figures["Not decided"] == campaign.line_count - 2


def test_a_period_before_has_none(ask: Ask, alice: User) -> None:
    Reviewed(alice).open()
    day = days.today() - timedelta(days=400)
    said = ask("access_review", start=day, end=day)
    assert "No review of access or tokens was open in the period." in said.words


@pytest.mark.usefixtures("world")
def test_nothing_at_all_is_told(ask: Ask) -> None:
    today = days.today()
    said = ask("access_review", start=today, end=today)
    assert "No line was reviewed in the period." in said.words
    assert "The register of service accounts and tokens has no entry." in said.words
