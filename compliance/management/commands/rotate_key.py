"""`manage.py rotate_key --reason TEXT`: proposes a new key for the log."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from evidence import rotation
from evidence.errors import EvidenceError


class Command(BaseCommand):
    help = (
        "Propose a new signing key for the log. A person confirms it on the page Log and anchors;"
        " where fewer than two people may manage the log, the command confirm_key does too."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--reason", required=True, help="why the key is exchanged")
        parser.add_argument(
            "--overlap-days", type=int, default=0, help="so long the old key signs along"
        )
        parser.add_argument(
            "--keep-old", action="store_true", help="move the old private key aside"
        )

    def handle(self, *_args: object, **options: Any) -> None:
        try:
            made = rotation.propose_rotation(
                by=None,
                reason=options["reason"],
                overlap_days=options["overlap_days"],
                keeps_old=options["keep_old"],
            )
        except EvidenceError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"Proposed. Confirm it as proposal {made.pk}.")
