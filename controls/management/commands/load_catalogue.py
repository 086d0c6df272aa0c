"""`manage.py load_catalogue`: brings the catalogue files into the database."""

import difflib
import re
import sys
from argparse import ArgumentParser
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from controls import loader
from controls.errors import ControlsError

# More new things of one kind than this are not named one by one.
MANY = 8


class Command(BaseCommand):
    help = (
        "Brings the catalogue of frameworks, controls, expectations and checks into the database,"
        " and shows first what would change. Wording that is in force changes only on demand."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--folder", type=Path, default=settings.CATALOGUE_DIR)
        parser.add_argument("--dry-run", action="store_true", help="only show what would change")
        parser.add_argument("--yes", action="store_true", help="do not ask, but never reword")
        parser.add_argument("--reword", action="store_true", help="change wording that is in force")

    def handle(self, *_args: Any, **options: Any) -> None:
        try:
            plan = loader.plan(options["folder"])
            if options["verbosity"] or options["dry_run"]:
                self._show(plan, in_full=options["verbosity"] > 1)
            if options["dry_run"]:
                self.stdout.write("Nothing was changed, as asked.")
            elif not plan.is_empty:
                reword = self._may_reword(plan, options)
                self._may_apply(options)
                loader.apply(plan, actor="system", reword=reword)
                self.stdout.write(self.style.SUCCESS("The catalogue is loaded."))
        except ControlsError as error:
            raise CommandError(str(error)) from error

    def _show(self, plan: loader.CataloguePlan, *, in_full: bool) -> None:
        added: dict[str, list[str]] = {}
        for change in plan.changes:
            if change.before is None:
                added.setdefault(change.kind, []).append(change.key)
            else:
                self.stdout.write(str(change))
        for kind, keys in added.items():
            self.stdout.write(f"add {len(keys)} {kind}: {_named(keys, in_full=in_full)}")
        self._show_wordings(plan.wordings, in_full=in_full)
        for name in plan.absent:
            self.stdout.write(f"keep {name}, which is no longer in the files")
        if plan.is_empty:
            self.stdout.write("The catalogue is up to date.")

    def _show_wordings(self, wordings: Sequence[loader.Wording], *, in_full: bool) -> None:
        first = [wording for wording in wordings if not wording.old]
        summed = len(first) > MANY and not in_full
        if summed:
            self.stdout.write(f"word {len(first)} controls for the first time")
        for wording in wordings:
            if summed and not wording.old:
                continue
            self.stdout.write(
                f"word {wording.control}, version {wording.number}, from {wording.effective_from}"
            )
            if wording.old:
                self.stdout.write(_difference(wording))

    def _may_reword(self, plan: loader.CataloguePlan, options: dict[str, Any]) -> bool:
        if not plan.rewordings or options["reword"]:
            return True
        if options["yes"] or not sys.stdin.isatty():
            names = ", ".join(wording.control for wording in plan.rewordings)
            raise CommandError(
                f"The wording of {names} is in force and would change. Look at it with"
                " `manage.py load_catalogue --dry-run`; if you want it, pass --reword."
                " Nothing was changed."
            )
        self._ask("Change wording that is in force?")
        return True

    def _may_apply(self, options: dict[str, Any]) -> None:
        if options["yes"]:
            return
        if not sys.stdin.isatty():
            raise CommandError("Nobody is here to ask; pass --yes. Nothing was changed.")
        self._ask("Load this?")

    def _ask(self, question: str) -> None:
        self.stdout.write(f"{question} [y/N] ", ending="")
        self.stdout.flush()
        if sys.stdin.readline().strip().lower() not in {"y", "yes"}:
            raise CommandError("Nothing was changed.")


def _named(keys: list[str], *, in_full: bool) -> str:
    """Name some, and say how many more there are: the whole catalogue fills many screens."""
    if in_full or len(keys) <= MANY:
        return ", ".join(keys)
    return f"{', '.join(keys[:MANY])} and {len(keys) - MANY} more (--verbosity 2 names all)"


def _difference(wording: loader.Wording) -> str:
    """Return a unified diff, sentence by sentence: a statement is often one long line."""
    old, new = (re.split(r"(?<=[.;:]) |\n", text) for text in (wording.old, wording.new))
    return "\n".join(
        difflib.unified_diff(
            old,
            new,
            fromfile=f"{wording.control} version {wording.number - 1}",
            tofile=f"{wording.control} version {wording.number}",
            lineterm="",
        )
    )
