"""The OSCAL documents in a pack: bound by its statement, about the very files beside them."""

import json
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import unquote

import pytest

from audits import packs
from audits.models import Pack
from controls.models import Control, Criterion
from tests.audits import findings as cases
from tests.audits.world import World
from tests.reports.making import frozen, members, verify, written

pytestmark = pytest.mark.usefixtures("no_pdf")


@pytest.fixture
def pack(world: World) -> Pack:
    return frozen(world)


def linked(document: Any) -> list[tuple[str, str]]:
    """The files that the back matter names, by their place in the pack, with their digests."""
    return [
        (str(PurePosixPath(unquote(link["href"]).removeprefix("../"))), link["hashes"][0]["value"])
        for one in document["assessment-results"]["back-matter"]["resources"]
        for link in one["rlinks"]
    ]


def test_the_verifier_takes_them_with_all_the_rest(pack: Pack, tmp_path: Path) -> None:
    content = written(pack)
    names = [name for name in members(content) if name.startswith("oscal/")]
    assert names == [
        "oscal/assessment-plan.json",
        "oscal/assessment-results.json",
        "oscal/catalog.json",
        "oscal/component-definition.json",
        "oscal/profile.json",
    ]
    said = verify(content, tmp_path)
    assert said.returncode == 0, said.stdout


def test_every_file_that_they_name_lies_in_the_pack(pack: Pack) -> None:
    found = members(written(pack))
    sums = dict(line.split("  ")[::-1] for line in found["SHA256SUMS"].decode().splitlines())
    links = linked(json.loads(found["oscal/assessment-results.json"]))
    assert len(links) == len(packs.selection_of(pack).items)
    for name, digest in links:
        assert sums[name] == digest


def test_a_deviation_brings_the_plan_of_action_along(world: World) -> None:
    case = cases.opened(world)
    cases.describe(case)
    case.remedied()
    found = members(written(packs.freeze(case.engagement, by=case.alice)))
    plan = json.loads(found["oscal/plan-of-action-and-milestones.json"])
    [entry] = plan["plan-of-action-and-milestones"]["poam-items"]
    assert entry["props"][0]["value"] == case.finding.ref


def test_the_same_pack_has_the_same_documents_whatever_is_renamed_later(pack: Pack) -> None:
    before = members(written(pack))
    Control.objects.update(title="Renamed")
    Criterion.objects.update(title="Renamed")
    after = members(written(pack))
    for name in before:
        assert after[name] == before[name], name
