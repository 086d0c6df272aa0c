"""What the operator does for merchants is offered while it is proved, and counts when confirmed."""

from pathlib import Path

import pytest
from django.utils import timezone

from accounts.models import User
from controls.models import ControlVersion
from evidence import review
from evidence.models import LedgerEntry
from merchants import answering, supporting
from merchants.answering import Said
from merchants.errors import MerchantError, NotAllowedError
from merchants.models import ComplianceForm, LineSupport
from tests.merchants import shops
from tests.readiness.ground import Ground, ago, begin

pytestmark = pytest.mark.django_db
GOOD = {"line": "12.8.2", "control_ref": "VN-03", "words": "We sign an agreement with you."}


@pytest.fixture
def ground(alice: User, var_dir: Path) -> Ground:
    begin(ago(400))
    ground = Ground(alice)
    ground.expect("agreements", control="VN-03", since=ago(300))
    ControlVersion.objects.create(
        control=ground.control("VN-03"),
        number=1,
        statement="Bound.",
        effective_from=ago(300),
        digest="0" * 64,
    )
    return ground


@pytest.fixture
def form(ground: Ground) -> ComplianceForm:
    made = shops.form(ground.alice)
    supporting.support(made.application, by=ground.alice, **GOOD)
    return made


def offered(form: ComplianceForm) -> list[str]:
    return sorted(supporting.proposed(answering.whole(form), today=timezone.now().date()))


def test_it_is_offered_only_while_the_control_is_proved(
    ground: Ground, form: ComplianceForm
) -> None:
    assert offered(form) == []
    ground.show("agreements")
    assert offered(form) == ["12.8.2"]
    ground.expect("second", control="VN-03", since=ago(300))
    assert offered(form) == []


def test_a_returned_item_and_one_that_fails_support_nothing(
    ground: Ground, form: ComplianceForm
) -> None:
    item = ground.show("agreements")
    assert ground.reviewer
    review.return_with_reason(item, reviewer=ground.reviewer, reason="Another year.")
    assert offered(form) == []
    ground.check("all-have-mfa", "agreements")
    ground.show("agreements", exceptions=1)
    assert offered(form) == []


def test_what_is_old_supports_nothing(ground: Ground, form: ComplianceForm) -> None:
    ground.show("agreements", age=290)
    assert offered(form) == []


def test_it_names_its_source_and_counts_when_confirmed(
    ground: Ground, form: ComplianceForm
) -> None:
    item = ground.show("agreements")
    known = answering.whole(form)
    given = supporting.proposed(known, today=timezone.now().date())["12.8.2"]
    assert (given.answer, given.note) == ("in_place", GOOD["words"])
    assert given.source.endswith(f"control VN-03, evidence {item.ref}")
    assert "12.8.2" in known.missing
    answering.keep(form, Said({"12.8.2": given}), actor="merchant:test")
    assert answering.whole(form).said.lines["12.8.2"].source == given.source
    assert offered(form) == []


def test_it_is_for_merchants_of_its_platform_and_ends(ground: Ground, form: ComplianceForm) -> None:
    ground.show("agreements")
    assert offered(shops.form(ground.alice)) == []
    (one,) = supporting.of(form.application)
    supporting.end(one, by=ground.alice)
    assert supporting.of(form.application) == []
    assert offered(form) == []
    assert LineSupport.objects.count() == 2


def test_it_needs_a_line_a_control_and_words(
    ground: Ground, form: ComplianceForm, charlie: User
) -> None:
    for wrong in ({"line": "99"}, {"control_ref": "ZZ-99"}, {"words": " "},
                  {"words": "4111 1111 1111 1111"}):  # fmt: skip
        with pytest.raises(MerchantError):
            supporting.support(form.application, by=ground.alice, **{**GOOD, **wrong})
    with pytest.raises(NotAllowedError):
        supporting.support(form.application, by=charlie, **GOOD)
    with pytest.raises(NotAllowedError):
        supporting.end(supporting.of(form.application)[0], by=charlie)
    leaf = LedgerEntry.objects.get(kind="application.support")
    assert "agreement" not in leaf.leaf
