"""Files of every format are looked into, hostile ones too, and what cannot be is said."""

import gzip
import struct
import zipfile
from io import BytesIO
from pathlib import Path
from typing import Any

import openpyxl
import pikepdf
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from evidence.screening import Finding, Sort, budget, looking, pdf_limits, scan
from evidence.screening.budget import Budget
from tests.evidence.screening import planting

pytestmark = pytest.mark.usefixtures("var_dir")

CARD = "4111111111111111"
HIT = f"x\ncard {CARD}\n".encode()


def look(content: bytes) -> list[Finding]:
    return scan(BytesIO(content))


def only(content: bytes) -> Finding:
    (found,) = look(content)
    return found


def unreadable(content: bytes, words: str) -> None:
    found = [one for one in look(content) if one.sort == Sort.UNREADABLE]
    assert any(words in str(one) for one in found), look(content)


class TestPlaces:
    def test_a_member_is_named_with_its_line(self) -> None:
        assert only(planting.zipped({"a/b.txt": HIT})).where == "a/b.txt, line 2"

    def test_a_member_that_is_not_packed_is_told_once(self) -> None:
        assert only(planting.zipped({"b.txt": HIT}, packed=False)).where == "b.txt, line 2"

    def test_archives_in_archives_are_named_from_the_outside(self) -> None:
        inner = planting.zipped({"b.txt.gz": gzip.compress(HIT)})
        assert only(planting.tarred({"in.zip": inner})).where == "in.zip > b.txt.gz, line 2"

    def test_a_sheet_is_named_with_its_row(self) -> None:
        book = openpyxl.Workbook()
        sheet = book.create_sheet("Receipts")
        sheet["B7"] = f"card {CARD}"
        target = BytesIO()
        book.save(target)
        assert only(target.getvalue()).where == "sheet Receipts, line 7"

    def test_a_page_is_named(self) -> None:
        assert only(planting.pdf(f"card {CARD}")).where == "page 1, line 1"

    def test_a_name_never_breaks_a_line_nor_tells_a_number(self) -> None:
        found = only(planting.zipped({f"a\n{CARD}.txt": HIT}))
        assert found.where == "a?….txt, line 2"


class TestDocuments:
    def test_runs_of_a_paragraph_are_one_sentence(self) -> None:
        assert only(planting.docx(f"paid with {CARD} on Monday", runs=12)).sort == Sort.CARD

    def test_parts_of_a_workbook_that_are_no_cells_are_seen(self) -> None:
        for name in ("oddHeader", "evenFooter"):
            book = openpyxl.Workbook()
            sheet: Any = book.worksheets[0]
            getattr(sheet, name).left.text = f"card {CARD}"
            target = BytesIO()
            book.save(target)
            assert look(target.getvalue()), name

    def test_hidden_sheets_are_seen(self) -> None:
        book = openpyxl.Workbook()
        hidden = book.create_sheet("Old")
        hidden.sheet_state = "veryHidden"
        hidden["A1"] = CARD
        target = BytesIO()
        book.save(target)
        assert only(target.getvalue()).place == "sheet Old"

    def test_properties_comments_and_attachments_of_a_pdf_are_seen(self) -> None:
        assert look(planting.pdf("fine", Title=f"card {CARD}"))
        with pikepdf.open(BytesIO(planting.pdf("fine"))) as made:
            made.attachments["x.txt"] = HIT
            note = pikepdf.Dictionary(
                Type=pikepdf.Name.Annot,
                Subtype=pikepdf.Name.Text,
                Rect=[0, 0, 9, 9],
                Contents="Bearer " + "ghp_" + "a" * 36,
            )
            made.pages[0].Annots = made.make_indirect(pikepdf.Array([note]))
            target = BytesIO()
            made.save(target)
        found = look(target.getvalue())
        assert {one.sort for one in found} == {Sort.CARD, Sort.SECRET}
        assert "attachment x.txt, line 2" in {one.where for one in found}

    def test_a_clean_document_is_clean(self) -> None:
        book = openpyxl.Workbook()
        book.worksheets[0].append(["day", "restored", 1234567890123456])
        target = BytesIO()
        book.save(target)
        for content in (
            target.getvalue(),
            planting.docx("Nothing to see here."),
            planting.pdf("Nothing to see here."),
            planting.png("made by Ann", packed=True),
            planting.mail("Hello Ann,\nall is well."),
            planting.zipped({"a.txt": b"fine", "b/c.csv": b"a,b\n1,2\n"}),
        ):
            assert look(content) == []


class TestWhatCannotBeOpened:
    def test_an_encrypted_member_is_said_and_the_others_are_seen(self) -> None:
        content = bytearray(planting.zipped({"a.txt": b"secret", "b.txt": HIT}))
        content[6] |= 1
        directory = content.index(b"PK\x01\x02")
        content[directory + 8] |= 1
        found = {one.where: one.sort for one in look(bytes(content))}
        assert found["a.txt"] == Sort.UNREADABLE
        assert found["b.txt, line 2"] == Sort.CARD

    def test_a_pdf_with_a_password_is_said(self) -> None:
        target = BytesIO()
        with pikepdf.open(BytesIO(planting.pdf("x"))) as made:
            made.save(target, encryption=pikepdf.Encryption(owner="a", user="b"))
        unreadable(target.getvalue(), "a PDF with a password")

    @pytest.mark.parametrize(
        ("content", "words"),
        [
            (b"%PDF-1.7 junk", "a PDF that cannot be read"),
            (b"PK\x03\x04junk", "a ZIP file, or built upon one"),
            (b"\x1f\x8b\x08junk", "cannot be unpacked"),
            (b"\xfd7zXZ\x00junk", "cannot be unpacked"),
            (b"7z\xbc\xaf\x27\x1cjunk", "7z archive"),
            (b"Rar!\x1a\x07\x01", "RAR archive"),
            (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "old Office file"),
            (b"x" * 257 + b"ustar" + b"junk" * 100, "tar archive"),
        ],
        ids=["pdf", "zip", "gzip", "xz", "7z", "rar", "ole", "tar"],
    )
    def test_broken_and_foreign_files_are_said(self, content: bytes, words: str) -> None:
        unreadable(content, words)

    def test_a_document_with_entities_of_its_own_is_said(self) -> None:
        bomb = (
            b'<!DOCTYPE x [<!ENTITY a "' + b"1" * 99 + b'">]><w:document xmlns:w="w">'
            b"<w:p>&a;</w:p></w:document>"
        )
        content = planting.zipped({"[Content_Types].xml": b"<T/>", "word/document.xml": bomb})
        unreadable(content, "entities of its own")


class TestBombs:
    def test_what_unpacks_to_too_much_is_left(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(budget, "SMALL", 1000)
        unreadable(planting.zipped({"a": bytes(3_000_000)}), "times its size")
        unreadable(gzip.compress(bytes(3_000_000)), "times its size")

    def test_the_whole_is_bounded_too(self) -> None:
        made = looking.Look(budget=Budget(unpacked=5000))
        made.file(BytesIO(planting.zipped({f"{n}": b"x" * 999 for n in range(9)})))
        assert "unpacks to more than" in str(made.findings)

    def test_depth_members_and_time_are_bounded(self) -> None:
        content = HIT
        for _ in range(9):
            content = planting.zipped({"in.zip": content})
        unreadable(content, "archives in archives")
        for limits, words in ((Budget(members=3), "more than"), (Budget(seconds=0), "longer than")):
            made = looking.Look(budget=limits)
            made.file(BytesIO(planting.zipped({f"{n}": b"x" for n in range(9)})))
            assert words in str(made.findings)

    def test_a_member_that_lies_about_its_size_is_read_as_far_as_it_goes(self) -> None:
        content = bytearray(planting.zipped({"a.txt": HIT * 50}))
        place = content.index(b"PK\x01\x02") + 24
        content[place : place + 4] = struct.pack("<I", 5)
        assert look(bytes(content))

    def test_a_pdf_that_eats_memory_is_left(self, monkeypatch: pytest.MonkeyPatch) -> None:
        with pikepdf.open(BytesIO(planting.pdf("fine"))) as made:
            # What is smaller may fit into memory that the reader has already.
            made.attachments["words.txt"] = b"ordinary words\n" * 1_000_000
            made.save(large := BytesIO(), compress_streams=True)
        assert look(large.getvalue()) == []
        monkeypatch.setattr(pdf_limits, "MEGABYTES", 40)
        unreadable(large.getvalue(), "")

    def test_a_text_that_is_made_to_be_slow_is_left(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(budget, "PATIENCE", -1.0)
        monkeypatch.setattr(budget, "SLOWEST", 10**15)
        unreadable(b"ordinary words\n" * 200_000, "KB a second")

    def test_nothing_is_left_behind(self, var_dir: Path) -> None:
        for content in (planting.pdf("x"), planting.zipped({"a": HIT}), b"%PDF-1.7 junk"):
            look(content)
        assert list((var_dir / "scratch").iterdir()) == []


class TestEncodings:
    @pytest.mark.parametrize("name", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le"])
    def test_wide_text_is_read_with_its_lines(self, name: str) -> None:
        found = only(f"first line\nsecond\ncard {CARD} ok\n".encode(name))
        assert found.where == "line 3"

    def test_wide_text_across_windows_is_read(self) -> None:
        content = ("ordinary line\n" * 60_000 + f"card {CARD}\n").encode("utf-16-le")
        assert only(content).line == 60_001

    def test_single_bytes_beside_letters_of_their_own_are_read(self) -> None:
        assert look("Stra\xdfe, Karte 4111\xa01111\xa01111\xa01111".encode("latin-1"))


class TestSpread:
    @pytest.mark.parametrize(
        "text",
        [
            '{"card": {"a": "4111", "b": "1111", "c": 1111, "d": "1111"}}',
            '{"pans": ["4111", "1111", "1111", "1111"]}',
            '[{"card": "4111"}, {"card": "1111"}, {"card": "1111"}, {"card": "1111"}]',
            '{"n": 1, "card": 4111}\n{"n": 2, "card": 1111}\n{"card": 1111}\n{"card": 1111}\n',
            "no;pan\n1;4111\n2;1111\n3;1111\n4;1111\n",
            '"card","x"\r\n"4111","a"\r\n"1111","b"\r\n"1111","c"\r\n"1111","d"\r\n',
        ],
    )
    def test_parts_of_a_number_lie_apart(self, text: str) -> None:
        assert look(text.encode())

    @pytest.mark.parametrize(
        "text",
        [
            '{"ports": ["4111", "1111", "1111", "1111"]}',
            '[{"n": "4111"}, {"n": "1111"}, {"n": "1111"}, {"n": "1111"}]',
            "no;sum\n1;4111\n2;1111\n3;1111\n4;1111\n",
            '{"card": ["4111", "1111", "1111", "1112"]}',
        ],
    )
    def test_parts_of_nothing_are_nothing(self, text: str) -> None:
        assert look(text.encode()) == []


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.data())
def test_no_damage_to_a_file_is_more_than_a_finding(data: st.DataObject) -> None:
    whole = data.draw(
        st.sampled_from(
            [
                planting.zipped({"a.txt": HIT}),
                planting.docx("some words"),
                planting.tarred({"a.txt": HIT}),
                planting.png("words", packed=True),
                planting.jpeg("words"),
                planting.mail("words"),
                gzip.compress(HIT),
            ]
        )
    )
    damaged = bytearray(whole)
    for place in data.draw(st.lists(st.integers(0, len(whole) - 1), max_size=8)):
        damaged[place] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(whole)))
    for found in look(bytes(damaged[:cut])):
        assert found.what


def test_a_zip_of_too_many_members_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    target = BytesIO()
    with zipfile.ZipFile(target, "w") as packed:
        for number in range(30):
            packed.writestr(f"{number}.txt", b"x")
    monkeypatch.setattr("evidence.screening.archive.MOST_MEMBERS", 20)
    unreadable(target.getvalue(), "holds more than")
