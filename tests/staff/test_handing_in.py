"""The form by which people hand in evidence: what it takes, and what it says of bad input."""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from accounts.models import User
from compliance.staff import finder
from compliance.staff import words as said
from controls.models import Expectation, Risk
from evidence import checks, store
from evidence.errors import StoreError
from evidence.models import CheckResult, Evidence, LedgerEntry
from tests import cast
from tests.audits.world import World
from tests.evidence import items
from tests.staff import desk
from tests.staff.desk import Desk, at_most, told, words

FORM = "hand_in"
CARD = b"paid with 4111 1111 1111 1111 yesterday\n"


def file(
    content: bytes = b"minutes of the meeting\n", name: str = "minutes.txt"
) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content)


def filled(**changes: Any) -> dict[str, Any]:
    """A form that is filled in well but for the changes."""
    answers: dict[str, Any] = {
        "file": file(),
        "title": "Minutes of October",
        "covers_from": "2026-10-01",
        "covers_to": "2026-10-31",
        "collected_at": "2026-11-01T09:30",
        "evidence_type": "meeting_minutes",
        "kind": "document",
        "area": "change",
        "environment": "corporate",
        "source_system": "Wiki",
        "sensitivity": "internal",
        "owner": "Alice",
        "related_risk": "",
        **changes,
    }
    return {name: value for name, value in answers.items() if value is not None}


def test_a_file_becomes_evidence_with_all_that_was_said(alices: Desk, settings: Any) -> None:
    settings.ORGANISATION_TIME_ZONE = "Europe/Berlin"
    expected = items.expectation(kind="document")
    risk = Risk.objects.create(ref="R-01", title="Somebody forgets", area="change")
    answer = alices.post(FORM, **filled(claims=[expected.pk], related_risk=risk.pk))
    evidence = Evidence.objects.get()
    assert answer.url == desk.url("evidence_evidence_change", evidence.pk)
    assert (evidence.title, evidence.filename) == ("Minutes of October", "minutes.txt")
    assert (evidence.covers_from, evidence.covers_to) == (date(2026, 10, 1), date(2026, 10, 31))
    assert evidence.collected_at.isoformat() == "2026-11-01T08:30:00+00:00"
    assert (evidence.prepared_by, evidence.related_risk) == (alices.user, risk)
    assert [claim.expectation for claim in evidence.claims.all()] == [expected]
    assert b"".join(store.stream(evidence.blob_id)) == b"minutes of the meeting\n"
    assert LedgerEntry.objects.get(kind="evidence").actor == f"user:{alices.user.pk}"


def test_the_form_comes_with_sensible_answers(alices: Desk) -> None:
    form = alices.get(FORM).context["form"]
    assert form["covers_from"].value() == said.today()
    assert form["owner"].value() == "Alice Lindqvist"
    assert abs(form.initial["collected_at"] - timezone.now()) < timedelta(minutes=1)


def test_it_knows_what_it_was_asked_for(alices: Desk) -> None:
    expected = items.expectation(title="Second factor of every staff user")
    form = alices.get(FORM, expectation=expected.pk).context["form"]
    assert form["title"].value() == expected.title
    assert form["claims"].value() == [expected.pk]
    assert form["area"].value() == "access_control"


@pytest.mark.parametrize("asked", ["x", "999", "9" * 30])
def test_an_expectation_that_is_not_there_leaves_the_form_as_it_is(
    alices: Desk, asked: str
) -> None:
    assert alices.get(FORM, expectation=asked).status_code == 200


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"file": file(b"")}, "The submitted file is empty."),
        ({"file": None}, "This field is required."),
        ({"file": file(name="x" * 181 + ".txt")}, "The file name is empty, too long"),
        ({"title": ""}, "This field is required."),
        ({"title": "x" * 201}, "at most 200 characters"),
        ({"covers_to": "2026-09-30"}, "The period ends on 2026-09-30, before it starts"),
        ({"covers_from": "yesterday"}, "Enter a valid date."),
        ({"covers_from": "10/01/2026"}, "Enter a valid date."),
        ({"collected_at": "2031-01-01T00:00"}, "lies in the future"),
        ({"collected_at": "soon"}, "Enter a valid date/time."),
        ({"evidence_type": "nonsense"}, "Select a valid choice."),
        ({"area": ""}, "This field is required."),
        ({"claims": ["999"]}, "is not one of the available choices"),
        ({"claims": ["x"]}, "is not a valid value"),
    ],
)
def test_bad_input_is_told_on_the_form_and_nothing_typed_is_lost(
    alices: Desk, settings: Any, changes: dict[str, Any], told: str
) -> None:
    answer = alices.post(FORM, **filled(**changes))
    assert answer.status_code == 200
    page = answer.content.decode()
    assert told in words(answer)
    assert "Please choose the file again" in page
    if "title" not in changes:
        assert 'value="Minutes of October"' in page
    assert 'value="Wiki"' in page
    assert not Evidence.objects.exists()
    assert not LedgerEntry.objects.filter(kind="evidence").exists()
    assert stored(settings.STORE_DIR) == []


def stored(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def test_a_file_that_is_too_large_is_told_with_both_sizes(alices: Desk, settings: Any) -> None:
    settings.MAX_UPLOAD_BYTES = 1000
    answer = alices.post(FORM, **filled(file=file(b"x" * 5000)))
    assert "The file has 5 kB; this page takes 1 kB at most." in words(answer)
    assert 'value="Minutes of October"' in answer.content.decode()
    assert not Evidence.objects.exists()
    assert stored(settings.STORE_DIR) == []


def test_the_largest_file_that_is_allowed_is_taken(alices: Desk, settings: Any) -> None:
    settings.MAX_UPLOAD_BYTES = 5000
    alices.post(FORM, **filled(file=file(b"x" * 5000)))
    assert Evidence.objects.get().blob.size == 5000


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\temp\\report.csv", "report.csv"),
        ("<svg onload=alert(1)>.html", "<svg onload=alert(1)>.html"),
        ("r\u00e9sum\u00e9.pdf", "r\u00e9sum\u00e9.pdf"),
    ],
)
def test_a_hostile_file_name_is_only_a_name(alices: Desk, name: str, kept: str) -> None:
    alices.post(FORM, **filled(file=file(name=name)))
    assert Evidence.objects.get().filename == kept


def test_html_is_kept_as_it_is_and_never_served_as_a_page(alices: Desk) -> None:
    alices.post(FORM, **filled(file=file(b"<script>alert(1)</script>", "page.html")))
    evidence = Evidence.objects.get()
    page = alices.get("evidence_evidence_change", evidence.pk).content
    assert b"<script>alert(1)" not in page


def test_the_same_file_twice_is_two_items_of_one_content(alices: Desk) -> None:
    alices.post(FORM, **filled())
    alices.post(FORM, **filled())
    first, second = Evidence.objects.order_by("pk")
    assert first.blob_id == second.blob_id
    assert first.ref != second.ref


def test_a_new_version_begins_with_the_answers_of_the_old_one(alices: Desk, world: World) -> None:
    alices.post(FORM, **filled(claims=[world.restore.pk]))
    old = Evidence.objects.get()
    page = alices.get(FORM, supersedes=old.pk)
    form = page.context["form"]
    assert form["title"].value() == old.title
    assert form["covers_from"].value() == old.covers_from
    assert form["claims"].value() == [world.restore.pk]
    assert f"New version of {old.ref}" in words(page)
    address = f"{desk.url(FORM)}?supersedes={old.pk}"
    alices.client.post(address, filled(file=file(b"better minutes\n")))
    new = Evidence.objects.get(version=2)
    assert (new.supersedes, new.uid) == (old, old.uid)


def test_what_no_check_can_read_does_not_pass_for_proof(alices: Desk, world: World) -> None:
    answer = alices.post(FORM, follow=True, **filled(claims=[world.mfa.pk]))
    assert "a check of what it counts for could not read it" in told(answer)
    result = CheckResult.objects.get()
    assert (result.state, result.check_ref) == ("error", world.check)
    assert "Could not run" in words(answer)


def test_an_item_without_checks_comes_without_a_warning(alices: Desk, world: World) -> None:
    answer = alices.post(FORM, follow=True, **filled(claims=[world.restore.pk]))
    assert told(answer) == ""
    assert not CheckResult.objects.exists()


def test_an_item_whose_checks_break_is_in_all_the_same(
    alices: Desk, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise StoreError

    monkeypatch.setattr(checks, "run", broken)
    answer = alices.post(FORM, follow=True, **filled(claims=[world.mfa.pk]))
    assert "is in, but its checks could not run" in told(answer)
    assert Evidence.objects.count() == 1


def test_a_version_that_was_replaced_meanwhile_is_refused_on_the_form(alices: Desk) -> None:
    alices.post(FORM, **filled())
    old = Evidence.objects.get()
    address = f"{desk.url(FORM)}?supersedes={old.pk}"
    alices.client.post(address, filled(file=file(b"second\n")))
    answer = alices.client.post(address, filled(file=file(b"third\n")))
    assert f"A newer version of {old.ref} exists already." in words(answer)
    assert Evidence.objects.count() == 2


@pytest.mark.parametrize("key", ["x", "999", "9" * 30])
def test_superseding_what_is_not_there_is_not_found(alices: Desk, key: str) -> None:
    assert alices.get(FORM, supersedes=key).status_code == 404


def test_who_may_not_hand_in_is_refused(db: None) -> None:
    reviewer = desk.at(cast.person("reviewer"))
    assert reviewer.get(FORM).status_code == 403
    assert reviewer.post(FORM, **filled()).status_code == 403
    assert not Evidence.objects.exists()


def test_strangers_are_refused(strangers: tuple[User, ...]) -> None:
    desk.assert_refused(FORM, strangers=strangers)


def many(count: int) -> list[Expectation]:
    """So many expectations of one control, with slugs in their order."""
    first = items.expectation("many-0000", title="Many things, number 0")
    rest = [
        Expectation(
            **{
                name: getattr(first, name)
                for name in ("control", "evidence_type", "kind", "cadence", "owner_role")
            },
            slug=f"many-{number:04d}",
            title=f"Many things, number {number}",
            days_allowed=5,
            active_from=first.active_from,
        )
        for number in range(1, count)
    ]
    return [first, *Expectation.objects.bulk_create(rest)]


def offered(response: Any) -> list[int]:
    return [key for key, _ in response.context["form"].fields["claims"].choices]


class TestFinder:
    """What an item counts for is looked for by words and pages, in the form itself."""

    def test_a_page_stays_small_however_much_is_expected(self, alices: Desk) -> None:
        expected = many(3_000)
        with at_most(12):
            answer = alices.get(FORM)
        assert len(answer.content) <= 150_000
        assert offered(answer) == [one.pk for one in expected[: finder.PAGE]]
        assert "1 to 25 of 3000" in words(answer)

    def test_words_narrow_it_and_what_was_typed_and_chosen_stays(self, alices: Desk) -> None:
        expected = many(60)
        answer = alices.post(
            FORM,
            **filled(
                title="Typed already",
                claims=[expected[3].pk],
                claims_words="MANY number 5",
                find="1",
            ),
        )
        wanted = [expected[3], *(one for one in expected if "5" in one.title)]
        assert offered(answer) == [one.pk for one in wanted]
        page = answer.content.decode()
        assert 'value="Typed already"' in page
        assert page.count("checked") == 1
        assert "Please choose the file again" in page
        assert "This field is required" not in page
        assert not Evidence.objects.exists()

    def test_pages_follow_each_other_without_gap_or_double(self, alices: Desk) -> None:
        expected = many(60)
        seen = []
        for page in ("1", "2", "3"):
            seen += offered(alices.post(FORM, find=page))
        assert seen == [one.pk for one in expected]

    @pytest.mark.parametrize("page", ["0", "-1", "x", "999", "9" * 40])
    def test_a_page_that_is_not_there_is_the_nearest(self, alices: Desk, page: str) -> None:
        many(30)
        assert alices.post(FORM, find=page).status_code == 200

    def test_a_hostile_choice_is_left_out(self, alices: Desk) -> None:
        expected = many(2)
        answer = alices.post(FORM, find="1", claims=["x", "9" * 40, "'; --", expected[1].pk])
        assert offered(answer) == [expected[1].pk, expected[0].pk]

    def test_nothing_that_fits_says_so(self, alices: Desk) -> None:
        many(2)
        answer = alices.post(FORM, find="1", claims_words="<b>nowhere")
        assert "Nothing that fits “<b>nowhere”" in words(answer)
        assert b"<b>nowhere" not in answer.content

    def test_what_is_chosen_on_a_later_page_is_taken(self, alices: Desk) -> None:
        expected = many(60)
        alices.post(FORM, **filled(claims=[expected[55].pk]))
        assert [claim.expectation for claim in Evidence.objects.get().claims.all()] == [
            expected[55]
        ]
