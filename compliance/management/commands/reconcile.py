"""`manage.py reconcile`: matches the files of two to four legs by a rule set, and proves it."""

import json
import sys
import tempfile
from argparse import ArgumentParser
from collections import defaultdict
from datetime import date
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from controls.errors import CatalogueError
from evidence.reconcile import opening, rules, run
from evidence.reconcile.amounts import written
from evidence.reconcile.currencies import EXPONENTS
from evidence.reconcile.errors import ReconcileError
from evidence.reconcile.outcome import Outcome, State
from evidence.reconcile.postgresql import postgresql_engine
from evidence.reconcile.rules import RuleSet
from evidence.reconcile.run import Elsewhere
from evidence.reconcile.spark import spark_engine

COULD_NOT_RUN = 2
ENGINES = ("duckdb", "postgresql", "spark")
SHOWN_BREAKS = 50


class Command(BaseCommand):
    help = (
        "Reconcile files by a rule set; needs no database. Exit code 0: nothing found; 1: breaks,"
        " or an identity that does not hold; 2: it could not run."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--rules", required=True, type=Path, help="the YAML file of the rules")
        parser.add_argument(
            "--left", action="append", default=[], help="file or folder of the first leg"
        )
        parser.add_argument(
            "--right", action="append", default=[], help="file or folder of the second leg"
        )
        parser.add_argument(
            "--leg", action="append", default=[], metavar="NAME=PATH", help="file of a named leg"
        )
        parser.add_argument(
            "--inputs",
            type=Path,
            help="inputs.json of a signed day: it tells which files only lead in to its window",
        )
        parser.add_argument("--as-of", type=date.fromisoformat, help="the day to look from")
        parser.add_argument("--opening", type=Path, help="the report of the run before")
        parser.add_argument("--out", type=Path, help="write the whole report as JSON")
        parser.add_argument("--memory", default="1GB", help="what the database may use: 512MB")

        parser.add_argument(
            "--engine",
            choices=ENGINES,
            default="duckdb",
            help="where the rules run; the digest is the same everywhere",
        )
        parser.add_argument(
            "--database",
            default="",
            help="connection string for --engine postgresql; the password stands in PGPASSWORD or"
            " in the password file of libpq, never here",
        )
        parser.add_argument(
            "--spark-master", default="", help="for --engine spark: local[4], spark://host:7077"
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        try:
            rule_set = rules.read(options["rules"])
            given = _given(rule_set, options)
            before = opening.read(options["opening"]) if options["opening"] else None
            terms = run.Terms(
                options["as_of"],
                before,
                leading_in=_leading_in(options["inputs"]),
                memory=options["memory"],
                elsewhere=_elsewhere(options),
            )
            with tempfile.TemporaryDirectory() as scratch:
                found = run.reconcile(rule_set, given, scratch=Path(scratch), terms=terms)
            if options["out"]:
                text = json.dumps(found.to_json(), indent=1, sort_keys=True)
                options["out"].write_text(text + "\n", encoding="utf-8")
        except (CatalogueError, ReconcileError) as error:
            raise CommandError(str(error), returncode=COULD_NOT_RUN) from error
        except OSError as error:
            message = f"{error.filename or 'A file'}: {error.strerror}."
            raise CommandError(message, returncode=COULD_NOT_RUN) from error
        for line in report(found):
            self.stdout.write(line)
        if found.state is not State.CLEAN:
            sys.exit(1)


def _elsewhere(options: dict[str, Any]) -> Elsewhere | None:
    if options["engine"] == "postgresql":
        return lambda _: postgresql_engine(options["database"])
    if options["engine"] == "spark":
        return lambda scratch: spark_engine(scratch, master=options["spark_master"])
    return None


def _leading_in(path: Path | None) -> frozenset[str]:
    if path is None:
        return frozenset()
    try:
        listed = json.loads(path.read_text(encoding="utf-8"))
        return frozenset(each["name"] for each in listed if each["leads_in"])
    except (ValueError, KeyError, TypeError) as error:
        message = f"{path.name} is no list of inputs of a signed day ({type(error).__name__})."
        raise CommandError(message, returncode=COULD_NOT_RUN) from error


def _given(rule_set: RuleSet, options: dict[str, Any]) -> dict[str, list[Path]]:
    first, second = list(rule_set.legs)[:2]
    named = [(first, text) for text in options["left"]]
    named += [(second, text) for text in options["right"]]
    for text in options["leg"]:
        name, mark, place = text.partition("=")
        if not mark:
            message = f"--leg {text} must look like --leg bank=statements/."
            raise CommandError(message, returncode=COULD_NOT_RUN)
        named.append((name, place))
    found: dict[str, list[Path]] = defaultdict(list)
    for name, place in named:
        path = Path(place)
        files = (
            sorted(each for each in path.iterdir() if each.is_file()) if path.is_dir() else [path]
        )
        found[name] += files
    missing = [leg for leg in rule_set.legs if leg not in found]
    if missing:
        message = f"No file was given for the leg {missing[0]}; say --leg {missing[0]}=PATH."
        raise CommandError(message, returncode=COULD_NOT_RUN)
    return found


def report(found: Outcome) -> list[str]:
    """Return the lines that a run prints."""
    lines = [
        f"rules    {found.rules} version {found.rules_version}, sha256 {found.rules_digest}",
        f"as of    {found.as_of}",
    ]
    for facts in found.files:
        rows = sum(count for count, _, _ in facts.totals.values())
        state = f"refused: {facts.refused}" if facts.refused else f"{rows:,} rows"
        lines.append(f"file     {facts.leg}/{facts.name}, sha256 {facts.sha256}: {state}")
    lines += [
        f"total    {t.comparison} {t.side} ({t.leg}) {t.item_class}: {t.count:,} items,"
        f" {_money(t.amount, t.currency)}"
        for t in found.totals
    ]
    lines += [f"break    {b.leg}: {b.reason} {b.subject}: {b.detail}" for b in found.file_breaks]
    for each in found.breaks[:SHOWN_BREAKS]:
        sides = " / ".join(
            f"{part.ids} {_money(part.amount, part.currency)} ({part.at})"
            for part in (each.left, each.right)
            if part.count
        )
        lines.append(f"break    {each.comparison}: {each.reason} {each.id}: {sides}")
    if found.break_count > SHOWN_BREAKS:
        lines.append(f"         and {found.break_count - SHOWN_BREAKS:,} more; --out lists them")
    held = len(found.identities) - len(found.failed_identities)
    lines.append(f"proved   {held} of {len(found.identities)} identities hold")
    lines += [
        f"FAILED   identity {i.name} {i.subject} {i.currency}: {i.left} is not {i.right}"
        for i in found.failed_identities
    ]
    tail = f"{found.break_count:,} breaks, {len(found.file_breaks)} of files"
    return [*lines, f"state    {found.state}: {tail}", f"digest   {found.digest}"]


def _money(amount: int, currency: str) -> str:
    return f"{written(amount, EXPONENTS.get(currency, 0))} {currency}"
