"""A population of several parts in the pack: each is there, and the draw comes out again."""

import io
from pathlib import Path

import openpyxl
import pytest

from accounts.models import User
from audits import packs
from audits.models import Engagement, SealedPopulation
from audits.sampling import Method
from reports import work_sheet
from tests.audits.sealing import admit, drawn, month, sealed
from tests.audits.world import World
from tests.reports.making import members, verify, written

pytestmark = pytest.mark.usefixtures("no_pdf")


@pytest.fixture
def engagement(world: World, bob: User) -> Engagement:
    engagement = world.engagement()
    admit(engagement, bob, by=world.alice)
    return engagement


@pytest.fixture
def summer(world: World, engagement: Engagement) -> SealedPopulation:
    june, july, august = (month(world, place) for place in range(3))
    return sealed(world, engagement, august, further=[june, july])


@pytest.mark.parametrize("method", Method)
def test_the_verifier_draws_again_from_the_pack(
    engagement: Engagement,
    summer: SealedPopulation,
    bob: User,
    tmp_path: Path,
    method: Method,
) -> None:
    drawn(summer, bob, method=method)
    content = written(packs.freeze(engagement, by=None))
    said = verify(content, tmp_path)
    assert said.returncode == 0, said.stdout
    assert "1 draws from 1 populations come out again" in said.stdout
    book = openpyxl.load_workbook(io.BytesIO(members(content)["index.xlsx"]))
    _, listed = book["Populations"].iter_rows(values_only=True)
    assert listed[2] == "EV-000001 EV-000002 EV-000003"
    assert listed[9] == "amount: 1830"


def test_the_work_sheet_names_the_rows_of_every_part(
    summer: SealedPopulation, bob: User, tmp_path: Path
) -> None:
    draw = drawn(summer, bob, method=Method.ALL)
    work_sheet.write(draw, tmp_path / "sheet.xlsx")
    sheet = openpyxl.load_workbook(tmp_path / "sheet.xlsx").worksheets[0]
    told = {str(cell) for row in sheet.iter_rows(values_only=True) for cell in row}
    assert {f"CHG-{number:04d}" for number in range(1, 61)} <= told
