"""`manage.py restore --from FOLDER|FILE.tar`: restores a backup into an empty installation."""

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from compliance.backups import keyring, restoring, sources
from compliance.backups.errors import BackupError
from compliance.progress_bar import Bar
from evidence.errors import EvidenceError


class Command(BaseCommand):
    help = (
        "Restore a backup into an empty installation, compare every digest and recompute the log."
        " Exit code 1 when the log found something that differs."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--from", required=True, type=Path, dest="source", help="the backup")
        parser.add_argument(
            "--with-keys",
            type=Path,
            metavar="PASSPHRASE-FILE",
            help="restore the keys of the backup too, by the passphrase in this file",
        )
        parser.add_argument(
            "--only-verify", action="store_true", help="compare the backup and restore nothing"
        )

    def handle(self, *_args: object, **options: Any) -> None:
        bar = Bar(self.stderr)
        try:
            given = options["with_keys"]
            phrase = keyring.passphrase(given) if given else ""
            with sources.opened(options["source"]) as source:
                if options["only_verify"]:
                    manifest = restoring.verify(source, tell=bar.show)
                    self.stdout.write(
                        f"The backup of {manifest.made_at} is whole: {manifest.file_count:,} files,"
                        f" log of {manifest.log_size:,} leaves."
                    )
                    return
                done = restoring.restore(source, phrase=phrase, tell=bar.show)
        except (BackupError, EvidenceError) as error:
            raise CommandError(str(error)) from error
        finally:
            bar.clear()
        self._say(done)

    def _say(self, done: restoring.Restored) -> None:
        for problem in done.problems:
            self.stdout.write(problem)
        for note in done.notes:
            self.stdout.write(note)
        manifest = done.manifest
        self.stdout.write(
            f"Restored the backup of {manifest.made_at}: {manifest.file_count:,} files, log of"
            f" {manifest.log_size:,} leaves, {len(done.problems):,} problems."
        )
        self.stdout.write(
            "The log is not signed until an administrator says why: manage.py resume_log --reason"
            ' "..." Then: manage.py up'
        )
        if done.problems:
            sys.exit(1)
