"""People who sign, or take in, the same form at once: one of them does, the others hear why not."""

import threading
from collections.abc import Callable, Iterable
from dataclasses import replace
from itertools import count
from pathlib import Path

import pytest
from django.db import connection

from merchants import links, signing
from merchants.errors import FormClosedError, SignedAlreadyError
from merchants.models import ComplianceForm, SignatureRecord
from tests import cast
from tests.installation import PATIENCE_SECONDS
from tests.merchants import shops


@pytest.fixture
def form(transactional_db: None, var_dir: Path) -> ComplianceForm:
    return shops.answered(cast.person("compliance-lead"))


def at_once(deeds: Iterable[Callable[[], object]]) -> list[object]:
    """Do these in threads that start together, and return what each gave or raised."""
    wanted = list(deeds)
    gate = threading.Barrier(len(wanted), timeout=PATIENCE_SECONDS)
    found: list[object] = []

    def run(deed: Callable[[], object]) -> None:
        gate.wait(timeout=PATIENCE_SECONDS)
        try:
            found.append(deed())
        except Exception as error:  # noqa: BLE001  # a thread cannot raise into the test
            found.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(deed,)) for deed in wanted]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=PATIENCE_SECONDS)
    return found


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
