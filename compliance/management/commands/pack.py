"""`manage.py pack ENGAGEMENT --out FILE`: freezes a pack of an engagement and writes it."""

from argparse import ArgumentParser
from datetime import datetime
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from audits import packs
from audits.errors import AuditsError
from audits.models import Engagement, Pack
from evidence import checkpoint
from evidence.errors import EvidenceError
from reports import audit_pack_zip
from reports.errors import ReportsError

_BAR = 30


class Command(BaseCommand):
    help = "Freeze the evidence of an engagement and write it as a pack that verifies offline."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("engagement", metavar="ENGAGEMENT", help="its reference: ENG-2026-1")
        parser.add_argument("--out", required=True, type=Path, help="the ZIP file to write")
        parser.add_argument(
            "--pack", type=int, metavar="N", help="write this earlier pack again, the same bytes"
        )
        parser.add_argument(
            "--as-of", metavar="TIME", help="freeze what was known then: 2026-09-30T18:00:00+02:00"
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        engagement = Engagement.objects.filter(ref=options["engagement"]).first()
        if engagement is None:
            known = ", ".join(Engagement.objects.values_list("ref", flat=True)) or "none"
            raise CommandError(f"There is no engagement {options['engagement']}; known: {known}.")
        out: Path = options["out"]
        if not out.parent.is_dir():
            raise CommandError(f"There is no folder {out.parent}. Make it, or choose another.")
        partial = out.with_name(f".{out.name}.partial")
        try:
            pack = _pack(engagement, options["pack"], options["as_of"])
            with partial.open("wb") as file:
                audit_pack_zip.write(pack, file, progress=self._bar)
            partial.replace(out)
        except (AuditsError, EvidenceError, ReportsError) as error:
            raise CommandError(str(error)) from error
        finally:
            partial.unlink(missing_ok=True)
        self._end_bar()
        self._say(pack, out)

    def _say(self, pack: Pack, out: Path) -> None:
        size = out.stat().st_size
        self.stdout.write(f"Pack {pack.ref}: {pack.item_count} items, {size:,} bytes, {out}")
        if pack.shortfall_count:
            self.stdout.write(f"It lists {pack.shortfall_count} occurrences that fell short.")
        self.stdout.write("\nVerify it with this key, handed over by another way than the pack:")
        self.stdout.write(f"  {checkpoint.vkey()}")
        self.stdout.write(f"  python3 -I verify.py {out} --key '{checkpoint.vkey()}'")

    def _bar(self, done: int, total: int, note: str) -> None:
        if not self.stderr.isatty():
            return
        share = done / total if total else 0
        filled = "█" * int(share * _BAR)
        line = f"{filled:<{_BAR}} {share:4.0%}  {note[:40]:<40}"
        self.stderr.write(f"\r{line}", ending="")
        self.stderr.flush()

    def _end_bar(self) -> None:
        if self.stderr.isatty():
            self.stderr.write("\r" + " " * (_BAR + 50) + "\r", ending="")


def _pack(engagement: Engagement, number: int | None, as_of: str | None) -> Pack:
    if number is None:
        return packs.freeze(engagement, by=None, as_of=_moment(as_of) if as_of else None)
    if as_of:
        raise CommandError("An earlier pack is frozen already: leave out --as-of or --pack.")
    earlier = engagement.packs.filter(number=number).select_related("engagement").first()
    if earlier is None:
        raise CommandError(f"{engagement.ref} has no pack {number}.")
    return earlier


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise CommandError(f"--as-of {text} is no time with an offset.")
    return moment
