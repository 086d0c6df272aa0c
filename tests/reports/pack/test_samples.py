"""Sampling in the pack: the verifier draws again from it alone, and notices what is bent."""

import io
import json
import zipfile
from datetime import datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from accounts.models import User
from audits import engagements, packs, worksheets
from audits.models import Draw, Engagement, SealedPopulation
from audits.sampling import Method
from audits.worksheets import ItemResult
from evidence import ledger
from reports.errors import ContradictionError
from reports.pack import samples
from tests import append_only
from tests.audits.sealing import Findings, admit, changes, drawn, item, sealed
from tests.audits.world import SECURITY, World
from tests.reports.making import members, verify, written

pytestmark = pytest.mark.usefixtures("no_pdf")


@pytest.fixture
def engagement(world: World, bob: User) -> Engagement:
    engagement = world.engagement()
    admit(engagement, bob, by=world.alice)
    return engagement


@pytest.fixture
def audit(world: World, engagement: Engagement, bob: User) -> Engagement:
    """Two populations, a draw by every method, and a work sheet with a changed mind."""
    population = sealed(world, engagement)
    for number, method in enumerate(Method, 1):
        drawn(population, bob, method=method, reason=f"Draw {number}: another view.")
    sealed(world, engagement, item(world, []))
    draw = Draw.objects.get(number=1)
    worksheets.choose_attributes(draw, titles=["Ticket", "Approval"], by=bob)
    row = draw.said["rows"][0]
    for result in (
        ItemResult(row, "A", "deviation", "=No ticket\nat all."),
        ItemResult(row, "A", "pass", "It was found."),
    ):
        worksheets.record_results(draw, results=[result], by=bob, report_deviation=Findings())
    return engagement


def content(engagement: Engagement) -> bytes:
    return written(packs.freeze(engagement, by=None))


class TestGoodPack:
    def test_the_verifier_draws_again(self, audit: Engagement, tmp_path: Path) -> None:
        said = verify(content(audit), tmp_path)
        assert said.returncode == 0, said.stdout
        assert "4 draws from 2 populations come out again; 3 entries of work sheets" in said.stdout

    def test_the_same_pack_gives_the_same_bytes(self, audit: Engagement) -> None:
        pack = packs.freeze(audit, by=None)
        assert written(pack) == written(pack)

    def test_each_record_lies_in_its_folder(self, audit: Engagement) -> None:
        found = members(content(audit))
        names = [
            name for name in found if name.startswith(("populations/", "draws/", "worksheets/"))
        ]
        assert names == [
            *(f"draws/P1-D{number}.json" for number in (1, 2, 3, 4)),
            *("populations/P1.json", "populations/P2.json"),
            *(f"worksheets/P1-D1-W{number}.json" for number in (1, 2, 3)),
        ]
        assert found["draws/P1-D1.json"].decode() == Draw.objects.get(number=1).record

    def test_what_comes_after_the_pack_changes_nothing(self, audit: Engagement, bob: User) -> None:
        pack = packs.freeze(audit, by=None)
        before = written(pack)
        drawn(SealedPopulation.objects.get(number=1), bob, size=20, reason="Widened.")
        assert written(pack) == before

    def test_a_table_that_is_no_original_is_read(
        self, world: World, engagement: Engagement, bob: User, tmp_path: Path
    ) -> None:
        rows = [(row[0], row[1], 'a "quoted"\nname', row[3]) for row in changes(30)]
        population = sealed(world, engagement, item(world, rows))
        drawn(population, bob, method=Method.STRATIFIED)
        said = verify(content(engagement), tmp_path)
        assert said.returncode == 0, said.stdout

    def test_what_was_sealed_stays_in_when_its_control_leaves_the_scope(
        self, world: World, bob: User, tmp_path: Path
    ) -> None:
        engagement = world.engagement(SECURITY, "Availability")
        admit(engagement, bob, by=world.alice)
        world.leavers, world.access = world.restore, world.backup
        drawn(sealed(world, engagement), bob)
        engagements.choose_categories(engagement, categories={SECURITY: "Only."}, by=world.alice)
        said = verify(content(engagement), tmp_path)
        assert said.returncode == 0, said.stdout
        assert "1 draws from 1 populations" in said.stdout

    def test_the_index_lists_populations_draws_and_results(
        self, audit: Engagement, bob: User
    ) -> None:
        book = openpyxl.load_workbook(io.BytesIO(members(content(audit))["index.xlsx"]))
        (_, first, second), (_, *draws), (_, *results) = (
            list(book[name].iter_rows(values_only=True))
            for name in ("Populations", "Draws", "Results")
        )
        assert (first[1], first[7], first[12]) == ("AC-01", 60, 32)
        assert first[8] == "2026-06: 20, 2026-07: 20, 2026-08: 20"
        assert first[9:12] == ("amount: 1830", datetime.fromisoformat("2026-09-02T08:00"), 0)
        assert second[7] == 0
        assert [row[2] for row in draws] == [method.words for method in Method]
        assert draws[0][9] == f"Bob Achterberg (user:{bob.pk})"
        assert [(row[3], row[4], row[6]) for row in results] == [
            ("deviation", "=No ticket\nat all.", "no"),
            ("pass", "It was found.", "yes"),
        ]
        assert book["Results"].cell(2, 5).data_type == "s"

    def test_an_audit_without_samples_has_no_such_sheets(self, engagement: Engagement) -> None:
        book = openpyxl.load_workbook(io.BytesIO(members(content(engagement))["index.xlsx"]))
        assert "Draws" not in book.sheetnames


class TestContradictions:
    @pytest.mark.parametrize("change", [{"record": "{}"}, {"ledger_entry": 0}])
    def test_a_changed_row_is_not_packed(self, audit: Engagement, change: dict[str, Any]) -> None:
        pack = packs.freeze(audit, by=None)
        chosen = Draw.objects.filter(number=2)
        with append_only.forging():
            if "record" in change:
                chosen.update(**change)
            else:
                chosen.get().items.all().delete()
                chosen.delete()
        with pytest.raises(ContradictionError, match=r"/P1/D2"):
            samples.recorded(packs.selection_of(pack))


class TestTampering:
    """What somebody without the key does to a pack is noticed by digests; here is a sample."""

    def test_a_flipped_row_number_is_refused(self, audit: Engagement, tmp_path: Path) -> None:
        whole = bytearray(content(audit))
        with zipfile.ZipFile(io.BytesIO(whole)) as archive:
            info = archive.getinfo("draws/P1-D1.json")
        start = info.header_offset + 30 + len(info.filename)
        place = whole.index(b'"rows":[', start) + len(b'"rows":[')
        whole[place] = ord("9")
        assert verify(bytes(whole), tmp_path).returncode == 1


def test_the_records_are_canonical(audit: Engagement) -> None:
    found = members(content(audit))
    for name, text in found.items():
        if name.startswith(("populations/", "draws/", "worksheets/")):
            assert text == ledger.canonical(json.loads(text)), name
