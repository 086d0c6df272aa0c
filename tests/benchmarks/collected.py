"""Performs one run of a source in this process alone: the arguments of `collectors.alone`."""

import sys
from importlib import import_module

import django

if __name__ == "__main__":
    django.setup()
    import_module("tests.benchmarks.collectors").alone(*sys.argv[1:])
