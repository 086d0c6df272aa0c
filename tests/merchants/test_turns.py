"""People who sign, or take in, the same form at once: one of them does, the others hear why not."""

from dataclasses import replace
from itertools import count
from pathlib import Path

import pytest

from merchants import links, signing
from merchants.errors import FormClosedError, SignedAlreadyError
from merchants.models import ComplianceForm, SignatureRecord
from tests import cast
from tests.merchants import shops
from tests.together import at_once


@pytest.fixture
def form(transactional_db: None, var_dir: Path) -> ComplianceForm:
    return shops.answered(cast.person("compliance-lead"))


def test_of_people_who_sign_at_once_one_does(form: ComplianceForm) -> None:
    numbers = count(1)

    def sign() -> object:
        name = f"Officer {next(numbers)}"
        link = links.find(secret)
        said = replace(shops.ERNA, name=name)
        return signing.sign(form, said, actor="merchant:test", link=link)

    secret = shops.link(form)
    found = at_once([sign] * 4)
    signed = [one for one in found if isinstance(one, SignatureRecord)]
    refused = [one for one in found if isinstance(one, SignedAlreadyError | FormClosedError)]
    assert (len(signed), len(refused)) == (1, 3), found
    assert SignatureRecord.objects.get() == signed[0]


def test_the_same_signature_sent_twice_at_once_is_one_record(form: ComplianceForm) -> None:
    def sign() -> object:
        return signing.sign(form, shops.ERNA, actor="merchant:test")

    found = at_once([sign] * 3)
    assert found == [SignatureRecord.objects.get()] * 3
