"""`manage.py up`: sets the installation up, then runs it: web server, workers and beat."""

import http.client
import io
import ipaddress
from argparse import ArgumentParser
from collections.abc import Callable, Collection
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connections

from accounts import invitations, roles
from accounts.errors import AccountsError
from compliance import start_checks, static_files, supervisor
from jobs import mailbox
from reports import pdf_engine

INVITATION_LIFE = timedelta(hours=24)


class Command(BaseCommand):
    help = "Set the installation up and run it: web server, workers and beat."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--only", default="web,worker,beat", help="parts to run here, by comma: web,worker,beat"
        )
        parser.add_argument(
            "--no-prepare", action="store_true", help="the installation is prepared already"
        )

    def handle(self, *_args: object, **options: Any) -> None:
        known = supervisor.parts(
            listen=settings.LISTEN, threads=settings.WEB_THREADS, workers=settings.WORKERS
        )
        try:
            wanted = _choose(options["only"], known)
            _check(wanted)
            if not options["no_prepare"]:
                self._say("Setting the installation up ...")
                _prepare(self._say)
            welcome = _welcome() if "web" in wanted else f"{', '.join(wanted)} started."
        except (CommandError, AccountsError) as error:
            # One sentence, without a traceback or the class name in front of it.
            self.stderr.write(str(error))
            raise SystemExit(1) from None
        if "worker" in wanted and settings.BROKER_URL == "filesystem://":
            mailbox.tidy(settings.BROKER_DIR)
        connections.close_all()
        supervisor.Supervisor(
            parts=[known[name] for name in wanted],
            is_up=_answers if "web" in wanted else lambda: True,
            when_up=lambda: self._say(welcome),
            say=self._say,
        ).run()

    def _say(self, sentence: str) -> None:
        self.stdout.write(sentence)
        self.stdout.flush()


def _choose(names: str, known: Collection[str]) -> list[str]:
    wanted = [name.strip() for name in names.split(",")]
    for name in wanted:
        if name not in known:
            raise CommandError(f"There is no part {name!r}; choose from {', '.join(known)}.")
    return wanted


def _check(wanted: Collection[str]) -> None:
    start_checks.key_files()
    start_checks.database()
    start_checks.store()
    if "web" in wanted:
        start_checks.port(settings.LISTEN)


def _prepare(say: Callable[[str], None]) -> None:
    call_command("migrate", interactive=False, verbosity=0)
    start_checks.store_of_files()
    call_command("createcachetable", verbosity=0)
    static_files.collect()
    _load_catalogue(say)
    call_command("prepare", verbosity=0)


def _load_catalogue(say: Callable[[str], None]) -> None:
    """Load the catalogue; a file that is refused must not stop a house that has one already."""
    try:
        call_command("load_catalogue", yes=True, stdout=io.StringIO())
    except CommandError as error:
        say(f"The catalogue stays as it was, because its files were refused. {error}")


def _welcome() -> str:
    """Return what the terminal shows once the web server answers."""
    lines = ["", f"Countersign runs at {settings.SITE_URL}/"]
    if not roles.administrators().exists():
        _, secret = invitations.invite(
            role=roles.ADMINISTRATOR, invited_by=None, valid_for=INVITATION_LIFE
        )
        lines += [
            "Nobody is its administrator yet. This link makes you the first one;",
            "it works once, within 24 hours:",
            f"  {settings.SITE_URL}/welcome/{secret}/",
        ]
    missing = pdf_engine.missing_libraries()
    lines += [missing] if missing else []
    return "\n".join([*lines, "Ctrl-C stops it.", ""])


def _answers() -> bool:
    """Say whether the web server answers a request, not merely that it holds the port."""
    host, port = start_checks.address(settings.LISTEN)
    web = http.client.HTTPConnection(_reachable(host), port, timeout=2)
    try:
        web.request("GET", "/health/", headers={"Host": urlsplit(settings.SITE_URL).netloc})
        return web.getresponse().status < 500
    except (OSError, http.client.HTTPException):
        return False
    finally:
        web.close()


def _reachable(host: str) -> str:
    """Name an address that leads to a server which listens at every address."""
    try:
        listens = ipaddress.ip_address(host)
    except ValueError:
        return host
    return "localhost" if listens.is_unspecified else host
