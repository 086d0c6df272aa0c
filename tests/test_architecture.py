"""The house keeps its shape: floors, sizes, names, migrations, and what the docs must mention."""

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command, get_commands

ROOT = Path(settings.BASE_DIR)
ROOMS = (
    "accounts",
    "jobs",
    "controls",
    "evidence",
    "collectors",
    "audits",
    "merchants",
    "registers",
    "reports",
    "readiness",
)
BELOW_THE_DOORS = ("django.http", "django.shortcuts", "django.contrib.admin", "rest_framework")
ATTIC = {"utils", "util", "helpers", "helper", "common", "misc", "services", "managers"}
LONGEST_FILE = 400
# An auditor takes the verifier away as one file and reads it as a whole, so it is not cut up.
IN_ONE_PIECE = {"reports/verifier/verify.py"}
LONGEST_FUNCTION = 40
MOST_ROOT_ENTRIES = 21


def tracked(*suffixes: str) -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    ).stdout.decode()
    paths = [ROOT / name for name in listed.split("\0") if name.endswith(suffixes)]
    return [path for path in paths if path.exists()]


def code() -> list[Path]:
    return [path for path in tracked(".py") if "migrations" not in path.parts]


def place(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def imports(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def test_no_file_is_too_long() -> None:
    lengths = {
        place(path): len(path.read_text("utf-8").splitlines())
        for path in code()
        if place(path) not in IN_ONE_PIECE
    }
    assert {name: size for name, size in lengths.items() if size > LONGEST_FILE} == {}


def test_no_function_is_too_long() -> None:
    long = []
    for path in code():
        for node in ast.walk(parsed(path)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                size = (node.end_lineno or 0) - node.lineno + 1
                if size > LONGEST_FUNCTION:
                    long.append(f"{place(path)}:{node.lineno} {node.name}: {size} lines")
    assert long == []


@pytest.mark.parametrize("room", ROOMS)
def test_below_the_doors_nobody_speaks_http_to_a_user(room: str) -> None:
    found = [
        f"{place(path)} imports {name}"
        for path in sorted((ROOT / room).rglob("*.py"))
        for name in imports(parsed(path))
        if any(name == banned or name.startswith(f"{banned}.") for banned in BELOW_THE_DOORS)
    ]
    assert found == []


def test_the_skin_is_worn_in_the_staff_door_only() -> None:
    wearers = [
        place(path)
        for path in code()
        if any(name.split(".")[0] == "unfold" for name in imports(parsed(path)))
    ]
    assert [name for name in wearers if not name.startswith(("compliance/staff/", "tests/"))] == []


def test_no_module_is_an_attic() -> None:
    assert [place(path) for path in code() if path.stem in ATTIC] == []


def test_every_module_says_what_it_is_for() -> None:
    silent = [
        place(path)
        for path in code()
        if path.read_text("utf-8").strip() and not ast.get_docstring(parsed(path))
    ]
    assert [name for name in silent if not name.endswith("__init__.py")] == []


def test_the_front_hall_is_tidy() -> None:
    entries = {place(path).split("/")[0] for path in tracked("")}
    assert len([name for name in entries if not name.startswith(".")]) <= MOST_ROOT_ENTRIES


def test_nothing_is_left_for_later() -> None:
    words = re.compile(r"\b(TODO|FIXME|XXX)\b|raise NotImplementedError")
    left = [
        f"{place(path)}: {line.strip()}"
        for path in tracked(".py", ".html", ".css", ".js")
        if path.name != Path(__file__).name
        for line in path.read_text("utf-8").splitlines()
        if words.search(line)
    ]
    assert left == []


def test_locks_name_no_host() -> None:
    locks = list((ROOT / "deploy" / "locks").glob("*.txt"))
    assert len(locks) == 4
    for lock in locks:
        assert re.search(r"https?://|file:|--index|--find-links", lock.read_text("utf-8")) is None


@pytest.mark.django_db
def test_no_migration_is_missing() -> None:
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


def test_migrations_are_named_by_hand() -> None:
    automatic = re.compile(r"^\d{4}_(auto_|alter_|remove_|rename_field)")
    names = [path.stem for path in ROOT.glob("*/migrations/0*.py")]
    assert names
    assert [name for name in names if automatic.match(name)] == []


def test_every_setting_is_documented() -> None:
    source = (ROOT / "compliance" / "settings.py").read_text("utf-8")
    names = set(re.findall(r"environment\.\w+\(\s*\"([A-Z_]+)\"", source))
    documented = (ROOT / "docs" / "settings.md").read_text("utf-8")
    assert len(names) > 10
    assert sorted(name for name in names if f"`{name}`" not in documented) == []


def test_every_command_is_documented() -> None:
    own = {
        name for name, app in get_commands().items() if app.split(".")[0] in (*ROOMS, "compliance")
    }
    documented = (ROOT / "docs" / "commands.md").read_text("utf-8")
    assert sorted(name for name in own if f"`{name}" not in documented) == []
