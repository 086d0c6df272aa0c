"""Typed forms in the staff door: their history, the ways to them, and who may do what."""

from datetime import date

import pytest
from django.test import Client

from accounts.models import User
from compliance.staff import words as said
from evidence.models import LedgerEntry
from registers.form_models import FormDraft
from registers.forms import handing_in
from tests import cast
from tests.audits.world import World
from tests.registers.filled import Drawer
from tests.staff import desk
from tests.staff.desk import Desk, told, words

FORM, CONFIRM = "form_draft", "form_confirm"


@pytest.fixture
def drawer(world: World, alice: User) -> Drawer:
    return Drawer.of("restore_test", world, alice)


@pytest.fixture
def draft(drawer: Drawer) -> FormDraft:
    return drawer.draft()


def test_the_history_of_a_form_is_paged_by_an_index(
    alices: Desk, drawer: Drawer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("compliance.staff.typed_forms.PER_PAGE", 1)
    first, second = (handing_in.hand_in(drawer.draft(), by=drawer.keeper) for _ in range(2))
    kept = drawer.draft()
    page = alices.text("form_kind", "restore_test")
    assert f"changed {said.clock(kept.changed_at)}" in page
    assert second.evidence.ref in page
    assert first.evidence.ref not in page
    older = alices.text("form_kind", "restore_test", after=second.pk)
    assert first.evidence.ref in older
    assert alices.get("form_kind", "restore_test", after="x" * 30).status_code == 200


def test_an_occurrence_leads_to_the_form_that_fills_it(
    alices: Desk, drawer: Drawer, world: World
) -> None:
    world.start, world.end = date(2026, 7, 1), date(2026, 9, 30)
    page = alices.get("occurrence", world.engagement().pk, "restore-practice", "2026-07-01")
    assert desk.url("form_kind", "restore_test") in page.content.decode()


def test_an_item_leads_to_its_form(alices: Desk, draft: FormDraft, alice: User) -> None:
    handed = handing_in.hand_in(draft, by=alice)
    page = alices.get("evidence_evidence_change", handed.evidence_id)
    assert desk.url("form_handed", handed.pk) in page.content.decode()
    assert "New version" not in words(page)


def test_a_draft_is_thrown_away(alices: Desk, draft: FormDraft) -> None:
    assert "thrown away" in told(alices.post("form_discard", draft.pk, follow=True))
    assert not FormDraft.objects.exists()


@pytest.mark.parametrize("name", [FORM, CONFIRM, "form_discard"])
def test_a_draft_of_somebody_else_is_not_there(name: str, draft: FormDraft) -> None:
    dora = desk.at(cast.person("control-owner"))
    assert dora.post(name, draft.pk).status_code == 404
    assert FormDraft.objects.get().given["test_id"] == "RT-7"


@pytest.mark.parametrize("name", [FORM, CONFIRM, "form_discard", "form_correct"])
def test_what_is_not_there_is_not_found(alices: Desk, name: str) -> None:
    assert alices.post(name, 999).status_code == 404


def test_an_unknown_form_is_not_found(alices: Desk) -> None:
    assert alices.get("form_kind", "nothing").status_code == 404
    assert alices.post("form_start", "nothing").status_code == 404


@pytest.mark.parametrize("name", ["forms", "form_kind", "form_handed"])
def test_reading_pages_refuse_to_write(
    name: str, alices: Desk, draft: FormDraft, alice: User
) -> None:
    handed = handing_in.hand_in(draft, by=alice)
    args = {"forms": (), "form_kind": ("restore_test",), "form_handed": (handed.pk,)}[name]
    assert alices.post(name, *args).status_code == 405


def test_deeds_refuse_to_be_read(alices: Desk, draft: FormDraft, alice: User) -> None:
    assert alices.get("form_start", "restore_test").status_code == 405
    assert alices.get("form_discard", draft.pk).status_code == 405
    handed = handing_in.hand_in(draft, by=alice)
    assert alices.get("form_correct", handed.pk).status_code == 405


def test_who_may_not_submit_sees_and_does_nothing(draft: FormDraft, alice: User) -> None:
    handed = handing_in.hand_in(draft, by=alice)
    reviewer = desk.at(cast.person("reviewer"))
    assert "Fill it in:" not in reviewer.get("forms").content.decode()
    assert reviewer.get("form_handed", handed.pk).status_code == 200
    for name, argument in (
        ("form_start", "restore_test"),
        (FORM, draft.pk),
        (CONFIRM, draft.pk),
        ("form_discard", draft.pk),
        ("form_correct", handed.pk),
    ):
        assert reviewer.post(name, argument).status_code == 403
    assert FormDraft.objects.count() == 1


def test_strangers_are_refused(strangers: tuple[User, ...], draft: FormDraft, alice: User) -> None:
    handed = handing_in.hand_in(draft, by=alice)
    leaves = LedgerEntry.objects.count()
    for name, *args in (
        ("forms",),
        ("form_kind", "restore_test"),
        ("form_start", "restore_test"),
        (FORM, draft.pk),
        (CONFIRM, draft.pk),
        ("form_discard", draft.pk),
        ("form_handed", handed.pk),
        ("form_correct", handed.pk),
    ):
        desk.assert_refused(name, *args, strangers=strangers)
    assert LedgerEntry.objects.count() == leaves
    assert Client().get(desk.url("forms")).status_code == 302
