"""Weaker verifiers: one compares only checksums, the others are verify.py with holes in it."""

import hashlib
import importlib.util
import io
import sys
import zipfile
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from unittest import mock

from tests.acceptance.attacks.registry import Case, Weakness
from tests.acceptance.attacks.running import options
from tests.reports.verifier.packs import VERIFIER

NAME = "weakened_verify"


def falls(weakness: Weakness, case: Case, folder: Path) -> bool:
    """Say whether a verifier of this weakness takes the pack for valid."""
    if weakness.compares_sums_only:
        return sums_agree(case.pack)
    if weakness.without:
        case = replace(case, **{weakness.without: None})  # type: ignore[arg-type]
    with mock.patch.object(sys, "stdout", io.StringIO()):
        return bool(weakened(weakness).main(options(case, folder)) == 0)


def sums_agree(pack: bytes) -> bool:
    """Do as `sha256sum --check SHA256SUMS` does, which looks at no other file."""
    with zipfile.ZipFile(io.BytesIO(pack)) as archive:
        lines = archive.read("SHA256SUMS").decode().splitlines()
        listed = {line[66:]: line[:64] for line in lines}
        found = {name: digest(archive, name) for name in listed}
    return bool(listed) and listed == found


def digest(archive: zipfile.ZipFile, name: str) -> str:
    try:
        return hashlib.sha256(archive.read(name)).hexdigest()
    except zipfile.BadZipFile:
        return "is damaged"


def weakened(weakness: Weakness) -> ModuleType:
    """Return a copy of verify.py with holes; the file itself is not touched."""
    spec = importlib.util.spec_from_file_location(NAME, VERIFIER)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    # While it runs for the first time, its dataclasses look their module up by name.
    with mock.patch.dict(sys.modules, {NAME: module}):
        spec.loader.exec_module(module)
    strict = module.demand

    def demand(condition: object, reason: str) -> None:
        if not any(overlooked in reason for overlooked in weakness.overlooks):
            strict(condition, reason)

    module.demand = demand  # type: ignore[attr-defined]
    for name, part in weakness.laxer.items():
        assert hasattr(module, name)
        setattr(module, name, part)
    return module
