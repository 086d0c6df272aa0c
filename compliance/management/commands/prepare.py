"""`manage.py prepare`: gives an installation what it needs to show something on its first day."""

from typing import Any

from django.core.management.base import BaseCommand

from accounts import roles
from collectors import defaults
from evidence import checkpoint
from evidence.errors import SigningRefusedError


class Command(BaseCommand):
    help = "Sync the roles, connect the built-in sources and sign the log; safe to repeat."

    def handle(self, *_args: object, **options: Any) -> None:
        roles.sync()
        connected = defaults.connect_defaults()
        self._sign()
        if options["verbosity"]:
            names = ", ".join(source.slug for source in connected) or "none, all were there"
            self.stdout.write(f"Sources connected: {names}.")
            self.stdout.write(f"Verifier key of the log: {checkpoint.vkey()}")

    def _sign(self) -> None:
        """Sign the log; where that is refused the house opens all the same, and says so."""
        try:
            checkpoint.sign()
        except SigningRefusedError as error:
            self.stderr.write(f"The log is not signed. {error}")
