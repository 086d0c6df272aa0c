"""The check of the log holds every row of this room to its leaf."""

from pathlib import Path

import pytest
from django.utils import timezone

from accounts.models import User
from evidence import told
from merchants import changing, official_texts, papers, scanning, signing, supporting
from merchants.models import (
    AsvScan,
    ComplianceForm,
    FormAnswer,
    FormChange,
    FormFile,
    LineSupport,
    OfficialText,
    SignatureRecord,
)
from merchants.official_texts import Wording
from merchants.scanning import Scanned
from tests.evidence.test_verification import found, update
from tests.merchants import shops
from tests.readiness.ground import Ground

pytestmark = pytest.mark.django_db


@pytest.fixture
def form(alice: User, paper: Path) -> ComplianceForm:
    """A form that went all the way, and another that became invalid."""
    made = shops.answered(alice)
    papers.take(made, FormFile.Which.UNSIGNED, paper)
    signing.sign(made, shops.ERNA, actor="merchant:test")
    changing.invalidate(shops.form(alice), by=alice, reason="Another way of payment.")
    scan = Scanned(timezone.now().date(), "Scan GmbH", passed=True)
    scanning.record(made.merchant, scan, by=alice)
    wording = Wording(1, "3.1.1", "A licensed wording.")
    official_texts.load([wording], licence="Contract 7", actor="system")
    Ground(alice).control("VN-03")
    supporting.support(
        made.application, line="12.8.2", control_ref="VN-03", words="We sign.", by=alice
    )
    return made


def test_a_whole_life_of_a_form_has_no_problem(form: ComplianceForm) -> None:
    assert found() == []
    assert {FormAnswer, ComplianceForm} <= {one.model for one in told.all_told()}


@pytest.mark.parametrize(
    ("model", "columns", "named"),
    [
        (FormAnswer, {"answer": "not_applicable"}, "answers_sha256"),
        (SignatureRecord, {"name": "Somebody Else"}, "signature_sha256"),
        (SignatureRecord, {"overall": "non_compliant"}, "overall"),
        (FormChange, {"reason": "Other."}, "reason_sha256"),
        (AsvScan, {"passed": False}, "passed"),
        (OfficialText, {"text": "Other."}, "texts_sha256"),
        (LineSupport, {"control_ref": "VN-04"}, "control"),
        (FormFile, {"sha256": "0" * 64}, "sha256"),
        (ComplianceForm, {"due_at": "2031-01-01T00:00:00Z"}, "forms_sha256"),
    ],
)
def test_a_row_that_was_changed_is_found(
    form: ComplianceForm, model: object, columns: dict[str, object], named: str
) -> None:
    row = model.objects.first()  # type: ignore[attr-defined]
    update(model, row.pk, **columns)
    assert any(named in sentence for _, sentence in found())
