"""The table of attacks in docs/SECURITY.md is whole, and names tests that are really there."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DOCUMENT = ROOT / "docs" / "SECURITY.md"
_ROW = re.compile(r"^\| (\d+) \| (.+?) \| (.+?) \| (.+?) \|$", re.MULTILINE)
_TEST = re.compile(r"`([\w/]+\.py)(?:::(?:\"([^\"]+)\"|(\w+)))?`")
ATTACKS = 67


def rows() -> dict[int, tuple[str, str, str]]:
    found = _ROW.findall(DOCUMENT.read_text(encoding="utf-8"))
    return {int(number): (attack, by, tests) for number, attack, by, tests in found}


@cache
def said_in(file: str) -> tuple[set[str], set[str]]:
    """The functions and the texts of a test module."""
    tree = ast.parse((ROOT / "tests" / file).read_text(encoding="utf-8"))
    functions = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
    texts = {
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    return functions, texts


def missing(tests: str) -> list[str]:
    """What a cell names that is not there; a cell without a test lacks one."""
    named = _TEST.findall(tests)
    lost = []
    for file, text, function in named:
        if not (ROOT / "tests" / file).exists():
            lost.append(file)
            continue
        functions, texts = said_in(file)
        if (function and function not in functions) or (text and text not in texts):
            lost.append(f"{file}::{function or text}")
    return lost if named else ["a test"]


def test_every_attack_of_the_design_is_there_once() -> None:
    assert sorted(rows()) == list(range(1, ATTACKS + 1))
    assert len(_ROW.findall(DOCUMENT.read_text(encoding="utf-8"))) == ATTACKS


@pytest.mark.parametrize("number", range(1, ATTACKS + 1))
def test_each_says_what_refuses_it_and_names_tests_that_exist(number: int) -> None:
    attack, by, tests = rows()[number]
    assert attack
    assert by
    assert missing(tests) == []


def test_a_test_that_is_gone_would_be_missed() -> None:
    here = "compliance/test_threat_model.py"
    assert missing(f"`{here}::test_of_yesterday`") == [f"{here}::test_of_yesterday"]
    assert missing('`compliance/test_gone.py::"a text"`') == ["compliance/test_gone.py"]
    assert missing("by procedure") == ["a test"]
    assert missing(f'`{here}::missing`, `{here}::"a test"`, `{here}`') == []


def test_what_cannot_be_caught_is_said() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    part = text.partition("## What cryptography cannot catch")[2].partition("##")[0]
    for words in ("False data at the source", "nobody logged", "operator", "collusion"):
        assert words in part
