"""`manage.py resume_log --reason TEXT`: signs a log again that was refused, and records why."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from evidence import restart
from evidence.errors import EvidenceError


class Command(BaseCommand):
    help = (
        "Take the log up again after a backup was restored. Whoever holds a later checkpoint sees"
        " a break; the reason stays in the log."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--reason", required=True, help="which backup, restored when and why")

    def handle(self, *_args: object, **options: Any) -> None:
        try:
            made = restart.resume_log(by=None, reason=options["reason"])
        except EvidenceError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(
            f"The log is signed again from {made.found_size} leaves on; the last checkpoint before"
            f" was over {made.given_size}. Tell everybody who holds it."
        )
