"""Reports in the staff door: the kinds, asking for one, and finding both files again."""

import re
from datetime import date
from html import unescape
from pathlib import Path

import pytest

from accounts.models import User
from audits.models import Engagement
from jobs.models import Job
from reports import pdf_engine
from reports.written import making, registry
from tests import cast
from tests.audits.world import World, hand_in_staff
from tests.merchants import shops
from tests.staff import desk
from tests.staff.desk import Desk


@pytest.fixture
def audit(world: World, monkeypatch: pytest.MonkeyPatch) -> Engagement:
    monkeypatch.setattr(pdf_engine, "missing_libraries", lambda: "apt-get install it")
    hand_in_staff(world, date(2026, 6, 30))
    return world.engagement()


def test_the_shelf_lists_every_kind_and_helps_where_nothing_was_written(alices: Desk) -> None:
    with desk.at_most(14):
        said = alices.text("papers")
    for kind in registry.kinds().values():
        assert kind.title in said
        assert kind.sentence in said
    assert "No report was written yet" in said


def test_the_shelf_leads_to_the_signed_self_assessments_of_merchants(
    alices: Desk, alice: User, var_dir: Path
) -> None:
    signed, open_one = shops.signed(alice).form, shops.form(alice)
    shelf = alices.get("papers").content.decode()
    (address,) = set(re.findall(r'href="([^"]+)"[^>]*>SAQ and attestation of compliance', shelf))
    said = alices.client.get(unescape(address)).content.decode()
    assert desk.url("merchant_form", signed.ref) in said
    assert desk.url("merchant_form", open_one.ref) not in said


def test_without_an_engagement_the_page_says_what_to_do(alices: Desk) -> None:
    assert "Open your first engagement" in alices.text("paper", "coverage")


def test_a_report_is_asked_for_written_and_found(alices: Desk, audit: Engagement) -> None:
    assert audit.ref in alices.text("paper", "coverage")
    answer = alices.post("paper_write", "coverage", engagement=audit.pk)
    job = Job.objects.get(kind=making.JOB)
    assert answer.url == desk.url("job", job.pk)
    assert "A report is being written" in alices.text("papers")
    made = making.make(dict(job.payload))
    for name, args in (("papers", ()), ("paper", ("coverage",))):
        page = alices.get(name, *args).content.decode()
        for item in (made.paper, made.excel):
            assert f'action="{desk.url("evidence_download", item.pk)}"' in page


def test_what_was_asked_wrongly_is_told(alices: Desk, audit: Engagement) -> None:
    answer = alices.post("paper_write", "coverage", engagement=audit.pk + 9)
    assert answer.status_code == 200
    assert "Select a valid choice" in desk.words(answer)
    assert not Job.objects.filter(kind=making.JOB).exists()


def test_who_may_only_read_has_no_button(world: World, audit: Engagement) -> None:
    owner = desk.at(cast.person("control-owner"))
    assert "Who may have them written holds a role" in owner.text("paper", "coverage")
    assert owner.post("paper_write", "coverage", engagement=audit.pk).status_code == 403
    assert not Job.objects.filter(kind=making.JOB).exists()


def test_no_such_kind_is_not_found(alices: Desk) -> None:
    assert alices.get("paper", "nonsense").status_code == 404
    assert alices.post("paper_write", "nonsense").status_code == 404


def test_strangers_are_refused(strangers: tuple[User, ...]) -> None:
    for name, args in (("papers", ()), ("paper", ("coverage",)), ("paper_write", ("coverage",))):
        desk.assert_refused(name, *args, strangers=strangers)
