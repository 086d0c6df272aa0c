"""Loading a catalogue: a plan to look at, then all or nothing; wording moves on by versions."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from django.db import connection, connections
from django.utils import timezone

from accounts import journal
from accounts.errors import JournalError
from controls import loader
from controls.catalogue_rows import digest, stored
from controls.errors import CatalogueError, RewordingError, StalePlanError
from controls.models import (
    Check,
    Control,
    ControlMapping,
    ControlVersion,
    Criterion,
    Expectation,
    Framework,
    Risk,
)
from tests.controls.conftest import CONTROLS, Folder, Page
from tests.installation import PATIENCE_SECONDS

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("pages")]

TODAY = date(2026, 11, 21)
LATER = "Every door is locked and bolted at night."


@pytest.fixture(autouse=True)
def today(monkeypatch: pytest.MonkeyPatch) -> None:
    moment = datetime(2026, 11, 21, 23, 59, tzinfo=UTC)
    monkeypatch.setattr(timezone, "now", lambda: moment)


def load(folder: Folder, *, reword: bool = False) -> loader.CataloguePlan:
    plan = loader.plan(folder.path)
    loader.apply(plan, actor="user:7", reword=reword)
    return plan


def reword(folder: Folder, *, effective_from: str = "2026-01-01") -> None:
    folder.edit("Every door is locked\n      at night.", LATER)
    folder.edit("effective_from: 2026-01-01", f"effective_from: {effective_from}")


class TestAFirstLoad:
    def test_it_writes_everything_that_the_files_say(self, folder: Folder) -> None:
        load(folder)
        control = Control.objects.get()
        assert (control.ref, control.area, control.owner_role) == (
            "AC-01",
            "access_control",
            "engineer",
        )
        assert list(control.risks.values_list("ref", flat=True)) == ["R-01"]
        assert [str(criterion) for criterion in Criterion.objects.all()] == ["S1.1", "S1.2"]
        criterion = Criterion.objects.select_related("framework").get(ref="S1.2")
        assert (criterion.section_title, criterion.category) == ("First section", "Security")
        assert criterion.framework.version == "1"
        assert str(ControlMapping.objects.get()) == "AC-01 serves S1.1"

    def test_an_expectation_takes_from_its_control_what_it_does_not_say(
        self, folder: Folder
    ) -> None:
        load(folder)
        expectation = Expectation.objects.get(slug="door-list")
        assert expectation.owner_role == "engineer"
        assert expectation.active_from == date(2026, 1, 1)
        assert expectation.active_to is None
        assert expectation.collector == ""
        assert expectation.columns == [
            {"name": "door", "type": "text"},
            {"name": "locked", "type": "boolean"},
        ]
        assert expectation.required_columns == ["door", "locked"]

    def test_an_expectation_may_say_it_itself(self, folder: Folder) -> None:
        own = (
            "owner_role: reviewer\n        active_from: 2026-02-01\n"
            "        active_to: 2026-03-01\n        required_columns: [door]\n        checks:"
        )
        folder.edit("checks:", own)
        load(folder)
        expectation = Expectation.objects.get()
        assert expectation.owner_role == "reviewer"
        assert (expectation.active_from, expectation.active_to) == (
            date(2026, 2, 1),
            date(2026, 3, 1),
        )
        assert expectation.required_columns == ["door"]

    def test_a_check_has_a_digest_of_what_decides_its_result(self, folder: Folder) -> None:
        load(folder)
        check = Check.objects.get()
        assert check.criterion == Criterion.objects.get(ref="S1.1")
        assert check.digest == digest({"slug": check.slug, "sql": check.sql, "threshold": 0})
        assert len(check.digest) == 64

    def test_the_first_wording_is_in_force_since_the_day_in_the_file(self, folder: Folder) -> None:
        load(folder)
        version = ControlVersion.objects.get()
        assert (version.number, version.effective_from) == (1, date(2026, 1, 1))
        assert version.statement == "Every door is locked at night."

    def test_it_needs_no_leave_to_reword(self, folder: Folder) -> None:
        plan = loader.plan(folder.path)
        assert plan.rewordings == ()
        assert len(plan.wordings) == 1


class TestTheJournal:
    def test_it_gets_each_wording_and_one_page_for_the_rest(
        self, folder: Folder, pages: list[Page]
    ) -> None:
        load(folder)
        wording, rest = pages
        assert (wording.kind, wording.subject, wording.actor) == (
            "control_version",
            "AC-01",
            "user:7",
        )
        assert wording.body == {
            "number": 1,
            "effective_from": "2026-01-01",
            "sha256": ControlVersion.objects.get().digest,
        }
        assert (rest.kind, rest.subject, rest.actor) == ("catalogue", "catalogue", "user:7")
        changes = rest.body["changes"]
        assert isinstance(changes, list)
        assert {change["kind"] for change in changes} == {
            "framework",
            "criterion",
            "risk",
            "control",
            "mapping",
            "expectation",
            "check",
        }
        assert {
            "kind": "check",
            "key": "doors-open",
            "before": None,
            "after": digest(stored()["check", "doors-open"]),
        } in changes

    def test_a_version_s_digest_covers_all_that_it_says(self, folder: Folder) -> None:
        load(folder)
        assert ControlVersion.objects.get().digest == digest(
            {
                "control": "AC-01",
                "number": 1,
                "statement": "Every door is locked at night.",
                "effective_from": "2026-01-01",
            }
        )

    @pytest.mark.django_db(transaction=True)
    def test_without_it_nothing_is_written(
        self, folder: Folder, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(journal._Desk, "keeper", None)
        with pytest.raises(JournalError):
            load(folder)
        assert not Framework.objects.exists()
        assert not ControlVersion.objects.exists()


class TestASecondLoad:
    def test_it_changes_and_tells_nothing(self, folder: Folder, pages: list[Page]) -> None:
        load(folder)
        before = stored()
        told = len(pages)
        plan = load(folder)
        assert plan.is_empty
        assert (plan.changes, plan.wordings, plan.absent) == ((), (), ())
        assert stored() == before
        assert len(pages) == told
        assert ControlVersion.objects.count() == 1

    def test_wrapping_a_statement_anew_is_no_change(self, folder: Folder) -> None:
        load(folder)
        folder.edit(
            "Every door is locked\n      at night.", "Every door is locked at\n      night."
        )
        assert loader.plan(folder.path).is_empty

    def test_another_day_without_another_wording_dates_no_wording_anew(
        self, folder: Folder
    ) -> None:
        load(folder)
        folder.edit("effective_from: 2026-01-01", "effective_from: 2025-01-01")
        plan = load(folder)
        assert [str(change) for change in plan.changes] == [
            "change expectation door-list: active_from"
        ]
        assert ControlVersion.objects.get().effective_from == date(2026, 1, 1)

    @pytest.mark.parametrize(
        ("old", "new", "expected"),
        [
            ("title: Doors are locked at night", "title: Doors", "change control AC-01: title"),
            ("risks: [R-01]", "risks: []", "change control AC-01: risks"),
            ("nature: manual", "nature: hybrid", "change control AC-01: nature"),
            ("reason: A locked", "reason: The locked", "change mapping AC-01 small_1/S1.1: reason"),
            ("cadence: monthly", "cadence: weekly", "change expectation door-list: cadence"),
            ("WHERE NOT locked", "WHERE TRUE", "change check doors-open: sql, digest"),
            ("            criterion: S1.1\n", "", "change check doors-open: criterion"),
        ],
    )
    def test_it_names_and_makes_a_change(
        self, folder: Folder, pages: list[Page], old: str, new: str, expected: str
    ) -> None:
        load(folder)
        del pages[:]
        folder.edit(old, new)
        plan = load(folder)
        assert [str(change) for change in plan.changes] == [expected]
        assert loader.plan(folder.path).is_empty
        (page,) = pages
        changes = page.body["changes"]
        assert isinstance(changes, list)
        assert [change["before"] != change["after"] for change in changes] == [True]

    def test_it_adds_what_is_new(self, folder: Folder) -> None:
        load(folder)
        folder.write(
            "controls/more.yaml",
            CONTROLS.replace("AC-01", "AC-02").replace("door", "gate").replace("doors", "gates"),
        )
        plan = load(folder)
        assert [str(change) for change in plan.changes] == [
            "add control AC-02",
            "add mapping AC-02 small_1/S1.1",
            "add expectation gate-list",
            "add check gates-open",
        ]
        assert Control.objects.count() == 2


class TestWhatIsNoLongerInTheFiles:
    def test_it_is_named_and_kept(self, folder: Folder) -> None:
        load(folder)
        other = CONTROLS.replace("AC-01", "AC-02").replace("doors-open", "gates-open")
        folder.write("controls/doors.yaml", other.replace("door-list", "gate-list"))
        plan = load(folder)
        assert plan.absent == (
            "control AC-01",
            "mapping AC-01 small_1/S1.1",
            "expectation door-list",
            "check doors-open",
        )
        assert Control.objects.count() == 2
        assert Check.objects.count() == 2
        again = loader.plan(folder.path)
        assert again.is_empty
        assert again.absent == plan.absent

    def test_a_tie_that_a_control_dropped_is_taken_away(self, folder: Folder) -> None:
        folder.edit(
            "    expectations:", "      - {criterion: S1.2, reason: Too}\n    expectations:"
        )
        load(folder)
        assert ControlMapping.objects.count() == 2
        folder.edit("      - {criterion: S1.2, reason: Too}\n", "")
        plan = load(folder)
        assert [str(change) for change in plan.changes] == ["remove mapping AC-01 small_1/S1.2"]
        assert plan.absent == ()
        assert [str(tie) for tie in ControlMapping.objects.all()] == ["AC-01 serves S1.1"]
        assert Criterion.objects.count() == 2


class TestARewording:
    def test_it_is_refused_without_leave_and_nothing_else_happens(
        self, folder: Folder, pages: list[Page]
    ) -> None:
        load(folder)
        reword(folder)
        folder.edit("cadence: monthly", "cadence: weekly")
        told = len(pages)
        with pytest.raises(RewordingError, match="wording of AC-01 would change"):
            load(folder)
        assert Expectation.objects.get().cadence == "monthly"
        assert ControlVersion.objects.count() == 1
        assert len(pages) == told

    def test_it_becomes_the_next_version_from_today(
        self, folder: Folder, pages: list[Page]
    ) -> None:
        load(folder)
        reword(folder)
        (wording,) = load(folder, reword=True).rewordings
        assert (wording.old, wording.new) == ("Every door is locked at night.", LATER)
        first, second = ControlVersion.objects.all()
        assert first.statement == "Every door is locked at night."
        assert (second.number, second.statement, second.effective_from) == (2, LATER, TODAY)
        assert pages[-1].body == {
            "number": 2,
            "effective_from": "2026-11-21",
            "sha256": second.digest,
        }
        control = Control.objects.get()
        assert control.wording_on(date(2026, 11, 20)) == first
        assert control.wording_on(TODAY) == second
        assert loader.plan(folder.path).is_empty

    def test_it_may_come_into_force_later(self, folder: Folder) -> None:
        load(folder)
        reword(folder, effective_from="2027-01-01")
        load(folder, reword=True)
        assert ControlVersion.objects.get(number=2).effective_from == date(2027, 1, 1)

    def test_going_back_to_old_words_is_a_version_too(self, folder: Folder) -> None:
        load(folder)
        reword(folder)
        load(folder, reword=True)
        folder.write("controls/doors.yaml", CONTROLS)
        load(folder, reword=True)
        assert [version.number for version in ControlVersion.objects.all()] == [1, 2, 3]
        wording = Control.objects.get().wording_on(TODAY)
        assert wording is not None
        assert wording.statement == "Every door is locked at night."


class TestAPlan:
    def test_it_changes_nothing(self, folder: Folder) -> None:
        loader.plan(folder.path)
        assert stored() == {}

    def test_it_is_refused_when_the_database_has_moved_on(self, folder: Folder) -> None:
        plan = loader.plan(folder.path)
        Risk.objects.create(ref="R-01", title="Another", area="vendor")
        with pytest.raises(StalePlanError):
            loader.apply(plan, actor="system", reword=False)
        assert not Control.objects.exists()

    def test_applied_twice_it_acts_once(self, folder: Folder, pages: list[Page]) -> None:
        plan = loader.plan(folder.path)
        loader.apply(plan, actor="system", reword=False)
        told = len(pages)
        loader.apply(plan, actor="system", reword=False)
        assert len(pages) == told
        assert ControlVersion.objects.count() == 1

    def test_a_broken_folder_gives_none(self, folder: Folder) -> None:
        folder.write("risks.yaml", "\t")
        with pytest.raises(CatalogueError, match=r"risks\.yaml, line 1: a tab"):
            loader.plan(folder.path)


@pytest.mark.django_db(transaction=True)
def test_two_loads_at_once_load_once(folder: Folder, pages: list[Page]) -> None:
    barrier = threading.Barrier(2, timeout=PATIENCE_SECONDS)

    def run(_: int) -> None:
        try:
            plan = loader.plan(folder.path)
            barrier.wait()
            loader.apply(plan, actor="system", reword=False)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(run, range(2)))
    assert ControlVersion.objects.count() == 1
    assert [page.kind for page in pages] == ["control_version", "catalogue"]


def test_the_number_of_queries_does_not_grow_with_the_catalogue(
    folder: Folder, pages: list[Page], tmp_path: Path
) -> None:
    def count() -> int:
        with connection.execute_wrapper(tally):
            loader.plan(folder.path)
        return len(seen)

    seen: list[str] = []

    def tally(execute: object, sql: str, *rest: object) -> object:
        seen.append(sql)
        return execute(sql, *rest)  # type: ignore[operator]

    load(folder)
    one = count()
    text = CONTROLS.replace("AC-01", "AC-02").replace("door-list", "more").replace("doors-o", "o")
    folder.write("controls/more.yaml", text)
    load(folder)
    seen.clear()
    assert count() == one <= 10
