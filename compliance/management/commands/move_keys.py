"""`manage.py move_keys`: moves the keys of the installation to the key keeper that is set now."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from evidence import keepers, key_files
from evidence.errors import SealError


class Command(BaseCommand):
    help = (
        "Move the sealing keys and the signing keys to the key keeper that is set: into files that"
        " KMS has sealed where KEYS_KMS_KEY is set, else back into plain files. Stop the service"
        " first."
    )

    def handle(self, *_args: object, **_options: Any) -> None:
        try:
            moved = key_files.move_here()
        except SealError as error:
            raise CommandError(str(error)) from error
        title = keepers.in_use().TITLE
        for name in moved:
            self.stdout.write(f"{name} is now kept by {title}.")
        if not moved:
            self.stdout.write(f"All keys are kept by {title} already.")
