"""Loading the ties of a second framework: added, changed and taken away with their file."""

import pytest

from controls import loader
from controls.models import ControlMapping
from tests.controls.conftest import OTHER, TIES, Folder, Page

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("pages")]


def load(folder: Folder) -> loader.CataloguePlan:
    plan = loader.plan(folder.path)
    loader.apply(plan, actor="user:7", reword=False)
    return plan


@pytest.fixture
def two(folder: Folder) -> Folder:
    folder.write("frameworks/other_2.yaml", OTHER)
    folder.write("mappings/other_2.yaml", TIES)
    return folder


def ties() -> dict[str, str]:
    rows = ControlMapping.objects.select_related("criterion__framework")
    return {
        f"{row.criterion.framework.slug}/{row.criterion.ref}": row.reason
        for row in rows
        if row.criterion.framework.slug == "other_2"
    }


def test_its_ties_are_written_once(two: Folder, pages: list[Page]) -> None:
    load(two)
    assert ties() == {"other_2/1.1.1": "Doors are doors."}
    told = len(pages)
    assert load(two).is_empty
    assert len(pages) == told


def test_it_can_be_added_to_a_catalogue_in_force(folder: Folder) -> None:
    load(folder)
    folder.write("frameworks/other_2.yaml", OTHER)
    folder.write("mappings/other_2.yaml", TIES)
    plan = load(folder)
    assert [str(change) for change in plan.changes] == [
        "add framework other_2",
        "add criterion other_2/1.1.1",
        "add mapping AC-01 other_2/1.1.1",
    ]
    assert plan.wordings == ()


def test_a_changed_reason_is_shown_and_written(two: Folder) -> None:
    load(two)
    two.edit("Doors are doors.", "Doors are gates.", name="mappings/other_2.yaml")
    assert [str(change) for change in load(two).changes] == [
        "change mapping AC-01 other_2/1.1.1: reason"
    ]
    assert ties() == {"other_2/1.1.1": "Doors are gates."}


def test_a_tie_that_left_its_file_is_taken_away(two: Folder) -> None:
    load(two)
    (two.path / "mappings/other_2.yaml").unlink()
    assert [str(change) for change in load(two).changes] == ["remove mapping AC-01 other_2/1.1.1"]
    assert ties() == {}
