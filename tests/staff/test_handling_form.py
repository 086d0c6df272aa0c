"""An export by hand is handed in with what was seen and what was done to it."""

from typing import Any

import pytest

from evidence.models import Evidence
from tests.evidence import items
from tests.staff.desk import Desk
from tests.staff.test_handing_in import FORM, file, filled

SEEN = {"ran_by": "Dana, HR", "run_where": "https://hr.example.org/report", "rows_seen": "3"}
FILTERED = {
    "did_1": "filtered",
    "words_1": "Without contractors.",
    "rows_before_1": "3",
    "rows_after_1": "2",
    "reason_1": "They are listed apart <b>.",
    "sha256_before_1": "AB" * 32,
}
TABLE = b"name,role\nann,dev\nben,ops\n"


def export(**changes: Any) -> dict[str, Any]:
    plain = {"file": file(TABLE, "staff.csv"), "evidence_type": "population_export"}
    return filled(**{**plain, **SEEN, **FILTERED, **changes})


def test_what_was_seen_and_done_is_kept_and_shown(alices: Desk) -> None:
    alices.post(FORM, **export())
    item = Evidence.objects.get()
    assert item.handling == {
        "observation": {
            "ran_by": "Dana, HR",
            "where": "https://hr.example.org/report",
            "filters": "",
            "rows_seen": 3,
            "clock_seen": "",
        },
        "steps": [
            {
                "did": "filtered",
                "words": "Without contractors.",
                "rows_before": 3,
                "rows_after": 2,
                "reason": "They are listed apart <b>.",
                "sha256_before": "ab" * 32,
            }
        ],
    }
    page = alices.get("evidence_evidence_change", item.pk).content.decode()
    assert "filtered (3 rows, then 2)" in page
    assert "They are listed apart &lt;b&gt;." in page
    assert "Dana, HR" in page
    assert "no longer says what its leaf said" not in page


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"reason_1": ""}, "Step 1: say why something was filtered"),
        ({"rows_after_1": "1"}, "The table has 2 rows, and 1 came out of step 1"),
        ({"rows_seen": "4"}, "Step 1 begins with 3 rows, and 4 were seen"),
        ({"did_1": ""}, "none of sorted, filtered"),
        ({"rows_after_1": "-1"}, "greater than or equal to 0"),
        ({"sha256_before_1": "xyz"}, "Enter a valid value"),
        ({"ran_by": ""}, "it stands in for a query"),
        ({"words_1": "card 4111 1111 1111 1111"}, "What is said of the handling was refused"),
    ],
    ids=[
        "no-reason",
        "not-the-table",
        "not-as-seen",
        "no-kind",
        "negative",
        "digest",
        "nobody",
        "card",
    ],
)
def test_what_does_not_fit_is_said_and_nothing_stored(
    alices: Desk, changes: dict[str, str], said: str
) -> None:
    answer = alices.post(FORM, **export(**changes))
    assert answer.status_code == 200
    text = answer.content.decode()
    assert said in text
    assert '<details class="cs-more" id="handling" open>' in text
    assert not Evidence.objects.exists()


@pytest.mark.parametrize("name", ["screen.png", "Screen.JPG"])
def test_a_picture_needs_who_took_it_and_where(alices: Desk, name: str) -> None:
    picture = filled(file=file(b"\x89PNG", name))
    assert "it stands in for a query" in alices.post(FORM, **picture).content.decode()
    assert not Evidence.objects.exists()
    alices.post(FORM, **filled(file=file(b"\x89PNG", name), ran_by="Alice", run_where="Console"))
    assert Evidence.objects.get().handling["observation"]["where"] == "Console"


def test_a_document_needs_nothing_of_it(alices: Desk) -> None:
    alices.post(FORM, **filled())
    item = Evidence.objects.get()
    assert item.handling is None
    page = alices.get("evidence_evidence_change", item.pk).content.decode()
    assert "How it was taken and handled" not in page


def test_the_part_is_folded_until_it_is_needed(alices: Desk) -> None:
    assert '<details class="cs-more" id="handling">' in alices.get(FORM).content.decode()


@pytest.mark.parametrize("asks_for", ["population_export", "policy"])
def test_the_page_asks_at_once_where_an_export_is_expected(alices: Desk, asks_for: str) -> None:
    expected = items.expectation(evidence_type=asks_for)
    text = alices.get(FORM, expectation=expected.pk).content.decode()
    unfolded = '<details class="cs-more" id="handling" open>' in text
    assert unfolded == (asks_for == "population_export")


def test_only_steps_that_are_told_are_unfolded(alices: Desk) -> None:
    fresh = alices.get(FORM).context["form"]
    assert [is_told for _, _, is_told in fresh.step_fields()] == [False] * 5
    again = alices.post(FORM, **export(title="")).context["form"]
    assert [is_told for _, _, is_told in again.step_fields()] == [True] + [False] * 4
