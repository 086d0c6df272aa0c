"""Finds registers: one module in registers/books/ each; the name of its module is its slug."""

import functools
import importlib
import inspect
import pkgutil
import re
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from types import ModuleType
from typing import NoReturn

from registers import books
from registers.base import Declaration, Field, Type
from registers.errors import DeclarationError, UnknownRegisterError

_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
_MOST_SHOWN = 5
RESERVED = frozenset({"reference", "active"})
"""Columns that every table of a register has beside its own."""


@dataclass(frozen=True)
class Register:
    """A register that passed inspection."""

    slug: str
    declared: Declaration
    code_digest: str
    """SHA-256 of the register's own file: which rules its entries were held to."""

    @functools.cached_property
    def fields(self) -> Mapping[str, Field]:
        return {field.name: field for field in self.declared.fields}


@functools.cache
def registers() -> Mapping[str, Register]:
    """Return every register by its slug, in the order of the slugs; DeclarationError."""
    names = sorted(module.name for module in pkgutil.iter_modules(books.__path__))
    found = [inspected(name, importlib.import_module(f"{books.__name__}.{name}")) for name in names]
    return {register.slug: register for register in found}


def get(slug: str) -> Register:
    """Return one register; UnknownRegisterError."""
    try:
        return registers()[slug]
    except KeyError:
        known = ", ".join(registers())
        raise UnknownRegisterError(f"There is no register {slug!r}; known are {known}.") from None


def inspected(slug: str, module: ModuleType) -> Register:
    """Return the register that a module declares; DeclarationError says what to correct."""
    declared = getattr(module, "REGISTER", None)
    if not isinstance(declared, Declaration):
        _refuse(slug, "REGISTER = Declaration(...) is missing")
    names = [field.name for field in declared.fields]
    for name in names:
        if not _NAME.fullmatch(name) or name in RESERVED or names.count(name) > 1:
            _refuse(slug, f"the field {name!r} needs another name")
    linked = (name for link in declared.links for name in link.fields)
    single = {declared.done, declared.approver} - {""}
    wanted = {*declared.key, *declared.shown, *declared.due, *single, *linked}
    unknown = sorted(wanted.difference(names))
    if unknown or not declared.key or not 0 < len(declared.shown) <= _MOST_SHOWN:
        _refuse(slug, f"what it names are fields of it, in key and shown one at least: {unknown}")
    for field in declared.fields:
        _inspect_field(slug, declared, field)
    source = Path(inspect.getfile(module)).read_bytes()
    return Register(slug, declared, sha256(source).hexdigest())


def _inspect_field(slug: str, declared: Declaration, field: Field) -> None:
    if (field.type is Type.CHOICE) != bool(field.choices):
        _refuse(slug, f"{field.name}: choices belong to the type CHOICE, and to no other")
    if field.name in declared.key and not field.required:
        _refuse(slug, f"{field.name}: a field of the key must be required")
    if field.name in declared.due and field.type is not Type.DATE:
        _refuse(slug, f"{field.name}: what is due must be a date")


def _refuse(slug: str, problem: str) -> NoReturn:
    raise DeclarationError(f"registers/books/{slug}.py: {problem}.")
