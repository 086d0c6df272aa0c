"""`manage.py traceability`: write the page of docs that says where each requirement is at home."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from compliance import homes
from controls.errors import CatalogueError


class Command(BaseCommand):
    help = "Write docs/traceability.md: requirement by requirement, what meets it."

    def handle(self, *_args: Any, **_options: Any) -> None:
        try:
            text = homes.page(Path(settings.BASE_DIR) / "controls" / "catalogue")
        except CatalogueError as error:
            raise CommandError(str(error)) from error
        path = Path(settings.BASE_DIR) / "docs" / "traceability.md"
        path.write_text(text, encoding="utf-8")
        self.stdout.write(f"{path.name} is written.")
