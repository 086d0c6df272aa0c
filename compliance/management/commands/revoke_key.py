"""`manage.py revoke_key --since MOMENT --reason TEXT`: proposes to revoke a key of the log."""

from argparse import ArgumentParser
from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from evidence import rotation
from evidence.errors import EvidenceError


class Command(BaseCommand):
    help = (
        "Propose to revoke a key of the log that got into other hands. If it is the key of now,"
        " nothing is signed from here on until this is decided, and then until a new key is there."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--reason", required=True, help="what happened to the key")
        parser.add_argument(
            "--since", required=True, help="since when, as in 2026-11-21T10:00:00+00:00"
        )
        parser.add_argument("--key", default="", help="its verifier key; without it the one of now")

    def handle(self, *_args: object, **options: Any) -> None:
        try:
            since = datetime.fromisoformat(options["since"])
        except ValueError:
            since = None
        if since is None or since.tzinfo is None:
            raise CommandError("--since is a moment with its zone: 2026-11-21T10:00:00+00:00")
        try:
            made = rotation.propose_revocation(
                by=None, reason=options["reason"], compromised_at=since, vkey=options["key"]
            )
        except EvidenceError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"Proposed. Confirm it as proposal {made.pk}.")
