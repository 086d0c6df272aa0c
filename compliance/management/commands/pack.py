"""`manage.py pack ENGAGEMENT --out FILE`: freezes a pack of an engagement and writes it."""

from argparse import ArgumentParser
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from audits import packs
from audits.errors import AuditsError
from audits.models import Engagement, EvidenceRequest, Pack
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

        parser.add_argument("--nonce", default="", help="seal it for this nonce of the auditor")
        parser.add_argument("--request", metavar="REF", help="seal it for ENG-2026-1/R4")

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
            pack = _pack(engagement, options)
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


def _pack(engagement: Engagement, options: Mapping[str, Any]) -> Pack:
    number, as_of, ref = options["pack"], options["as_of"], options["request"]
    asked = _request(engagement, ref) if ref else None
    if number is None:
        moment = _moment(as_of) if as_of else None
        nonce = options["nonce"]
        return packs.freeze(engagement, by=None, as_of=moment, nonce=nonce, request=asked)
    if as_of or asked or options["nonce"]:
        raise CommandError("An earlier pack is frozen already: give --pack and --out alone.")
    earlier = engagement.packs.filter(number=number).select_related("engagement").first()
    if earlier is None:
        raise CommandError(f"{engagement.ref} has no pack {number}.")
    return earlier


def _request(engagement: Engagement, ref: str) -> EvidenceRequest:
    found = [one for one in engagement.requests.select_related("engagement") if one.ref == ref]
    if not found:
        raise CommandError(f"{engagement.ref} has no request {ref}.")
    return found[0]


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise CommandError(f"--as-of {text} is no time with an offset.")
    return moment
