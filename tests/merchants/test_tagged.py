"""The rows of tags say what the things wear, at every place where tags are written."""

from importlib import import_module
from typing import Any

import pytest
from django.apps import apps

from accounts.models import User
from merchants import api_users, files, prospects, tag_deeds
from merchants.identity import Identity
from merchants.models import (
    ApiUser,
    Application,
    ComplianceForm,
    ExternalLink,
    File,
    Merchant,
    Tag,
)
from tests.merchants import shops

pytestmark = pytest.mark.django_db
WEARERS: dict[Tag.Of, Any] = {
    Tag.Of.APPLICATION: Application,
    Tag.Of.MERCHANT: Merchant,
    Tag.Of.FORM: ComplianceForm,
    Tag.Of.FILE: File,
    Tag.Of.LINK: ExternalLink,
    Tag.Of.USER: ApiUser,
}
Row = tuple[str, int, str, str]


def worn() -> set[Row]:
    """Return all tags by the JSON that stands beside each thing."""
    return {
        (kind.value, row.pk, key, value)
        for kind, model in WEARERS.items()
        for row in model.objects.all()
        for key, value in row.tags.items()
    }


def kept() -> set[Row]:
    return set(Tag.objects.values_list("of", "row", "key", "value"))


@pytest.fixture(autouse=True)
def _store(var_dir: object) -> None:
    """Forms and files keep their papers in a store of this test."""


@pytest.fixture
def dressed(alice: User) -> ComplianceForm:
    """A form around which everything wears tags."""
    platform = shops.application(alice)
    form = shops.form(alice, of=platform)
    tags = {"tier": "gold", "team": "north"}
    for row in (platform, form, form.merchant):
        tag_deeds.tag(row, tags, actor="system")
    key, _ = api_users.add_partner_key(platform, actor="system", tags={"of": "partner"})
    api_users.add_merchant_key(form.merchant, actor="system", tags={"of": "merchant"})
    file = files.add(form.merchant, file_type="OTHER", display_name="", tags={"f": "1"}, by=key)
    files.make_link(file, kind="UPLOAD", minutes=5, tags={"l": "1"}, by=key)
    named = prospects.add(
        platform, Identity("Fisch AG", "post@fisch.example"), tags={"waits": "yes"}, by=key
    )
    prospects.make_merchant(named, form_type="A", tags={"made": "yes"}, by=key)
    return form


def test_every_deed_that_writes_tags_writes_their_rows(dressed: ComplianceForm) -> None:
    assert {one[0] for one in kept()} == set(Tag.Of.values)
    assert kept() == worn()


def test_an_exchange_leaves_nothing_of_the_former_tags(dressed: ComplianceForm) -> None:
    tag_deeds.tag(dressed, {"tier": "silver", "new": ""}, actor="system")
    key = ApiUser.objects.get(role=ApiUser.Role.PARTNER)
    api_users.change(key, actor="system", tags={})
    assert kept() == worn()
    of_form = Tag.objects.filter(of=Tag.Of.FORM).values_list("key", "value")
    assert dict(of_form) == {"tier": "silver", "new": ""}
    assert not Tag.objects.filter(of=Tag.Of.USER, row=key.pk).exists()


def test_a_row_of_a_tag_stands_where_its_thing_stands(dressed: ComplianceForm) -> None:
    for kind, model in WEARERS.items():
        for tag in Tag.objects.filter(of=kind):
            row = model.objects.get(pk=tag.row)
            assert tag.created_at == row.created_at
            assert tag.application_id == dressed.application_id
            assert tag.environment == "live"


def test_tags_of_before_are_filled_in(dressed: ComplianceForm) -> None:
    before = sorted(Tag.objects.values_list("of", "row", "key", "value", "application_id"))
    Tag.objects.all().delete()
    import_module("merchants.migrations.0003_tags").fill(apps, None)
    assert sorted(Tag.objects.values_list("of", "row", "key", "value", "application_id")) == before
