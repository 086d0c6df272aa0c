"""`manage.py plant KIND COUNT`: enqueues the jobs of the kill tests in one transaction."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.db import connection, transaction

from jobs import queue

TABLE = "CREATE TABLE IF NOT EXISTS effect (name varchar(80) PRIMARY KEY, attempt integer)"


class Command(BaseCommand):
    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("kind")
        parser.add_argument("count", type=int)
        parser.add_argument("--seconds", type=float, default=0.0)
        parser.add_argument("--attempts", type=int, default=60)
        parser.add_argument("--name", default="", help="begins the keys, instead of the kind")

    def handle(self, *_args: object, **options: Any) -> None:
        with connection.cursor() as cursor:
            cursor.execute(TABLE)
        with transaction.atomic():
            for number in range(options["count"]):
                queue.enqueue(
                    options["kind"],
                    key=f"{options['name'] or options['kind']}-{number:03d}",
                    payload={"seconds": options["seconds"]},
                    max_attempts=options["attempts"],
                )
