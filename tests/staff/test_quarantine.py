"""Quarantine in the staff door: what it shows, and decisions by somebody who did not send it."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from accounts.models import User
from evidence import intake
from evidence.errors import QuarantinedError
from evidence.models import Evidence, LedgerEntry
from evidence.quarantine_models import Quarantined, QuarantineDecision
from tests import cast
from tests.evidence import items
from tests.staff import desk
from tests.staff.desk import Desk, at_most, told, words
from tests.staff.test_handing_in import CARD, file, filled

LIST, PAGE, DO = "evidence_quarantined_changelist", "evidence_quarantined_change", "quarantine_do"


def held(**changes: Any) -> Quarantined:
    with pytest.raises(QuarantinedError):
        intake.receive(items.submission(**{"content": CARD, **changes}), actor="token:1")
    return Quarantined.objects.first() or pytest.fail("nothing was kept")


def test_the_empty_list_says_what_that_means(alices: Desk) -> None:
    assert "Nothing lies in quarantine" in alices.text(LIST)


def test_the_list_shows_what_was_found_and_never_the_value(alices: Desk) -> None:
    held(title="Receipts")
    text = alices.text(LIST)
    assert "QU-000001" in text
    assert "Receipts" in text
    assert "Card number: 1" in text
    assert "Waits for a decision" in text
    assert "4111" not in text


def test_the_list_is_searched_and_filtered(alices: Desk, root: User) -> None:
    held(title="Receipts of April")
    second = held(title="Receipts of May")
    assert "Receipts of April" not in alices.text(LIST, q="qu-000002")
    assert "Receipts of May" not in alices.text(LIST, q="words")
    decide(desk.at(root), second, "destroy")
    assert "Receipts of May" not in alices.text(LIST, state="waiting")
    assert "Receipts of April" not in alices.text(LIST, state="destroyed")


def test_the_list_takes_few_queries(alices: Desk) -> None:
    for number in range(8):
        held(title=f"Item {number}")
    with at_most(12):
        alices.text(LIST)


def test_the_page_says_what_where_and_what_to_do(alices: Desk) -> None:
    row = held(claims=(items.expectation(),))
    text = alices.text(PAGE, row.pk)
    for said in ("Card number", "line 1", "staff-mfa", "Release it as a false alarm"):
        assert said in text
    assert "4111" not in text
    assert not Evidence.objects.exists()


def decide(who: Desk, row: Quarantined, decision: str, **changes: Any) -> Any:
    return who.post(
        DO, row.pk, decision, **{"reason": "A published number.", "confirmed": "on", **changes}
    )


def test_a_release_leads_to_the_evidence(alices: Desk) -> None:
    row = held()
    answer = decide(alices, row, "release")
    evidence = Evidence.objects.get()
    assert answer.headers["Location"] == desk.url("evidence_evidence_change", evidence.pk)
    text = alices.text(PAGE, row.pk)
    assert "Released" in text
    assert evidence.ref in text
    assert "nothing is left to do" in text


def test_a_redaction_masks_text_and_tells_how_much(alices: Desk) -> None:
    row = held()
    decide(alices, row, "redact")
    assert Evidence.objects.get().filename == "redacted-restore.csv"
    text = alices.text(PAGE, row.pk)
    assert "1 field removed" in text
    assert "Destroy it" in text


def test_a_cleaned_file_takes_its_place(alices: Desk) -> None:
    row = held()
    answer = decide(alices, row, "redact", cleaned=file(CARD))
    assert "was refused" in words(answer)
    decide(alices, row, "redact", cleaned=SimpleUploadedFile("clean.txt", b"no number"))
    assert Evidence.objects.get().filename == "clean.txt"


def test_a_destruction_leaves_row_and_reason(alices: Desk) -> None:
    row = held()
    answer = decide(alices, row, "destroy", reason="A customer's own card.")
    assert answer.status_code == 302
    text = alices.text(PAGE, row.pk)
    assert "Destroyed" in text
    assert "A customer's own card." in text


@pytest.mark.parametrize("missing", ["reason", "confirmed"])
@pytest.mark.parametrize("decision", ["release", "redact", "destroy"])
def test_a_decision_needs_a_reason_and_a_confirmation(
    alices: Desk, decision: str, missing: str
) -> None:
    row = held()
    answer = decide(alices, row, decision, **{missing: ""})
    assert "This field is required." in words(answer)
    assert not QuarantineDecision.objects.exists()


@pytest.mark.parametrize("decision", ["release", "redact", "destroy"])
def test_who_sent_it_is_told_that_another_decides(alices: Desk, decision: str) -> None:
    row = held(prepared_by=alices.user)
    assert "another person decides about it" in alices.text(PAGE, row.pk)
    assert "Another person must decide" in words(decide(alices, row, decision))
    assert not QuarantineDecision.objects.exists()


def test_who_may_only_look_cannot_decide(db: None, alices: Desk) -> None:
    row = held()
    owner = desk.at(cast.person("control-owner"))
    assert "Who holds the right" in owner.text(PAGE, row.pk)
    assert decide(owner, row, "release").status_code == 403
    assert not QuarantineDecision.objects.exists()


def test_a_reviewer_releases_but_does_not_destroy(alices: Desk) -> None:
    row = held()
    reviewer = desk.at(cast.person("reviewer"))
    assert "Destroy it" not in reviewer.text(PAGE, row.pk)
    assert decide(reviewer, row, "destroy").status_code == 403
    assert decide(reviewer, row, "release").status_code == 302


def test_an_upload_of_a_person_leads_to_its_page(alices: Desk) -> None:
    answer = alices.post("hand_in", follow=True, **filled(file=file(CARD)))
    row = Quarantined.objects.get()
    assert answer.redirect_chain[-1][0] == desk.url(PAGE, row.pk)
    assert "minutes.txt lies in quarantine as QU-000001: line 1" in told(answer)
    assert "4111" not in answer.content.decode()
    assert row.sent_by == alices.user


def test_it_refuses_a_wrong_method(alices: Desk) -> None:
    row = held()
    assert alices.post(LIST).status_code == 405
    assert alices.post(PAGE, row.pk).status_code == 405
    assert alices.client.delete(desk.url(DO, row.pk, "release")).status_code == 405


def test_an_unknown_decision_or_row_is_not_there(alices: Desk) -> None:
    row = held()
    assert alices.get(DO, row.pk, "shout").status_code == 404
    assert alices.get(DO, 999, "release").status_code == 404
    assert alices.get(PAGE, "x").status_code == 404


def test_strangers_are_refused(alices: Desk, strangers: tuple[User, ...]) -> None:
    row = held()
    leaves = LedgerEntry.objects.count()
    for name, arguments in ((LIST, ()), (PAGE, (row.pk,)), (DO, (row.pk, "release"))):
        desk.assert_refused(name, *arguments, strangers=strangers)
    assert LedgerEntry.objects.count() == leaves
