"""`manage.py add_api_user --environment live`: makes a key for the merchants' API, shown once."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from merchants import api_users
from merchants.errors import FieldError
from merchants.models import Application, Environment


class Command(BaseCommand):
    help = (
        "Make a key by which programs call the API under /finix/: for all platforms of an"
        " environment, or for one. The password is shown once."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--environment", required=True, choices=Environment.values)
        parser.add_argument("--application", default="", help="the id of one platform, as in AP...")

    def handle(self, *_args: object, **options: Any) -> None:
        try:
            if options["application"]:
                made, password = api_users.add_partner_key(
                    self._platform(options), actor="operator"
                )
            else:
                made, password = api_users.add_platform_key(
                    options["environment"], actor="operator"
                )
        except FieldError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"user      {made.ref}")
        self.stdout.write(f"password  {password}")
        self.stdout.write("Keep the password now: nobody can read it again.")

    def _platform(self, options: dict[str, Any]) -> Application:
        found = Application.objects.filter(
            ref=options["application"], environment=options["environment"]
        ).first()
        if found is None:
            raise CommandError(f"There is no platform {options['application']} there.")
        return found
