"""Sealing of second factors: sealed by one secret, opened by no other."""

import stat

import pytest
from django.core.exceptions import ImproperlyConfigured

from compliance.signin import sealing


@pytest.mark.parametrize("text", ["", "JBSWY3DPEHPK3PXP", "é ✓", "x" * 10_000])
def test_what_was_sealed_comes_back(text: str) -> None:
    assert sealing.unseal(sealing.seal(text)) == text


def test_the_sealed_form_shows_nothing_and_is_never_the_same() -> None:
    one, two = sealing.seal("JBSWY3DPEHPK3PXP"), sealing.seal("JBSWY3DPEHPK3PXP")
    assert one != two
    assert "JBSWY3DPEHPK3PXP" not in one + two


def test_another_secret_opens_nothing_and_says_what_to_do(
    settings: pytest.FixtureRequest,
) -> None:
    sealed = sealing.seal("JBSWY3DPEHPK3PXP")
    settings.SIGNIN_SECRET = "another"  # type: ignore[attr-defined]
    with pytest.raises(ImproperlyConfigured, match="sealed by another SIGNIN_SECRET"):
        sealing.unseal(sealed)


@pytest.mark.parametrize("damage", ["", "s1.", "JBSWY3DPEHPK3PXP", "s1.AAAA", "s1.é"])
def test_damage_is_noticed(damage: str) -> None:
    with pytest.raises(ImproperlyConfigured):
        sealing.unseal(damage)


def test_one_flipped_letter_is_noticed() -> None:
    sealed = sealing.seal("JBSWY3DPEHPK3PXP")
    flipped = sealed[:-4] + ("A" if sealed[-4] != "A" else "B") + sealed[-3:]
    with pytest.raises(ImproperlyConfigured):
        sealing.unseal(flipped)


def test_the_secret_lies_in_a_file_that_only_its_owner_reads(
    settings: pytest.FixtureRequest,
) -> None:
    file = settings.KEYS_DIR / "signin_secret"  # type: ignore[attr-defined]
    assert file.read_text().strip() == settings.SIGNIN_SECRET  # type: ignore[attr-defined]
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
