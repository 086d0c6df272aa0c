"""Reverse tests and walkthroughs in the pack: the verifier repeats them from it alone."""

import io
import json
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from accounts.models import User
from audits import engagements, packs, reverse_tests, walkthroughs
from audits.models import Engagement, ReverseTest, SealedPopulation
from audits.reverse_tests import SourceResult
from audits.walkthroughs import Step
from reports.errors import ContradictionError
from reports.pack import samples
from tests import append_only
from tests.audits.sealing import NONCE, admit, month, sealed
from tests.audits.walking import WALKED
from tests.audits.world import SECURITY, World, hand_in, submission
from tests.reports.making import members, verify, written

pytestmark = pytest.mark.usefixtures("no_pdf")


@pytest.fixture
def population(world: World, bob: User) -> SealedPopulation:
    """A population of three months, tested in both directions."""
    engagement = world.engagement()
    admit(engagement, bob, by=world.alice)
    first, *others = (month(world, place) for place in range(3))
    made = sealed(world, engagement, first, further=others)
    reverse_tests.look_up(made, text="CHG-0041\n=CHG-99 | the board", seen="the log", by=bob)
    reverse_tests.look_up(made, text="ann", seen="the log", column="author", by=bob)
    test = reverse_tests.choose_rows(made, nonce=NONCE, size=4, by=bob)
    first_row, second_row = test.said["rows"][:2]
    for outcome, seen in (("differs", {"author": "bea"}), ("agrees", {})):
        reverse_tests.record_source(
            test, results=[SourceResult(first_row, outcome, seen, "Seen.")], by=bob
        )
    reverse_tests.record_source(test, results=[SourceResult(second_row, "agrees")], by=bob)
    reverse_tests.choose_rows(made, rows=[60], by=bob)
    step = Step("It is listed.", "The list.", [first.ref])
    walkthroughs.record_walkthrough(
        engagement, control=world.access, walked=replace(WALKED, steps=[step]), by=bob
    )
    return made


def content(engagement: Engagement) -> bytes:
    return written(packs.freeze(engagement, by=None))


def test_the_verifier_repeats_them(population: SealedPopulation, tmp_path: Path) -> None:
    said = verify(content(population.engagement), tmp_path)
    assert said.returncode == 0, said.stdout
    assert "4 reverse tests too; 1 walkthroughs" in said.stdout


def test_each_record_lies_in_its_folder(population: SealedPopulation) -> None:
    found = members(content(population.engagement))
    names = [name for name in found if name.startswith(("reversetests/", "walkthroughs/"))]
    entries = [f"reversetests/P1-T3-E{number}.json" for number in (1, 2, 3)]
    tests = [f"reversetests/P1-T{number}.json" for number in (1, 2, 3, 4)]
    assert names == [*sorted([*entries, *tests]), "walkthroughs/W1.json"]
    first = ReverseTest.objects.get(number=1)
    assert found["reversetests/P1-T1.json"].decode() == first.record


def test_the_index_lists_every_line(population: SealedPopulation) -> None:
    book = openpyxl.load_workbook(io.BytesIO(members(content(population.engagement))["index.xlsx"]))
    rows = [list(row) for row in book["Reverse tests"].iter_rows(min_row=2, values_only=True)]
    assert [row[3] for row in rows[:3]] == ["CHG-0041", "=CHG-99", "ann"]
    assert [row[5] for row in rows[:3]] == ["found", "not found", "found several times"]
    assert rows[1][4] == "the board; looked for in column change_id"
    outcomes = [(str(row[0]).rpartition("/")[2], row[5], row[10]) for row in rows[3:]]
    assert outcomes == [
        ("T3", "not recorded yet", "yes"),
        ("T3", "not recorded yet", "yes"),
        ("T4", "not recorded yet", "yes"),
        ("E1", "differs", "no"),
        ("E2", "agrees", "yes"),
        ("E3", "agrees", "yes"),
    ]
    [walked] = book["Walkthroughs"].iter_rows(min_row=2, values_only=True)
    assert (walked[1], walked[6], walked[10]) == ("AC-01", 1, "as described")


def test_what_a_walkthrough_shows_stays_in_though_the_scope_moved(
    world: World, bob: User, tmp_path: Path
) -> None:
    engagement = world.engagement(SECURITY, "Availability")
    admit(engagement, bob, by=world.alice)
    shown = hand_in(submission(b"restored\n", date(2026, 7, 1), None, world.restore))
    walked = replace(WALKED, steps=[Step("a", "b", [shown.ref])])
    walkthroughs.record_walkthrough(engagement, control=world.backup, walked=walked, by=bob)
    engagements.choose_categories(engagement, categories={SECURITY: "Only."}, by=world.alice)
    pack = content(engagement)
    assert f"evidence/{shown.ref}/{shown.filename}" in members(pack)
    said = verify(pack, tmp_path)
    assert said.returncode == 0, said.stdout


def test_a_record_that_was_bent_is_never_packed(population: SealedPopulation) -> None:
    pack = packs.freeze(population.engagement, by=None)
    selection = packs.selection_of(pack)
    bent: dict[str, Any] = ReverseTest.objects.get(number=1).said
    bent["looked_up"][1]["outcome"] = "found"
    with append_only.forging():
        ReverseTest.objects.filter(number=1).update(record=json.dumps(bent))
    with pytest.raises(ContradictionError, match="T1"):
        samples.recorded(selection)
