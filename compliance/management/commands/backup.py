"""`manage.py backup --to FOLDER|FILE.tar`: backs the whole installation up."""

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from collectors.errors import SourceError
from compliance.backups import keyring, making, restoring, sources, targets
from compliance.backups.errors import BackupError
from compliance.progress_bar import Bar
from evidence.errors import EvidenceError


class Command(BaseCommand):
    help = (
        "Back the database and all evidence up, into a folder that grows by what is new or into one"
        " file. The keys go along only with --with-keys. Exit code 1 when evidence was missing."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--to", required=True, type=Path, help="folder, or file.tar")
        parser.add_argument(
            "--with-keys",
            type=Path,
            metavar="PASSPHRASE-FILE",
            help="back the keys up too, sealed by the passphrase in this file",
        )
        parser.add_argument(
            "--verify", action="store_true", help="read the whole backup again when it is made"
        )

    def handle(self, *_args: object, **options: Any) -> None:
        bar = Bar(self.stderr)
        try:
            given = options["with_keys"]
            phrase = keyring.passphrase(given) if given else ""
            with targets.opened(options["to"]) as target:
                made = making.make(target, phrase=phrase, tell=bar.show)
            if options["verify"]:
                with sources.opened(options["to"]) as source:
                    restoring.verify(source, tell=bar.show)
        except (BackupError, EvidenceError, SourceError) as error:
            raise CommandError(str(error)) from error
        finally:
            bar.clear()
        self._say(made, is_with_keys=bool(phrase))

    def _say(self, made: making.Made, *, is_with_keys: bool) -> None:
        manifest = made.manifest
        for problem in made.problems:
            self.stderr.write(problem)
        self.stdout.write(
            f"Backed up: database of {manifest.database.size:,} bytes, {manifest.file_count:,}"
            f" files of {manifest.file_bytes:,} bytes ({made.new_files:,} new), log of"
            f" {manifest.log_size:,} leaves. Manifest SHA-256 {made.digest}."
        )
        if not is_with_keys:
            self.stdout.write(
                "The keys are not in it. Without them nobody opens it, you neither: back up the"
                " folder of keys elsewhere."
            )
        if made.problems:
            self.stderr.write(f"{len(made.problems):,} files are not in the backup.")
            sys.exit(1)
