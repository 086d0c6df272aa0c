"""Marks on copies: on every page, the same each time, and the document under them unchanged."""

from datetime import date
from io import BytesIO

import pikepdf
import pytest
from pikepdf import Name
from pypdf import PdfReader

from reports import pdf_engine, watermark
from reports.errors import PdfError
from reports.watermark import Receiver
from tests.audits.buying import pdf

pytestmark = pytest.mark.skipif(
    bool(pdf_engine.missing_libraries()), reason="The PDF engine is missing."
)
DANA = Receiver("Dana Buyer", "Bright & Co <GmbH>", date(2026, 11, 22), "BUY-2026-1")
TAGGED = (
    '<!doctype html><html lang="en"><head><title>Summary</title></head>'
    "<body><h1>Summary</h1><p>All is well.</p></body></html>"
)


@pytest.fixture(scope="module")
def tagged() -> bytes:
    return pdf_engine.warm.render(TAGGED, identifier=b"0" * 16)


def test_every_page_bears_the_receiver(tagged: bytes) -> None:
    for content in (tagged, pdf(pages=3)):
        copy = PdfReader(BytesIO(watermark.marked(content, DANA)))
        assert len(copy.pages) == len(PdfReader(BytesIO(content)).pages)
        for page in copy.pages:
            text = page.extract_text()
            assert "Bright & Co <GmbH>" in text
            assert "Dana Buyer" in text
            assert "22 November 2026" in text
            assert "BUY-2026-1" in text


def test_the_same_receiver_gets_the_same_bytes(tagged: bytes) -> None:
    first = watermark.marked(tagged, DANA)
    assert first == watermark.marked(tagged, DANA)
    other = Receiver("Eve", DANA.company, DANA.day, DANA.ref)
    assert first != watermark.marked(tagged, other)


def test_the_document_keeps_its_tags_and_its_words(tagged: bytes) -> None:
    with (
        pikepdf.open(BytesIO(tagged)) as before,
        pikepdf.open(BytesIO(watermark.marked(tagged, DANA))) as after,
    ):
        assert after.Root.MarkInfo.Marked
        assert str(after.Root.Lang) == str(before.Root.Lang)
        assert len(after.Root.StructTreeRoot.K) == len(before.Root.StructTreeRoot.K)
        page = after.pages[0]
        operators = [str(one.operator) for one in pikepdf.parse_content_stream(page)]
        assert operators.count("BDC") + operators.count("BMC") == operators.count("EMC")
        form = page.Resources.XObject.ReceiverAcross
        inside = [str(one.operator) for one in pikepdf.parse_content_stream(form)]
        assert not {"BDC", "BMC", "EMC"} & set(inside)
        assert Name.StructParents not in form
    assert (
        "All is well." in PdfReader(BytesIO(watermark.marked(tagged, DANA))).pages[0].extract_text()
    )


@pytest.mark.parametrize("turned", [0, 90, 180, 270])
def test_it_stands_upright_on_a_turned_page(turned: int) -> None:
    file = BytesIO()
    with pikepdf.open(BytesIO(pdf(pages=1))) as document:
        document.pages[0].obj.Rotate = turned
        document.save(file)
    with pikepdf.open(BytesIO(watermark.marked(file.getvalue(), DANA))) as copy:
        marks = [
            [float(str(number)) for number in one.operands]
            for one in pikepdf.parse_content_stream(copy.pages[0])
            if str(one.operator) == "cm"
        ]
    upright = {0: [1, 0, 0, 1], 90: [0, 1, -1, 0], 180: [-1, 0, 0, -1], 270: [0, -1, 1, 0]}
    assert marks[0][:4] == upright[turned]


def test_resources_that_a_page_inherits_stay(tagged: bytes) -> None:
    file = BytesIO()
    with pikepdf.open(BytesIO(tagged)) as document:
        page = document.pages[0].obj
        document.Root.Pages.Resources = page.Resources
        del page["/Resources"]
        document.save(file)
    text = PdfReader(BytesIO(watermark.marked(file.getvalue(), DANA))).pages[0].extract_text()
    assert "All is well." in text
    assert "Dana Buyer" in text


def test_what_cannot_be_marked_is_said() -> None:
    file = BytesIO()
    with pikepdf.open(BytesIO(pdf())) as document:
        document.save(file, encryption=pikepdf.Encryption(owner="owner", user=""))
    assert "password" in watermark.fault_of(file.getvalue())
    assert "cannot be read" in watermark.fault_of(b"%PDF-1.7 and nothing more")
    assert watermark.fault_of(pdf()) == ""
    with pytest.raises(PdfError, match="cannot be read"):
        watermark.marked(b"%PDF-1.7 and nothing more", DANA)
