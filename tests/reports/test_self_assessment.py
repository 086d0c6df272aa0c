"""The paper of a merchant's form: every line of each of the ten types, unsigned and signed."""

import re
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from pypdf import PdfReader
from pytest_django import Settings

from accounts.models import User
from evidence import store
from evidence.models import Evidence
from jobs.work import Work
from merchants import answering, official_texts, papers, questionnaire, scanning, signing
from merchants.answering import Said
from merchants.answers import WORKSHEET, Answer, Given
from merchants.models import ComplianceForm, FormFile
from merchants.official_texts import Wording
from merchants.scanning import Scanned
from reports import pdf_engine, self_assessment, tasks
from tests.merchants import shops
from tests.reports.signing import Issuer, judged, pyhanko

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("var_dir")]
_CELL = re.compile(r'<th scope="row" class="number">([^<]+)</th>')


def lines(html: str) -> list[str]:
    """The ids of the lines in section 2 of a paper."""
    section = html.partition("Section 2: the questionnaire")[2].partition("<h2")[0]
    return _CELL.findall(section)


@pytest.mark.parametrize("form_type", questionnaire.TYPES)
def test_every_line_of_every_type_is_printed(alice: User, form_type: str) -> None:
    form = shops.form(alice, form_type=form_type)
    known = answering.whole(form)
    html = self_assessment.html(known, FormFile.Which.UNSIGNED)
    printed = [line.id for part in known.questionnaire.sections for line in part.lines]
    assert lines(html) == printed
    assert html.count("Not answered</td>") >= len(known.questionnaire.lines())
    for statement in answering.statements_of(known):
        assert statement.text.replace("'", "&#x27;") in html


@pytest.mark.slow
@pytest.mark.skipif(bool(pdf_engine.missing_libraries()), reason="The PDF engine is missing.")
@pytest.mark.parametrize("form_type", questionnaire.TYPES)
def test_every_type_renders_with_every_line_and_for_everybody(
    alice: User, form_type: str, tmp_path: Path
) -> None:
    form, path = shops.form(alice, form_type=form_type), tmp_path / "form.pdf"
    self_assessment.write(form, FormFile.Which.UNSIGNED, path)
    paper = PdfReader(path)
    text = "\n".join(page.extract_text() for page in paper.pages)
    for section in answering.whole(form).questionnaire.sections:
        for line in section.lines:
            assert re.search(rf"(?<![\d.-]){re.escape(line.id)}(?![\d.-])", text), line.id
    root = paper.root_object
    assert "/StructTreeRoot" in root
    assert str(root["/Lang"]) == "en-GB"
    metadata: Any = root["/Metadata"]
    assert b"pdfuaid:part" in metadata.get_data()


def test_the_paper_says_what_was_answered_and_who_signed(alice: User) -> None:
    form = shops.answered(alice)
    said = {
        "9.4.1": Given(Answer.NOT_APPLICABLE, "No paper is kept."),
        "9.4.2": Given(Answer.IN_PLACE_WITH_CCW, worksheet=dict.fromkeys(WORKSHEET, "A safe.")),
        "9.4.3": Given(Answer.NOT_IN_PLACE, "The law on <records>.", is_legal=True),
    }
    answering.keep(form, Said(said), actor="merchant:test")
    signing.sign(form, shops.ERNA, actor="merchant:test")
    form.refresh_from_db()
    html = self_assessment.html(answering.whole(form), FormFile.Which.SIGNED)
    for words in ("No paper is kept.", "A safe.", "The law on &lt;records&gt;.", "Erna Ofenloch",
                  "Compliant, with a legal exception", form.signature.answers_sha256):  # fmt: skip
        assert words in html
    assert "This form is not signed." not in html


@pytest.mark.skipif(bool(pdf_engine.missing_libraries()), reason="The PDF engine is missing.")
def test_a_signature_ends_in_a_pdf_that_is_evidence(alice: User) -> None:
    form = shops.signed(alice).form
    work = Work(1, "key", {"form": form.pk, "which": "signed"})
    told = tasks.render_form(work)
    assert told
    file = FormFile.objects.get()
    evidence = Evidence.objects.get()
    assert told["evidence"] == evidence.ref
    assert (file.sha256, evidence.evidence_type) == (evidence.blob_id, "form")
    valid_until = ComplianceForm.objects.get().valid_until
    assert valid_until
    assert evidence.covers_to == valid_until.date()
    content = b"".join(store.stream(evidence.blob_id))
    text = "".join(page.extract_text() for page in PdfReader(BytesIO(content)).pages)
    for line in answering.whole(form).questionnaire.lines():
        assert line in text
    assert "Erna Ofenloch" in text
    assert tasks.render_form(work) == told
    assert Evidence.objects.count() == 1


@pytest.mark.skipif(bool(pdf_engine.missing_libraries()), reason="The PDF engine is missing.")
def test_with_a_key_the_signed_paper_is_sealed_and_the_unsigned_one_is_not(
    alice: User, tmp_path: Path, settings: Settings
) -> None:
    pyhanko("pyhanko")
    issuer = Issuer(tmp_path).issue()
    issuer.use(settings)
    form = shops.signed(alice).form
    for which in ("unsigned", "signed"):
        tasks.render_form(Work(1, which, {"form": form.pk, "which": which}))
    unsigned, signed = (
        b"".join(store.stream(file.sha256)) for file in FormFile.objects.order_by("pk")
    )
    assert judged(signed, issuer.root).bottom_line
    assert b"/ETSI.CAdES.detached" in signed
    assert b"/ETSI.CAdES.detached" not in unsigned


def test_the_paper_shows_scans_sources_and_official_wording(alice: User) -> None:
    form = shops.form(alice)
    empty = self_assessment.html(answering.whole(form), FormFile.Which.UNSIGNED)
    assert "No scan was told of yet" in empty
    given = Given(Answer.IN_PLACE, "We sign.", source="Pay AG: control VN-03, evidence EV-1")
    answering.keep(form, Said({"12.8.2": given}), actor="merchant:test")
    scan = Scanned(timezone.now().date(), "Scan GmbH", passed=True)
    scanning.record(form.merchant, scan, by=alice)
    official_texts.load([Wording(1, "12.8.2", "Licensed <words>.")], licence="7", actor="system")
    html = self_assessment.html(answering.whole(form), FormFile.Which.UNSIGNED)
    for words in ("Scan GmbH", "Licensed &lt;words&gt;.", "evidence EV-1; confirmed."):
        assert words in html
    assert lines(html) == lines(empty)


def test_a_second_paper_of_a_kind_is_dropped_for_the_first(alice: User, tmp_path: Path) -> None:
    form = shops.form(alice)
    first, second = tmp_path / "first.pdf", tmp_path / "second.pdf"
    first.write_bytes(b"%PDF-1.7 one")
    second.write_bytes(b"%PDF-1.7 two")
    kept = papers.take(form, FormFile.Which.UNSIGNED, first)
    assert papers.take(form, FormFile.Which.UNSIGNED, second) == kept
    assert Evidence.objects.count() == 1
    assert papers.of(ComplianceForm.objects.get())["unsigned"] == kept
