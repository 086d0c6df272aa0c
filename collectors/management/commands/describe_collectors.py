"""`manage.py describe_collectors`: write the page of docs that lists every collector."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from collectors import handbook


class Command(BaseCommand):
    help = "Write docs/collectors.md from what the collectors declare."

    def handle(self, *_args: Any, **_options: Any) -> None:
        path = Path(settings.BASE_DIR) / "docs" / "collectors.md"
        path.write_text(handbook.page(), encoding="utf-8")
        self.stdout.write(f"{path.name} is written.")
