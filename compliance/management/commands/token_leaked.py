"""`manage.py token_leaked`: ends a token that was found where it must not be; lists its deeds."""

import getpass
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.errors import TokenError
from compliance import leaks


class Command(BaseCommand):
    help = "Revoke a leaked API token; its secret is asked for, or read from standard input."

    def handle(self, *_args: Any, **_options: Any) -> None:
        # Never as an argument: those stand in the list of processes and in the shell's history.
        secret = getpass.getpass("Leaked secret: ") if sys.stdin.isatty() else sys.stdin.read()
        try:
            leak = leaks.report(secret, by="system")
        except TokenError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(leaks.words(leak))
