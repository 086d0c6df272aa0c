"""Changes in real git repositories."""

import subprocess
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from collectors.errors import (
    SourceRefusedError,
)
from collectors.models import Run
from collectors.period import Period
from collectors.run import perform
from tests.collectors import world
from tests.collectors.asking import OCTOBER
from tests.collectors.repository import Repository, changes


def test_a_commit_is_a_row(repository: Repository, scratch: Path) -> None:
    message = (
        "Pay out twice a week\n\nBecause merchants asked.\n\n"
        "Reviewed-by: Ben Berg <ben@example.org>\nAcked-by: Cem <cem@example.org>\n"
        "Approved-by: Dee <dee@example.org>\nCo-authored-by: Eva <eva@example.org>\n"
    )
    commit = repository.commit(message, committer="Ben", files=3)
    told = changes(repository, scratch)
    assert told.rows == [
        {
            "commit_id": commit,
            "merged_at": datetime(2026, 10, 5, 12, tzinfo=UTC),
            "author": "Ann",
            "author_email": "ann@example.org",
            "committer": "Ben",
            "reviewers": "Ben Berg <ben@example.org>; Cem <cem@example.org>; Dee <dee@example.org>",
            "co_authors": "Eva <eva@example.org>",
            "subject": "Pay out twice a week",
            "files_changed": 3,
            "is_merge": False,
        }
    ]
    assert told.trail.source_count == 1
    assert told.answer.parameters["tip"] == commit
    assert told.answer.parameters["branch"] == "main"


def test_the_period_decides_by_committer_date(repository: Repository, scratch: Path) -> None:
    dates = (
        "2026-09-30T23:59:59",
        "2026-10-01T00:00:00",
        "2026-10-31T23:59:59",
        "2026-11-01T00:00:00",
    )
    commits = [repository.commit(f"At {day}", at=f"{day}+00:00") for day in dates]
    told = changes(repository, scratch)
    assert [row["commit_id"] for row in told.rows] == [commits[2], commits[1]]
    assert told.trail.source_count == 2


def test_the_period_is_that_of_the_time_zone(repository: Repository, scratch: Path) -> None:
    repository.commit("Late", at="2026-09-30T22:30:00+00:00")
    assert changes(repository, scratch).rows == []
    assert len(changes(repository, scratch, zone="Europe/Berlin").rows) == 1


def test_dates_out_of_order_hide_nothing(repository: Repository, scratch: Path) -> None:
    """An imported commit with an old date must not end the search."""
    wanted = repository.commit("Before", at="2026-10-03T12:00:00+00:00")
    repository.commit("Imported", at="2019-01-01T12:00:00+00:00")
    also = repository.commit("After", at="2026-10-04T12:00:00+00:00")
    told = changes(repository, scratch)
    assert [row["commit_id"] for row in told.rows] == [also, wanted]
    assert told.trail.source_count == 2


def test_only_what_reached_the_branch_counts(repository: Repository, scratch: Path) -> None:
    repository.commit("Start")
    repository.git("checkout", "--quiet", "-b", "topic")
    repository.commit("Half", files=2)
    repository.commit("Whole", files=4)
    repository.git("checkout", "--quiet", "main")
    repository.commit("Meanwhile", files=1)
    repository.git("merge", "--quiet", "--strategy=ours", "--no-ff", "--message=Merge", "topic")
    repository.git("checkout", "--quiet", "-b", "never-merged")
    repository.commit("Elsewhere")
    repository.git("checkout", "--quiet", "main")
    told = changes(repository, scratch)
    assert [row["subject"] for row in told.rows] == ["Merge", "Meanwhile", "Start"]
    assert [row["is_merge"] for row in told.rows] == [True, False, False]
    assert told.trail.source_count == 3


def test_a_merge_counts_the_files_that_it_brought(repository: Repository, scratch: Path) -> None:
    repository.commit("Start")
    repository.git("checkout", "--quiet", "-b", "topic")
    repository.commit("Whole", files=4)
    repository.git("checkout", "--quiet", "main")
    repository.git("merge", "--quiet", "--no-ff", "--message=Merge", "topic")
    assert changes(repository, scratch).rows[0]["files_changed"] == 4


@pytest.mark.parametrize(
    "message",
    [
        'Quotes "and", commas; and\ttabs',
        "Ünïcode 支払い 💳",
        "\x1b[31mred\x1b[0m",
        " 3 files changed, 9 insertions(+)",
        "=cmd|'/c calc'!A1",
    ],
)
def test_no_message_breaks_the_table(repository: Repository, scratch: Path, message: str) -> None:
    repository.commit("Before")
    repository.commit(f"{message}\n\n 7 files changed, 1 insertion(+)\n")
    repository.commit("After")
    told = changes(repository, scratch)
    assert len(told.rows) == 3
    assert told.rows[1]["subject"].strip() == message.strip()
    assert told.rows[1]["files_changed"] == 1


def test_an_empty_commit_changes_no_file(repository: Repository, scratch: Path) -> None:
    repository.commit("Nothing", files=0)
    repository.commit("Something")
    assert [row["files_changed"] for row in changes(repository, scratch).rows] == [1, 0]


def test_bytes_that_are_no_utf8_are_shown_as_such(repository: Repository, scratch: Path) -> None:
    repository.commit("Start")
    tree = repository.git("rev-parse", "HEAD^{tree}")
    raw = (
        f"tree {tree}\nauthor J\xf6rg <j@example.org> 1791201600 +0000\n"
        f"committer J\xf6rg <j@example.org> 1791201600 +0000\n\nCaf\xe9\n"
    ).encode("latin-1")
    done = subprocess.run(
        ["git", "hash-object", "-t", "commit", "-w", "--stdin"],
        cwd=repository.path,
        input=raw,
        capture_output=True,
        check=True,
    )
    repository.git("update-ref", "refs/heads/main", done.stdout.decode().strip())
    assert changes(repository, scratch).rows[0]["author"] == "J\N{REPLACEMENT CHARACTER}rg"


def test_a_month_without_changes_is_empty_with_proof(repository: Repository, scratch: Path) -> None:
    repository.commit("Start")
    told = changes(repository, scratch, period=Period(date(2026, 9, 1), date(2026, 9, 30)))
    assert told.rows == []
    assert told.trail.proves_emptiness
    assert told.trail.source_count == 0


def test_new_commits_are_fetched_into_the_same_copy(
    repository: Repository, scratch: Path, own_folders: Path
) -> None:
    repository.commit("One")
    changes(repository, scratch)
    repository.commit("Two")
    assert len(changes(repository, scratch).rows) == 2
    assert len(list((own_folders / "scratch" / "git").iterdir())) == 1


def test_a_rewritten_history_replaces_the_old_one(repository: Repository, scratch: Path) -> None:
    repository.commit("One")
    repository.commit("Two")
    changes(repository, scratch)
    repository.git("reset", "--quiet", "--hard", "HEAD~1")
    repository.commit("Three")
    assert [row["subject"] for row in changes(repository, scratch).rows] == ["Three", "One"]


def test_another_branch_may_be_named(repository: Repository, scratch: Path) -> None:
    repository.commit("Start")
    repository.git("checkout", "--quiet", "-b", "release/1.0")
    repository.commit("Fix")
    repository.git("checkout", "--quiet", "main")
    assert len(changes(repository, scratch, branch="release/1.0").rows) == 2
    assert len(changes(repository, scratch).rows) == 1
    with pytest.raises(SourceRefusedError, match="no branch 'gone'"):
        changes(repository, scratch, branch="gone")


def test_a_head_of_no_branch_is_read_too(repository: Repository, scratch: Path) -> None:
    """As the clones that build servers work in have it."""
    repository.commit("One")
    repository.commit("Two")
    repository.git("checkout", "--quiet", "--detach", "HEAD~1")
    told = changes(repository, scratch)
    assert [row["subject"] for row in told.rows] == ["One"]
    assert told.answer.parameters["branch"] == "HEAD (of no branch)"


def test_a_shallow_clone_says_that_it_is_cut(
    repository: Repository, scratch: Path, tmp_path: Path
) -> None:
    for number in range(4):
        repository.commit(f"Change {number}")
    origin = f"file://{repository.path}"
    repository.git("clone", "--quiet", "--depth=2", origin, str(tmp_path / "cut"))
    told = changes(Repository(tmp_path / "cut"), scratch)
    assert len(told.rows) == 2
    assert "shallow" in told.trail.shortfalls[0]


@pytest.mark.django_db
def test_a_closed_month_becomes_evidence(repository: Repository) -> None:
    repository.commit("Start")
    source = world.source("git_changes", values={"repository": str(repository.path)})
    run = perform(source, period=OCTOBER, key="one")
    assert (run.state, run.rows) == (Run.State.COMPLETE, 1)
    assert run.evidence
    assert run.evidence.kind == "event"
