"""Real git repositories for tests."""

import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.collectors.asking import OCTOBER, Told, ask

DAY = "2026-10-05T12:00:00+00:00"


@dataclass(frozen=True)
class Repository:
    """A git repository with a branch `main`."""

    path: Path

    @classmethod
    def new(cls, path: Path) -> "Repository":
        path.mkdir()
        made = cls(path)
        made.git("init", "--quiet", "--initial-branch=main")
        return made

    def git(self, *words: str, at: str = DAY, author: str = "Ann", committer: str = "") -> str:
        by = committer or author
        environment = {
            "PATH": "/usr/bin:/bin",
            "HOME": str(self.path),
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_AUTHOR_NAME": author,
            "GIT_AUTHOR_EMAIL": f"{author.lower()}@example.org",
            "GIT_COMMITTER_NAME": by,
            "GIT_COMMITTER_EMAIL": f"{by.lower()}@example.org",
            "GIT_AUTHOR_DATE": at,
            "GIT_COMMITTER_DATE": at,
        }
        done = subprocess.run(
            ["git", *words], cwd=self.path, env=environment, capture_output=True, check=True
        )
        return done.stdout.decode().strip()

    def commit(
        self,
        message: str,
        *,
        at: str = DAY,
        author: str = "Ann",
        committer: str = "",
        files: int = 1,
    ) -> str:
        """Commit some changed files and return the commit's id."""
        for number in range(files):
            with (self.path / f"file-{number}").open("a") as file:
                file.write(f"{message}\n")
        self.git("add", "--all")
        self.git(
            *("commit", "--quiet", "--allow-empty", "--cleanup=verbatim", f"--message={message}"),
            at=at,
            author=author,
            committer=committer,
        )
        return self.git("rev-parse", "HEAD")


def changes(repository: Repository, scratch: Path, **more: Any) -> Told:
    """What the collector says of a repository, in October unless told otherwise."""
    values = {"repository": str(repository.path), "period": OCTOBER, **more}
    return ask("git_changes", scratch, **values)
