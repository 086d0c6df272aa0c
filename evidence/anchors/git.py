"""Commits checkpoints to a branch of a git repository and pushes it, never by force."""

import os
import subprocess
import tempfile
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from django.conf import settings

from evidence import addresses
from evidence.anchors.note import Note
from evidence.errors import AddressError, AnchorError

TITLE = "Git repository"
_SECONDS = 120
_AUTHOR = ("-c", "user.name=Countersign", "-c", "user.email=countersign@countersign.invalid")


def where() -> str:
    """Name the repository without the password that its address may hold."""
    address = str(settings.ANCHOR_GIT_URL)
    parts = urlsplit(address)
    if "@" in parts.netloc:
        address = urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
    return f"{address} ({settings.ANCHOR_GIT_BRANCH})"[:200] if address else ""


def deposit(note: Note) -> str:
    url, branch = str(settings.ANCHOR_GIT_URL), f"refs/heads/{settings.ANCHOR_GIT_BRANCH}"
    try:
        addresses.refuse_named(url, addresses.ANCHORS)
    except AddressError as error:
        raise AnchorError(str(error)) from error
    with tempfile.TemporaryDirectory(dir=settings.SCRATCH_DIR) as folder:
        copy = Path(folder)
        _git(copy, "init", "--quiet")
        if _git(copy, "ls-remote", "--", url, branch):
            _git(copy, "fetch", "--quiet", "--depth=1", "--", url, branch)
            _git(copy, "reset", "--quiet", "--hard", "FETCH_HEAD")
        file = copy / note.path
        if file.exists():
            if file.read_text(encoding="utf-8") != note.text:
                raise AnchorError(f"{note.path} in the repository holds something else already.")
            return _git(copy, "rev-parse", "HEAD")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(note.text, encoding="utf-8")
        _git(copy, "add", "--", note.path)
        said = f"Checkpoint of {note.origin}: {note.size} entries"
        _git(copy, *_AUTHOR, "commit", "--quiet", "--no-gpg-sign", "-m", said)
        _git(copy, "push", "--quiet", "--", url, f"HEAD:{branch}")
        return _git(copy, "rev-parse", "HEAD")


def _git(folder: Path, *arguments: str) -> str:
    """Run git in the working copy; what it says in anger may repeat a password, so it is cut."""
    surroundings = {
        **os.environ,
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_ALLOW_PROTOCOL": "https:http:ssh:git:file",
        "GIT_CONFIG_NOSYSTEM": "1",
    }
    command = [settings.GIT, *arguments]
    try:
        done = subprocess.run(  # noqa: S603  the arguments are ours and follow "--"
            command,
            cwd=folder,
            env=surroundings,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_SECONDS,
            check=True,
            text=True,
        )
    except FileNotFoundError as error:
        raise AnchorError("git is missing. Install it, or leave ANCHOR_GIT_URL out.") from error
    except subprocess.TimeoutExpired as error:
        raise AnchorError(f"The git repository did not answer within {_SECONDS} s.") from error
    except subprocess.CalledProcessError as error:
        verb = next(word for word in arguments if not word.startswith("-") and "=" not in word)
        said = error.stderr.replace(str(settings.ANCHOR_GIT_URL), where())
        raise AnchorError(f"git {verb} failed: {' '.join(said.split())[:300]}") from error
    return done.stdout.strip()
