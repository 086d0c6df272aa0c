"""Repositories that are elsewhere, hostile, slow or gone."""

import os
import shutil
import socket
import threading
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from collectors.errors import (
    ProgramMissingError,
    SettingsError,
    SourceDeniedError,
    SourceRefusedError,
    SourceUnreachableError,
)
from collectors.wire import git
from tests.collectors.asking import OCTOBER, ask
from tests.collectors.loopback import Loopback, Reply
from tests.collectors.repository import Repository, changes


def test_hooks_and_settings_of_the_other_side_run_nothing(
    repository: Repository, scratch: Path, tmp_path: Path
) -> None:
    repository.commit("Start")
    proof = tmp_path / "ran"
    script = tmp_path / "script"
    script.write_text(f'#!/bin/sh\ntouch {proof}\nexec "$@"\n')
    script.chmod(0o755)
    for name in ("post-checkout", "reference-transaction", "post-merge", "pre-receive"):
        hook = repository.path / ".git" / "hooks" / name
        hook.parent.mkdir(exist_ok=True)
        shutil.copy(script, hook)
    for key in (
        "core.fsmonitor",
        "core.pager",
        "core.sshCommand",
        "diff.external",
        "uploadpack.packObjectsHook",
        "gpg.program",
    ):
        repository.git("config", key, str(script))
    assert len(changes(repository, scratch).rows) == 1
    assert not proof.exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder to somebody else")
def test_the_folder_of_another_user_can_be_read(repository: Repository, scratch: Path) -> None:
    repository.commit("Start")
    for path in (repository.path, *repository.path.rglob("*")):
        os.chown(path, 65534, 65534)
    assert len(changes(repository, scratch).rows) == 1


@pytest.mark.parametrize(
    "address",
    [
        "--upload-pack=touch /tmp/x",
        "-oProxyCommand=touch",
        "ext::sh -c touch% /tmp/x",
        "ssh://-oProxyCommand=touch/x",
        "git@-oProxyCommand=touch:x",
        "git@host:-x",
        "ftp://example.org/x.git",
        "relative/path",
        "",
        "https://example.org/a b",
    ],
)
def test_no_address_smuggles_an_option(scratch: Path, address: str) -> None:
    with pytest.raises(SettingsError, match="repository"):
        ask("git_changes", scratch, repository=address)


@pytest.mark.parametrize(
    "address",
    [
        "https://example.org/team/shop.git",
        "ssh://git@example.org:2222/shop.git",
        "git@example.org:team/shop.git",
        "/srv/git/shop.git",
        "file:///srv/git/shop.git",
    ],
)
def test_common_addresses_are_taken(address: str) -> None:
    assert git.ADDRESS.fullmatch(address)


@pytest.mark.parametrize("branch", ["-x", "--all", "a b", "a..b~1", "x:y", "a^b"])
def test_no_branch_smuggles_an_option(scratch: Path, branch: str) -> None:
    with pytest.raises(SettingsError, match="branch"):
        ask("git_changes", scratch, repository="/srv", branch=branch)


def test_a_folder_that_is_no_repository(tmp_path: Path, scratch: Path) -> None:
    with pytest.raises(SourceRefusedError, match="no such repository"):
        ask("git_changes", scratch, repository=str(tmp_path / "nowhere"))


def test_a_repository_without_commits(repository: Repository, scratch: Path) -> None:
    with pytest.raises(SourceRefusedError, match="no default branch"):
        changes(repository, scratch)


def test_nobody_listens(scratch: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(SourceUnreachableError):
        ask("git_changes", scratch, repository=f"http://127.0.0.1:{port}/shop.git")


def test_a_server_that_hangs_is_left_in_time(scratch: Path) -> None:
    with Loopback(Reply(wait=30)) as server, pytest.raises(SourceUnreachableError, match="ended"):
        ask("git_changes", scratch, repository=f"{server.url}/shop.git", seconds=1)


def test_a_server_that_wants_credentials_asks_nobody(scratch: Path) -> None:
    wants = Reply(status=401, headers={"WWW-Authenticate": 'Basic realm="git"'})
    with Loopback(wants) as server, pytest.raises(SourceDeniedError, match="git was refused"):
        ask("git_changes", scratch, repository=f"{server.url}/shop.git")


def test_a_redirect_is_not_followed(scratch: Path) -> None:
    with Loopback(Reply(b"secret")) as inner:
        moved = Reply(status=302, headers={"Location": f"{inner.url}/shop.git/info/refs"})
        with Loopback(moved) as server, pytest.raises(SourceUnreachableError):
            ask("git_changes", scratch, repository=f"{server.url}/shop.git")
    assert inner.asked == []


def test_a_link_local_address_is_refused(scratch: Path) -> None:
    with pytest.raises(SourceRefusedError, match="not one that a source may have"):
        ask("git_changes", scratch, repository="http://169.254.169.254/shop.git")


def test_a_lock_that_a_killed_run_left_costs_one_attempt(
    repository: Repository, scratch: Path, own_folders: Path
) -> None:
    repository.commit("One")
    changes(repository, scratch)
    (copy,) = (own_folders / "scratch" / "git").iterdir()
    (copy / "refs" / "asked" / "tip.lock").touch()
    repository.commit("Two")
    with pytest.raises(SourceUnreachableError):
        changes(repository, scratch)
    assert len(changes(repository, scratch).rows) == 2


def test_a_missing_git_is_named(
    repository: Repository, scratch: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(scratch))
    with pytest.raises(ProgramMissingError, match="apt-get install git"):
        changes(repository, scratch)


class TestOverHttp:
    """A bare repository served as plain files: git's "dumb" protocol needs no program."""

    @pytest.fixture
    def served(self, repository: Repository, tmp_path: Path) -> Iterator[tuple[str, list[str]]]:
        repository.commit("Start")
        bare = tmp_path / "bare.git"
        repository.git("clone", "--quiet", "--bare", str(repository.path), str(bare))
        Repository(bare).git("update-server-info")
        seen: list[str] = []

        class Handler(SimpleHTTPRequestHandler):
            def __init__(self, *args: Any, **named: Any) -> None:
                super().__init__(*args, directory=str(tmp_path), **named)

            def do_GET(self) -> None:
                seen.append(self.headers.get("Authorization", ""))
                super().do_GET()

            def log_message(self, *args: Any) -> None:
                """Tests speak for themselves."""

        with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
            thread = threading.Thread(target=server.serve_forever, args=(0.01,))
            thread.start()
            yield f"http://127.0.0.1:{server.server_address[1]}/bare.git", seen
            server.shutdown()
            thread.join()

    def test_a_repository_is_read_over_http(
        self, served: tuple[str, list[str]], scratch: Path
    ) -> None:
        told = ask("git_changes", scratch, repository=served[0], branch="main", period=OCTOBER)
        assert [row["subject"] for row in told.rows] == ["Start"]
        assert told.answer.source_system == f"git repository {served[0]}"

    def test_a_token_is_sent_and_never_shown(
        self, served: tuple[str, list[str]], scratch: Path
    ) -> None:
        told = ask(
            "git_changes",
            scratch,
            repository=served[0],
            branch="main",
            token="hunter2-hunter2",
        )
        assert served[1][0].startswith("Basic ")
        assert "hunter2" not in str(told)
        stored = [path for path in scratch.rglob("*") if path.is_file()]
        assert all(b"hunter2" not in path.read_bytes() for path in stored)
