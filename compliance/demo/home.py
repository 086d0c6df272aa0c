"""The folder of a demo, and how an installation that is none begins, starts and removes one.

Rules:
- A demo has a folder, a database and keys of its own; what belongs to it is done by a process that
  was started with that folder, so that no deed can reach the data of the installation around it.
- Only a folder that bears the mark of a demo is ever removed.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from django.conf import settings

from compliance.demo import mark
from compliance.demo.errors import DemoError

_LOADED = "loaded"
_MANAGE = Path(__file__).resolve().parents[2] / "manage.py"
_OF_THE_HOUSE = ("DATABASE_URL", "STORE_URL", "BROKER_URL", "KEYS_KMS_KEY", "SECRET_KEY")
"""What names the data or the keys of the installation around it, and so never the demo's."""


def folder() -> Path:
    """Return the folder of the demo: our own where we are one, else one inside ours."""
    own = Path(settings.VAR_DIR)
    return own if mark.is_in(own) else own / "demo"


def is_loaded() -> bool:
    """Say whether a demo was loaded to its end."""
    return (folder() / _LOADED).is_file()


def remove() -> bool:
    """Remove the demo; False where there is none. DemoError for a folder that is no demo."""
    path = folder()
    if not path.exists():
        return False
    if not mark.is_in(path):
        raise DemoError(f"{path} does not say that it is a demo, so it is not removed.")
    shutil.rmtree(path)
    return True


def begin() -> None:
    """Load a demo into a new folder; DemoError with what stood against it."""
    remove()
    mark.put_into(folder())
    done = subprocess.run(  # noqa: S603  # our own command
        [sys.executable, str(_MANAGE), "demo", "fill"], env=_environment(), check=False
    )
    if done.returncode:
        raise DemoError("The demo was not loaded; what it said stands above.")
    (folder() / _LOADED).touch()


def become() -> None:
    """Let this process become `manage.py up` of the demo."""
    command = [sys.executable, str(_MANAGE), "demo", "start"]
    os.execve(command[0], command, _environment())  # noqa: S606  # our own command


def _environment() -> dict[str, str]:
    kept = {
        name: value
        for name, value in os.environ.items()
        if name.removesuffix("_FILE") not in _OF_THE_HOUSE
    }
    return kept | {"VAR_DIR": str(folder())}
