"""The copy of the evidence in folders and in SharePoint: one way, whole, and at rest when done."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from hashlib import sha256
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from openpyxl import load_workbook
from pytest_django import Settings

from collectors.errors import SourceDeniedError
from evidence import review
from evidence.models import BlobKey, Evidence, LedgerEntry
from jobs import performing
from jobs.models import Job
from reports import tasks
from reports.errors import WorkspaceError
from reports.workspace import folder
from reports.workspace.filing import COLUMNS, filed
from reports.workspace.places import Place, chosen
from reports.workspace.syncing import Outcome, sync
from tests.audits.world import World, hand_in, hand_in_staff, submission
from tests.collectors.loopback import Asked
from tests.reports.workspace.graph import LIBRARY, SECRET, Graph

pytestmark = pytest.mark.django_db


@pytest.fixture
def items(world: World) -> list[Evidence]:
    """One accepted, one that waits, with names that folders cannot hold."""
    first = hand_in_staff(world, date(2026, 6, 10), prepared_by=None)
    review.accept(first, reviewer=world.alice)
    odd = hand_in(
        replace(
            submission(
                b"bytes", world.start, world.end, world.leavers, filename="left behind.xlsx"
            ),
            title="Who left: June/August?",
        )
    )
    return [first, odd]


@pytest.fixture
def graph() -> Iterator[Graph]:
    with Graph() as served:
        yield served


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Beside the store, which lies in the same folder of the test."""
    return tmp_path / "workspace"


def brought(place: Place) -> Outcome:
    return sync(place, actor="system")


def in_folder(root: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(root)): path.read_bytes()
        for path in sorted(root.rglob("*"))
        if path.is_file() and path.name != ".countersign.json"
    }


class TestFiling:
    def test_each_current_item_has_a_place_and_its_columns(self, items: list[Evidence]) -> None:
        first, odd = filed()
        assert odd.path == f"Access Control/2026-08/{items[1].ref} Who left June August.xlsx"
        assert tuple(first.columns) == COLUMNS
        assert first.columns["Trust Services Criteria"] == "CC6.1"
        assert first.columns["Review status"] == "Accepted"
        assert odd.columns["Review status"] == "Awaiting review"
        assert first.columns["SHA-256"] == items[0].blob_id

    def test_what_was_superseded_is_not_there(self, world: World, items: list[Evidence]) -> None:
        newer = hand_in_staff(world, date(2026, 6, 12), supersedes=items[0])
        assert [one.ref for one in filed()] == [items[1].ref, newer.ref]

    def test_the_restricted_and_the_destroyed_are_listed_without_a_file(
        self, world: World, items: list[Evidence]
    ) -> None:
        item = submission(b"s", world.start, world.end, world.leavers)
        hand_in(replace(item, sensitivity="restricted"))
        BlobKey.objects.filter(blob=items[1].blob_id).update(wrapped_key=b"")
        assert [(bool(one.path), one.reason.split(":")[0]) for one in filed()] == [
            (True, ""),
            (False, "Its content was destroyed when its retention ended."),
            (False, "It is restricted"),
        ]


@pytest.mark.usefixtures("items")
class TestFolder:
    def test_it_holds_the_same_bytes_and_an_index(self, root: Path, items: list[Evidence]) -> None:
        brought(folder.Folder(root))
        files = in_folder(root)
        book = load_workbook(root / "index.xlsx", read_only=True)
        header, *rows = book["Index"].iter_rows(values_only=True)
        assert sha256(files[str(rows[0][-2])]).hexdigest() == items[0].blob_id
        assert {str(row[-2]) for row in rows} | {"index.xlsx"} == set(files)
        assert header[:3] == ("Reference", "Version", "Control area")
        assert rows[0][header.index("Covers from")] == datetime(2026, 6, 10)  # noqa: DTZ001

    def test_a_second_run_changes_nothing_and_says_nothing(self, root: Path) -> None:
        first = brought(folder.Folder(root))
        files, leaves = in_folder(root), LedgerEntry.objects.count()
        second = brought(folder.Folder(root))
        assert (len(first.written), second.written, second.same) == (3, [], 3)
        assert (in_folder(root), LedgerEntry.objects.count()) == (files, leaves)

    def test_it_follows_what_changes_and_leaves_a_leaf(
        self, root: Path, world: World, items: list[Evidence]
    ) -> None:
        brought(folder.Folder(root))
        newer = hand_in_staff(world, date(2026, 6, 12), supersedes=items[0])
        outcome = brought(folder.Folder(root))
        assert len(outcome.removed) == 1
        assert items[0].ref in outcome.removed[0]
        assert any(newer.ref in path for path in in_folder(root))
        leaf = json.loads(LedgerEntry.objects.filter(kind="workspace.synced").last().leaf)  # type: ignore[union-attr]
        assert (leaf["body"]["written"], leaf["body"]["removed"]) == (2, 1)

    def test_what_somebody_changed_is_written_over_and_his_own_files_stay(
        self, root: Path, items: list[Evidence]
    ) -> None:
        brought(folder.Folder(root))
        before = in_folder(root)
        changed = next(path for path in before if items[0].ref in path)
        (root / changed).write_bytes(b"other bytes")
        (root / "notes.txt").write_text("mine")
        outcome = brought(folder.Folder(root))
        assert outcome.written == [changed]
        assert in_folder(root) == before | {"notes.txt": b"mine"}

    def test_a_rehearsal_writes_no_file(self, root: Path) -> None:
        outcome = sync(folder.Folder(root), actor="system", is_rehearsal=True)
        assert (len(outcome.written), in_folder(root)) == (3, {})

    def test_the_workspace_of_another_installation_is_not_emptied(self, root: Path) -> None:
        brought(folder.Folder(root))
        kept = root / ".countersign.json"
        known = json.loads(kept.read_text())
        for number in range(5):
            (root / f"{number}.csv").write_text("of another")
            known[f"{number}.csv"] = {"sha256": "0" * 64, "size": 1, "changed": 1}
        kept.write_text(json.dumps(known))
        with pytest.raises(WorkspaceError, match="another installation"):
            brought(folder.Folder(root))
        assert (root / "4.csv").exists()
        outcome = sync(folder.Folder(root), actor="system", may_empty=True)
        assert len(outcome.removed) == 5

    def test_a_memory_that_leads_out_of_the_folder_removes_nothing(self, root: Path) -> None:
        (root.parent / "secret.txt").write_text("stays")
        root.mkdir()
        known = {"../secret.txt": {"sha256": "0" * 64, "size": 5, "changed": 1}}
        (root / ".countersign.json").write_text(json.dumps(known))
        with pytest.raises(WorkspaceError, match="outside the workspace"):
            brought(folder.Folder(root))
        assert (root.parent / "secret.txt").exists()


@pytest.mark.usefixtures("items")
class TestSharePoint:
    @pytest.fixture
    def library(self, graph: Graph, settings: Settings) -> str:
        settings.WORKSPACE_SECRET = SECRET
        return graph.address()

    def test_it_writes_files_with_their_columns(
        self, graph: Graph, library: str, items: list[Evidence]
    ) -> None:
        brought(chosen(library))
        path = next(path for path in graph.files if items[0].ref in path)
        assert sha256(graph.files[path]).hexdigest() == items[0].blob_id
        row = graph.rows[path]
        assert row["CountersignTrustServicesCriteria"] == "CC6.1"
        assert row["CountersignCoversFrom"] == "2026-06-10T12:00:00Z"
        assert "index.xlsx" in graph.files

    def test_a_second_run_writes_nothing(self, graph: Graph, library: str) -> None:
        brought(chosen(library))
        graph.written.clear()
        before = len(graph.asked)
        outcome = brought(chosen(library))
        assert (outcome.same, graph.written) == (3, [])
        assert {one.method for one in graph.asked[before + 1 :]} <= {"GET", "POST"}
        assert not [one for one in graph.asked[before:] if one.method in {"PUT", "PATCH", "DELETE"}]

    def test_a_review_changes_the_columns_alone(
        self, graph: Graph, library: str, world: World, items: list[Evidence]
    ) -> None:
        brought(chosen(library))
        graph.written.clear()
        review.accept(items[1], reviewer=world.alice)
        outcome = brought(chosen(library))
        assert (len(outcome.described), graph.written) == (1, ["index.xlsx"])
        assert graph.rows[outcome.described[0]]["CountersignReviewStatus"] == "Accepted"

    def test_what_somebody_else_wrote_there_is_written_again(
        self, graph: Graph, library: str, items: list[Evidence]
    ) -> None:
        brought(chosen(library))
        path = next(path for path in graph.files if items[0].ref in path)
        graph.files[path], graph.by[path] = b"tampered", "another-app"
        graph.files["plan.docx"], graph.rows["plan.docx"] = b"theirs", {}
        graph.by["plan.docx"] = "a-person"
        assert brought(chosen(library)).written == [path]
        assert sha256(graph.files[path]).hexdigest() == items[0].blob_id
        assert graph.files["plan.docx"] == b"theirs"

    def test_a_large_file_goes_in_pieces(self, graph: Graph, library: str, world: World) -> None:
        content = bytes(range(256)) * 64 * 1024 + b"end"
        content = content[: 11 * 1024 * 1024 + 5]
        item = hand_in(submission(content, world.start, world.end, world.leavers))
        brought(chosen(library))
        assert graph.files[next(path for path in graph.files if item.ref in path)] == content

    def test_a_busy_server_is_asked_again(self, graph: Graph, library: str) -> None:
        graph.busy = 1
        assert len(brought(chosen(library)).written) == 3

    def test_a_wrong_secret_is_said_and_told_to_nobody(
        self, graph: Graph, settings: Settings
    ) -> None:
        settings.WORKSPACE_SECRET = "wr0ng-and-secret"
        with pytest.raises(SourceDeniedError) as refused:
            brought(chosen(graph.address()))
        assert "wr0ng" not in str(refused.value)

    @pytest.mark.usefixtures("library")
    def test_a_library_that_is_not_there_is_named_with_those_that_are(self, graph: Graph) -> None:
        with pytest.raises(WorkspaceError, match=f"'Other'; it has Documents, {LIBRARY}"):
            brought(chosen(graph.address("Other")))

    @pytest.mark.parametrize("url", ["sharepoint://host/sites/a/b", "ftp://host/x", "folder"])
    def test_an_address_that_names_no_place_is_refused(self, url: str) -> None:
        with pytest.raises(WorkspaceError, match="WORKSPACE_URL"):
            chosen(url)

    def test_the_permission_goes_to_graph_alone(self, graph: Graph, library: str) -> None:
        brought(chosen(library))
        signed: list[Asked] = [one for one in graph.asked if "Authorization" in one.headers]
        assert signed
        assert all(one.path.startswith("/v1.0/") for one in signed)


@pytest.mark.usefixtures("items")
class TestDoors:
    def test_the_command_previews_and_brings(self, root: Path, items: list[Evidence]) -> None:
        said = StringIO()
        call_command("sync_workspace", f"file:{root}", preview=True, stdout=said)
        assert f"would write Access Control/2026-06/{items[0].ref}" in said.getvalue()
        call_command("sync_workspace", f"file:{root}", stdout=said)
        assert "3 written, 0 described, 0 removed, 0 same" in said.getvalue()

    def test_without_a_place_the_command_says_how_to_name_one(self) -> None:
        with pytest.raises(CommandError, match="file:/srv/evidence"):
            call_command("sync_workspace")

    def test_workers_do_it_each_day_where_a_place_is_set(
        self, root: Path, settings: Settings
    ) -> None:
        now = datetime(2026, 9, 1, tzinfo=UTC)
        tasks.ask_for_workspace(now)
        assert not Job.objects.filter(kind=tasks.WORKSPACE).exists()
        settings.WORKSPACE_URL = f"file:{root}"
        tasks.ask_for_workspace(now)
        tasks.ask_for_workspace(now)
        job = Job.objects.get(kind=tasks.WORKSPACE)
        performing.perform(job.pk)
        job.refresh_from_db()
        assert job.result is not None
        assert (job.state, job.result["written"]) == (Job.State.DONE, 3)
