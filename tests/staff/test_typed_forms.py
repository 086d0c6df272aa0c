"""Typed forms in the staff door: fill one in, see what it covers, hand it in, correct it."""

from datetime import date
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from accounts.models import User
from audits import facts as coverage
from compliance.staff import words as said
from controls.models import Expectation
from evidence.models import Evidence
from registers.form_models import FormDraft, HandedForm
from registers.forms import drafts, handing_in, reading
from tests.audits.world import World
from tests.registers import filled
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


def answered(**changes: Any) -> dict[str, Any]:
    return {**filled.given("restore_test"), **changes}


def test_the_list_says_what_each_form_is_for_and_when_it_was_last_handed_in(
    alices: Desk, drawer: Drawer
) -> None:
    page = alices.text("forms")
    assert "Restore test Fill it in after each test" in page
    assert "never" in page
    handing_in.hand_in(drawer.draft(), by=drawer.keeper)
    kept = drawer.draft()
    page = alices.text("forms")
    assert "for 1 Jul to 30 Sep 2026" in page
    assert "Your drafts" in page
    assert desk.url(FORM, kept.pk) in alices.get("forms").content.decode()


def test_the_list_asks_few_questions(alices: Desk, drawer: Drawer) -> None:
    for _ in range(3):
        handing_in.hand_in(drawer.draft(), by=drawer.keeper)
        drawer.draft()
    alices.get("forms")
    with desk.at_most(12):
        alices.get("forms")


def test_from_the_list_to_covered_in_four_steps(alices: Desk, drawer: Drawer, world: World) -> None:
    begun = alices.post("form_start", "restore_test")
    draft = FormDraft.objects.get()
    assert begun.url == desk.url(FORM, draft.pk)
    went_on = alices.post(FORM, draft.pk, do="check", **answered())
    assert went_on.url == desk.url(CONFIRM, draft.pk)
    page = alices.get(CONFIRM, draft.pk)
    assert "Covers it, after its due day" in words(page)
    assert "Time allowed (RTO) 4 h 0 min" in words(page)
    done = alices.post(CONFIRM, draft.pk, seen=page.context["seen_stamp"], follow=True)
    item = Evidence.objects.get()
    assert f"Handed in as {item.ref}." in told(done)
    assert desk.url("evidence_evidence_change", item.pk) in done.content.decode()
    world.start, world.end = date(2026, 7, 1), date(2026, 9, 30)
    report = coverage.coverage_of(world.engagement(), slugs={"restore-practice"})
    assert [one.evidence for one in report.occurrences] == [(item.ref,)]


def test_what_does_not_fit_is_told_beside_its_question_and_all_is_kept(
    alices: Desk, draft: FormDraft
) -> None:
    page = alices.post(FORM, draft.pk, do="check", **answered(goal="soon", reviewed_by=""))
    assert page.status_code == 200
    assert "is no duration: 'soon'" in words(page)
    assert "Gone over by is missing." in words(page)
    assert page.context["form"]["goal"].errors
    assert 'value="soon"' in page.content.decode()
    assert FormDraft.objects.get().given["goal"] == "soon"
    assert not Evidence.objects.exists()


def test_a_draft_is_kept_and_found_again_without_reproaches(alices: Desk, draft: FormDraft) -> None:
    answer = alices.post(FORM, draft.pk, do="keep", follow=True, **answered(goal="soon"))
    assert "You may close this page and come back." in told(answer)
    page = alices.get(FORM, draft.pk)
    assert 'value="soon"' in page.content.decode()
    assert "is no duration" not in words(page)
    assert "is no duration" in words(alices.get(FORM, draft.pk, look="1"))


def test_the_script_keeps_a_draft_silently(alices: Desk, draft: FormDraft) -> None:
    answer = alices.post(FORM, draft.pk, do="auto", **answered(test_id="RT-99"))
    kept = FormDraft.objects.get()
    assert answer.json() == {"problem": "", "seen": drafts.stamp_of(kept)}
    assert (answer.status_code, kept.given["test_id"]) == (200, "RT-99")
    secret = answered(compared="4111 1111 1111 1111")
    answer = alices.post(FORM, draft.pk, do="auto", **secret)
    assert answer.status_code == 409
    assert "looks like a card number" in answer.json()["problem"]
    assert answer.json()["seen"] == drafts.stamp_of(FormDraft.objects.get())


def test_an_endless_answer_loses_nothing_of_what_was_typed(alices: Desk, draft: FormDraft) -> None:
    typed = answered(
        compared="x" * 20_001, test_id="RT-77", what_failed="4111 1111 1111 1111", record=upload()
    )
    page = alices.post(FORM, draft.pk, do="keep", **typed)
    shown = page.content.decode()
    assert "has 20,001 letters" in words(page)
    assert "What you typed is shown below, and is not kept." in words(page)
    assert 'value="RT-77"' in shown
    assert "x" * 20_001 in shown
    assert "4111" not in shown
    assert "choose this file again" in words(page)
    assert 'maxlength="20000"' in shown
    assert FormDraft.objects.get().given["test_id"] == "RT-7"


def test_a_draft_open_in_two_windows_overwrites_nothing(alices: Desk, draft: FormDraft) -> None:
    seen = alices.get(FORM, draft.pk).context["seen_stamp"]
    alices.post(FORM, draft.pk, do="keep", draft_seen=seen, **answered(test_id="RT-8"))
    late = answered(test_id="RT-9")
    page = alices.post(FORM, draft.pk, do="check", draft_seen=seen, **late)
    assert "Open it anew; nothing was overwritten." in words(page)
    assert 'value="RT-9"' in page.content.decode()
    assert f'name="draft_seen" value="{seen}"' in page.content.decode()
    answer = alices.post(FORM, draft.pk, do="auto", draft_seen=seen, **late)
    assert answer.status_code == 409
    assert "seen" not in answer.json()
    assert FormDraft.objects.get().given["test_id"] == "RT-8"


def test_each_page_of_a_draft_hands_on_the_stamp_of_what_it_kept(
    alices: Desk, draft: FormDraft
) -> None:
    typed = answered(goal="soon", record=upload())
    page = alices.post(FORM, draft.pk, do="check", draft_seen=drafts.stamp_of(draft), **typed)
    kept = drafts.stamp_of(FormDraft.objects.get())
    assert page.context["seen_stamp"] == kept
    assert alices.post(FORM, draft.pk, do="check", draft_seen=kept, **answered()).status_code == 302


def test_what_is_typed_after_it_was_handed_in_elsewhere_is_shown_again(
    alices: Desk, draft: FormDraft
) -> None:
    handing_in.hand_in(draft, by=draft.by)
    page = alices.post(FORM, draft.pk, do="keep", **answered(test_id="RT-9"))
    assert "was handed in already" in words(page)
    assert 'value="RT-9"' in page.content.decode()


def test_a_card_number_is_told_and_not_sent_back(alices: Desk, draft: FormDraft) -> None:
    page = alices.post(FORM, draft.pk, do="check", **answered(compared="4111 1111 1111 1111"))
    assert "looks like a card number or a secret; not kept" in words(page)
    assert "4111" not in page.content.decode()


def test_room_for_more_lines_is_a_button(alices: Desk, world: World, alice: User) -> None:
    draft = Drawer.of("leaver_check", world, alice).draft()
    typed: dict[str, Any] = {**filled.given("leaver_check")}
    alices.post(FORM, draft.pk, do="more", **typed)
    page = alices.get(FORM, draft.pk)
    groups = page.context["form"].line_groups
    assert len(groups) == drafts.FIRST_LINES + drafts.MORE_LINES
    assert "Account 8" in words(page)
    assert 'value="P-17"' in page.content.decode()
    FormDraft.objects.update(lines=reading.MOST_LINES)
    assert "Room for more lines" not in words(alices.get(FORM, draft.pk))


def test_a_wrong_line_is_marked(alices: Desk, world: World, alice: User) -> None:
    draft = Drawer.of("leaver_check", world, alice).draft()
    typed: dict[str, Any] = {**filled.given("leaver_check", lines_0_access_ended_at=None)}
    page = alices.post(FORM, draft.pk, do="check", **typed)
    assert "Access outlived the day after the last one" in words(page)
    assert [is_wrong for _, _, is_wrong in page.context["form"].line_groups][:2] == [True, False]


def upload(content: bytes = b"restored\n", name: str = "restore.log") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content)


def test_a_file_stays_with_the_draft_and_can_be_taken_away(alices: Desk, draft: FormDraft) -> None:
    alices.post(FORM, draft.pk, do="keep", record=upload(), **answered())
    page = alices.post(FORM, draft.pk, do="check", **answered(goal="soon"))
    assert "Log of the restore: restore.log" in words(page)
    assert draft.files.get().filename == "restore.log"
    alices.post(FORM, draft.pk, do="keep", **answered(**{"drop-record": "on"}))
    assert not draft.files.exists()


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "is empty"),
        (b"paid with 4111 1111 1111 1111 yesterday\n", "nothing of it was kept"),
        (b"x" * 1001, "the most"),
    ],
    ids=["empty", "card number", "too large"],
)
def test_a_hostile_file_is_told_and_what_was_typed_is_kept(
    alices: Desk, draft: FormDraft, content: bytes, sentence: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("registers.forms.attachments.LARGEST", 1000)
    page = alices.post(FORM, draft.pk, do="check", record=upload(content), **answered(test_id="X"))
    assert page.status_code == 200
    assert sentence in words(page)
    assert FormDraft.objects.get().given["test_id"] == "X"
    assert not draft.files.exists()


def test_a_file_beyond_every_limit_is_told(alices: Desk, draft: FormDraft, settings: Any) -> None:
    settings.MAX_UPLOAD_BYTES = 1000
    big = upload(b"x" * 25_000_000)
    page = alices.post(FORM, draft.pk, do="keep", record=big, **answered())
    assert "restore.log has 25 MB; 20 MB are the most" in words(page)


def test_what_was_changed_since_it_was_shown_is_not_handed_in(
    alices: Desk, draft: FormDraft
) -> None:
    stamp = alices.get(CONFIRM, draft.pk).context["seen_stamp"]
    alices.post(FORM, draft.pk, do="keep", **answered(test_id="RT-8"))
    answer = alices.post(CONFIRM, draft.pk, seen=stamp, follow=True)
    assert "changed in the meantime" in told(answer)
    assert not Evidence.objects.exists()


def test_handing_in_twice_leads_to_the_same_item(alices: Desk, draft: FormDraft) -> None:
    stamp = alices.get(CONFIRM, draft.pk).context["seen_stamp"]
    first = alices.post(CONFIRM, draft.pk, seen=stamp)
    assert alices.post(CONFIRM, draft.pk, seen=stamp).url == first.url
    assert Evidence.objects.count() == 1
    assert alices.get(FORM, draft.pk).url == first.url


def test_a_form_that_does_not_fit_has_nothing_to_confirm(alices: Desk, draft: FormDraft) -> None:
    alices.post(FORM, draft.pk, do="keep", **answered(goal="soon"))
    answer = alices.client.get(desk.url(CONFIRM, draft.pk), follow=True)
    assert "is no duration" in words(answer)


def test_days_that_are_not_over_are_told_before_it_is_handed_in(
    alices: Desk, world: World, alice: User
) -> None:
    draft = Drawer.of("reconciliation", world, alice).draft(
        business_day=said.today().isoformat(), signed_by=None, signed_at=None
    )
    assert "Not yet: its days are not over" in words(alices.get(CONFIRM, draft.pk))


def test_days_that_are_left_out_are_told_before_it_is_handed_in(
    alices: Desk, world: World, alice: User
) -> None:
    world.leavers.cadence = "per_event"
    world.leavers.save()
    draft = Drawer.of("leaver_check", world, alice).draft(covers_to="2026-10-16")
    page = alices.text(CONFIRM, draft.pk)
    assert "1 to 31 Oct 2026" in page
    assert "Covers a part of it Not covered: 2026-10-17 to 2026-10-31." in page


def test_more_expected_times_than_a_page_shows_are_counted(
    alices: Desk, world: World, alice: User
) -> None:
    world.leavers.cadence = "daily"
    world.leavers.save()
    draft = Drawer.of("leaver_check", world, alice).draft(covers_from="2026-09-01")
    page = alices.get(CONFIRM, draft.pk)
    assert (len(page.context["seen"]), page.context["unseen"]) == (40, 21)
    assert "And 21 more." in words(page)


def test_a_form_with_every_line_filled_is_shown_and_sent(
    alices: Desk, world: World, alice: User
) -> None:
    typed: dict[str, Any] = {**filled.given("leaver_check", list_count="60")}
    for number in range(60):
        for name in ("person_id", "last_day", "system_name", "access_ended_at"):
            typed[f"lines-{number}-{name}"] = typed[f"lines-0-{name}"]
        typed[f"lines-{number}-person_id"] = f"P-{number}"
    draft = drafts.begin(Drawer.of("leaver_check", world, alice).kind, by=alice)
    assert alices.post(FORM, draft.pk, do="check", **typed).url == desk.url(CONFIRM, draft.pk)
    alices.post(CONFIRM, draft.pk)
    assert Evidence.objects.get().population.row_count == 60


def test_the_checks_are_foreseen(alices: Desk, drawer: Drawer, world: World) -> None:
    world.check.expectation = Expectation.objects.get(slug="restore-practice")
    world.check.sql = "SELECT test_id FROM population WHERE result = 'failed'"
    world.check.save()
    draft = drawer.draft(result="failed", what_failed="The disk.", done_next="A new one.")
    page = alices.text(CONFIRM, draft.pk)
    assert "Exceptions found 1 of 1" in page
    assert "a deviation that is told is worth more than a gap" in page


def test_a_correction_begins_with_everything_and_supersedes(
    alices: Desk, draft: FormDraft, alice: User
) -> None:
    handed = handing_in.hand_in(draft, by=alice)
    begun = alices.post("form_correct", handed.pk)
    second = FormDraft.objects.get(handed__isnull=True)
    assert begun.url == desk.url(FORM, second.pk)
    assert "This corrects EV-000001" in alices.text(FORM, second.pk)
    assert "It supersedes EV-000001" in alices.text(CONFIRM, second.pk)
    alices.post(CONFIRM, second.pk, follow=True)
    new = HandedForm.objects.get(evidence__version=2)
    old = alices.text("form_handed", handed.pk)
    assert "EV-000002 supersedes this version." in old
    assert "Correct it" not in old
    assert "Correct it" in alices.text("form_handed", new.pk)
    again = alices.post("form_correct", handed.pk, follow=True)
    assert "EV-000002 corrects this one already" in told(again)


def test_a_form_that_asks_otherwise_today_still_shows_where_the_answers_lie(
    alices: Desk, draft: FormDraft, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    handed = handing_in.hand_in(draft, by=alice)
    monkeypatch.setattr(
        "registers.forms.shelf.answers_of", lambda _: reading.Read(None, {"x": "No."})
    )
    assert "The form asks other questions today." in alices.text("form_handed", handed.pk)
