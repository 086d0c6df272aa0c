"""`manage.py demo`: a fictional company to look at, in an installation of its own."""

import time
from argparse import ArgumentParser
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from accounts import invitations, roles
from compliance.demo import home, loading
from compliance.demo.errors import DemoError

_LINK_LIFE = timedelta(hours=24)
_WORD_SECONDS = 5.0


class Command(BaseCommand):
    help = (
        "Show a fictional company, in a folder of its own inside VAR_DIR: up loads it where it is"
        " missing and starts it, load only loads it, reset loads it anew, remove removes it."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        # The last two are for the process that works inside the folder of the demo.
        deeds = ("up", "load", "reset", "remove", "fill", "start")
        parser.add_argument("deed", nargs="?", default="up", choices=deeds)

    def handle(self, *_args: object, **options: Any) -> None:
        deeds: dict[str, Callable[[], None]] = {
            "up": self._up,
            "load": self._load,
            "reset": self._reset,
            "remove": self._remove,
            "fill": self._fill,
            "start": self._start,
        }
        try:
            deeds[options["deed"]]()
        except DemoError as error:
            raise CommandError(str(error)) from error

    def _up(self) -> None:
        self._load()
        home.become()

    def _load(self) -> None:
        if not home.is_loaded():
            home.begin()

    def _reset(self) -> None:
        home.begin()

    def _remove(self) -> None:
        removed = home.remove()
        self._say(f"{home.folder()} is removed." if removed else "There is no demo.")

    def _fill(self) -> None:
        _refuse_real()
        call_command("migrate", interactive=False, verbosity=0)
        call_command("createcachetable", verbosity=0)
        began = time.monotonic()
        self._say(f"Loading the demo into {settings.VAR_DIR}; this takes some minutes.")
        loading.load(Path(settings.CATALOGUE_DIR), tell=_Progress(self._say).tell)
        self._say(f"The demo is loaded, after {time.monotonic() - began:.0f} seconds.")

    def _start(self) -> None:
        _refuse_real()
        # An earlier version may have loaded it: what this one asks for must stand in its database.
        call_command("migrate", interactive=False, verbosity=0)
        ada = roles.administrators().order_by("pk").first()
        _, secret = invitations.invite(
            role=roles.ADMINISTRATOR, invited_by=ada, valid_for=_LINK_LIFE
        )
        self._say(
            f"{settings.DEMO}\nOnce it runs, this link lets you in as an administrator; it works"
            f" once, within 24 hours:\n  {settings.SITE_URL}/welcome/{secret}/"
        )
        call_command("up")

    def _say(self, words: str) -> None:
        self.stdout.write(words)
        self.stdout.flush()


class _Progress:
    """Says now and then how far the year is."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say, self._said = say, time.monotonic()

    def tell(self, done: int, total: int, at: datetime) -> None:
        if time.monotonic() - self._said >= _WORD_SECONDS:
            self._said = time.monotonic()
            self._say(f"  {100 * done // total} %: {at:%d %B %Y}")


def _refuse_real() -> None:
    """Nothing made up is ever written where no demo is."""
    if not settings.DEMO:
        raise DemoError
