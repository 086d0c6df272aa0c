"""`manage.py rotate_sealing_key`: exchanges the key that wraps the data keys of all evidence."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from compliance.progress_bar import Bar
from evidence import resealing
from evidence.errors import EvidenceError


class Command(BaseCommand):
    help = (
        "Make a new sealing key and wrap everything anew; no stored file is touched. Broken off, it"
        " goes on where it stopped. Former keys are removed a day after nothing needs them."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--background", action="store_true", help="let a worker do it, with progress on Jobs"
        )
        parser.add_argument(
            "--retire",
            action="store_true",
            help="make no new key; remove former ones that nothing needs, now: only while nothing"
            " of the installation runs",
        )

    def handle(self, *_args: object, **options: Any) -> None:
        bar = Bar(self.stderr)
        try:
            if options["retire"]:
                removed = resealing.retire(is_at_once=True)
                self.stdout.write(f"Removed: {', '.join(removed) or 'no key'}.")
                return
            made = resealing.begin()
            if options["background"]:
                job = resealing.ask()
                self.stdout.write(f"Sealing key {made} is in use; job {job.pk} wraps the rest.")
                return
            done = resealing.go_on(progress=bar.show)
        except EvidenceError as error:
            raise CommandError(str(error)) from error
        finally:
            bar.clear()
        self.stdout.write(
            f"Sealing key {done.key_id} is in use: {done.blobs:,} data keys and {done.texts:,}"
            " secrets were wrapped anew. Back the folder of keys up now."
        )
