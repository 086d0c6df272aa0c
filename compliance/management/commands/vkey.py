"""`manage.py vkey`: prints the key by which auditors verify the log and its packs."""

from typing import Any

from django.core.management.base import BaseCommand

from evidence import checkpoint


class Command(BaseCommand):
    help = "Print the verifier key; hand it to auditors by another way than the packs."

    def handle(self, *_args: Any, **_options: Any) -> None:
        self.stdout.write(checkpoint.vkey())
