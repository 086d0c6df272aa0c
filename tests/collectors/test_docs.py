"""The docs of collectors say what is true: the example works, the list is the list."""

import importlib.util
import re
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command
from pytest_django import Settings

from collectors import handbook, registry
from collectors.base import AsksFor
from collectors.errors import SourceDeniedError, SourceNonsenseError
from collectors.models import Run
from collectors.run import perform
from tests.collectors import world
from tests.collectors.asking import OCTOBER, ask
from tests.collectors.loopback import Loopback, Reply

DOCS = Path(settings.BASE_DIR) / "docs"
PAYLOADS = Path(__file__).parent / "payloads" / "how_to"
PAGES = [Reply(path.read_bytes()) for path in sorted(PAYLOADS.glob("page-*.json"))]


@pytest.fixture
def incidents(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The example of the how-to, found as the collector of an installed package would be."""
    text = (DOCS / "how-to" / "add-a-collector.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    code = next(block for block in blocks if "COLLECTOR" in block)
    path = tmp_path / "incidents.py"
    path.write_text(code, encoding="utf-8")
    spec = importlib.util.spec_from_file_location("incidents", path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "incidents", module)
    spec.loader.exec_module(module)
    made = registry.inspect_module("incidents", module, version="1")
    known = {**registry.collectors(), "incidents": made}
    monkeypatch.setattr(registry, "collectors", lambda: known)
    assert len(code.splitlines()) <= 120
    return "incidents"


def test_the_example_reads_all_pages(incidents: str, scratch: Path) -> None:
    with Loopback(*PAGES) as server:
        told = ask(incidents, scratch, url=server.url, token="secret", period=OCTOBER)
    assert [row["incident_id"] for row in told.rows] == ["I-1", "I-2", "I-3"]
    assert told.rows[1]["opened_at"].astimezone(UTC) == datetime(2026, 10, 12, 21, 10, tzinfo=UTC)
    assert told.rows[1]["resolved_at"] is None
    assert (told.trail.source_count, told.trail.pages) == (3, 3)
    assert server.asked[0].path.startswith("/incidents?since=2026-10-01T00")
    assert server.asked[2].path.endswith("page=3")
    assert server.asked[0].headers["Authorization"] == "Bearer secret"


@pytest.mark.django_db
@pytest.mark.usefixtures("november")
def test_the_example_becomes_evidence(incidents: str) -> None:
    with Loopback(*PAGES) as server:
        source = world.source(incidents, values={"url": server.url, "token": "hunter2-hunter2"})
        run = perform(source, period=None, key="one")
    assert (run.state, run.rows) == (Run.State.COMPLETE, 3), run.reason
    assert (run.period_from, run.period_to) == (OCTOBER.start, OCTOBER.end)
    assert len(run.ipe["raw_digests"]) == 3


@pytest.mark.django_db
@pytest.mark.usefixtures("november")
def test_a_month_without_incidents_is_empty_by_fact(incidents: str) -> None:
    with Loopback(Reply(b'{"total": 0, "incidents": []}')) as server:
        source = world.source(incidents, values={"url": server.url, "token": "hunter2-hunter2"})
        assert perform(source, period=None, key="one").state == Run.State.EMPTY


@pytest.mark.django_db
@pytest.mark.usefixtures("november")
def test_a_page_that_is_missing_makes_the_example_partial(incidents: str) -> None:
    with Loopback(PAGES[0], PAGES[2]) as server:
        source = world.source(incidents, values={"url": server.url, "token": "hunter2-hunter2"})
        run = perform(source, period=None, key="one")
    assert run.state == Run.State.PARTIAL
    assert "counts 3 rows itself, but 2 arrived" in run.reason


def test_the_example_fails_as_every_source_does(incidents: str, scratch: Path) -> None:
    with Loopback(Reply(status=401)) as server, pytest.raises(SourceDeniedError):
        ask(incidents, scratch, url=server.url, token="secret")
    with Loopback(Reply(b"[]")) as server, pytest.raises(SourceNonsenseError):
        ask(incidents, scratch, url=server.url, token="secret")


def test_the_list_of_collectors_is_the_list() -> None:
    assert (DOCS / "collectors.md").read_text(encoding="utf-8") == handbook.page()


def test_the_command_writes_the_list(settings: Settings, tmp_path: Path) -> None:
    settings.BASE_DIR = tmp_path
    (tmp_path / "docs").mkdir()
    call_command("describe_collectors", verbosity=0)
    assert (tmp_path / "docs" / "collectors.md").read_text(encoding="utf-8") == handbook.page()


def test_the_how_to_names_what_there_is() -> None:
    text = (DOCS / "how-to" / "add-a-collector.md").read_text(encoding="utf-8")
    for choice in AsksFor:
        assert f"`{choice.name}`" in text
    page = (DOCS / "how-to" / "ship-a-collector.md").read_text(encoding="utf-8")
    assert registry.GROUP in page
