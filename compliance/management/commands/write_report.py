"""`manage.py write_report KIND`: writes a report into a folder, and keeps it if asked to."""

from argparse import ArgumentParser
from datetime import date
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.models import User
from audits import days
from audits.errors import AuditsError
from audits.models import Engagement
from evidence.errors import EvidenceError
from reports.errors import ReportsError
from reports.written import making, registry
from reports.written.registry import Asked


class Command(BaseCommand):
    help = "Write a report as PDF and Excel into a folder; without KIND, list the kinds."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("kind", metavar="KIND", nargs="?", help="such as control_matrix")
        parser.add_argument("--out", type=Path, help="the folder to write into")
        parser.add_argument("--engagement", help="its reference: ENG-2026-1")
        parser.add_argument("--from", dest="start", type=date.fromisoformat, help="first day")
        parser.add_argument("--to", dest="end", type=date.fromisoformat, help="last day")
        parser.add_argument(
            "--as-of",
            type=date.fromisoformat,
            help="judge as of the end of an earlier day, where what it reads is kept by moment",
        )
        parser.add_argument("--about", default="", help="reference of what it is about")
        parser.add_argument(
            "--all-rows", action="store_true", help="show every row of long tables in the PDF too"
        )
        parser.add_argument(
            "--keep", metavar="EMAIL", help="keep it as evidence, asked by a person"
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        if not options["kind"]:
            for slug, kind in registry.kinds().items():
                self.stdout.write(f"{slug}: {kind.sentence}")
            return
        try:
            self._write(options)
        except (AuditsError, EvidenceError, ReportsError) as error:
            raise CommandError(str(error)) from error

    def _write(self, options: dict[str, Any]) -> None:
        now, day = making.now(), options["as_of"]
        asked = Asked(
            at=days.end_of(day) if day else now,
            made_at=now if day else None,
            engagement=_engagement(options["engagement"]),
            start=options["start"],
            end=options["end"],
            subject=options["about"],
            whole=options["all_rows"],
        )
        if options["keep"]:
            by = User.objects.filter(email=options["keep"]).first()
            if by is None:
                raise CommandError(f"There is nobody with the address {options['keep']}.")
            job = making.ask(options["kind"], asked, by=by)
            made = making.make(dict(job.payload))
            self.stdout.write(f"{made.paper.ref} and {made.excel.ref}: {made.paper.title}")
            return
        out: Path | None = options["out"]
        if out is None or not out.is_dir():
            raise CommandError("Say --out with a folder that is there, or --keep with an address.")
        written = making.write(options["kind"], asked, out)
        for path in (written.paper, written.excel):
            named = out / making.file_name(options["kind"], written.head, path.suffix)
            path.rename(named)
            self.stdout.write(f"{named} ({named.stat().st_size:,} bytes)")


def _engagement(ref: str | None) -> Engagement | None:
    if not ref:
        return None
    found = Engagement.objects.select_related("framework").filter(ref=ref).first()
    if found is None:
        known = ", ".join(Engagement.objects.values_list("ref", flat=True)) or "none"
        raise CommandError(f"There is no engagement {ref}; known: {known}.")
    return found
