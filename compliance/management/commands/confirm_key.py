"""`manage.py confirm_key --proposal N --reason TEXT`: decides what was proposed about the key."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from evidence import checkpoint, rotation
from evidence.errors import EvidenceError
from evidence.key_models import KeyProposal


class Command(BaseCommand):
    help = (
        "Confirm, or with --decline decline, what somebody proposed about the key of the log. What"
        " was proposed on the machine is confirmed here only where no two people manage the log."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--proposal", type=int, required=True, help="its number")
        parser.add_argument("--reason", required=True, help="why you decide so")
        parser.add_argument("--decline", action="store_true", help="let it be")

    def handle(self, *_args: object, **options: Any) -> None:
        proposal = KeyProposal.objects.filter(pk=options["proposal"]).first()
        if proposal is None:
            raise CommandError(f"There is no proposal {options['proposal']}.")
        decide = rotation.decline if options["decline"] else rotation.confirm
        try:
            made = decide(proposal, by=None, reason=options["reason"])
        except EvidenceError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{made.get_outcome_display()}. Verifier key now: {checkpoint.vkey()}")
