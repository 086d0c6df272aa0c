"""Answers are kept by line, screened, never overwritten, and refused whole where one is wrong."""

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from accounts.models import User
from controls.append_only import unguarded
from evidence import ledger
from evidence.models import LedgerEntry
from merchants import answering, changing
from merchants.answering import Said
from merchants.answers import WORKSHEET, Answer, Given, Overall
from merchants.errors import AnswersError, FormClosedError
from merchants.models import (
    ComplianceForm,
    FormAnswer,
    FormChange,
    FormFile,
    FormTemplate,
    SignatureRecord,
)
from tests.merchants import shops

pytestmark = pytest.mark.django_db
WHO = "merchant:test"


def test_what_was_said_is_found_again(alice: User) -> None:
    form = shops.form(alice)
    sheet = Given(Answer.IN_PLACE_WITH_CCW, worksheet=dict.fromkeys(WORKSHEET, "Said."))
    said = Said(
        {"2.2.2": Given(Answer.IN_PLACE), "3.1.1": sheet}, {"e1": True, "e2": False}, {"p2b": "We."}
    )
    assert answering.keep(form, said, actor=WHO) == 5
    found = answering.whole(form)
    assert found.said == said
    assert len(found.untrue) == 1
    leaf = LedgerEntry.objects.get(kind="compliance_form.answered")
    assert (leaf.actor, leaf.subject) == (WHO, form.ref)


def test_the_last_answer_counts_and_the_earlier_one_stays(alice: User) -> None:
    form = shops.form(alice)
    for answer in (Given(Answer.IN_PLACE), Given(Answer.NOT_APPLICABLE, "No paper.")):
        answering.keep(form, Said({"3.1.1": answer}), actor=WHO)
    assert answering.whole(form).said.lines == {"3.1.1": Given(Answer.NOT_APPLICABLE, "No paper.")}
    assert form.answers.count() == 2


def test_the_same_answer_again_leaves_no_trace(alice: User) -> None:
    form = shops.answered(alice)
    size, rows = ledger.size(), form.answers.count()
    assert answering.keep(form, shops.everything(form), actor=WHO) == 0
    assert (ledger.size(), form.answers.count()) == (size, rows)


@pytest.mark.parametrize(
    ("said", "line"),
    [
        (Said({"1.2.1": Given(Answer.IN_PLACE)}), "1.2.1"),
        (Said({"2.2.2": Given(Answer.NOT_TESTED, "Later.")}), "2.2.2"),
        (Said({"2.2.2": Given(Answer.NOT_APPLICABLE)}), "2.2.2"),
        (Said({"2.2.2": Given(Answer.NOT_APPLICABLE, "pan 4111 1111 1111 1111")}), "2.2.2"),
        (Said(statements={"e99": True}), "e99"),
        (Said(parts={"p9": "Odd."}), "p9"),
        (Said(parts={"p2b": "x" * 4001}), "p2b"),
        (Said(parts={"p2b": "Our card is 4111111111111111."}), "p2b"),
    ],
)
def test_one_wrong_answer_is_named_and_nothing_is_kept(alice: User, said: Said, line: str) -> None:
    form = shops.form(alice)
    whole = Said({**said.lines, "3.1.1": Given(Answer.IN_PLACE)}, said.statements, said.parts)
    size = ledger.size()
    with pytest.raises(AnswersError) as refused:
        answering.keep(form, whole, actor=WHO)
    assert set(refused.value.problems) == {line}
    assert ledger.size() == size
    assert not FormAnswer.objects.exists()


def test_not_tested_is_an_answer_of_d_only(alice: User) -> None:
    form = shops.form(alice, form_type="D-Merchant")
    answering.keep(form, Said({"1.1.1": Given(Answer.NOT_TESTED, "Next year.")}), actor=WHO)
    assert answering.whole(form).standing.is_partial


def test_a_form_is_complete_once_everything_was_said(alice: User) -> None:
    form = shops.form(alice)
    missing = answering.whole(form).missing
    assert {"e1", "p2b", "2.2.2"} <= set(missing)
    assert not {"p2a-out", "p2e"} & set(missing)
    answering.keep(form, shops.everything(form), actor=WHO)
    assert answering.whole(form).missing == []
    assert answering.whole(form).standing.overall == Overall.COMPLIANT


def test_statements_about_other_ways_of_payment_are_not_asked(alice: User) -> None:
    by_phone = {**shops.ONLINE, "e-commerce": "no", "moto": "yes", "moto-how": "outsourced"}
    assert "e7" in answering.whole(shops.form(alice)).missing
    assert "e7" not in answering.whole(shops.form(alice, interview=by_phone)).missing


def test_a_form_that_is_closed_takes_no_answer(alice: User) -> None:
    form = shops.signed(alice).form
    with pytest.raises(FormClosedError, match="complete"):
        answering.keep(form, Said(parts={"p2b": "Later."}), actor=WHO)
    other = shops.form(alice)
    changing.invalidate(other, by=alice, reason="Another way of payment.")
    with pytest.raises(FormClosedError, match="invalid"):
        answering.keep(other, Said(parts={"p2b": "Later."}), actor=WHO)


def test_last_years_answers_are_put_before_the_merchant_line_by_line(alice: User) -> None:
    old = shops.signed(alice).form
    old.refresh_from_db()
    shops.aged(old, 300)
    changing.renew()
    form = ComplianceForm.objects.get(previous=old)
    today = timezone.now().date()
    known = answering.whole(form)
    found = answering.proposed(known, today=today)
    assert set(found) == set(known.questionnaire.lines())
    assert all(one.is_carried for one in found.values())
    assert set(answering.proposed_parts(known)) == {one.id for one in known.questionnaire.parts}
    # Nothing counts before somebody has said that it is still true.
    assert len(known.missing) > 27
    line, given = next(iter(found.items()))
    answering.keep(form, Said({line: given}), actor=WHO)
    known = answering.whole(form)
    assert known.said.lines[line].is_carried
    assert line not in answering.proposed(known, today=today)


def test_a_first_form_has_nothing_to_propose(alice: User) -> None:
    known = answering.whole(shops.form(alice))
    assert answering.proposed(known, today=timezone.now().date()) == {}
    assert answering.proposed_parts(known) == {}


def test_what_was_said_and_signed_is_guarded() -> None:
    guarded = [FormTemplate, FormAnswer, FormChange, FormFile, SignatureRecord]
    assert unguarded(connection, [one._meta.db_table for one in guarded]) == []


def test_an_answer_cannot_be_changed(alice: User) -> None:
    form = shops.form(alice)
    answering.keep(form, Said({"2.2.2": Given(Answer.IN_PLACE)}), actor=WHO)
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        FormAnswer.objects.update(answer=Answer.NOT_APPLICABLE)


def test_the_digest_of_a_form_is_that_of_what_counts(alice: User) -> None:
    form = shops.answered(alice)
    before = answering.digest_of(answering.whole(form))
    answering.keep(form, Said({"3.1.1": Given(Answer.NOT_APPLICABLE, "None.")}), actor=WHO)
    assert answering.digest_of(answering.whole(form)) != before
    answering.keep(form, Said({"3.1.1": Given(Answer.IN_PLACE)}), actor=WHO)
    assert answering.digest_of(answering.whole(form)) == before
