"""Requests in a pack: the list for people, every thread for programs, both bound by the log."""

import csv
import hashlib
import io
import json
import zipfile
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from accounts.models import User
from audits import packs, requests
from audits.models import Engagement, EvidenceRequest, RequestEntry
from audits.request_terms import Owner, Wording
from evidence import checkpoint, ledger
from evidence.models import Evidence
from reports import audit_pack_zip
from reports.errors import ContradictionError
from reports.verifier import verify as verifier
from tests.append_only import forging
from tests.audits.asking import admit, answered, asked
from tests.audits.world import World, hand_in, submission
from tests.reports.making import members, verify, written

pytestmark = pytest.mark.usefixtures("no_pdf")


@pytest.fixture
def outside(world: World) -> Evidence:
    """An item that claims nothing: it is evidence only because it answers."""
    return hand_in(submission(b"a list", world.start, world.end))


@pytest.fixture
def audit(world: World, bob: User, outside: Evidence) -> Engagement:
    """A request that was returned and then accepted, one that waits, one that was taken back."""
    engagement = world.engagement()
    admit(engagement, bob, by=world.alice)
    first = asked(engagement, bob, "User lists", text="=All systems\nof June", due=date(2026, 9, 1))
    answer = answered(first, outside, world.alice, "Here.", widen=True)
    requests.return_with_reason(first, seen=answer.pk, reason="The cloud is missing.", by=bob)
    again = answered(first, outside, world.alice, "It is on page 2.", widen=True)
    requests.accept(first, seen=again.pk, by=bob)
    second = asked(engagement, bob, "Leavers", refs=("AC-01",))
    requests.change(
        second,
        wording=Wording("Leavers", refs=("AC-01",)),
        owner=Owner(world.alice),
        by=world.alice,
    )
    requests.withdraw(asked(engagement, bob, "Twice"), reason="Asked already.", by=bob)
    return engagement


def content(engagement: Engagement, **how: Any) -> bytes:
    return written(packs.freeze(engagement, by=None, **how))


def threads(content: bytes) -> Any:
    return json.loads(members(content)["requests.json"])["requests"]


def rows(content: bytes) -> list[dict[str, str]]:
    text = members(content)["requests.csv"].decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline="")))


class TestGoodPack:
    def test_the_verifier_accepts_it_and_counts_them(
        self, audit: Engagement, tmp_path: Path
    ) -> None:
        said = verify(content(audit), tmp_path)
        assert said.returncode == 0, said.stdout
        assert ", and 3 requests" in said.stdout

    def test_the_list_has_a_row_for_each_by_number(
        self, audit: Engagement, outside: Evidence
    ) -> None:
        first, second, third = rows(content(audit))
        assert [first["number"], second["number"], third["number"]] == ["1", "2", "3"]
        assert (first["state"], first["evidence"], first["due"]) == (
            "Accepted",
            outside.ref,
            "2026-09-01",
        )
        assert (first["decision"], first["times returned"]) == ("accepted", "1")
        assert first["text"].startswith("'=All systems")
        assert (second["state"], second["evidence"], second["owner"]) == (
            "Open",
            "",
            "Alice Lindqvist",
        )
        assert (third["decision"], third["reason"]) == ("withdrawn", "Asked already.")

    def test_every_thread_is_there_word_for_word(
        self, audit: Engagement, outside: Evidence
    ) -> None:
        raw = members(content(audit))["requests.json"]
        assert raw == ledger.canonical(json.loads(raw))
        first, *_ = json.loads(raw)["requests"]
        kinds = [entry["kind"] for entry in first["thread"]]
        assert kinds == ["asked", "answered", "returned", "answered", "accepted"]
        assert first["text"] == "=All systems\nof June"
        assert first["thread"][2]["text"] == "The cloud is missing."
        assert first["thread"][1]["evidence"] == [{"ref": outside.ref, "sha256": outside.blob_id}]
        assert first["thread"][2]["by"] == "Bob Achterberg"

    def test_the_manifest_names_their_leaves(self, audit: Engagement) -> None:
        found = members(content(audit))
        listed = json.loads(found["manifest.json"])["requests"]
        assert [one["state"] for one in listed] == ["accepted", "asked", "withdrawn"]
        assert all(leaf["path"] in found for one in listed for leaf in one["leaves"])
        assert all(leaf["proof"] in found for one in listed for leaf in one["leaves"])

    def test_the_index_lists_them_and_their_threads(self, audit: Engagement) -> None:
        book = openpyxl.load_workbook(io.BytesIO(members(content(audit))["index.xlsx"]))
        header, first, *_ = book["Requests"].iter_rows(values_only=True)
        told = dict(zip(header, first, strict=True))
        assert (told["State"], told["Times returned"]) == ("Accepted", 1)
        assert str(told["Due"])[:10] == "2026-09-01"
        assert told["Text"] == "=All systems\nof June"
        assert book["Requests"].cell(2, 4).data_type == "s"
        _, *entries = book["Request threads"].iter_rows(values_only=True)
        assert len(entries) == RequestEntry.objects.count()

    def test_an_audit_without_requests_has_an_empty_list_and_no_sheet(
        self, world: World, tmp_path: Path
    ) -> None:
        made = content(world.engagement())
        assert (threads(made), rows(made)) == ([], [])
        book = openpyxl.load_workbook(io.BytesIO(members(made)["index.xlsx"]))
        assert "Requests" not in book.sheetnames
        assert verify(made, tmp_path).returncode == 0


class TestOtherMoments:
    def test_what_happens_later_changes_nothing(self, audit: Engagement, world: World) -> None:
        pack = packs.freeze(audit, by=None)
        first = hashlib.sha256(written(pack)).hexdigest()
        request = audit.requests.get(number=2)
        requests.comment(request, text="Soon.", by=world.alice)
        requests.change(
            request, wording=Wording("Leavers", refs=("AC-01",)), owner=Owner(), by=world.alice
        )
        assert hashlib.sha256(written(pack)).hexdigest() == first

    def test_as_of_an_earlier_moment_a_request_stands_as_it_did(
        self, audit: Engagement, tmp_path: Path
    ) -> None:
        returned = RequestEntry.objects.get(kind="returned")
        made = content(audit, as_of=returned.at)
        assert [(one["state"], len(one["thread"])) for one in threads(made)] == [("returned", 3)]
        assert verify(made, tmp_path).returncode == 0

    def test_words_that_were_changed_since_are_bound_by_that_change(
        self, audit: Engagement, bob: User, tmp_path: Path
    ) -> None:
        as_of = RequestEntry.objects.latest("id").at
        request = audit.requests.get(number=2)
        wording = Wording("All leavers", refs=("AC-01",))
        requests.change(request, wording=wording, owner=Owner(request.owner), by=bob)
        made = content(audit, as_of=as_of)
        told = threads(made)[1]
        assert (told["title"], told["state"]) == ("All leavers", "asked")
        assert told["thread"][-1]["kind"] == "changed"
        said = verify(made, tmp_path)
        assert said.returncode == 0, said.stdout


class TestContradictions:
    @pytest.mark.parametrize(
        "change", [{"text": "All was well."}, {"side": "staff"}, {"kind": "accepted"}]
    )
    def test_a_changed_entry_is_not_packed(self, audit: Engagement, change: dict[str, Any]) -> None:
        pack = packs.freeze(audit, by=None)
        with forging():
            RequestEntry.objects.filter(kind="returned").update(**change)
        with pytest.raises(ContradictionError, match="/R1"):
            audit_pack_zip.write(pack, io.BytesIO())

    def test_words_that_no_leaf_binds_are_not_packed(self, audit: Engagement) -> None:
        EvidenceRequest.objects.filter(number=1).update(title="Nothing much")
        pack = packs.freeze(audit, by=None)
        with pytest.raises(ContradictionError, match="/R1"):
            audit_pack_zip.write(pack, io.BytesIO())


class Told:
    """A verification that is handed altered papers, behind a seal that would hold."""

    def __init__(self, content: bytes, change: Any) -> None:
        self.found = verifier.Verification()
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            files = {name: archive.read(name) for name in archive.namelist()}
        manifest = json.loads(files["manifest.json"])
        papers = {"list": files["requests.csv"].decode(), "manifest": manifest}
        papers["requests"] = json.loads(files["requests.json"])["requests"]
        change(papers)
        files["requests.json"] = ledger.canonical({"requests": papers["requests"]})
        files["requests.csv"] = papers["list"].encode()
        self.found.pack = self  # type: ignore[assignment]
        self.found.signed = dict.fromkeys(files, "")
        key = verifier.Key.of(checkpoint.vkey())
        self.found.log = verifier.Checkpoint.of(files["checkpoint.txt"], key)
        self.found.requests = {one["ref"]: one for one in manifest["requests"]}
        items = verifier.parse(ledger.canonical(manifest), verifier.Item.of)["items"]
        self.found.items = {item.ref: item for item in items}
        self.read = files.__getitem__

    def lines(self, name: str) -> Iterator[str]:
        return iter(self.read(name).decode().splitlines(keepends=True))

    def failures(self) -> list[str]:
        with self.found.blaming("requests.json"):
            self.found.check_requests()
        return [one["reason"] for one in self.found.failures]


def thread(papers: Any, number: int = 0) -> Any:
    return papers["requests"][number]["thread"]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (len, ""),
        (lambda p: thread(p)[2].update(text="Thank you."), "other words"),
        (lambda p: thread(p)[2].update(side="staff"), "other words"),
        (lambda p: thread(p)[2].update(actor="user:999999999"), "kind and author"),
        (lambda p: thread(p)[2].update(kind="accepted"), "kind and author"),
        (lambda p: thread(p)[1].update(evidence=[]), "other evidence"),
        (lambda p: thread(p)[1]["evidence"][0].update(ref="EV-000099"), "other evidence"),
        (lambda p: p["manifest"]["items"].clear(), "not in this pack"),
        (lambda p: p["manifest"]["items"][0].update(sha256="0" * 64), "not in this pack"),
        (lambda p: thread(p).pop(2), "another thread"),
        (lambda p: thread(p).reverse(), "another thread"),
        (lambda p: p["requests"].pop(), "other requests"),
        (lambda p: p["requests"][0].update(state="returned"), "state of its own"),
        (lambda p: p["manifest"]["requests"][0].update(state="returned"), "state of its own"),
        (lambda p: p["requests"][0].update(title="Anything"), "other words than were logged"),
        (lambda p: p["requests"][0].update(text="Anything"), "other words than were logged"),
        (lambda p: p["requests"][0].update(due=None), "other words than were logged"),
        (lambda p: p["requests"][1].update(owner=""), "other words than were logged"),
        (lambda p: p["requests"][1].update(controls=[]), "other words than were logged"),
        (lambda p: p.update(list=p["list"].replace("Accepted", "Open", 1)), "than the threads"),
        (lambda p: p.update(list=p["list"].replace("EV-000001", "", 1)), "than the threads"),
        (lambda p: p.update(list=p["list"].replace("/R3,3", "/R4,4", 1)), "than the threads"),
        (lambda p: p.update(list="request,number\r\n"), "lacks a column"),
    ],
)
def test_the_verifier_sees_what_an_insider_changed(
    audit: Engagement, change: Any, reason: str
) -> None:
    failures = Told(content(audit), change).failures()
    assert bool(failures) == bool(reason)
    assert all(reason in one for one in failures[:1]), failures
