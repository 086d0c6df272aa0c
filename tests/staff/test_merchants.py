"""Merchants in the staff door: the portfolio, a form, and the deeds about both."""

import re
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from jobs.models import Job
from merchants import answering, changing, issuing_many, parties, reminding
from merchants.models import Application, ComplianceForm, Merchant, SigningLink
from tests import cast
from tests.merchants import shops
from tests.staff import desk
from tests.staff.desk import Desk

pytestmark = pytest.mark.django_db
PAGES = [("merchants", ()), ("merchant_add", ()), ("platform_add", ()), ("merchants_remind", ())]


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
    for words in (*said, "erna@bakery.example", "at least every three months"):
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
        ("exchange", {"type": "B", "reason": "Other."}, "another form"),
        ("exchange", {"type": "Z", "reason": "Other."}, "no form of the type"),
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


def test_bulk_work_is_a_job_with_progress(alices: Desk) -> None:
    application = shops.application(alices.user)
    parties.add_merchants(application, [shops.applicant()] * 3, by=alices.user)
    assert "3 merchants of" in alices.text("merchants")
    response = alices.post("platform_approve", application.pk)
    job = Job.objects.get(kind=issuing_many.KIND)
    assert response.url.endswith(f"/jobs/{job.pk}/")
    alices.post("merchants_remind", application=str(application.pk), state="OVERDUE")
    assert Job.objects.filter(kind=reminding.MANY).count() == 1


@pytest.mark.parametrize(("name", "args"), PAGES)
def test_pages_open_and_refuse_a_wrong_method(
    alices: Desk, name: str, args: tuple[str, ...]
) -> None:
    assert alices.get(name, *args).status_code == 200
    assert alices.client.delete(desk.url(name, *args)).status_code == 405


def test_strangers_see_nothing(
    alices: Desk, form: ComplianceForm, strangers: tuple[User, ...]
) -> None:
    for user in strangers:
        theirs = desk.at(user)
        for name, args in [*PAGES, ("merchant_form", (form.ref,))]:
            assert theirs.get(name, *args).status_code == 403
        for name in ("merchant_link",):
            assert theirs.post(name, form.ref).status_code == 403
        assert theirs.post("merchant_do", form.ref, "remind").status_code == 403
    assert not SigningLink.objects.exists()
    assert alices.get("merchant_form", "cf_unknown").status_code == 404
    assert answering.whole(form).missing
