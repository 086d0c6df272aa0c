"""What the how-to says to type works when it is typed."""

import json
import os
import re
import subprocess
from pathlib import Path

import pytest
from pytest_django.live_server_helper import LiveServer

from accounts.models import User
from compliance.api.pushing import EvidencePush
from evidence.models import Evidence
from tests.api import calls
from tests.conftest import demand
from tests.evidence import items
from tests.evidence.screening import planting
from tests.installation import PATIENCE_SECONDS

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "docs" / "how-to" / "push-evidence.md").read_text(encoding="utf-8")
COMMAND, BATCH = re.findall(r"```sh\n(.+?)```", TEXT, re.DOTALL)


def test_every_field_of_a_push_is_explained() -> None:
    explained = {
        name
        for row in re.findall(r"^\| (`.+?) \|", TEXT, re.MULTILINE)
        for name in re.findall(r"`(\w+)`", row)
    }
    assert set(EvidencePush().fields) <= explained


def test_it_names_only_fields_that_exist() -> None:
    typed = set(re.findall(r'--form "(\w+)=', COMMAND))
    assert typed <= set(EvidencePush().fields)
    required = {name for name, field in EvidencePush().fields.items() if field.required}
    assert required <= typed


def test_the_expectation_that_it_names_is_in_the_catalogue() -> None:
    [slug] = re.findall(r'"expectations=([\w-]+)"', COMMAND)
    files = (ROOT / "controls" / "catalogue" / "controls").glob("*.yaml")
    assert any(f"slug: {slug}\n" in file.read_text(encoding="utf-8") for file in files)


def test_every_code_that_it_lists_is_one_that_the_api_gives() -> None:
    listed = set(re.findall(r"`([a-z_]+)`", "".join(re.findall(r"^\| \d.+$", TEXT, re.MULTILINE))))
    code = "".join(
        path.read_text(encoding="utf-8") for path in (ROOT / "compliance" / "api").glob("*.py")
    )
    assert {word for word in listed if f'"{word}"' not in code} <= {"request_id"}


@pytest.mark.django_db(transaction=True)
def test_the_command_pushes_an_item_and_repeats_it(
    live_server: LiveServer, alice: User, tmp_path: Path
) -> None:
    items.expectation("penetration-test")
    (tmp_path / "pentest-2026-q3.pdf").write_bytes(planting.pdf("findings"))
    secret = calls.give_token(alice, "evidence:write")
    answers = [_type(COMMAND, live_server.url, secret, tmp_path) for _ in range(2)]
    assert answers[0] == answers[1]
    stored = Evidence.objects.get()
    assert json.loads(answers[0])["ref"] == stored.ref
    assert stored.filename == "pentest-2026-q3.pdf"
    assert stored.media_type == "application/pdf"
    assert [claim.expectation.slug for claim in stored.claims.all()] == ["penetration-test"]


@pytest.mark.django_db(transaction=True)
def test_the_command_for_several_items_works_and_may_be_repeated(
    live_server: LiveServer, alice: User, tmp_path: Path
) -> None:
    (tmp_path / "october.txt").write_bytes(b"restored")
    (tmp_path / "september.txt").write_bytes(b"restored, too")
    secret = calls.give_token(alice, "evidence:write")
    first, again = [json.loads(_type(BATCH, live_server.url, secret, tmp_path)) for _ in range(2)]
    assert [one["ref"] for one in first["items"]] == ["EV-000001", "EV-000002"]
    assert again == {"items": first["items"], "replayed": [0, 1]}
    assert [one.filename for one in Evidence.objects.order_by("pk")] == [
        "october.txt",
        "september.txt",
    ]


def _type(command: str, url: str, secret: str, folder: Path) -> bytes:
    """Type a command of the page into a shell; return what it prints."""
    demand("curl", "curl")
    environment = {
        **os.environ,
        "COUNTERSIGN_URL": url,
        "COUNTERSIGN_TOKEN": secret,
        "no_proxy": "*",
    }
    return subprocess.run(
        ["sh", "-euc", command],
        cwd=folder,
        env=environment,
        check=True,
        capture_output=True,
        timeout=PATIENCE_SECONDS,
    ).stdout
