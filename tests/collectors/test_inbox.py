"""Watched folders."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from collectors import connections
from collectors.connections import Wishes
from collectors.errors import FileRefusedError
from collectors.files import inbox
from collectors.files.inbox import Arrival, arrivals
from collectors.models import Run, Source
from collectors.run import perform
from tests.collectors import world

pytestmark = pytest.mark.django_db

NAME = "roster__2026-10-31.csv"


@pytest.fixture
def source() -> Source:
    return connections.connect(
        "csv_import", slug="rosters", wishes=Wishes(title="Rosters"), by=world.BY
    )


@pytest.fixture
def folder(source: Source) -> Path:
    return inbox.folder_of(source)


def put(folder: Path, name: str = NAME, content: str = "name\nAnn\n", *, age: float = 60) -> Path:
    path = folder / name
    path.write_text(content)
    when = path.stat().st_mtime - age
    os.utime(path, (when, when))
    return path


def seen(source: Source) -> list[Arrival]:
    return list(arrivals(source, now=datetime.now(UTC)))


def test_a_settled_file_has_arrived(source: Source, folder: Path) -> None:
    assert not inbox.has_files(source)
    path = put(folder)
    assert inbox.has_files(source)
    (arrival,) = seen(source)
    assert (arrival.source, arrival.path) == (source, path)
    assert inbox.digest(path)[:40] in arrival.ticket
    assert len(arrival.ticket) <= 200


def test_a_file_that_still_grows_is_left_alone(source: Source, folder: Path) -> None:
    put(folder, age=0)
    assert seen(source) == []
    assert list(arrivals(source, now=datetime.now(UTC) + timedelta(seconds=6)))


@pytest.mark.parametrize(
    "name", [".hidden.csv", "a.csv.part", "a.csv.TMP", "a.crdownload", "a.csv~", "a.csv.yaml"]
)
def test_unfinished_files_and_sidecars_are_left_alone(
    source: Source, folder: Path, name: str
) -> None:
    path = put(folder, name)
    assert not inbox.has_files(source)
    assert seen(source) == []
    assert path.exists()


def test_what_was_put_away_does_not_arrive_again(source: Source, folder: Path) -> None:
    inbox.put_away(put(folder), inbox.PROCESSED, mark="RUN-000001")
    inbox.put_away(put(folder), inbox.REFUSED, mark="RUN-000002", reason="Because.")
    assert seen(source) == []


def test_a_ticket_is_stable_while_the_file_is(source: Source, folder: Path) -> None:
    put(folder)
    assert [each.ticket for each in seen(source)] == [each.ticket for each in seen(source)]


def test_the_same_content_for_another_month_is_another_file(source: Source, folder: Path) -> None:
    """An empty list of leavers looks the same every month."""
    put(folder, "leavers__2026-09-30.csv", "name\n")
    put(folder, "leavers__2026-10-31.csv", "name\n")
    stems = {arrival.ticket.rsplit(":", 1)[0] for arrival in seen(source)}
    assert len(stems) == 2


def test_what_is_said_beside_it_makes_another_file(source: Source, folder: Path) -> None:
    put(folder)
    before = seen(source)[0].ticket
    (folder / f"{NAME}.yaml").write_text("columns: {name: text}")
    assert seen(source)[0].ticket != before


@pytest.mark.parametrize("kind", ["link", "folder", "pipe"])
def test_only_plain_files_are_taken(source: Source, folder: Path, kind: str) -> None:
    path = folder / NAME
    secret = folder.parent / "secret"
    secret.write_text("name\ngeheim\n")
    if kind == "link":
        path.symlink_to(secret)
    elif kind == "folder":
        path.mkdir()
    else:
        os.mkfifo(path)
    assert seen(source) == []
    assert not path.exists()
    assert not path.is_symlink()
    (note,) = (folder / "refused").glob("*.reason.txt")
    assert "Only plain files" in note.read_text()
    assert secret.read_text() == "name\ngeheim\n"


def test_a_file_that_became_a_link_is_not_followed(folder: Path, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("geheim")
    link = folder / NAME
    link.symlink_to(secret)
    with pytest.raises(FileRefusedError, match="cannot be opened"):
        inbox.stage(link, tmp_path)


def test_what_is_staged_is_a_copy(folder: Path, tmp_path: Path) -> None:
    path = put(folder)
    staged = inbox.stage(path, tmp_path)
    path.write_text("changed")
    assert staged.read_text() == "name\nAnn\n"
    assert staged.name == NAME


def test_an_empty_file_is_refused(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(FileRefusedError, match="0 bytes"):
        inbox.stage(put(folder, content=""), tmp_path)


def test_a_huge_file_is_refused_before_it_is_copied(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = folder / NAME
    with path.open("wb") as file:
        # Five gigabytes that take no room on the disk.
        file.truncate(5 * 1024**3)
    with pytest.raises(FileRefusedError, match="5,368,709,120 bytes; this installation takes"):
        inbox.stage(path, tmp_path)


def test_a_file_that_is_gone_is_told(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(FileRefusedError, match="Put it into the folder again"):
        inbox.stage(folder / NAME, tmp_path)


@pytest.mark.parametrize("name", ["../other/x.csv", "/etc/passwd", "a/b.csv", "..", ""])
def test_a_job_names_files_of_its_own_folder_only(source: Source, name: str) -> None:
    with pytest.raises(FileRefusedError):
        inbox.path_of(source, name)


def test_an_answered_file_moves_with_its_sidecar(source: Source, folder: Path) -> None:
    path = put(folder, "roster.csv")
    (folder / "roster.csv.yaml").write_text("period_from: 2026-10-31\n")
    run = perform(source, period=None, key="one", file=path)
    inbox.settle(path, run)
    inbox.settle(path, run)
    assert run.state == Run.State.COMPLETE
    assert sorted(each.name for each in (folder / "processed").iterdir()) == [
        f"{run.ref}__roster.csv",
        f"{run.ref}__roster.csv.yaml",
    ]


def test_a_file_that_cannot_be_read_does_not_stop_the_others(
    source: Source, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As root everything can be read, so the trouble is played."""
    put(folder, "a__2026-10-31.csv")
    good = put(folder, "b__2026-10-31.csv")
    real = inbox.digest

    def digest(path: Path) -> str:
        if path.name.startswith("a__"):
            raise PermissionError(13, "Permission denied")
        return real(path)

    monkeypatch.setattr(inbox, "digest", digest)
    assert [arrival.path for arrival in seen(source)] == [good]
    (note,) = (folder / "refused").glob("*.reason.txt")
    assert "Permission denied" in note.read_text()


def test_a_file_that_was_taken_away_meanwhile_is_no_trouble(
    source: Source, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(path: Path) -> str:
        path.unlink()
        return path.read_text()

    put(folder)
    monkeypatch.setattr(inbox, "digest", gone)
    assert seen(source) == []


def test_the_longest_name_finds_room(source: Source, folder: Path) -> None:
    path = put(folder, "ä" * 110 + "__2026-10-31.csv")
    run = perform(source, period=None, key="one", file=path)
    assert run.state == Run.State.FAILED
    inbox.settle(path, run)
    assert sorted(each.suffix for each in (folder / "refused").iterdir()) == [".csv", ".txt"]


def test_a_disabled_source_does_not_watch(source: Source) -> None:
    assert inbox.watching() == [source]
    connections.disable(source, by=world.BY)
    assert inbox.watching() == []


def test_folders_are_private(folder: Path) -> None:
    for path in (folder, folder / "processed", folder / "refused"):
        assert path.stat().st_mode & 0o077 == 0
