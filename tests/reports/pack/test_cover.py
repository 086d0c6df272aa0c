"""The cover: what was expected, what fell short and why, on a page that loads nothing."""

import io
import re
from dataclasses import replace
from datetime import UTC, date, datetime
from hashlib import sha256

import pikepdf
import pytest
from django.utils import timezone, translation

from audits import packs
from audits.models import Pack
from audits.pack_stamps import Stamps
from audits.selection import BoundTo, Finding, Lack, Request, Sample, SampleKind, Selection
from evidence.log_models import TimeStamp
from reports.pack import cover
from tests.audits.world import SECURITY, World
from tests.reports.making import frozen

LIST = b'{"format":"countersign-pack/v1"}'
STATES = ("open", "risk_accepted", "open")
MANIFEST = sha256(LIST).hexdigest()


NO_STAMPS = Stamps((), ())


def written(
    pack: Pack, selection: Selection, *, size: int = len(LIST), stamps: Stamps = NO_STAMPS
) -> cover.Paper:
    manifest = cover.Manifest("manifest.json", MANIFEST, size, [LIST])
    with cover.Cover() as made:
        made.begin(pack, selection, stamps, manifest)
        return made.finish()


def html(pack: Pack, selection: Selection, *, stamps: Stamps = NO_STAMPS) -> str:
    paper = written(pack, selection, stamps=stamps)
    assert paper.name == "cover.html"
    return paper.content.decode()


@pytest.fixture
def pack(world: World) -> Pack:
    return frozen(world)


@pytest.mark.usefixtures("no_pdf")
class TestText:
    def test_it_says_what_the_pack_is(self, pack: Pack) -> None:
        text = html(pack, packs.selection_of(pack))
        for said in (
            "Evidence pack ENG-2026-1/1",
            "SOC 2 Type 2",
            "Achterberg &amp; Partners",
            "1 June 2026 to 31 August 2026",
            f"Customers ask for {SECURITY}.",
            "No control serves CC6.2.",
            "4: 1 current, 1 awaiting review, 1 returned, 1 superseded",
            "<strong>7 of them fell short</strong>",
            MANIFEST,
            pack.selection_digest,
            bytes(pack.checkpoint.root).hex(),
        ):
            assert said in text, said

    def test_it_says_what_was_found_sampled_and_asked(self, pack: Pack) -> None:
        selection = packs.selection_of(pack)
        text = html(pack, selection)
        assert "Confidential: for This installation and Achterberg &amp; Partners" in text
        for none in ("None was recorded", "No population was sealed", "<td>None</td>"):
            assert none in text
        assert "Fieldwork" not in text
        assert "Sealed for" not in text
        found = [Finding(f"F{number}", state, ()) for number, state in enumerate(STATES)]
        draws = [Sample(kind, str(kind), 1) for kind in SampleKind]
        asked = Request("R1", 1, "open", "", "", (), "", "", ())
        known = selection.facts
        assert known
        facts = replace(known, fieldwork_from="2026-09-01", fieldwork_to="2026-09-30")
        text = html(
            pack,
            replace(
                selection,
                findings=tuple(found),
                samples=(*draws, *draws[1:2]),
                requests=(asked,),
                facts=facts,
                bound_to=BoundTo(nonce="<harbour> lantern", request="ENG-2026-1/R1"),
            ),
        )
        assert "<strong>3</strong>: 2 open, 1 risk accepted; see" in text
        assert "2 draws from 1 sealed population<" in text
        assert "1: 1 open<" in text
        assert "1 September 2026 to 30 September 2026" in text
        assert "Request ENG-2026-1/R1, nonce <code>&lt;harbour&gt; lantern</code>" in text

    def test_it_says_that_it_is_not_signed_and_has_nothing_attached(self, pack: Pack) -> None:
        text = html(pack, packs.selection_of(pack))
        assert "This paper has no signature of its own" in text
        assert "Nothing; <code>manifest.json</code> lies beside this paper" in text

    def test_the_shares_add_up_to_the_whole(self, pack: Pack) -> None:
        selection = replace(
            packs.selection_of(pack), totals={"met": 2, "missed": 1, "late": 0, "failing": 0}
        )
        text = html(pack, selection)
        assert "66.6 %" in text
        assert "33.3 %" in text

    def test_an_engagement_that_expects_nothing_has_no_shares(self, pack: Pack) -> None:
        selection = replace(packs.selection_of(pack), totals={}, shortfall=())
        text = html(pack, selection)
        assert "No evidence was expected in the window." in text
        assert " %" not in text.partition("<body>")[2]

    def test_hostile_words_are_shown_and_not_run(self, pack: Pack) -> None:
        hostile = "</style></svg><script>alert(1)</script>\x07"
        selection = packs.selection_of(pack)
        about = replace(selection.about, title=hostile, firm=hostile)
        controls = tuple(replace(one, title=hostile) for one in selection.controls)
        expectations = tuple(replace(one, title=hostile) for one in selection.expectations)
        text = html(
            pack,
            replace(
                selection,
                organisation=hostile,
                about=about,
                controls=controls,
                expectations=expectations,
            ),
        )
        assert "<script" not in text
        assert text.count("</style>") == 1

    def test_it_says_who_stated_the_time_and_that_our_own_word_is_none(self, pack: Pack) -> None:
        at = datetime(2026, 9, 1, 8, 0, 7, tzinfo=UTC)
        tokens = tuple(
            TimeStamp(authority=authority, stated_at=at)
            for authority in ("https://tsa.example/a", TimeStamp.SELF_ISSUED)
        )
        selection = packs.selection_of(pack)
        text = html(pack, selection, stamps=Stamps(tokens, ()))
        assert "2026-09-01 08:00:07 UTC, https://tsa.example/a" in text
        assert "<strong>issued by the company itself: proves nothing against it</strong>" in text
        assert '<th scope="row">Time-stamps</th><td>None</td>' in html(pack, selection)

    def test_a_long_shortfall_goes_on_in_the_file_and_says_so(self, pack: Pack) -> None:
        selection = packs.selection_of(pack)
        lack = Lack(0, "2026-06-01", "2026-06-30", "2026-07-05", "missed", "Nothing came.", ())
        text = html(pack, replace(selection, shortfall=(lack,) * 1300))
        assert "1,240 more stand in shortfall.csv" in text
        assert text.count("Nothing came.") == 60

    def test_a_map_that_does_not_fit_a_page_is_cut(self, pack: Pack) -> None:
        selection = packs.selection_of(pack)
        controls = selection.controls[:1] * 80
        text = html(pack, replace(selection, controls=controls))
        assert text.count("<svg") == 3
        assert "part 3 of 3" in text

    def test_it_loads_nothing(self, pack: Pack) -> None:
        text = html(pack, packs.selection_of(pack))
        names = text.replace("http://www.w3.org/2000/svg", "")
        assert not re.search(r"https?://|\bsrc=|@import|url\(", names)


@pytest.mark.usefixtures("pdf")
class TestPdf:
    def test_it_is_tagged_named_and_dated_by_the_seal(self, pack: Pack) -> None:
        paper = written(pack, packs.selection_of(pack))
        assert paper.name == "cover.pdf"
        with pikepdf.open(io.BytesIO(paper.content)) as file:
            assert file.Root.MarkInfo.Marked
            assert str(file.Root.Lang) == "en-GB"
            with file.open_metadata() as metadata:
                assert metadata["pdfuaid:part"] == "1"
            assert str(file.docinfo["/Title"]).startswith("Evidence pack ENG-2026-1/1 of ")
            assert f"{pack.sealed_at:%Y%m%d%H%M%S}" in str(file.docinfo["/CreationDate"])

    def test_it_claims_to_be_made_for_keeping_and_for_everybody(self, pack: Pack) -> None:
        paper = written(pack, packs.selection_of(pack))
        with pikepdf.open(io.BytesIO(paper.content)) as file:
            with file.open_metadata() as metadata:
                assert (metadata["pdfaid:part"], metadata["pdfaid:conformance"]) == ("3", "A")
                assert metadata["pdfuaid:part"] == "1"
            # PDF/A wants a schema that it does not know to be explained.
            assert b"<pdfaSchema:prefix>pdfuaid<" in file.Root.Metadata.read_bytes()
            (intent,) = file.Root.OutputIntents
            assert intent.S == "/GTS_PDFA1"
            assert file.Root.ViewerPreferences.DisplayDocTitle
            assert file.Root.StructTreeRoot.Type == "/StructTreeRoot"

    def test_every_font_is_in_it_and_says_its_letters(self, pack: Pack) -> None:
        paper = written(pack, packs.selection_of(pack))
        with pikepdf.open(io.BytesIO(paper.content)) as file:
            fonts = [one for one in file.objects if _is(one, "/Font")]
            assert any("/ToUnicode" in one for one in fonts)
            for one in file.objects:
                if _is(one, "/FontDescriptor"):
                    assert {"/FontFile2", "/FontFile3"} & set(one.keys()), one.FontName
            assert "/Encrypt" not in file.trailer
            assert not [one for one in file.objects if _is(one, "/Action")]

    def test_the_manifest_is_attached_once(self, pack: Pack) -> None:
        paper = written(pack, packs.selection_of(pack))
        with pikepdf.open(io.BytesIO(paper.content)) as file:
            assert list(file.attachments) == ["manifest.json"]
            attached = file.attachments["manifest.json"]
            assert attached.get_file().read_bytes() == LIST
            assert attached.get_file().mime_type == "application/json"
            (named,) = file.Root.AF
            assert named.AFRelationship == "/Data"
            assert named.objgen == attached.obj.objgen
            assert f"{pack.sealed_at:%Y%m%d%H%M%S}Z" in str(named.EF.F.Params.CreationDate)

    def test_one_that_is_too_large_lies_beside_it_only(self, pack: Pack) -> None:
        paper = written(pack, packs.selection_of(pack), size=32 * 1024**2 + 1)
        with pikepdf.open(io.BytesIO(paper.content)) as file:
            assert not list(file.attachments)
            assert "/AF" not in file.Root

    def test_its_headings_are_bookmarks(self, pack: Pack) -> None:
        paper = written(pack, packs.selection_of(pack))
        with pikepdf.open(io.BytesIO(paper.content)) as file, file.open_outline() as outline:
            (top,) = outline.root
            assert [item.title for item in top.children] == [
                "Coverage at a glance",
                "Scope",
                "Coverage by control and month",
                "Shortfall",
                "Proof",
            ]

    def test_the_same_pack_gives_the_same_bytes(self, pack: Pack) -> None:
        selection = packs.selection_of(pack)
        first = written(pack, selection)
        assert written(pack, selection) == first

    def test_another_pack_has_another_identifier(self, pack: Pack) -> None:
        second = packs.freeze(pack.engagement, by=None)
        found = []
        for one in (pack, second):
            paper = written(one, packs.selection_of(one))
            with pikepdf.open(io.BytesIO(paper.content)) as file:
                found.append(bytes(file.trailer.ID[0]))
        assert found[0] != found[1]


def _is(value: object, kind: str) -> bool:
    return isinstance(value, pikepdf.Dictionary) and value.get("/Type") == kind


def test_the_moment_of_knowledge_is_told_in_the_organisations_time(
    world: World, settings: object, no_pdf: None
) -> None:
    settings.ORGANISATION_TIME_ZONE = "Pacific/Auckland"  # type: ignore[attr-defined]
    pack = packs.freeze(world.engagement(), by=None)
    pack.as_of = pack.as_of.replace(year=2026, month=9, day=30, hour=12, minute=5)
    text = html(pack, packs.selection_of(pack))
    assert f"{date(2026, 10, 1):%-d %B %Y}, 01:05 (Pacific/Auckland)" in text


def test_who_asks_in_another_language_or_zone_gets_the_same_cover(pack: Pack, no_pdf: None) -> None:
    selection = packs.selection_of(pack)
    first = written(pack, selection)
    with translation.override("de"), timezone.override("Asia/Tokyo"):
        assert written(pack, selection) == first
