"""`manage.py cosign FILE`: takes in a checkpoint that a witness has cosigned."""

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from evidence import cosigning
from evidence.errors import EvidenceError


class Command(BaseCommand):
    help = (
        "Take in a checkpoint that a witness of the setting WITNESSES has cosigned; - reads it from"
        " standard input. Its signature is verified before it is kept."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", help="the checkpoint with the line of the witness, or -")

    def handle(self, *_args: object, **options: Any) -> None:
        most = cosigning.LONGEST_NOTE + 1
        try:
            if options["file"] == "-":
                note = sys.stdin.read(most)
            else:
                with Path(options["file"]).open(encoding="utf-8") as file:
                    note = file.read(most)
        except (OSError, UnicodeDecodeError) as error:
            raise CommandError(f"{options['file']} cannot be read: {error}") from error
        try:
            made = cosigning.take_in(note, by=None)
        except EvidenceError as error:
            raise CommandError(str(error)) from error
        for one in made:
            self.stdout.write(f"{one.witness} saw {one.checkpoint.size} leaves at {one.stated_at}.")
        if not made:
            self.stdout.write("All of it was here already.")
