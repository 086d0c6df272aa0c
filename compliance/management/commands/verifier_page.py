"""`manage.py verifier_page`: put verify.html together from its parts."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from reports import verifier_page


class Command(BaseCommand):
    help = "Write reports/verifier/verify.html from the parts in reports/verifier/browser/."

    def handle(self, *_args: Any, **_options: Any) -> None:
        try:
            page = verifier_page.assembled()
        except ValueError as error:
            raise CommandError(str(error)) from error
        verifier_page.PAGE.write_text(page, encoding="utf-8")
        self.stdout.write(f"{verifier_page.PAGE.name} is written.")
