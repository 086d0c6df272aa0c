"""Merchants in the staff door: the portfolio, a form, and the deeds about both."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from jobs.models import Job
from merchants import answering, changing, exporting, issuing_many, papers, parties, portfolio
from merchants.models import Application, ComplianceForm, LineSupport, Merchant, SigningLink
from tests import cast
from tests.merchants import shops
from tests.readiness.ground import Ground
from tests.staff import desk
from tests.staff.desk import Desk

pytestmark = pytest.mark.django_db
PAGES: list[tuple[str, tuple[str, ...]]] = [
    ("merchants", ()),
    ("merchants_dashboard", ()),
    ("merchant_add", ()),
    ("platform_add", ()),
    ("merchants_bulk", ("remind",)),
    ("merchants_bulk", ("export",)),
]


@pytest.fixture
def form(alices: Desk) -> ComplianceForm:
    return shops.form(alices.user)


def test_an_empty_portfolio_says_what_to_do_first(alices: Desk) -> None:
    assert "Add the platform" in alices.text("merchants")
    shops.application(alices.user)
    assert "Add a merchant: the interview" in alices.text("merchants")


def test_the_portfolio_shows_each_form_with_its_state(alices: Desk, form: ComplianceForm) -> None:
    text = alices.text("merchants")
    assert "Brot und Butter GmbH" in text
    assert "1 Incomplete" in text
    assert form.application.name in text


@pytest.mark.parametrize(
    ("asked", "is_shown"),
    [
        ({"state": "INCOMPLETE"}, True),
        ({"state": "COMPLETE"}, False),
        ({"type": "A"}, True),
        ({"type": "B"}, False),
        ({"level": "4"}, True),
        ({"level": "1"}, False),
        ({"age": "7"}, True),
        ({"environment": "sandbox"}, False),
        ({"state": "nonsense", "type": "\0", "after": "x"}, True),
        ({"state": "INCOMPLETE", "type": "A", "level": "4", "age": "365"}, True),
        ({"after": "1"}, False),
        ({"q": "nobody"}, False),
    ],
)
def test_the_portfolio_is_filtered(
    alices: Desk, form: ComplianceForm, asked: dict[str, str], is_shown: bool
) -> None:
    if asked == {"after": "1"}:
        asked = {"after": str(form.pk)}
    assert ("Brot und Butter" in alices.text("merchants", **asked)) is is_shown


def test_an_old_form_is_not_of_this_week(alices: Desk, form: ComplianceForm) -> None:
    shops.aged(form, 20)
    assert "Brot" not in alices.text("merchants", age="7")
    assert "Brot" in alices.text("merchants", age="30")


def test_a_form_is_found_by_each_of_its_references(alices: Desk) -> None:
    form = shops.form(alices.user, own_number="shop-77")
    shops.form(alices.user)
    for words in (form.ref, form.merchant.ref, "shop-77"):
        page = alices.get("merchants", q=words).content.decode()
        assert len(re.findall(r'href="/admin/merchants/forms/cf_\w+/"', page)) == 1


def test_pages_follow_one_another_and_cost_the_same(alices: Desk) -> None:
    application = shops.application(alices.user)
    merchants = parties.add_merchants(application, [shops.applicant()] * 60, by=alices.user)
    parties.approve(merchants, by=alices.user)
    with CaptureQueriesContext(connection) as seen:
        first = alices.get("merchants").content.decode()
    assert len(seen) <= 14
    following = re.search(r'href="\?(after=\d+)"', first)
    assert following
    second = alices.client.get(f"/admin/merchants/?{following[1]}").content.decode()
    refs = [re.findall(r"forms/(cf_\w+)/", page) for page in (first, second)]
    assert (len(refs[0]), len(refs[1])) == (50, 10)
    assert not set(refs[0]) & set(refs[1])


def test_a_form_shows_its_answers_signature_and_history(alices: Desk) -> None:
    record = shops.signed(alices.user)
    text = alices.text("merchant_form", record.form.ref)
    said = ["Erna Ofenloch, Owner", record.answers_sha256, "In place", "Compliant"]
    for words in (*said, "erna@bakery.example", "The next that passes is due by"):
        assert words in text
    changing.invalidate(record.form, by=alices.user, reason="Another way of payment.")
    assert "Another way of payment." in alices.text("merchant_form", record.form.ref)


def test_who_may_only_look_sees_no_address_and_no_deed(
    alices: Desk, form: ComplianceForm, engineer: Desk
) -> None:
    text = engineer.text("merchant_form", form.ref)
    assert "Brot und Butter" in text
    assert "erna@bakery.example" not in text
    assert "Make it invalid" not in text
    assert engineer.post("merchant_do", form.ref, "remind").status_code == 403


@pytest.fixture
def engineer() -> Desk:
    return desk.at(cast.person("engineer"))


def test_a_merchant_is_added_by_the_interview(alices: Desk) -> None:
    alices.client.post(desk.url("platform_add"), {"name": "Shops", "environment": "live"})
    application = Application.objects.get()
    said: dict[str, Any] = {
        "application": str(application.pk), "business_name": "Mühle", "level": "3",
        "contact_email": "otto@mill.example", "provider": "no", "stores": "no",
        "e-commerce": "no", "moto": "no", "card-present": "yes",
    }  # fmt: skip
    response = alices.post("merchant_add", **said)
    assert "Answer this, or choose the form yourself." in desk.words(response)
    assert not Merchant.objects.exists()
    alices.post("merchant_add", **{**said, "card-present-how": "p2pe"})
    form = ComplianceForm.objects.get()
    assert (form.form_type, form.level, form.merchant.state) == ("P2PE", 3, "APPROVED")
    assert form.merchant.interview["card-present-how"] == "p2pe"


def test_a_chosen_form_beats_the_interview_and_nonsense_is_refused(alices: Desk) -> None:
    application = shops.application(alices.user)
    said: dict[str, Any] = {
        "application": str(application.pk), "business_name": "Mühle", "level": "4",
        "contact_email": "otto@mill.example", "form_type": "D-Merchant",
    }  # fmt: skip
    alices.post("merchant_add", **{**said, "contact_email": "otto"})
    alices.post("merchant_add", **{**said, "business_name": "4111 1111 1111 1111"})
    assert not Merchant.objects.exists()
    alices.post("merchant_add", **said)
    assert ComplianceForm.objects.get().form_type == "D-Merchant"


def test_a_platform_has_one_name(alices: Desk) -> None:
    for _ in range(2):
        said = {"name": "Shops", "environment": "live"}
        response = alices.client.post(desk.url("platform_add"), said)
    assert "already" in desk.words(response)
    assert Application.objects.count() == 1


def test_a_link_is_shown_once_and_opens_the_form(alices: Desk, form: ComplianceForm) -> None:
    response = alices.post("merchant_link", form.ref)
    secret = re.search(r"/sign/([\w-]{43})/", response.content.decode())
    assert secret
    assert "Brot und Butter" in alices.client.get(f"/sign/{secret[1]}/").content.decode()
    assert "no-store" in response.headers["Cache-Control"]
    signed = shops.signed(alices.user).form
    assert alices.post("merchant_link", signed.ref).status_code == 302


@pytest.mark.parametrize(
    ("deed", "data", "words"),
    [
        ("remind", {}, "mailed a link"),
        ("end-links", {}, "is over"),
        ("invalidate", {"reason": "Other."}, "is invalid"),
        ("invalidate", {}, "Say why"),
        ("stop", {"reason": "Late."}, "no more cards"),
        ("go-on", {"reason": "Late."}, "already"),
        ("nonsense", {}, ""),
    ],
)
def test_each_deed_says_what_it_did_or_why_not(
    alices: Desk, form: ComplianceForm, deed: str, data: dict[str, str], words: str
) -> None:
    response = alices.post("merchant_do", form.ref, deed, follow=True, **data)
    assert response.status_code == 200
    assert words in desk.told(response)


OWN_PAGE: dict[str, Any] = {**shops.ONLINE, "e-commerce-how": "own_page", "look": "yes"}


def test_other_answers_show_what_changes_before_it_is_done(
    alices: Desk, form: ComplianceForm
) -> None:
    text = alices.text("merchant_change", form.ref, **OWN_PAGE)
    assert "A becomes A-EP" in text
    assert "the merchant's own page can affect the payment" in text
    assert re.search(r"1\d\d added, 0 removed, 2\d as before", text)
    assert "11.6.1" in text
    form.refresh_from_db()
    assert form.state == "INCOMPLETE"
    assert form.merchant.interview["e-commerce-how"] == "outsourced"


def test_a_change_makes_the_old_form_invalid_with_its_reason(
    alices: Desk, form: ComplianceForm
) -> None:
    assert "Say why" in desk.told(alices.post("merchant_change", form.ref, follow=True, **OWN_PAGE))
    alices.post("merchant_change", form.ref, **OWN_PAGE, reason="The shop has its own page.")
    form.refresh_from_db()
    new = ComplianceForm.objects.get(previous=form)
    assert (form.state, new.form_type) == ("INVALID", "A-EP")
    assert form.changes.get().reason == "The shop has its own page."
    assert Merchant.objects.get().interview["e-commerce-how"] == "own_page"
    page = alices.text("merchant_change", new.ref, **{**OWN_PAGE, "moto": ""})
    assert "Answer this, or choose the form yourself." in page


def test_merchants_that_wait_are_shown_before_their_forms_are_issued(alices: Desk) -> None:
    application = shops.application(alices.user)
    made = [shops.applicant(), shops.applicant(), shops.applicant(form_type="B")]
    parties.add_merchants(application, made, by=alices.user)
    assert "3 merchants of" in alices.text("merchants")
    text = alices.text("platform_approve", application.pk)
    for words in ("3 merchants wait", "Form A 2", "Form B 1", "Brot und Butter GmbH"):
        assert words in text
    assert not Job.objects.exists()
    response = alices.post("platform_approve", application.pk)
    job = Job.objects.get(kind=issuing_many.KIND)
    assert response.url.endswith(f"/jobs/{job.pk}/")


def test_bulk_work_is_previewed_and_then_a_job(alices: Desk, form: ComplianceForm) -> None:
    signed = shops.signed(alices.user, of=form.application).form
    text = alices.text("merchants_bulk", "remind", platform=str(form.application_id))
    assert "1 form is meant" in text
    assert "No form is meant" in alices.text("merchants_bulk", "remind", state="COMPLETE")
    assert "2 forms are meant" in alices.text("merchants_bulk", "export")
    assert not Job.objects.exclude(kind=papers.KIND).exists()
    place = desk.url("merchants_bulk", "remind") + "?level=4&state=INCOMPLETE"
    leads_to = alices.client.post(place).headers["Location"]
    job = Job.objects.get(pk=leads_to.strip("/").split("/")[-1])
    assert job.payload["choice"] == {"environment": "live", "state": "INCOMPLETE", "level": "4"}
    alices.post("merchants_bulk", "export")
    assert Job.objects.filter(kind=exporting.KIND).count() == 1
    assert alices.get("merchants_bulk", "nonsense").status_code == 404
    assert signed.ref


def test_the_dashboard_counts_and_leads_to_the_forms(alices: Desk, form: ComplianceForm) -> None:
    old = shops.form(alices.user, form_type="B", level=2)
    shops.aged(old, 400)
    text = alices.text("merchants_dashboard")
    for words in ("2 Incomplete", "By form", "A 1 0 0 0 0 1", "B 1 0 0 0 0 1", "2 1 0 0 0 0 1",
                  "More than a year ago 1", "Issued this week 1 0 0 0 0 1"):  # fmt: skip
        assert words in text
    page = alices.get("merchants_dashboard").content.decode()
    assert "?state=INCOMPLETE&amp;level=2" in page
    assert alices.text("merchants", type="B").count("Brot und Butter") == 1
    assert "0 Incomplete" in alices.text("merchants_dashboard", environment="sandbox")


def test_a_large_portfolio_is_counted_by_a_job(
    alices: Desk, form: ComplianceForm, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(portfolio, "COUNTED_AT_ONCE", 0)
    assert "being counted" in alices.text("merchants_dashboard")
    job = portfolio.ask_for_figures(timezone.now())
    assert job
    result = portfolio.run(timezone.now())
    Job.objects.filter(pk=job.pk).update(
        state=Job.State.DONE, result=result, finished_at=timezone.now()
    )
    assert "1 Incomplete" in alices.text("merchants_dashboard")


def test_the_overdue_list_shows_the_note_of_the_platform(alices: Desk) -> None:
    platform = parties.add_application(
        "Shops", environment="live", by=alices.user, overdue_note="We take 20 a month."
    )
    form = shops.aged(shops.form(alices.user, of=platform), 100)
    changing.sweep()
    assert form.ref
    assert "We take 20 a month." in alices.text("merchants", state="OVERDUE")
    assert "We take 20 a month." not in alices.text("merchants")
    assert "We take 20 a month." in alices.text("merchants_dashboard")


def test_a_scan_is_added_and_its_day_moves(alices: Desk, form: ComplianceForm) -> None:
    assert "The next that passes is due by" in alices.text("merchant_form", form.ref)
    today = timezone.now().date()
    said: dict[str, Any] = {
        "scanned_on": today.isoformat(),
        "passed": "yes",
        "scanner": "Scan GmbH",
    }
    future = {**said, "scanned_on": (today + timedelta(days=3)).isoformat()}
    assert "still to come" in desk.words(alices.post("merchant_scan", form.ref, **future))
    alices.post("merchant_scan", form.ref, **said)
    assert "Scan GmbH: passed" in alices.text("merchant_form", form.ref)
    late = today - timedelta(days=1)
    Merchant.objects.update(scan_due_on=late)
    assert "Missing" in alices.text("merchants_scans", form.application_id)
    place = f"{late.isoformat()}~{form.merchant_id}"
    assert "Nobody owes" in alices.text("merchants_scans", form.application_id, after=place)
    assert "Missing" in alices.text("merchants_scans", form.application_id, after="nonsense")


def test_the_level_follows_the_payments_of_a_year(alices: Desk, form: ComplianceForm) -> None:
    response = alices.post("merchant_level", form.ref, reason="Growth.")
    assert "Give the card payments" in desk.words(response)
    alices.post("merchant_level", form.ref, yearly="7000000", reason="Growth.")
    form.refresh_from_db()
    assert form.level == 1
    assert "7,000,000 card payments a year" in alices.text("merchant_form", form.ref)


def test_a_paper_that_was_signed_elsewhere_is_taken_in(alices: Desk, form: ComplianceForm) -> None:
    said = {"name": "Erna Ofenloch", "title": "Owner",
            "signed_on": timezone.now().date().isoformat()}  # fmt: skip
    place = desk.url("merchant_signed", form.ref)
    wrong = SimpleUploadedFile("saq.pdf", b"PK no pdf")
    assert "This is no PDF" in desk.words(alices.client.post(place, {**said, "file": wrong}))
    alices.client.post(place, {**said, "file": SimpleUploadedFile("saq.pdf", shops.blank_pdf())})
    text = alices.text("merchant_form", form.ref)
    for words in ("signed document", "Signed elsewhere, and taken in paper", "EV-000001"):
        assert words in text


def test_what_we_do_for_merchants_is_added_and_ended(alices: Desk, form: ComplianceForm) -> None:
    platform = form.application_id
    said: dict[str, Any] = {"line": "12.8.2", "control": "zz-99", "words": "We sign with you."}
    assert "There is no control" in desk.words(alices.post("merchants_supports", platform, **said))
    Ground(alices.user).control("VN-03")
    alices.post("merchants_supports", platform, **{**said, "control": "vn-03"})
    assert "Not now" in alices.text("merchants_supports", platform)
    made = LineSupport.objects.get()
    alices.post("merchants_supports", platform, end=str(made.pk))
    assert "Nothing is offered yet" in alices.text("merchants_supports", platform)
    assert alices.post("merchants_supports", platform, end=str(made.pk)).status_code == 404


@pytest.mark.parametrize(("name", "args"), PAGES)
def test_pages_open_and_refuse_a_wrong_method(
    alices: Desk, name: str, args: tuple[str, ...]
) -> None:
    assert alices.get(name, *args).status_code == 200
    assert alices.client.delete(desk.url(name, *args)).status_code == 405


def test_strangers_see_nothing(
    alices: Desk, form: ComplianceForm, strangers: tuple[User, ...]
) -> None:
    named = ("form", "change", "scan", "level", "signed")
    of_form: list[tuple[str, Any]] = [(f"merchant_{name}", (form.ref,)) for name in named]
    of_platform = ("platform_approve", "merchants_scans", "merchants_supports")
    of_form += [(name, (form.application_id,)) for name in of_platform]
    for user in strangers:
        theirs = desk.at(user)
        for name, args in [*PAGES, *of_form]:
            assert theirs.get(name, *args).status_code == 403
        for name in ("merchant_link",):
            assert theirs.post(name, form.ref).status_code == 403
        assert theirs.post("merchant_do", form.ref, "remind").status_code == 403
        assert theirs.post("merchant_change", form.ref, **OWN_PAGE).status_code == 403
    assert not SigningLink.objects.exists()
    assert alices.get("merchant_form", "cf_unknown").status_code == 404
    assert answering.whole(form).missing
