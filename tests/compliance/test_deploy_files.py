"""What lies in deploy/ for operators: files that can be read, and commands that there are."""

import re
import shlex
import shutil
import subprocess
from argparse import ArgumentParser
from configparser import ConfigParser
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.conf import settings
from django.core.management import get_commands, load_command_class

from compliance import supervisor

DEPLOY = Path(settings.BASE_DIR) / "deploy"
UNITS = sorted((DEPLOY / "systemd").glob("*.service"))
SETTINGS = (DEPLOY.parent / "docs" / "settings.md").read_text("utf-8")
_OF_POSTGRES = {"POSTGRES_USER", "POSTGRES_DB", "POSTGRES_PASSWORD"}
_PROGRAM = "/opt/countersign/.venv/bin/python manage.py "


def unit(path: Path) -> ConfigParser:
    read = ConfigParser(strict=False, interpolation=None)
    read.optionxform = str  # type: ignore[assignment,method-assign]
    read.read_string(path.read_text("utf-8"))
    return read


def compose() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text("utf-8"))
    return found


def parsed(words: list[str]) -> dict[str, Any]:
    """Return what a command of ours makes of words; a wrong one is an error."""
    name, *options = words
    command = load_command_class(get_commands()[name], name)
    parser: ArgumentParser = command.create_parser("manage.py", name)
    return vars(parser.parse_args(options))


def parts_of(words: list[str]) -> set[str]:
    return set(parsed(words)["only"].split(","))


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.stem)
def test_each_unit_starts_a_command_that_there_is(path: Path) -> None:
    service = unit(path)["Service"]
    assert service["ExecStart"].startswith(_PROGRAM)
    parsed(shlex.split(service["ExecStart"].removeprefix(_PROGRAM)))
    assert service["UMask"] == "0077"
    assert service["NoNewPrivileges"] == "yes"


def test_the_units_run_every_part_and_set_up_only_once() -> None:
    commands = [
        shlex.split(
            unit(DEPLOY / "systemd" / f"countersign-{part}.service")["Service"]["ExecStart"]
        )
        for part in ("web", "worker", "beat")
    ]
    started = [command[2:] for command in commands]
    known = supervisor.parts(listen="", threads=1, workers=1)
    assert set().union(*map(parts_of, started)) == set(known)
    assert [parsed(words)["no_prepare"] for words in started] == [False, True, True]


def test_systemd_accepts_the_units(tmp_path: Path) -> None:
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        pytest.skip("systemd-analyze is not here.")
    for path in (DEPLOY / "systemd").iterdir():
        # The program and the folder of an installation are not on this machine.
        text = path.read_text("utf-8").replace(_PROGRAM, "/bin/true ")
        here = tmp_path / path.name
        here.write_text(text.replace("=/opt/countersign", "=/"), encoding="utf-8")
    done = subprocess.run(
        [analyze, "verify", *map(str, sorted(tmp_path.iterdir()))],
        check=False,
        capture_output=True,
        text=True,
        env={"SYSTEMD_LOG_LEVEL": "warning"},
    )
    named = [line for line in done.stderr.splitlines() if "countersign" in line]
    assert named == []


def test_the_compose_file_runs_every_part_after_what_it_needs() -> None:
    services = compose()["services"]
    ours = {name: one for name, one in services.items() if one.get("image") == "countersign"}
    assert set().union(*(parts_of(one["command"]) for one in ours.values())) == {*ours}
    assert [name for name, one in ours.items() if not parsed(one["command"])["no_prepare"]] == [
        "web"
    ]
    for one in services.values():
        for needed in one.get("depends_on", {}):
            assert "healthcheck" in services[needed] or needed == "web"
    assert services["web"]["ports"] == ["127.0.0.1:8000:8000"]


def test_the_compose_file_names_only_files_and_volumes_that_there_are() -> None:
    read = compose()
    for one in read["services"].values():
        for volume in one.get("volumes", []):
            assert volume.partition(":")[0] in read["volumes"]
        if "build" in one:
            assert (DEPLOY / one["build"]["context"] / one["build"]["dockerfile"]).is_file()
        assert {f"{name}.example" for name in one.get("env_file", [])} <= {
            path.name for path in DEPLOY.iterdir()
        }


def test_the_settings_of_the_example_are_settings() -> None:
    text = (DEPLOY / "countersign.env.example").read_text("utf-8")
    names = {line.partition("=")[0] for line in text.splitlines() if line[0] != "#"}
    assert {name for name in names - _OF_POSTGRES if f"`{name}`" not in SETTINGS} == set()


def test_the_image_copies_what_there_is_and_runs_as_nobody_special() -> None:
    lines = (DEPLOY / "Dockerfile").read_text("utf-8").splitlines()
    copied = [line.split()[1] for line in lines if line.startswith("COPY")]
    assert all((DEPLOY.parent / path).exists() for path in copied)
    assert "USER countersign" in lines
    command = next(line for line in lines if line.startswith("CMD"))
    assert parts_of(re.findall(r'"(\w+)"', command)) == {"web", "worker", "beat"}
