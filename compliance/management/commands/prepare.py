"""`manage.py prepare`: gives an installation what it needs to show something on its first day."""

from typing import Any

from django.core.management.base import BaseCommand

from accounts import roles
from collectors import defaults
from evidence import checkpoint


class Command(BaseCommand):
    help = "Sync the roles, connect the built-in sources and sign the log; safe to repeat."

    def handle(self, *_args: object, **options: Any) -> None:
        roles.sync()
        connected = defaults.connect_defaults()
        checkpoint.sign()
        if options["verbosity"]:
            names = ", ".join(source.slug for source in connected) or "none, all were there"
            self.stdout.write(f"Sources connected: {names}.")
            self.stdout.write(f"Verifier key of the log: {checkpoint.vkey()}")
