"""The how-to keeps its word: in a copy of the project its example is three new files, no edit."""

import os
import re
import shutil
from hashlib import sha256
from pathlib import Path

import pytest

from tests.collectors.outside import run

ROOT = Path(__file__).resolve().parents[2]
HOW_TO = ROOT / "docs" / "how-to" / "add-a-collector.md"
LEFT_OUT = shutil.ignore_patterns(".*", "var", "__pycache__", "*.pyc", "screenshots", "*.egg-info")
MODULE = "collectors/sources/incidents.py"
TEST = "tests/collectors/test_incidents.py"
PAYLOAD = "tests/collectors/payloads/incidents/answers.yaml"
LIST = "docs/collectors.md"
_ITS_OWN = "(incidents or there_are_payloads) and not jira and not pagerduty"
BLOCKS = {
    MODULE: r"```python\n(.*?COLLECTOR = .*?)```",
    PAYLOAD: r"```yaml\n(.*?)```",
    TEST: r"```python\n([^`]*?def test_.*?)```",
}


def digests(folder: Path) -> dict[str, str]:
    """What stands in every file that a copy has, but for what running leaves behind."""
    found = {}
    for parent, folders, files in os.walk(folder):
        left_out = LEFT_OUT(parent, folders + files)
        folders[:] = sorted(set(folders) - left_out)
        for name in sorted(set(files) - left_out):
            path = Path(parent) / name
            found[path.relative_to(folder).as_posix()] = sha256(path.read_bytes()).hexdigest()
    return found


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project with the example of the how-to added as it stands there."""
    folder = tmp_path_factory.mktemp("how-to") / "project"
    shutil.copytree(ROOT, folder, ignore=LEFT_OUT)
    text = HOW_TO.read_text("utf-8")
    for name, block in BLOCKS.items():
        found = re.search(block, text, re.DOTALL)
        assert found, f"the how-to shows no {name}"
        assert not (folder / name).exists()
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(found[1], "utf-8")
    return folder


def test_the_example_is_one_module_one_test_and_one_payload_folder(copy: Path) -> None:
    before, after = digests(ROOT), digests(copy)
    assert {*after} - {*before} == {MODULE, TEST, PAYLOAD}
    assert {name for name, digest in before.items() if after.get(name, digest) != digest} == set()
    assert len((copy / MODULE).read_text("utf-8").splitlines()) <= 120


def test_its_own_test_and_those_of_every_vendor_pass(copy: Path) -> None:
    """Those that need a database ask no more of a collector than these do of its module."""
    told = run(
        copy,
        *("-m", "pytest", "-q", "-p", "no:cacheprovider", "-k", _ITS_OWN),
        *("-m", "not django_db", TEST, "tests/collectors/test_vendors.py"),
    )
    assert re.search(r"\b2[0-9] passed", told), told


def test_it_is_in_the_generated_list_and_nothing_else_changes(copy: Path) -> None:
    before = digests(copy)
    old = (copy / LIST).read_text("utf-8").splitlines()
    run(copy, "manage.py", "describe_collectors")
    assert [name for name, digest in digests(copy).items() if before.get(name) != digest] == [LIST]
    new = (copy / LIST).read_text("utf-8").splitlines()
    assert [line for line in old if line not in new] == []
    assert "## incidents: Incidents of the ticket system" in "\n".join(new)
