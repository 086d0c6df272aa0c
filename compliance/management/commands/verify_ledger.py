"""`manage.py verify_ledger`: recomputes everything that the log tells, and says what differs."""

import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from compliance.progress_bar import Bar
from evidence import verification
from evidence.log_models import LogCheck


class Command(BaseCommand):
    help = (
        "Recompute leaves, rows, tree, checkpoints and stored files. Broken off, it goes on where"
        " it stopped. Exit code 1 when something differs, 3 when the time was over before the end."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--seconds", type=float, help="stop after so many, and go on next time")

    def handle(self, *_args: object, **options: Any) -> None:
        check = verification.begin()
        bar = Bar(self.stderr)
        verification.go_on(check, seconds=options["seconds"], progress=bar.show)
        bar.clear()
        self._say(check)

    def _say(self, check: LogCheck) -> None:
        for one in check.problems.all():
            self.stdout.write(f"{one.subject}: {one.sentence}")
        if check.finished_at is None:
            self.stdout.write(f"Not finished: {check.done:,} things checked, now {check.stage}.")
            sys.exit(1 if check.problem_count else 3)
        self.stdout.write(
            f"Log of {check.size:,} leaves, {check.done:,} things checked, "
            f"{check.problem_count:,} problems."
        )
        if check.problem_count:
            sys.exit(1)
