"""A table handed in by a person: looked at, mapped, checked, and then the same as a collector's."""

import re
import time
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from compliance.staff import held_uploads
from controls.models import Expectation
from evidence import exhibit, seal, store
from evidence.models import Blob, CheckResult, Evidence, LedgerEntry
from evidence.quarantine_models import Quarantined
from tests import cast
from tests.evidence import items
from tests.staff import desk
from tests.staff.desk import Desk, at_most, told, words
from tests.staff.test_handing_in import FORM, file, filled

HEAD = b"user_id,has_mfa\n"
GOOD = HEAD + b"1,yes\n2,no\n"
COLUMNS = [
    {"name": "user_id", "type": "integer"},
    {"name": "has_mfa", "type": "boolean"},
]


@pytest.fixture
def expected(db: None) -> Expectation:
    made = items.expectation(columns=COLUMNS, required_columns=["user_id", "has_mfa"])
    items.check(made, "SELECT * FROM population WHERE NOT has_mfa")
    return made


def chosen(expected: Expectation, content: bytes = GOOD, **changes: Any) -> dict[str, Any]:
    by_hand = {"ran_by": "Ann, IT", "run_where": "Users, Export"}
    name = changes.pop("name", "users.csv")
    return filled(file=file(content, name), claims=[expected.pk], **{**by_hand, **changes})


def onward(page: Any, **changes: Any) -> dict[str, Any]:
    """What a browser sends from the page of a table: its hidden fields and its choices."""
    html = page.content.decode()
    sent: dict[str, Any] = {}
    for name, value in re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', html):
        if name != "csrfmiddlewaretoken":
            sent.setdefault(name, []).append(value)
    for name, options in re.findall(r'<select [^>]*name="([^"]+)">(.*?)</select>', html, re.DOTALL):
        picked = re.search(r'<option value="([^"]*)" selected>', options)
        sent[name] = picked[1] if picked else ""
    return {**sent, **changes}


def held(settings: Any) -> list[Path]:
    return list(Path(settings.SCRATCH_DIR).glob("held-upload-*"))


def test_it_shows_rows_and_checks_and_keeps_nothing(
    alices: Desk, expected: Expectation, settings: Any
) -> None:
    with at_most(12):
        page = alices.post(FORM, **chosen(expected))
    seen = words(page)
    assert "What the checks would say" in seen
    assert "1 of 2" in seen
    assert not Evidence.objects.exists()
    assert not Blob.objects.exists()
    assert not LedgerEntry.objects.filter(kind="evidence").exists()
    (path,) = held(settings)
    assert b"user_id" not in path.read_bytes()


def test_it_goes_in_on_the_footing_of_a_collectors_table(
    alices: Desk, expected: Expectation, settings: Any
) -> None:
    page = alices.post(FORM, **chosen(expected))
    answer = alices.post(FORM, **onward(page, do="hand_in"))
    item = Evidence.objects.get()
    assert answer.url == desk.url("evidence_evidence_change", item.pk)
    assert b"".join(store.stream(item.blob_id)) == GOOD
    table = item.population
    assert b"".join(store.stream(table.table_id)) == HEAD + b"1,true\n2,false\n"
    assert (table.columns, table.row_count) == (COLUMNS, 2)
    assert table.ipe["parameters"]["columns"] == {"user_id": "user_id", "has_mfa": "has_mfa"}
    assert not item.claims.get().is_partial
    result = CheckResult.objects.get()
    assert (result.state, result.exception_count) == ("failed", 1)
    assert exhibit.method(item) == "observation by a person"
    assert (item.title, item.source_system) == ("Minutes of October", "Wiki")
    assert held(settings) == []


def test_a_like_name_is_asked_about_before_a_row_is_read(
    alices: Desk, expected: Expectation
) -> None:
    page = alices.post(FORM, **chosen(expected, b"User ID,has_mfa,Note\n1,yes,x\n"))
    assert "Proposed: is it this one?" in words(page)
    assert "What the checks would say" not in words(page)
    page = alices.post(FORM, **onward(page, do="read"))
    assert "Not read: Note." in words(page)
    alices.post(FORM, **onward(page, do="hand_in"))
    ipe = Evidence.objects.get().population.ipe
    assert ipe["parameters"]["columns"]["user_id"] == "User ID"


def test_what_was_not_looked_at_is_not_handed_in(alices: Desk, expected: Expectation) -> None:
    content = b"user_id,other,has_mfa\n1,7,yes\n"
    page = alices.post(FORM, **chosen(expected, content))
    sent = onward(page, do="hand_in")
    page = alices.post(FORM, **{**sent, "column-user_id": "1"})
    assert "You changed how the table is read." in words(page)
    assert not Evidence.objects.exists()
    alices.post(FORM, **onward(page, do="hand_in"))
    item = Evidence.objects.get()
    assert b"".join(store.stream(item.population.table_id)) == HEAD + b"7,true\n"


def test_a_cell_that_does_not_fit_is_told_and_the_rest_stays_typed(
    alices: Desk, expected: Expectation
) -> None:
    page = alices.post(FORM, **chosen(expected, HEAD + b"1,perhaps\n"))
    assert "users.csv, line 2: 'perhaps' is no boolean" in words(page)
    assert "in the column 'has_mfa'" in words(page)
    assert b'value="hand_in"' not in page.content
    back = alices.post(FORM, **onward(page, do="back"))
    assert b'value="Minutes of October"' in back.content
    assert "Please choose the file again" in words(back)
    assert not Evidence.objects.exists()


def test_a_column_that_is_missing_is_asked_for(alices: Desk, expected: Expectation) -> None:
    page = alices.post(FORM, **chosen(expected, b"user_id\n1\n"))
    assert "No column has this name or one like it." in words(page)
    page = alices.post(FORM, **onward(page, do="read"))
    assert "The checks read the column has_mfa" in words(page)


def test_unread_it_is_kept_as_it_is(alices: Desk, expected: Expectation) -> None:
    page = alices.post(FORM, **chosen(expected, b"\xff\xfeno table"))
    assert "UTF-16" in words(page)
    answer = alices.post(FORM, follow=True, **onward(page, do="unread"))
    assert "a check of what it counts for could not read it" in told(answer)
    assert b"".join(store.stream(Evidence.objects.get().blob_id)) == b"\xff\xfeno table"


def test_an_empty_table_counts_as_not_whole_unless_none_were_seen(
    alices: Desk, expected: Expectation
) -> None:
    page = alices.post(FORM, **chosen(expected, HEAD))
    assert "No rows came" in words(page)
    alices.post(FORM, **onward(page, do="hand_in"))
    assert Evidence.objects.get().claims.get().is_partial
    page = alices.post(FORM, **chosen(expected, HEAD, rows_seen="0"))
    assert "No rows came" not in words(page)


def test_a_file_that_does_not_wait_any_more_is_asked_for(
    alices: Desk, expected: Expectation, settings: Any
) -> None:
    sent = onward(alices.post(FORM, **chosen(expected)), do="hand_in")
    other = desk.at(cast.person("engineer", email="other@example.com"))
    assert "Please choose the file again" in words(other.post(FORM, **sent))
    held(settings)[0].unlink()
    for words_sent in (sent, {**sent, "held": "nonsense"}):
        page = alices.post(FORM, **words_sent)
        assert "Please choose the file again" in words(page)
    assert not Evidence.objects.exists()


def test_what_screening_finds_is_never_shown(
    alices: Desk, expected: Expectation, settings: Any
) -> None:
    card = HEAD + b"4111111111111111,yes\n"
    answer = alices.post(FORM, **chosen(expected, card))
    assert answer.status_code == 302
    assert Quarantined.objects.count() == 1
    assert held(settings) == []


def test_no_more_than_three_files_wait_for_a_person_and_none_for_long(
    alices: Desk, expected: Expectation, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(4):
        alices.post(FORM, **chosen(expected))
    assert len(held(settings)) == held_uploads.MOST
    later = timezone.now().timestamp() + held_uploads.SECONDS + 60
    monkeypatch.setattr(time, "time", lambda: later)
    held_uploads.hold(SimpleUploadedFile("a.csv", b"a\n"), by=alices.user)
    assert len(held(settings)) == 1


@pytest.mark.parametrize("size", [0, 1, seal.CHUNK, seal.CHUNK + 1])
def test_what_waited_comes_back_whole(alices: Desk, size: int) -> None:
    content = b"x" * size
    waiting = held_uploads.hold(SimpleUploadedFile("a.csv", content), by=alices.user)
    with held_uploads.found(waiting, by=alices.user) as found:
        assert found is not None
        assert (found.read(), found.name, found.size) == (content, "a.csv", size)
