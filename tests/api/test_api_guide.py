"""docs/api.md has a command for every call of the API, and each works when it is typed."""

import os
import re
import subprocess
from pathlib import Path

import pytest
from pytest_django.live_server_helper import LiveServer

from accounts.models import User
from compliance.api import documents
from evidence import checkpoint
from evidence.models import Evidence
from tests.api import calls
from tests.audits.asking import asked
from tests.audits.world import World
from tests.conftest import demand
from tests.installation import PATIENCE_SECONDS
from tests.portal import house as houses

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
COMMANDS = dict(re.findall(r"^### (\w+)\n.*?```sh\n(.+?)```", TEXT, re.MULTILINE | re.DOTALL))
GUIDES = re.findall(r"\]\(([\w/.-]+\.md)(?:#[\w-]+)?\)", TEXT)
# References of the text, and what they are in the test.
NAMED = ("EV-000123", "AC-01", "RUN-000045", "ENG-0007", "11", "22", "33", "FND-0044")


def operations() -> dict[str, str]:
    """Every call that the document promises, with its path."""
    return {
        said["operationId"]: path
        for path, methods in documents.schema()["paths"].items()
        for said in methods.values()
    }


def test_every_call_has_a_command_and_no_other_has() -> None:
    assert sorted(COMMANDS) == sorted(operations())


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_a_command_calls_what_its_title_says(name: str) -> None:
    address = re.search(r"\$COUNTERSIGN_URL(/[^\"]+)", COMMANDS[name])
    assert address
    path = operations()[name].replace("{tile}", "[0-9a-z./]+")
    pattern = re.sub(r"\{\w+\}", "[A-Z0-9-]+", path)
    assert re.fullmatch(pattern, address[1])


@pytest.mark.parametrize("guide", sorted(set(GUIDES)))
def test_every_guide_is_there(guide: str) -> None:
    assert (ROOT / "docs" / guide).is_file()


def test_every_resource_names_a_guide_and_its_scope() -> None:
    rows = re.findall(r"^\| ([a-z, ]+) \| (.+?) \| \[.+\]\(.+\) \|$", TEXT, re.MULTILINE)
    told = {word for resources, _ in rows for word in resources.split(", ")}
    parts = {re.findall(r"/([a-z]+)", path)[-1] for path in operations().values()}
    # The bytes and the lines belong to what stands before them in the path.
    assert parts - {"content", "items"} <= told
    assert all(re.fullmatch(r"(`[a-z]+:[a-z]+`(, )?)+", scopes) for _, scopes in rows)


def with_references(command: str, real: tuple[str, ...]) -> str:
    """Put the references of the test in the place of those of the text."""
    for said, meant in zip(NAMED, real, strict=True):
        command = re.sub(rf"(?<=/){said}(?=[/\"])|(?<=control=){said}", meant, command)
    return command


@pytest.mark.django_db(transaction=True)
def test_every_command_works(
    live_server: LiveServer, alice: User, bob: User, tmp_path: Path
) -> None:
    demand("curl", "curl")
    house = houses.sampled(houses.build(World(alice), bob))
    assert house.draw
    request = asked(house.engagement, alice)
    run = calls.run(calls.source())
    checkpoint.sign()
    real = (
        house.staff.ref,
        house.world.access.ref,
        run.ref,
        house.engagement.ref,
        str(request.number),
        str(house.draw.population.number),
        str(house.draw.number),
        house.finding.ref,
    )
    (tmp_path / "capacity.csv").write_text("resource,used_percent\ndisk,61\n")
    environment = {
        **os.environ,
        "COUNTERSIGN_URL": live_server.url,
        "COUNTERSIGN_TOKEN": calls.give_token(alice, *calls.ALL_SCOPES),
        "no_proxy": "*",
    }
    for name, command in COMMANDS.items():
        answer = subprocess.run(
            ["sh", "-euc", with_references(command, real)],
            cwd=tmp_path,
            env=environment,
            check=False,
            capture_output=True,
            timeout=PATIENCE_SECONDS,
        )
        assert answer.returncode == 0, (name, answer.stdout, answer.stderr)
        assert answer.stdout or name == "download_evidence", name
    assert (tmp_path / "evidence.bin").stat().st_size == house.staff.blob.size
    assert Evidence.objects.filter(title="Capacity figures of October").count() == 1
