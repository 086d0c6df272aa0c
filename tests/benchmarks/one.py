"""Runs one benchmark in this process, on a fresh installation, and prints a JSON line a measure."""

import json
import sys
from contextlib import redirect_stdout
from dataclasses import asdict
from importlib import import_module

import django
from django.core.management import call_command


def main(name: str, *, quick: bool) -> None:
    # What commands say goes to the error channel: standard output carries the measures alone.
    with redirect_stdout(sys.stderr):
        _prepare()
        module = import_module(f"tests.benchmarks.{name}")
        for measure in module.measure(quick):
            sys.__stdout__.write(json.dumps(asdict(measure)) + "\n")  # type: ignore[union-attr]
            sys.__stdout__.flush()  # type: ignore[union-attr]


def _prepare() -> None:
    django.setup()
    call_command("migrate", verbosity=0)
    call_command("createcachetable", verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)


if __name__ == "__main__":
    main(sys.argv[1], quick="--quick" in sys.argv)
