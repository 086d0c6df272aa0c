"""Findings in a pack: word for word, bound by the log, as they were known at a moment."""

import csv
import hashlib
import io
import json
import zipfile
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from audits import deviations, finding_deeds, packs
from audits.finding_record import Part
from audits.models import Finding, FindingEntry
from evidence import checkpoint, ledger
from reports import audit_pack_zip
from reports.errors import ContradictionError
from reports.verifier import verify as verifier
from tests.append_only import forging
from tests.audits import findings as cases
from tests.audits.findings import Case
from tests.audits.world import World, hand_in_staff
from tests.reports.making import members, verify, written

pytestmark = pytest.mark.usefixtures("no_pdf")


@pytest.fixture
def case(world: World) -> Case:
    case = cases.opened(world)
    cases.describe(case)
    case.remedied()
    return case


def told(content: bytes) -> Any:
    return json.loads(members(content)["findings.json"])["findings"]


def test_the_verifier_accepts_it_and_counts_them(case: Case, tmp_path: Path) -> None:
    content = written(packs.freeze(case.engagement, by=case.alice))
    said = verify(content, tmp_path)
    assert said.returncode == 0, said.stdout
    assert ", and 1 findings" in said.stdout


def test_the_whole_history_is_in_it(case: Case) -> None:
    content = written(packs.freeze(case.engagement, by=case.alice))
    [finding] = told(content)
    assert (finding["ref"], finding["state"]) == (case.finding.ref, "remediation")
    assert [one["step"] for one in finding["history"]] == list(range(1, 11))
    rows = list(csv.DictReader(io.StringIO(members(content)["findings.csv"].decode("utf-8-sig"))))
    assert [row["deed"] for row in rows][-3:] == ["responded", "action_planned", "action_done"]
    assert rows[-3]["by"] == "Alice Lindqvist"
    manifest = json.loads(members(content)["manifest.json"])
    [listed] = manifest["findings"]
    assert [one["index"] for one in listed["leaves"]] == [one["leaf"] for one in finding["history"]]
    names = members(content)
    assert all(one["path"] in names and one["proof"] in names for one in listed["leaves"])


def test_the_index_lists_them_and_their_steps(case: Case) -> None:
    content = written(packs.freeze(case.engagement, by=case.alice))
    book = openpyxl.load_workbook(io.BytesIO(members(content)["index.xlsx"]))
    header, standing = book["Findings"].iter_rows(values_only=True)
    row = dict(zip(header, standing, strict=True))
    [finding] = told(content)
    assert (row["Finding"], row["State"]) == (finding["ref"], finding["state"])
    assert str(row["From"])[:10] == finding["from"]
    causes = [one["text"] for one in finding["history"] if one["part"] == "cause"]
    assert row["Cause"] == causes[-1]
    _, *steps = book["Finding steps"].iter_rows(values_only=True)
    assert [step[1] for step in steps] == [one["step"] for one in finding["history"]]


def test_the_same_pack_has_the_same_bytes_whatever_happens_later(case: Case) -> None:
    pack = packs.freeze(case.engagement, by=case.alice)
    first = hashlib.sha256(written(pack)).hexdigest()
    finding_deeds.comment(case.finding, text="Later.", by=case.alice)
    assert hashlib.sha256(written(pack)).hexdigest() == first


def test_a_pack_as_of_an_earlier_moment_tells_what_was_known_then(
    case: Case, tmp_path: Path
) -> None:
    second = FindingEntry.objects.get(finding=case.finding, step=2)
    as_of = second.at
    before = packs.freeze(case.engagement, by=case.alice, as_of=as_of)
    [finding] = told(written(before))
    assert (finding["state"], len(finding["history"])) == ("open", 2)
    assert verify(written(before), tmp_path).returncode == 0
    earlier = packs.freeze(case.engagement, by=case.alice, as_of=as_of - timedelta(hours=1))
    assert told(written(earlier)) == []


def test_remediation_takes_it_out_of_no_pack(case: Case, root: Any) -> None:
    finding_deeds.retest(
        case.finding, passed=True, evidence=case.proof, text="All have one.", by=root
    )
    finding_deeds.close(case.finding, conclusion="Done.", by=case.alice)
    [finding] = told(written(packs.freeze(case.engagement, by=case.alice)))
    assert finding["state"] == "closed"


def test_what_a_check_found_stays_in_coverage_and_pack(world: World, root: Any) -> None:
    engagement = world.engagement()
    item = hand_in_staff(world, date(2026, 6, 10), without_mfa=1)
    deviations.look(engagement)
    case = Case(world, engagement, Finding.objects.get(), world.alice, item).remedied()
    finding_deeds.retest(case.finding, passed=True, evidence=item, text="x", by=root)
    finding_deeds.close(case.finding, conclusion="x", by=world.alice)
    content = written(packs.freeze(engagement, by=world.alice))
    assert [one["state"] for one in told(content)] == ["closed"]
    assert "staff-mfa-state" in members(content)["shortfall.csv"].decode()


def test_text_that_looks_like_a_formula_is_text(case: Case) -> None:
    finding_deeds.revise(case.finding, part=Part.CAUSE, text="=1+1\x07", by=case.alice)
    content = written(packs.freeze(case.engagement, by=case.alice))
    assert "'=1+1\\x07" in members(content)["findings.csv"].decode()
    assert told(content)[0]["history"][-1]["text"] == "=1+1\x07"


@pytest.mark.parametrize(
    "change", [{"text": "All was well."}, {"side": "auditor"}, {"state": "closed"}, {"by": None}]
)
def test_a_row_that_contradicts_its_leaf_is_not_packed(case: Case, change: dict[str, Any]) -> None:
    pack = packs.freeze(case.engagement, by=case.alice)
    with forging():
        FindingEntry.objects.filter(step=8).update(**change)
    with pytest.raises(ContradictionError, match=case.finding.ref):
        audit_pack_zip.write(pack, io.BytesIO())


@pytest.mark.parametrize("change", [{"title": "Nothing"}, {"control_ref": "AV-01"}])
def test_a_finding_that_was_renamed_is_not_packed(case: Case, change: dict[str, Any]) -> None:
    pack = packs.freeze(case.engagement, by=case.alice)
    with forging():
        Finding.objects.update(**change)
    with pytest.raises(ContradictionError):
        audit_pack_zip.write(pack, io.BytesIO())


class Told:
    """A verification that is handed an altered findings.json, behind a seal that would hold."""

    def __init__(self, content: bytes, change: Any) -> None:
        self.found = verifier.Verification()
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            files = {name: archive.read(name) for name in archive.namelist()}
        paper = json.loads(files["findings.json"])
        change(paper["findings"])
        files["findings.json"] = ledger.canonical(paper)
        key = verifier.Key.of(checkpoint.vkey())
        self.found.pack = self  # type: ignore[assignment]
        self.found.signed = dict.fromkeys(files, "")
        self.found.log = verifier.Checkpoint.of(files["checkpoint.txt"], key)
        listed = json.loads(files["manifest.json"])["findings"]
        self.found.findings = {one["ref"]: one for one in listed}
        self.read = files.__getitem__

    def failures(self) -> list[str]:
        with self.found.blaming("findings.json"):
            self.found.check_findings()
        return [one["reason"] for one in self.found.failures]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (len, ""),
        (lambda found: found[0]["history"][3].update(text="Well"), "other words"),
        (lambda found: found[0]["history"][3].update(actor="user:9"), "kind and author"),
        (lambda found: found[0]["history"][3].update(side="auditor"), "another side"),
        (lambda found: found[0]["history"][9].update(evidence="EV-9"), "other evidence"),
        (lambda found: found[0].update(title="Fine"), "something else"),
        (lambda found: found[0].update(state="closed"), "state of its own"),
        (lambda found: found[0]["history"].pop(), "another history"),
        (lambda found: found[0]["history"].pop(3), "leaves out"),
        (lambda found: found.clear(), "other findings"),
    ],
)
def test_the_verifier_sees_what_an_insider_changed(case: Case, change: Any, reason: str) -> None:
    content = written(packs.freeze(case.engagement, by=case.alice))
    failures = Told(content, change).failures()
    assert bool(failures) == bool(reason)
    assert all(reason in one for one in failures[:1]), failures
