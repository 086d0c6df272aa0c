"""What stands beside a form: scans, levels, official wording, and papers signed elsewhere."""

import json
from datetime import date, timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from accounts.models import User
from evidence.errors import EvidenceError
from evidence.models import Evidence, LedgerEntry
from merchants import (
    changing,
    levels,
    links,
    official_texts,
    questionnaire,
    scanning,
    signing,
    taking_in,
)
from merchants.errors import (
    LinkEndedError,
    MerchantError,
    NotAllowedError,
    OfficialTextsError,
    SignatureError,
    SignedAlreadyError,
)
from merchants.models import AsvScan, ComplianceForm, Merchant, OfficialText, SignatureRecord
from merchants.scanning import Scanned
from merchants.taking_in import SignedPaper
from readiness.task import Asked
from readiness.task_sources import scans as scan_tasks
from tests.merchants import shops

pytestmark = pytest.mark.django_db
TODAY = timezone.now().date()


def due(merchant: Merchant) -> date | None:
    return Merchant.objects.get(pk=merchant.pk).scan_due_on


class TestScans:
    def test_a_form_that_asks_for_scans_sets_the_day_of_the_first(self, alice: User) -> None:
        asked, free = shops.form(alice), shops.form(alice, form_type="B")
        assert due(asked.merchant) == TODAY + timedelta(days=90)
        assert due(free.merchant) is None
        assert not scanning.standing(free.merchant, TODAY).is_asked

    def test_one_that_passed_moves_the_day_and_one_that_failed_does_not(self, alice: User) -> None:
        merchant = shops.form(alice).merchant
        old, new = TODAY - timedelta(days=100), TODAY - timedelta(days=10)
        scanning.record(merchant, Scanned(new, "Scan GmbH", passed=False), by=alice)
        assert due(merchant) == TODAY + timedelta(days=90)
        scanning.record(merchant, Scanned(new, "Scan GmbH", passed=True), by=alice)
        scanning.record(merchant, Scanned(old, "Scan GmbH", passed=True), by=alice)
        assert due(merchant) == new + timedelta(days=90)
        merchant.refresh_from_db()
        later = scanning.standing(merchant, new + timedelta(days=91))
        assert (later.is_missing, len(later.scans)) == (True, 3)

    def test_another_form_asks_for_none_and_the_next_goes_on_from_the_last(
        self, alice: User
    ) -> None:
        merchant = shops.form(alice).merchant
        day = TODAY - timedelta(days=5)
        scanning.record(merchant, Scanned(day, "Scan GmbH", passed=True), by=alice)
        changing.exchange(merchant, form_type="B", by=alice, reason="Terminals.")
        assert due(merchant) is None
        changing.exchange(merchant, form_type="A", by=alice, reason="Online again.")
        assert due(merchant) == day + timedelta(days=90)

    @pytest.mark.parametrize(
        ("said", "words"),
        [
            (Scanned(TODAY + timedelta(days=1), "Scan GmbH", passed=True), "still to come"),
            (Scanned(TODAY - timedelta(days=900), "Scan GmbH", passed=True), "two years"),
            (Scanned(TODAY, " ", passed=True), "Name the company"),
            (Scanned(TODAY, "x" * 201, passed=True), "too long"),
            (Scanned(TODAY, "4111 1111 1111 1111", passed=True), "card number"),
        ],
    )
    def test_what_cannot_be_is_refused(self, alice: User, said: Scanned, words: str) -> None:
        merchant = shops.form(alice).merchant
        with pytest.raises(MerchantError, match=words):
            scanning.record(merchant, said, by=alice)
        assert not AsvScan.objects.exists()

    def test_strangers_record_none_and_the_leaf_names_nobody(
        self, alice: User, charlie: User
    ) -> None:
        merchant = shops.form(alice).merchant
        said = Scanned(TODAY, "Scan GmbH", passed=True)
        with pytest.raises(NotAllowedError):
            scanning.record(merchant, said, by=charlie)
        scan = scanning.record(merchant, said, by=alice)
        assert "Scan GmbH" not in scan.ledger_entry.leaf

    def test_each_platform_is_one_task_from_the_first_day_on(self, alice: User) -> None:
        platform = shops.application(alice)
        first = shops.form(alice, of=platform).merchant
        shops.form(alice, of=platform)
        shops.form(alice, form_type="B")
        shops.form(alice, of=shops.application(alice, environment="sandbox"))
        Merchant.objects.filter(pk=first.pk).update(scan_due_on=TODAY - timedelta(days=3))
        (task,) = scan_tasks.tasks(Asked(TODAY))
        assert (task.due, task.args) == (TODAY - timedelta(days=3), (platform.pk,))
        Merchant.objects.filter(application=platform).update(may_take_cards=False)
        assert not list(scan_tasks.tasks(Asked(TODAY)))


class TestLevels:
    @pytest.mark.parametrize(
        ("yearly", "is_online", "level"),
        [
            (6_000_001, False, 1),
            (6_000_000, True, 2),
            (1_000_001, False, 2),
            (1_000_000, True, 3),
            (20_000, True, 3),
            (19_999, True, 4),
            (900_000, False, 4),
            (0, True, 4),
        ],
    )
    def test_the_level_follows_the_payments(self, yearly: int, is_online: bool, level: int) -> None:
        assert levels.level_of(yearly, is_online=is_online) == level

    def test_service_providers_know_two_levels(self) -> None:
        for yearly, level in ((300_001, 1), (300_000, 2), (0, 2)):
            assert levels.level_of(yearly, is_online=False, is_provider=True) == level

    def test_open_forms_move_and_signed_ones_stay(self, alice: User, charlie: User) -> None:
        signed = shops.signed(alice).form
        changing.renew(timezone.now() + timedelta(days=300))
        following = ComplianceForm.objects.get(previous=signed)
        with pytest.raises(NotAllowedError):
            levels.put(signed.merchant, yearly=30_000, by=charlie, reason="Growth.")
        assert levels.put(signed.merchant, yearly=30_000, by=alice, reason="Growth.") == 3
        signed.refresh_from_db()
        following.refresh_from_db()
        assert (signed.level, following.level) == (4, 3)
        assert Merchant.objects.get().yearly_transactions == 30_000

    def test_a_level_may_be_set_by_hand_for_a_reason(self, alice: User) -> None:
        merchant = shops.form(alice).merchant
        assert levels.put(merchant, yearly=10, level=1, by=alice, reason="After a theft.") == 1
        for wrong in ({"yearly": -1}, {"yearly": None}, {"yearly": 1, "level": 5}):
            with pytest.raises(MerchantError):
                levels.put(merchant, by=alice, reason="Odd.", **wrong)
        with pytest.raises(MerchantError, match="why"):
            levels.put(merchant, yearly=10, by=alice, reason=" ")


class TestOfficialTexts:
    def file(self, folder: Path, text: str, name: str = "texts.csv") -> Path:
        path = folder / name
        path.write_text(text, encoding="utf-8")
        return path

    def load(self, path: Path) -> str:
        out = StringIO()
        call_command("load_question_texts", str(path), licence="Contract 7", stdout=out)
        return out.getvalue()

    def test_a_wording_stands_beside_its_lines(self, tmp_path: Path) -> None:
        said = 'id,text,form\n12.5.2,"Of all, quoted",\n12.5.2-3,Of the third,\ne1,Fits,A\n'
        assert "3 wordings are loaded" in self.load(self.file(tmp_path, said))
        wide = official_texts.beside(
            questionnaire.current("D-Merchant", TODAY).questionnaire, ["12.5.2-1", "12.5.2-3", "e1"]
        )
        assert wide == {"12.5.2-1": "Of all, quoted", "12.5.2-3": "Of the third"}
        assert official_texts.beside(questionnaire.current("A", TODAY).questionnaire) == {
            "e1": "Fits"
        }

    def test_one_for_a_form_beats_one_for_all_and_a_later_one_an_earlier(
        self, tmp_path: Path
    ) -> None:
        self.load(self.file(tmp_path, "id,text,form\n3.1.1,For all,\n3.1.1,For A,A\n"))
        later = [
            {"id": "3.1.1", "text": "For all, later"},
            {"id": "3.1.1", "text": "For A", "form": "A"},
        ]
        told = self.load(self.file(tmp_path, json.dumps(later), "texts.json"))
        assert "1 wordings are loaded; 1 were" in told
        for kind, words in (("A", "For A"), ("D-Merchant", "For all, later")):
            asked = questionnaire.current(kind, TODAY).questionnaire
            assert official_texts.beside(asked)["3.1.1"] == words
        assert OfficialText.objects.count() == 3

    @pytest.mark.parametrize(
        ("text", "words"),
        [
            ("id,text\n3.1.1,One\n99.9,Two\n", "Line 3: there is no line '99.9'"),
            ("id,text,form\n1.1.1,One,A\n", "no line '1.1.1' on the form A"),
            ("id,text,form\n3.1.1,One,Z\n", "Line 2: there is no form 'Z'"),
            ("id,text\n3.1.1,\n", "Line 2: the text of 3.1.1 is missing"),
            ("id,text\n3.1.1,a\n3.1.1,b\n", "Line 3: 3.1.1 stands on line 2 already"),
            ("e1,text\n", "The columns are id and text"),
            ("id,text\n", "holds no wording"),
            ("id,text\ne1,Fits\n", "no line 'e1'"),
        ],
    )
    def test_a_fault_is_named_by_its_line_and_nothing_is_loaded(
        self, tmp_path: Path, text: str, words: str
    ) -> None:
        with pytest.raises(CommandError, match="Nothing was loaded") as refused:
            self.load(self.file(tmp_path, text))
        assert words in str(refused.value)
        assert not OfficialText.objects.exists()

    def test_what_is_no_text_is_refused(self, tmp_path: Path) -> None:
        path = tmp_path / "texts.csv"
        path.write_bytes(b"\xff\xfe\x00id")
        for wrong in (path, tmp_path / "absent.csv", self.file(tmp_path, "{", "x.json"),
                      self.file(tmp_path, "{}", "y.json")):  # fmt: skip
            with pytest.raises(OfficialTextsError):
                official_texts.read(wrong)

    def test_the_leaf_holds_a_digest_and_no_wording(self, tmp_path: Path) -> None:
        self.load(self.file(tmp_path, "id,text\n3.1.1,A licensed wording\n"))
        leaf = LedgerEntry.objects.get(kind="compliance_form.texts")
        assert "licensed" not in leaf.leaf


class TestSignedPapers:
    SAID = SignedPaper("Erna Ofenloch", "Owner", TODAY)

    @pytest.fixture
    def paper(self, tmp_path: Path) -> Path:
        path = tmp_path / "signed.pdf"
        path.write_bytes(shops.blank_pdf())
        return path

    def test_a_paper_completes_the_form_and_is_evidence(self, alice: User, paper: Path) -> None:
        form = shops.form(alice)
        secret = shops.link(form)
        record = taking_in.take_in(form, self.SAID, paper, filename="saq.pdf", by=alice)
        form.refresh_from_db()
        assert (form.state, record.basis, record.overall) == (
            "COMPLETE", SignatureRecord.Basis.DOCUMENT, signing.ATTESTED
        )  # fmt: skip
        evidence = Evidence.objects.get()
        assert form.files.get().evidence == evidence
        assert (evidence.prepared_by, evidence.filename) == (alice, "saq.pdf")
        assert links.find(secret).used_at

    def test_what_does_not_fit_changes_nothing(
        self, alice: User, charlie: User, paper: Path, tmp_path: Path
    ) -> None:
        form, text, broken = shops.form(alice), tmp_path / "text.pdf", tmp_path / "broken.pdf"
        text.write_bytes(b"PK\x03\x04 no pdf")
        broken.write_bytes(b"%PDF-1.7 and then nothing that is one")
        late = SignedPaper("Erna", "Owner", TODAY + timedelta(days=2))
        nobody = SignedPaper("", "Owner", TODAY)
        for said, file, by, error in (
            (self.SAID, text, alice, MerchantError),
            (self.SAID, broken, alice, EvidenceError),
            (late, paper, alice, MerchantError),
            (nobody, paper, alice, SignatureError),
            (self.SAID, paper, charlie, NotAllowedError),
        ):
            with pytest.raises(error):
                taking_in.take_in(form, said, file, filename="saq.pdf", by=by)
        assert not SignatureRecord.objects.exists()
        assert not Evidence.objects.exists()

    def test_a_signed_form_takes_no_other_paper(self, alice: User, paper: Path) -> None:
        form = shops.signed(alice).form
        with pytest.raises(SignedAlreadyError):
            taking_in.take_in(form, self.SAID, paper, filename="saq.pdf", by=alice)
        assert not form.files.exists()

    def test_a_withdrawn_link_stays_dead(self, alice: User) -> None:
        form = shops.form(alice)
        secret = shops.link(form)
        links.withdraw(form, actor="system")
        with pytest.raises(LinkEndedError):
            links.find(secret)
