"""Forms of another account, reminders of a platform and reports of scans in the staff door."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from evidence.models import LedgerEntry
from jobs.models import Job
from merchants import other_accounts
from merchants.models import Application, AsvScan, ComplianceForm
from tests.evidence.test_verification import found
from tests.merchants import foreign, shops
from tests.staff import desk
from tests.staff.desk import Desk

pytestmark = pytest.mark.django_db


@pytest.fixture
def platform(alices: Desk) -> Application:
    return shops.application(alices.user)


class TestTakingIn:
    def test_without_a_table_it_says_where_one_comes_from(self, alices: Desk) -> None:
        assert "No table of forms was collected yet" in alices.text("merchants_take")

    def test_it_shows_what_would_be_done_then_a_job_does_it(
        self, alices: Desk, platform: Application
    ) -> None:
        rows = [foreign.row(1), foreign.signed(2), foreign.row(3, type="PCI_SAQ_Z")]
        evidence = foreign.table(rows)
        asked = {"evidence": str(evidence.pk), "application": str(platform.pk)}
        text = alices.text("merchants_take", **asked)
        for words in (
            "New forms 2, of which 2 merchants not known",
            "cannot be taken 1",
            "cf_other3",
        ):
            assert words in text
        assert not ComplianceForm.objects.exists()
        alices.post("merchants_take", evidence=asked["evidence"], application=asked["application"])
        job = Job.objects.get(kind=other_accounts.KIND)
        other_accounts.run(job.payload, progress=lambda *_: None)
        assert ComplianceForm.objects.count() == 2
        assert "is here already" in alices.text("merchants_take", **asked)
        assert "from Finix of Shops" in alices.text("merchants")

    def test_a_form_says_who_keeps_it_and_offers_no_link(
        self, alices: Desk, platform: Application
    ) -> None:
        evidence = foreign.table([foreign.row(1)])
        job = other_accounts.ask(evidence, platform, by=alices.user)
        other_accounts.run(job.payload, progress=lambda *_: None)
        text = alices.text("merchant_form", ComplianceForm.objects.get().ref)
        for words in ("Finix of Shops, as cf_other1 of MUother1", evidence.ref, "over there"):
            assert words in text
        for words in ("Show a link", "Take in a signed paper"):
            assert words not in text

    def test_another_environment_is_refused_with_words(self, alices: Desk) -> None:
        sandbox = shops.application(alices.user, environment="sandbox")
        asked = {"evidence": str(foreign.table([foreign.row(1)]).pk)}
        text = alices.text("merchants_take", **asked, application=str(sandbox.pk))
        assert "not of the same environment" in text
        alices.post("merchants_take", evidence=asked["evidence"], application=sandbox.pk)
        assert not Job.objects.filter(kind=other_accounts.KIND).exists()


class TestReminders:
    def test_a_platform_has_days_of_its_own(self, alices: Desk, platform: Application) -> None:
        page = alices.get("platform_change", platform.pk).content.decode()
        assert "90, 30, 14, 7, 1, -1, -14, -30" in page
        alices.post("platform_change", platform.pk, remind_on="10, 3 -5, 3", overdue_note="A fee.")
        platform.refresh_from_db()
        assert (platform.remind_on, platform.overdue_note) == ([10, 3, -5], "A fee.")
        assert LedgerEntry.objects.filter(kind="application.changed").count() == 1
        alices.post("platform_change", platform.pk, usual="on", remind_on="10")
        platform.refresh_from_db()
        assert platform.remind_on is None

    @pytest.mark.parametrize(
        ("days", "words"), [("soon", "Give whole numbers"), ("400", "at most 365 away")]
    )
    def test_nonsense_is_refused(
        self, alices: Desk, platform: Application, days: str, words: str
    ) -> None:
        assert words in desk.words(alices.post("platform_change", platform.pk, remind_on=days))
        platform.refresh_from_db()
        assert platform.remind_on is None


class TestReports:
    def _post(self, alices: Desk, form: ComplianceForm, content: bytes) -> str:
        return desk.words(
            alices.post(
                "merchant_scan", form.ref, scanned_on=timezone.now().date().isoformat(),
                passed="yes", scanner="Scan GmbH",
                report=SimpleUploadedFile("scan.pdf", content),
            )
        )  # fmt: skip

    def test_a_report_is_kept_as_evidence_of_its_scan(self, alices: Desk) -> None:
        form = shops.form(alices.user)
        self._post(alices, form, shops.blank_pdf())
        scan = AsvScan.objects.get()
        assert scan.evidence is not None
        assert scan.evidence.evidence_type == "test_result"
        assert scan.evidence.blob_id in scan.ledger_entry.leaf
        assert scan.evidence.ref in alices.text("merchant_form", form.ref)
        assert found() == []

    def test_a_report_with_a_card_number_leaves_nothing(self, alices: Desk) -> None:
        form = shops.form(alices.user)
        self._post(alices, form, b"host,card\nweb,4111 1111 1111 1111\n")
        assert not AsvScan.objects.exists()
