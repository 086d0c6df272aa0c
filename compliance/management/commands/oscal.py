"""`manage.py oscal ENGAGEMENT --out DIR`: writes the OSCAL documents of an engagement."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from audits.errors import AuditsError
from audits.models import Engagement
from evidence.errors import EvidenceError
from reports import oscal_files
from reports.errors import ReportsError


class Command(BaseCommand):
    help = "Write the OSCAL documents of an engagement as it stands now; nothing is frozen."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("engagement", metavar="ENGAGEMENT", help="its reference: ENG-2026-1")
        parser.add_argument("--out", required=True, type=Path, help="the folder to write into")

    def handle(self, *_args: Any, **options: Any) -> None:
        engagement = Engagement.objects.filter(ref=options["engagement"]).first()
        if engagement is None:
            known = ", ".join(Engagement.objects.values_list("ref", flat=True)) or "none"
            raise CommandError(f"There is no engagement {options['engagement']}; known: {known}.")
        out: Path = options["out"]
        if not out.is_dir():
            raise CommandError(f"There is no folder {out}. Make it, or choose another.")
        try:
            written = oscal_files.write_folder(engagement, out)
        except (AuditsError, EvidenceError, ReportsError) as error:
            raise CommandError(str(error)) from error
        except OSError as error:
            raise CommandError(f"{out} cannot be written: {error.strerror}.") from error
        for path in written:
            self.stdout.write(f"{path} ({path.stat().st_size:,} bytes)")
