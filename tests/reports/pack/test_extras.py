"""Further files of a pack: added by being there; scope, history, tokens and the plain index."""

import csv
import io
import json
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path

import openpyxl
import pytest
from django.utils import timezone

from accounts.models import User
from audits import pack_asks, packs
from audits.models import Pack
from evidence import checkpoint
from evidence.log_models import TimeStamp
from reports.pack import extras, index_csv
from reports.pack.extras import File
from reports.pack.frozen import Frozen
from tests.audits.asking import admit
from tests.audits.world import World
from tests.reports.making import (
    engagement_with_evidence,
    frozen,
    members,
    verify,
    written,
)
from tests.reports.verifier.conftest import Verifier, verified

__all__ = ["verified"]

pytestmark = pytest.mark.usefixtures("no_pdf")


class Two:
    """A module that adds a file that is in memory and one that is not."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "large.json"
        self.path.write_bytes(b"[" + b"1," * 300_000 + b"1]")

    def files(self, one: Frozen) -> Iterator[File]:
        yield "oscal/poam.json", one.pack.ref.encode()
        yield "oscal/large.json", self.path


def test_a_module_adds_files_that_the_verifier_accepts(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = extras.extras()
    monkeypatch.setattr(extras, "extras", lambda: {**known, "two": Two(tmp_path)})
    pack = frozen(world)
    content = written(pack)
    found = members(content)
    assert found["oscal/poam.json"] == pack.ref.encode()
    assert found["oscal/large.json"] == (tmp_path / "large.json").read_bytes()
    assert verify(content, tmp_path).returncode == 0


def test_a_module_is_an_extra_by_being_there() -> None:
    assert {"consistency", "scope"} <= extras.extras().keys()


def test_the_scope_of_a_pack_is_one_that_it_fulfils(
    world: World, verified: Verifier, tmp_path: Path
) -> None:
    content = written(frozen(world))
    scope = tmp_path / "scope.txt"
    scope.write_bytes(members(content)["scope.txt"])
    refs = [item["ref"] for item in json.loads(members(content)["manifest.json"])["items"]]
    assert scope.read_text().split()[: len(refs)] == refs
    outcome = verified(content, "--scope", str(scope), key=checkpoint.vkey())
    assert outcome.verdict == "VALID"


def test_the_plain_index_says_what_the_workbook_says(world: World) -> None:
    found = members(written(frozen(world)))
    text = found["index.csv"].decode("utf-8-sig")
    header, *rows = csv.reader(io.StringIO(text, newline=""))
    sheet = openpyxl.load_workbook(io.BytesIO(found["index.xlsx"]))["Items"]
    titles, *items = [[cell.value for cell in row] for row in sheet.iter_rows()]
    assert header == titles
    assert len(rows) == len(items) == 4
    for row, item in zip(rows, items, strict=True):
        for name, plain, cell in zip(header, row, item, strict=True):
            if isinstance(cell, datetime):
                assert plain.startswith(cell.date().isoformat()), name
            else:
                shown = "" if cell is None else str(cell)
                assert plain.removeprefix("'") == shown, name


def test_no_cell_of_the_plain_index_is_a_formula() -> None:
    line = index_csv.line(["=1+1", "-2", "@x", 7, None, date(2026, 6, 1), True])
    assert line == b"'=1+1,'-2,'@x,7,,2026-06-01,True\r\n"


class TestHistory:
    def test_the_first_pack_says_that_there_was_none(self, world: World) -> None:
        said = json.loads(members(written(frozen(world)))["consistency.json"])
        assert (said["from"], said["checkpoint"], said["proof"]) == (None, None, [])
        assert said["reason"] == "No pack was sealed for this auditor before."

    def test_the_next_pack_proves_that_the_log_went_on(
        self, world: World, verified: Verifier, tmp_path: Path
    ) -> None:
        first = frozen(world)
        held = tmp_path / "held.txt"
        held.write_bytes(members(written(first))["checkpoint.txt"])
        content = written(packs.freeze(first.engagement, by=None))
        outcome = verified(content, "--held-checkpoint", str(held), key=checkpoint.vkey())
        assert outcome.verdict == "VALID", outcome
        size = first.checkpoint.size
        assert f"History: the log continues the {size} entries of {first.ref}" in outcome.passed


class TestBound:
    def test_the_nonce_of_the_auditor_is_in_the_pack(
        self, world: World, bob: User, verified: Verifier
    ) -> None:
        engagement = engagement_with_evidence(world)
        admit(engagement, bob, by=world.alice)
        asked = pack_asks.ask_for_pack(engagement, by=bob, nonce="harbour lantern 47").request
        content = written(packs.freeze(engagement, by=None, request=asked))
        options = ["--nonce", "harbour lantern 47", "--request", asked.ref, "--within", "1"]
        outcome = verified(content, *options, key=checkpoint.vkey())
        assert outcome.verdict == "VALID", outcome
        options[1] = "granite whistle 12"
        assert verified(content, *options, key=checkpoint.vkey()).status == 1


class TestTokens:
    def stamp(self, pack: Pack, authority: str) -> TimeStamp:
        return TimeStamp.objects.create(
            checkpoint=pack.checkpoint,
            authority=authority,
            token=authority.encode(),
            stated_at=pack.sealed_at + timedelta(seconds=2),
            received_at=timezone.now(),
        )

    def test_tokens_are_named_by_host_and_number(self, world: World) -> None:
        pack = frozen(world)
        for authority in ("https://tsa.example:8443/a", "https://tsa.example/b", "own ../house"):
            self.stamp(pack, authority)
        found = members(written(pack))
        listed = json.loads(found["manifest.json"])["tokens"]
        assert [one["path"] for one in listed] == [
            "tokens/tsa.example-1.tsr",
            "tokens/tsa.example-2.tsr",
            "tokens/own-..-house-3.tsr",
            "tokens/self-issued-4.tsr",
        ]
        meant = "issued by the company itself: proves nothing against it"
        assert [one.get("self_issued") for one in listed] == [None, None, None, meant]
        assert found["tokens/tsa.example-2.tsr"] == b"https://tsa.example/b"

    def test_a_token_that_comes_later_changes_nothing(self, world: World) -> None:
        pack = frozen(world)
        before = written(pack)
        self.stamp(pack, "https://tsa.example/a")
        assert written(Pack.objects.get(pk=pack.pk)) == before
