"""The documents of a real engagement: from rows held to their leaves, with every trace of it."""

import io
import json
import zipfile
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from accounts.models import User
from audits import packs, worksheets
from audits.models import Engagement, Pack
from audits.sampling import Method
from audits.worksheets import ItemResult
from controls.models import ControlVersion
from evidence import keys
from evidence.models import Evidence
from reports import oscal_files
from reports.errors import ContradictionError
from reports.oscal import gathering, pieces
from reports.oscal.facts import Facts
from reports.pack import contents, samples
from tests.append_only import forging
from tests.audits import findings as cases
from tests.audits.asking import answered, asked
from tests.audits.sealing import Findings, admit, drawn, sealed
from tests.audits.world import World
from tests.reports.making import engagement_with_evidence

NAMES = [
    "assessment-plan.json",
    "assessment-results.json",
    "catalog.json",
    "component-definition.json",
    "profile.json",
]


def gathered(pack: Pack) -> Facts:
    selection = packs.selection_of(pack)
    return gathering.of_pack(pack, selection, samples.recorded(selection))


@pytest.fixture
def audit(world: World, bob: User) -> Engagement:
    """Items, a sample with a changed mind, and a request that was answered."""
    engagement = engagement_with_evidence(world)
    admit(engagement, bob, by=world.alice)
    draw = drawn(sealed(world, engagement), bob, method=Method.ALL)
    worksheets.choose_attributes(draw, titles=["Ticket", "Approval"], by=bob)
    row = draw.said["rows"][0]
    for result in (ItemResult(row, "A", "deviation", "No ticket."), ItemResult(row, "A", "pass")):
        worksheets.record_results(draw, results=[result], by=bob, report_deviation=Findings())
    request = asked(engagement, bob, "User lists", text="All systems")
    answered(request, Evidence.objects.earliest("pk"), world.alice, "Here.", widen=True)
    return engagement


class TestFacts:
    def test_criteria_controls_and_procedures_are_those_of_the_selection(
        self, audit: Engagement
    ) -> None:
        pack = packs.freeze(audit, by=None)
        selection, facts = packs.selection_of(pack), gathered(pack)
        assert [one.ref for one in facts.criteria] == [one.ref for one in selection.criteria]
        assert [one.slug for one in facts.procedures] == [
            one.slug for one in selection.expectations
        ]
        control = facts.controls[0]
        assert [one.text for one in control.wordings] == ["Second factor for staff is required."]
        assert sum(sum(one.states.values()) for one in facts.controls) == sum(
            selection.totals.values()
        )
        assert (facts.version, facts.origin) == (pack.ref, keys.log_origin())
        assert facts.selection_sha256 == pack.selection_digest

    def test_only_what_a_reviewer_accepted_counts_as_accepted(self, audit: Engagement) -> None:
        facts = gathered(packs.freeze(audit, by=None))
        [control] = [one for one in facts.controls if one.ref == "AC-01"]
        # One of four: the others were replaced, returned, or nobody looked at them.
        assert (control.accepted, len(facts.items_by_control["AC-01"])) == (1, 5)

    def test_the_latest_result_of_a_row_counts(self, audit: Engagement) -> None:
        [draw] = gathered(packs.freeze(audit, by=None)).draws
        assert draw.attributes == {"A": "Ticket", "B": "Approval"}
        assert {letter: dict(found) for letter, found in draw.results.items()} == {"A": {"pass": 1}}
        assert len(draw.records) == 4

    def test_a_request_is_told_with_what_answered_it(self, audit: Engagement) -> None:
        [request] = gathered(packs.freeze(audit, by=None)).requests
        assert request.is_in_words
        assert request.items == (Evidence.objects.earliest("pk").ref,)

    def test_a_finding_is_told_with_its_actions(self, world: World) -> None:
        case = cases.opened(world)
        cases.describe(case)
        case.remedied()
        [one] = gathered(packs.freeze(case.engagement, by=case.alice)).deviations
        assert (one.ref, one.state) == (case.finding.ref, "remediation")
        assert one.parts["cause"]
        assert [action.outcome for action in one.actions] == ["done"]
        assert one.sightings

    def test_a_record_that_was_bent_is_refused(self, audit: Engagement) -> None:
        pack = packs.freeze(audit, by=None)
        with forging():
            Evidence.objects.filter(ref=packs.selection_of(pack).items[0].ref).update(title="Bent")
        with pytest.raises(ContradictionError):
            list(contents.packed(packs.selection_of(pack)))

    def test_a_wording_that_comes_later_changes_nothing(self, audit: Engagement) -> None:
        pack = packs.freeze(audit, by=None)
        before = gathered(pack)
        version = ControlVersion.objects.get(control__ref="AC-01")
        version.pk, version.number, version.statement = None, 2, "Another."
        version.effective_from = date(2020, 2, 1)
        version.save()
        assert gathered(pack) == before


class TestZip:
    def test_it_holds_the_documents_and_names_files_by_their_digests(
        self, audit: Engagement
    ) -> None:
        file = io.BytesIO()
        told: list[int] = []
        oscal_files.write(audit, file, progress=lambda done, _total, _name: told.append(done))
        with zipfile.ZipFile(file) as archive:
            assert archive.namelist() == NAMES
            results = json.loads(archive.read("assessment-results.json"))
        resources = results["assessment-results"]["back-matter"]["resources"]
        links = [link for one in resources for link in one["rlinks"]]
        assert {link["href"].partition(";")[0] for link in links} == {"ni:///sha-256"}
        digests = set(Evidence.objects.values_list("blob_id", flat=True))
        assert digests <= {link["hashes"][0]["value"] for link in links}
        assert told == list(range(1, len(told) + 1))

    def test_nothing_is_frozen_by_it(self, audit: Engagement) -> None:
        oscal_files.write(audit, io.BytesIO())
        assert not Pack.objects.exists()


class TestCommand:
    def said(self, *arguments: Any) -> str:
        out = io.StringIO()
        call_command("oscal", *arguments, stdout=out)
        return out.getvalue()

    def test_it_writes_the_files_into_a_folder(self, audit: Engagement, tmp_path: Path) -> None:
        stale = tmp_path / pieces.MILESTONES
        stale.write_text("of before")
        said = self.said(audit.ref, "--out", str(tmp_path))
        assert sorted(one.name for one in tmp_path.glob("*.json")) == NAMES
        assert all(name in said for name in NAMES)

    def test_it_names_the_engagements_there_are(self, audit: Engagement, tmp_path: Path) -> None:
        with pytest.raises(CommandError, match=f"known: {audit.ref}"):
            self.said("ENG-1999-9", "--out", str(tmp_path))

    def test_it_asks_for_a_folder_that_is_there(self, audit: Engagement, tmp_path: Path) -> None:
        with pytest.raises(CommandError, match="There is no folder"):
            self.said(audit.ref, "--out", str(tmp_path / "missing"))

    def test_what_was_bent_is_told(self, audit: Engagement, tmp_path: Path) -> None:
        with forging():
            Evidence.objects.update(title="Bent")
        with pytest.raises(CommandError, match="is not what its log entry binds"):
            self.said(audit.ref, "--out", str(tmp_path))
        assert not list(tmp_path.glob("*.json"))
