"""`manage.py load_question_texts FILE --licence WORDS`: puts licensed wording beside our own."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from merchants import official_texts
from merchants.errors import OfficialTextsError


class Command(BaseCommand):
    help = "Load official wording of questionnaire lines (CSV or JSON: id, text, form) by id."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", metavar="FILE", type=Path, help="CSV or JSON, in UTF-8")
        parser.add_argument(
            "--licence", required=True, help="by which licence it may be used, for the log"
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        try:
            found = official_texts.read(options["file"])
            fresh = official_texts.load(found, licence=options["licence"], actor="system")
        except OfficialTextsError as error:
            raise CommandError(f"Nothing was loaded.\n{error}") from error
        same = len(found) - fresh
        self.stdout.write(f"{fresh} wordings are loaded; {same} were there already.")
