"""Lists of requests in the staff door: asking, starting from the catalogue, sheets out and in."""

from io import BytesIO
from typing import Any

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from accounts.models import User
from audits.models import AccessNote, Engagement, EvidenceRequest, RequestImport
from tests import cast
from tests.audits.asking import admit, asked
from tests.audits.world import World
from tests.staff import desk
from tests.staff.desk import Desk, assert_refused, words

UPLOAD = "request_import"
PREVIEW = "request_preview"


@pytest.fixture
def engagement(world: World, bob: User) -> Engagement:
    made = world.engagement()
    admit(made, bob, by=world.alice)
    return made


def exported(alices: Desk, engagement: Engagement, **cells: Any) -> bytes:
    content = alices.get("request_list", engagement.pk).content
    if not cells:
        return bytes(content)
    book = openpyxl.load_workbook(BytesIO(content))
    for place, value in cells.items():
        book.worksheets[0][place] = value
    out = BytesIO()
    book.save(out)
    book.close()
    return out.getvalue()


def uploaded(alices: Desk, engagement: Engagement, content: bytes) -> Any:
    file = SimpleUploadedFile("list.xlsx", content)
    return alices.post(UPLOAD, engagement.pk, file=file, follow=True)


def test_staff_asks_to_prepare_a_list(alices: Desk, engagement: Engagement) -> None:
    alices.post("request_ask", engagement.pk, title="Chart", refs="CC6.1")
    assert engagement.requests.get().asked_for == "staff"
    refused = alices.post("request_ask", engagement.pk, title="Chart", refs="XX-1")
    assert "'XX-1' is no control" in words(refused)


def test_a_list_begins_with_the_catalogue_after_a_preview(
    alices: Desk, engagement: Engagement
) -> None:
    text = alices.text("request_seed", engagement.pk)
    assert "2 requests: one for each expectation" in text
    assert not EvidenceRequest.objects.exists()
    alices.post("request_seed", engagement.pk, due="2026-12-01")
    assert engagement.requests.count() == 2
    assert "asked for already" in alices.text("request_seed", engagement.pk)


def test_our_own_list_changes_nothing_and_taking_it_is_noted(
    alices: Desk, engagement: Engagement, bob: User
) -> None:
    asked(engagement, bob, "Users")
    page = uploaded(alices, engagement, exported(alices, engagement))
    assert "Nothing would change" in words(page)
    note = AccessNote.objects.get()
    assert (note.what, note.user) == ("download", alices.user)


def test_what_is_previewed_is_done(alices: Desk, engagement: Engagement, bob: User) -> None:
    asked(engagement, bob, "Users")
    sheet = exported(alices, engagement, F2="Engineer", A3=9, B3="Chart")
    page = uploaded(alices, engagement, sheet)
    assert "Owner: nothing becomes Engineer" in words(page)
    assert engagement.requests.count() == 1
    alices.client.post(page.redirect_chain[-1][0])
    assert engagement.requests.get(number=1).owner_role == "engineer"
    assert engagement.requests.get(number=9).title == "Chart"


def test_words_of_the_auditor_are_not_changed_from_here(
    alices: Desk, engagement: Engagement, bob: User
) -> None:
    asked(engagement, bob, "Users")
    page = uploaded(alices, engagement, exported(alices, engagement, B2="Fewer users"))
    assert "Row 2: The auditor asked" in words(page)
    alices.client.post(page.redirect_chain[-1][0])
    assert engagement.requests.get().title == "Users"


def test_a_bad_sheet_is_said_on_the_form(alices: Desk, engagement: Engagement) -> None:
    page = uploaded(alices, engagement, exported(alices, engagement, A1="No."))
    assert "'No.' is no column of this list" in words(page)
    assert "is no readable XLSX" in words(uploaded(alices, engagement, b"zip?"))
    assert not RequestImport.objects.exists()


def test_a_preview_is_for_who_uploaded(alices: Desk, engagement: Engagement) -> None:
    page = uploaded(alices, engagement, exported(alices, engagement, A2=1, B2="Chart"))
    other = desk.at(cast.person("compliance-lead"))
    path = page.redirect_chain[-1][0]
    assert other.client.get(path).status_code == 404
    assert other.client.post(path).status_code == 404


@pytest.mark.parametrize("name", ["request_ask", "request_list", UPLOAD, "request_seed"])
def test_strangers_are_refused(
    engagement: Engagement, strangers: tuple[User, ...], name: str
) -> None:
    if name != "request_list":
        assert_refused(name, engagement.pk, strangers=strangers)
        assert desk.at(cast.person("engineer")).post(name, engagement.pk).status_code == 403
    for stranger in strangers:
        assert desk.at(stranger).get(name, engagement.pk).status_code == 403
    assert desk.at(strangers[1]).get(PREVIEW, 1).status_code == 403


@pytest.mark.parametrize("name", ["request_ask", "request_list", UPLOAD, "request_seed", PREVIEW])
def test_an_unknown_engagement_is_not_found(alices: Desk, name: str) -> None:
    assert alices.get(name, 99).status_code == 404
