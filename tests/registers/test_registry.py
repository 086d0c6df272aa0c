"""A register is a file, and a file that declares it wrongly is refused by name."""

from dataclasses import replace
from types import ModuleType
from typing import Any

import pytest

from registers import registry
from registers.base import Field, Type
from registers.books import vendors as a_module
from registers.errors import DeclarationError, UnknownRegisterError
from tests.registers.books import GOOD


def declaring(**changed: Any) -> ModuleType:
    module = ModuleType("a_register")
    module.__file__ = a_module.__file__
    module.REGISTER = replace(a_module.REGISTER, **changed)  # type: ignore[attr-defined]
    return module


def test_every_file_is_a_register_and_has_a_good_entry() -> None:
    assert list(registry.registers()) == sorted(GOOD)
    prefixes = [register.declared.prefix for register in registry.registers().values()]
    assert len(set(prefixes)) == len(prefixes) == 17


def test_an_unknown_register_is_named() -> None:
    with pytest.raises(UnknownRegisterError, match="no register 'lunches'; known are acc"):
        registry.get("lunches")


def test_a_file_without_a_declaration_is_refused() -> None:
    with pytest.raises(DeclarationError, match=r"books/a\.py: REGISTER = Declaration"):
        registry.inspected("a", ModuleType("a"))


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        ({"fields": (Field(name="Name", label="Name"),)}, "'Name' needs another name"),
        ({"fields": (Field(name="active", label="Active"),)}, "'active' needs another name"),
        ({"fields": (*a_module.REGISTER.fields, Field(name="name", label="Again"))}, "'name'"),
        ({"key": ()}, "one at least"),
        ({"key": ("nothing",)}, "nothing"),
        ({"shown": ("name",) * 6}, "one at least"),
        ({"key": ("status_page",)}, "must be required"),
        ({"due": ("name",)}, "must be a date"),
        (
            {
                "fields": (
                    *a_module.REGISTER.fields,
                    Field(name="more", label="More", type=Type.CHOICE),
                )
            },
            "choices belong",
        ),
    ],
)
def test_a_wrong_declaration_is_refused(changed: dict[str, Any], problem: str) -> None:
    with pytest.raises(DeclarationError, match=problem):
        registry.inspected("a", declaring(**changed))
