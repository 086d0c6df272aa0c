"""A merchant's pages: each is kept when it is sent, and a link opens its own form only."""

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from evidence import ledger
from evidence.models import LedgerEntry
from merchants import answering, changing, links, papers, signing
from merchants.answers import WORKSHEET, Answer, Given
from merchants.identity import Identity
from merchants.models import (
    AsvScan,
    ComplianceForm,
    FormFile,
    Merchant,
    SignatureRecord,
    SigningLink,
)
from tests.merchants import shops

pytestmark = pytest.mark.django_db
CONSENTING = {
    "name": "Erna Ofenloch",
    "title": "Owner",
    "signed_on": timezone.now().date().isoformat(),
    "consent": "on",
}


class Phone:
    """A merchant's browser, without any script, behind one link."""

    def __init__(self, form: ComplianceForm, secret: str = "") -> None:
        self.form, self.client = form, Client(enforce_csrf_checks=False)
        self.secret = secret or shops.link(form)

    def get(self, page: str = "", **extra: Any) -> Any:
        return self.client.get(f"/sign/{self.secret}/{page}", **extra)

    def send(self, page: str, **fields: str) -> Any:
        return self.client.post(f"/sign/{self.secret}/{page}", fields)

    def fill(self) -> None:
        """Answer every page as a merchant would, one after the other."""
        asked = answering.whole(self.form).questionnaire
        self.send("fits/", **{f"s-{one.id}": "yes" for one in asked.statements})
        self.send("about/", **{f"p-{one.id}": "We sell bread." for one in asked.parts})
        for section in asked.sections:
            fields = {f"a-{line.id}": "in_place" for line in section.lines if line.is_answered}
            assert self.send(f"{section.id}/", **fields).status_code == 302


@pytest.fixture
def phone(alice: User) -> Phone:
    return Phone(shops.form(alice))


def text(response: Any) -> str:
    return str(response.content.decode())


def test_the_first_page_says_what_is_asked_and_by_when(phone: Phone) -> None:
    response = phone.get()
    assert response.status_code == 200
    assert "Brot und Butter GmbH" in text(response)
    assert "0 of 39 answered" in text(response)
    assert f"/sign/{phone.secret}/fits/" in text(response)


def test_no_page_hands_its_address_on_or_is_kept_by_a_browser(phone: Phone) -> None:
    for page in ("", "fits/", "about/", "2/", "sign/"):
        response = phone.get(page)
        assert response.headers["Referrer-Policy"] == "same-origin"
        assert "no-store" in response.headers["Cache-Control"]
        assert "script-src 'self'" in response.headers["Content-Security-Policy"]
        assert re.findall(r"<script[^>]*>", text(response)) == [
            '<script src="/static/js/signing.js" defer>'
        ]
        assert "style=" not in text(response)


def test_each_page_is_kept_and_leads_on(phone: Phone) -> None:
    response = phone.send("fits/", **{"s-e1": "yes", "s-e2": "yes"})
    assert (response.status_code, response.url) == (302, f"/sign/{phone.secret}/about/")
    assert answering.whole(phone.form).said.statements == {"e1": True, "e2": True}
    response = phone.send("about/", **{"p-p2b": "We sell bread.", "close": "yes"})
    assert response.url == f"/sign/{phone.secret}/"
    assert "We sell bread." in text(phone.get("about/"))
    leaf = LedgerEntry.objects.filter(kind="compliance_form.answered").first()
    assert leaf
    assert leaf.actor == f"merchant:{phone.form.merchant.ref}"


def test_what_fits_is_kept_and_what_does_not_is_shown_again(phone: Phone) -> None:
    fields = {"a-9.4.1": "in_place", "a-9.4.2": "not_applicable", "a-9.4.3": "not_in_place",
              "x-9.4.3": "We buy a lock."}  # fmt: skip
    response = phone.send("9/", **fields)
    assert response.status_code == 422
    assert set(answering.whole(phone.form).said.lines) == {"9.4.1"}
    assert "9.4.2: say why." in text(response)
    assert 'href="#f-9.4.3"' in text(response)
    assert "We buy a lock." in text(response)


def test_a_page_is_kept_while_it_is_filled_in(phone: Phone) -> None:
    fields = {"a-9.4.1": "in_place", "autosave": "yes"}
    assert phone.send("9/", **fields).status_code == 204
    assert phone.send("9/", **fields, **{"a-9.4.2": "not_applicable"}).status_code == 202
    assert set(answering.whole(phone.form).said.lines) == {"9.4.1"}


def test_a_card_number_is_not_kept(phone: Phone) -> None:
    response = phone.send("about/", **{"p-p2b": "4111 1111 1111 1111", "p-p2d": "One shop."})
    assert response.status_code == 422
    assert "looks like a card number" in text(response)
    assert answering.whole(phone.form).said.parts == {"p2d": "One shop."}


def test_not_tested_cannot_be_smuggled_into_a_form_that_lacks_it(phone: Phone) -> None:
    response = phone.send("2/", **{"a-2.2.2": "not_tested", "n-2.2.2": "Later."})
    assert response.status_code == 422
    assert not answering.whole(phone.form).said.lines


def test_a_line_of_another_page_or_form_is_left_alone(phone: Phone) -> None:
    phone.send("2/", **{"a-3.1.1": "in_place", "a-1.1.1": "in_place"})
    assert not answering.whole(phone.form).said.lines


def test_every_answer_has_its_fields(phone: Phone) -> None:
    sheet = {f"w-9.4.2-{name}": "Said." for name in WORKSHEET}
    phone.send("9/", **{
        "a-9.4.1": "not_applicable", "n-9.4.1": "No paper.",
        "a-9.4.2": "in_place_with_ccw", **sheet,
        "a-9.4.3": "not_in_place", "d-9.4.3": "2031-01-01", "x-9.4.3": "We buy a lock.",
        "a-9.4.4": "not_in_place", "l-9.4.4": "yes", "n-9.4.4": "The law on records.",
    })  # fmt: skip
    said = answering.whole(phone.form).said.lines
    assert {one.answer for one in said.values()} == {
        Answer.NOT_APPLICABLE, Answer.IN_PLACE_WITH_CCW, Answer.NOT_IN_PLACE
    }  # fmt: skip
    assert said["9.4.4"].is_legal
    page = text(phone.get("9/"))
    assert "2031-01-01" in page
    assert "No paper." in page


def test_from_the_first_page_to_the_signature(phone: Phone) -> None:
    assert "answers are still missing" in text(phone.get("sign/"))
    phone.fill()
    assert signing.CONSENT[:30] in text(phone.get("sign/"))
    response = phone.send("sign/", **CONSENTING)
    assert (response.status_code, response.url) == (302, f"/sign/{phone.secret}/")
    record = SignatureRecord.objects.get()
    assert (record.name, record.seen_address) == ("Erna Ofenloch", "127.0.0.1")
    assert record.overall == "compliant"
    assert "is being written" in text(phone.get())


@pytest.mark.parametrize("lacking", ["name", "title", "signed_on", "consent"])
def test_nobody_signs_without_name_title_and_consent(phone: Phone, lacking: str) -> None:
    phone.fill()
    fields = {name: word for name, word in CONSENTING.items() if name != lacking}
    assert phone.send("sign/", **fields).status_code == 422
    assert not SignatureRecord.objects.exists()


@pytest.mark.parametrize(
    ("clock", "kept"),
    [
        ("2031-05-06T07:08:09.000Z", "2031-05-06T07:08:09.000Z"),
        ("", CONSENTING["signed_on"]),
        ("a quarter past nine", CONSENTING["signed_on"]),
        ("2031-05-06T07:08:09", CONSENTING["signed_on"]),
    ],
)
def test_the_signers_clock_is_kept_beside_ours(phone: Phone, clock: str, kept: str) -> None:
    phone.fill()
    before = timezone.now()
    phone.send("sign/", **CONSENTING, clock=clock)
    record = SignatureRecord.objects.get()
    assert record.signed_at == kept
    assert before <= record.received_at <= timezone.now()


def test_a_day_that_is_today_nowhere_is_not_signed_for(phone: Phone) -> None:
    phone.fill()
    response = phone.send("sign/", **{**CONSENTING, "signed_on": "2020-01-01"})
    assert response.status_code == 422
    assert "This is not today" in text(response)
    assert not SignatureRecord.objects.exists()


def test_two_people_who_sign_at_once_leave_one_signature(phone: Phone) -> None:
    other = Phone(phone.form)
    phone.fill()
    assert other.get("sign/").status_code == 200
    phone.send("sign/", **CONSENTING)
    late = other.send("sign/", **{**CONSENTING, "name": "Otto Müller"})
    assert (late.status_code, late.url) == (302, f"/sign/{other.secret}/")
    assert "Erna Ofenloch" in text(other.get())
    assert SignatureRecord.objects.get().name == "Erna Ofenloch"


def test_a_merchant_tells_of_its_scans(phone: Phone) -> None:
    assert "none told yet" in text(phone.get())
    today = timezone.now().date()
    good = {"scanned_on": today.isoformat(), "scanner": "Scan GmbH", "passed": "yes"}
    odd = {**good, "scanned_on": (today + timedelta(days=2)).isoformat()}
    for fields in (odd, {**good, "scanner": ""}, {**good, "scanner": "4111 1111 1111 1111"}):
        assert phone.send("scans/", **fields).status_code == 422
    assert phone.send("scans/", **good).status_code == 302
    assert "Scan GmbH" in text(phone.get("scans/"))
    scan = AsvScan.objects.get()
    assert scan.told_by == f"merchant:{phone.form.merchant.ref}"
    assert Merchant.objects.get().scan_due_on == today + timedelta(days=90)


def test_a_form_without_scans_asks_for_none(alice: User) -> None:
    phone = Phone(shops.form(alice, form_type="B"))
    assert phone.get("scans/").status_code == 404
    assert "External scans" not in text(phone.get())


def test_an_incomplete_form_is_not_signed_whatever_is_sent(phone: Phone) -> None:
    assert phone.send("sign/", **CONSENTING).status_code == 422
    assert not SignatureRecord.objects.exists()


def test_a_link_signs_once(phone: Phone) -> None:
    phone.fill()
    phone.send("sign/", **CONSENTING)
    size = ledger.size()
    again = {**CONSENTING, "name": "Somebody Else"}
    assert phone.send("sign/", **again).url == f"/sign/{phone.secret}/"
    assert phone.send("2/", **{"a-2.2.2": "not_applicable", "n-2.2.2": "No."}).status_code == 302
    assert ledger.size() == size
    assert SignatureRecord.objects.get().name == "Erna Ofenloch"


def test_the_signed_paper_is_handed_over_by_the_same_link(phone: Phone, tmp_path: Path) -> None:
    phone.fill()
    phone.send("sign/", **CONSENTING)
    phone.form.refresh_from_db()
    assert phone.get("papers/signed/").status_code == 404
    paper = tmp_path / "paper.pdf"
    paper.write_bytes(b"%PDF-1.7 the attestation")
    papers.take(phone.form, FormFile.Which.SIGNED, paper)
    assert f"/sign/{phone.secret}/papers/signed/" in text(phone.get())
    response = phone.get("papers/signed/")
    assert b"".join(response.streaming_content) == b"%PDF-1.7 the attestation"
    assert phone.get("papers/other/").status_code == 404


def test_last_years_answers_wait_for_their_tick(alice: User) -> None:
    old = shops.signed(alice).form
    old.refresh_from_db()
    shops.aged(old, 300)
    changing.renew()
    phone = Phone(ComplianceForm.objects.get(previous=old))
    page = text(phone.get("2/"))
    assert "Still true" in page
    assert "You said before: In place" in page
    phone.send("2/")
    assert not answering.whole(phone.form).said.lines
    phone.send("2/", **{"c-2.2.2": "yes"})
    assert answering.whole(phone.form).said.lines == {
        "2.2.2": Given(Answer.IN_PLACE, is_carried=True)
    }
    assert "Told of p2b." in text(phone.get("about/"))


def test_a_form_that_does_not_fit_says_so_and_cannot_be_signed(phone: Phone) -> None:
    phone.fill()
    phone.send("fits/", **{"s-e2": "no"})
    assert "does not fit" in text(phone.get("sign/"))
    assert phone.send("sign/", **CONSENTING).status_code == 422


def test_an_unknown_link_is_404_and_a_dead_one_410(phone: Phone) -> None:
    stranger = Phone(phone.form, secret="A" * 43)
    dead = Phone(phone.form)
    SigningLink.objects.filter(fingerprint=links.fingerprint(dead.secret)).update(
        expires_at=phone.form.created_at - timedelta(days=1)
    )
    for page in ("", "fits/", "sign/", "papers/signed/"):
        assert stranger.get(page).status_code == 404
        assert dead.get(page).status_code == 410
        assert "Brot" not in text(stranger.get(page)) + text(dead.get(page))
    assert stranger.send("fits/", **{"s-e1": "yes"}).status_code == 404
    assert dead.send("fits/", **{"s-e1": "yes"}).status_code == 410
    assert not answering.whole(phone.form).said.statements


def test_an_invalid_form_says_so(phone: Phone, alice: User) -> None:
    other = Phone(phone.form)
    changing.invalidate(phone.form, by=alice, reason="Another way of payment.")
    assert other.get().status_code == 410
    assert other.get("2/").status_code == 410


def test_one_merchants_link_shows_nothing_of_another(phone: Phone, alice: User) -> None:
    mill = Identity("Mühle am Bach", "otto@mill.example")
    other = Phone(shops.form(alice, identity=mill))
    other.send("about/", **{"p-p2b": "We mill flour."})
    for page in ("", "fits/", "about/", "2/", "sign/"):
        shown = text(phone.get(page))
        assert "Mühle" not in shown
        assert "We mill flour." not in shown
        assert other.form.ref not in shown
        assert other.secret not in shown


@pytest.mark.parametrize("page", ["", "papers/signed/"])
def test_it_refuses_a_wrong_method(phone: Phone, page: str) -> None:
    assert phone.send(page).status_code == 405
    assert phone.client.delete(f"/sign/{phone.secret}/{page}").status_code == 405


def test_a_form_of_a_foreign_page_is_not_taken(phone: Phone) -> None:
    strict = Client(enforce_csrf_checks=True)
    answer = strict.post(f"/sign/{phone.secret}/fits/", {"s-e1": "yes"})
    assert answer.status_code == 403
    assert not answering.whole(phone.form).said.statements


def test_an_unknown_page_is_404(phone: Phone) -> None:
    assert phone.get("99/").status_code == 404


@pytest.mark.parametrize("form_type", ["D-Merchant", "D-Service-Provider", "B", "P2PE"])
def test_the_pages_of_other_forms_open_too(alice: User, form_type: str) -> None:
    phone = Phone(shops.form(alice, form_type=form_type))
    for section in answering.whole(phone.form).questionnaire.sections:
        page = text(phone.get(f"{section.id}/"))
        for line in section.lines:
            assert (f'name="a-{line.id}"' in page) is line.is_answered
