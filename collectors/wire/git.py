"""Reads the history of a git repository through a bare copy of our own.

The copy is fetched anew at every reading. It has no configuration and no hooks of the other side,
so reading a repository never runs what its owner wrote. No question is ever put to a terminal.
"""

import base64
import os
import re
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

from django.conf import settings

from collectors import programs
from collectors.deadline import Deadline
from collectors.errors import (
    ProgramMissingError,
    SourceDeniedError,
    SourceNonsenseError,
    SourceRefusedError,
    SourceUnreachableError,
)
from collectors.programs import ProgramError
from collectors.wire import addresses
from evidence.addresses import host_of

# No form of address begins with a dash, nor does any host in it: git would take it for an option.
ADDRESS = re.compile(
    r"(https?|ssh)://(?!-)\S+"
    r"|file:///\S+"
    r"|/[^\0\n]*"
    r"|[\w.]+@(?!-)[\w.-]+:(?!-)\S+"
)
_FIELDS = (
    "%H",
    "%ct",
    "%an",
    "%ae",
    "%cn",
    "%P",
    "%s",
    "%(trailers:key=Reviewed-by,key=Acked-by,key=Approved-by,valueonly,unfold)",
    "%(trailers:key=Co-authored-by,valueonly,unfold)",
)
# A NUL after every field: it is the one byte that no part of a commit can hold.
_FORMAT = "%x00" + "%x00".join(_FIELDS) + "%x00"
_ASKED = "refs/asked/tip"
_DENIED = (
    "authentication failed",
    "could not read username",
    "host key verification failed",
    "permission denied",
    "returned error: 401",
    "returned error: 403",
)
_GONE = ("not found", "does not exist", "not appear to be a git repository", "not a git repository")


@dataclass(frozen=True)
class Commit:
    """One commit of the first-parent history of a branch."""

    id: str
    merged_at: datetime
    author: str
    author_email: str
    committer: str
    parents: int
    subject: str
    reviewers: tuple[str, ...]
    co_authors: tuple[str, ...]
    files_changed: int


class Copy:
    """A bare copy of one repository, kept between runs, that only ever fetches."""

    def __init__(self, address: str, *, scratch: Path, deadline: Deadline, token: str = "") -> None:
        program = shutil.which("git")
        if program is None:
            raise ProgramMissingError("git is not installed. On Debian: apt-get install git.")
        self._program = program
        self._address = address
        self._scratch = scratch
        self._deadline = deadline
        self._environment = _environment(scratch, token)
        self._folder = settings.SCRATCH_DIR / "git" / sha256(address.encode()).hexdigest()[:32]

    def fetch(self, branch: str = "") -> str:
        """Bring the copy up to date and return the commit at the head of a branch.

        Without a branch it is whatever the other side names as its HEAD. SourceError says why not.
        """
        host = host_of(self._address)
        if host:
            addresses.refuse_trap_host(host)
        if not (self._folder / "HEAD").exists():
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._git("init", "--quiet", "--bare", str(self._folder))
        wanted = f"refs/heads/{branch}" if branch else "HEAD"
        quiet = ("--quiet", "--no-tags", "--update-shallow", "--no-write-fetch-head")
        try:
            self._inside("fetch", *quiet, "--", self._address, f"+{wanted}:{_ASKED}")
            return self._inside("rev-parse", "--verify", _ASKED).strip()
        except SourceUnreachableError as error:
            if isinstance(error.__cause__, ProgramError) and ".lock'" in error.__cause__.complaint:
                # A run that was killed left its lock behind; the next attempt starts afresh.
                shutil.rmtree(self._folder, ignore_errors=True)
            raise

    def default_branch(self) -> str:
        """Return the name of the branch that the other side's HEAD stands for."""
        told = self._inside("ls-remote", "--symref", "--", self._address, "HEAD")
        found = re.match(r"ref: refs/heads/(\S+)\tHEAD", told)
        return found[1] if found else "HEAD (of no branch)"

    @property
    def is_cut(self) -> bool:
        """Whether the other side holds only the newest part of its history (a shallow clone)."""
        return (self._folder / "shallow").exists()

    def count(self, tip: str, since: datetime, until: datetime) -> int:
        """Return git's own count of the first-parent commits in [since, until)."""
        return self._count(tip, until) - self._count(tip, since)

    def commits(self, tip: str, since: datetime, until: datetime) -> Iterator[Commit]:
        """Yield the first-parent commits whose committer date lies in [since, until), newest first.

        Dates need not be in order along a history, so every commit is looked at.
        """
        wanted = self._scratch / "wanted"
        listed = self._to_file("rev-list", "--first-parent", "--timestamp", tip, "--")
        first, end = since.timestamp(), until.timestamp()
        with listed.open() as lines, wanted.open("w") as file:
            for line in lines:
                stamp, _, commit = line.strip().partition(" ")
                if first <= int(stamp) < end:
                    file.write(f"{commit}\n")
        if wanted.stat().st_size == 0:
            return
        shown = self._to_file(
            *("log", "--no-walk=unsorted", "--stdin", "--first-parent", "-m", "--shortstat"),
            *("--no-renames", "--no-color", "--encoding=UTF-8", f"--format={_FORMAT}"),
            given=wanted,
        )
        yield from _parsed(shown)

    def _count(self, tip: str, before: datetime) -> int:
        # --since would stop at the first older commit; the difference of two filters does not.
        latest = int(before.timestamp()) - 1
        told = self._inside(
            "rev-list", "--count", "--first-parent", f"--min-age={latest}", tip, "--"
        )
        return int(told)

    def _inside(self, *words: str) -> str:
        return self._git("--git-dir", str(self._folder), *words)

    def _to_file(self, *words: str, given: Path | None = None) -> Path:
        output = self._scratch / f"git-{words[0]}"
        self._git("--git-dir", str(self._folder), *words, output=output, given=given)
        return output

    def _git(self, *words: str, output: Path | None = None, given: Path | None = None) -> str:
        command: Sequence[str] = [self._program, *_SAFE, *words]
        try:
            return programs.run(
                command,
                deadline=self._deadline,
                scratch=self._scratch,
                environment=self._environment,
                output=output,
                given=given,
            )
        except ProgramError as error:
            raise _explained(error) from error


_SAFE = (
    *("-c", "core.hooksPath=/dev/null"),
    *("-c", "credential.helper="),
    *("-c", "http.followRedirects=false"),
    *("-c", "gc.auto=0"),
)


def _environment(scratch: Path, token: str) -> dict[str, str]:
    """Return all that git learns from outside; no process list shows a token that is in here."""
    environment = {
        "PATH": os.environ.get("PATH", os.defpath),
        "LC_ALL": "C.UTF-8",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_ASKPASS": "/bin/false",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": str(_trusting(scratch)),
        "GIT_ALLOW_PROTOCOL": "https:http:ssh:file",
        "GIT_SSH_COMMAND": "ssh -o BatchMode=yes -o ConnectTimeout=20",
        "GIT_HTTP_LOW_SPEED_LIMIT": "100",
        "GIT_HTTP_LOW_SPEED_TIME": "60",
    }
    if token:
        basic = base64.b64encode(f"x-access-token:{token}".encode()).decode()
        environment |= {
            "GIT_CONFIG_COUNT": "1",
            "GIT_CONFIG_KEY_0": "http.extraHeader",
            "GIT_CONFIG_VALUE_0": f"Authorization: Basic {basic}",
        }
    return environment


def _trusting(scratch: Path) -> Path:
    """Return a git configuration that lets other people's folders be read.

    What serves them (git upload-pack) runs nothing that they configure, and it takes this setting
    from a file only.
    """
    path = scratch / "gitconfig"
    path.write_text("[safe]\n\tdirectory = *\n")
    return path


def _explained(error: ProgramError) -> Exception:
    """Return the SourceError that fits git's complaint."""
    said = error.complaint.lower()
    lines = error.complaint.splitlines() or ["no reason given"]
    told = next((line for line in lines if line.startswith(("fatal:", "error:"))), lines[-1])
    if any(words in said for words in _DENIED):
        return SourceDeniedError(f"git was refused: {told}")
    if "couldn't find remote ref" in said:
        branch = said.rpartition("refs/heads/")[2].strip() if "refs/heads/" in said else ""
        named = f"no branch {branch!r}" if branch else "no default branch; name one in the settings"
        return SourceRefusedError(f"The repository has {named}.")
    if any(words in said for words in _GONE):
        return SourceRefusedError(f"There is no such repository: {told}")
    return SourceUnreachableError(f"git could not read the repository: {told}")


def _parsed(shown: Path) -> Iterator[Commit]:
    width = len(_FIELDS)
    pieces = _pieces(shown)
    next(pieces, b"")
    while True:
        record = [piece for _, piece in zip(range(width + 1), pieces, strict=False)]
        if not record:
            return
        if len(record) != width + 1:
            raise SourceNonsenseError("The output of git was cut off.")
        try:
            yield _commit([piece.decode("utf-8", errors="replace") for piece in record])
        except (ValueError, OverflowError, OSError) as error:
            raise SourceNonsenseError(
                "A commit of git says a time or a number that is none."
            ) from error


def _pieces(shown: Path) -> Iterator[bytes]:
    """Yield what lies between NULs, reading as little as needed."""
    kept = b""
    with shown.open("rb") as file:
        while block := file.read(1024 * 1024):
            *whole, kept = (kept + block).split(b"\0")
            yield from whole
    yield kept


def _commit(fields: Sequence[str]) -> Commit:
    commit, merged_at, author, email, committer, parents, subject, reviewed, co_written, tail = (
        fields
    )
    changed = re.search(r"(\d+) files? changed", tail)
    return Commit(
        id=commit,
        merged_at=datetime.fromtimestamp(int(merged_at), UTC),
        author=author,
        author_email=email,
        committer=committer,
        parents=len(parents.split()),
        subject=subject,
        reviewers=_people(reviewed),
        co_authors=_people(co_written),
        files_changed=int(changed[1]) if changed else 0,
    )


def _people(lines: str) -> tuple[str, ...]:
    return tuple(line.strip().replace(";", ",") for line in lines.splitlines() if line.strip())
