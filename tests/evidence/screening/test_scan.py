"""Card numbers and secrets are found before anything is stored; ordinary numbers pass."""

import io
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evidence.screening import Finding, luhn, scan

# Published test numbers of the card schemes, which no cardholder has.
CARDS = {
    "American Express": "378282246310005",
    "Visa": "4111111111111111",
    "Mastercard": "5555555555554444",
    "Mastercard 2": "2223003122003222",
    "Discover": "6011111111111117",
    "JCB": "3530111333300000",
    "Diners Club": "30569309025904",
    "UnionPay": "6200000000000005",
}
SECRETS = {
    "private key": "-----BEGIN RSA " + "PRIVATE KEY-----",
    "AWS access key": "AKIA" + "IOSFODNN7EXAMPLE",
    "GitHub token": "ghp_" + "a" * 36,
    "GitLab token": "glpat-" + "a" * 20,
    "Slack token": "xoxb-" + "1" * 24,
    "Stripe secret key": "sk_live_" + "a" * 24,
    "Google API key": "AIza" + "b" * 35,
    "token of this installation": "cs_p_" + "c" * 43,
}


def found(text: str) -> list[Finding]:
    return scan(io.BytesIO(text.encode()))


@pytest.mark.parametrize("number", CARDS.values(), ids=CARDS)
@pytest.mark.parametrize(
    "around", ["{}", "?pan={}&x=1", "a,{},b", '"card": "{}"', "Card {}.", "<n>{}</n>"]
)
def test_it_finds_a_card_number(number: str, around: str) -> None:
    (finding,) = found("first line\n" + around.format(number))
    assert finding.line == 2
    assert "card number" in finding.what
    assert number not in str(finding)


@pytest.mark.parametrize("blank", [" ", "-"])
def test_it_finds_a_grouped_card_number(blank: str) -> None:
    assert found(blank.join(["4111", "1111", "1111", "1111"]))
    assert found(blank.join(["3782", "822463", "10005"]))


def test_it_finds_a_card_number_that_follows_other_groups() -> None:
    assert found("2026 4111 1111 1111 1111 12 31")
    assert found("on 2026-10-05 4111111111111111 paid")


@pytest.mark.parametrize("secret", SECRETS.values(), ids=SECRETS)
def test_it_finds_a_secret(secret: str) -> None:
    (finding,) = found(f"x\ny\ntoken {secret} z")
    assert finding.line == 3
    assert "secret" in finding.what


@pytest.mark.parametrize(
    "harmless",
    [
        "4111111111111112",  # fails Luhn
        "2026-11-21T10:00:00.411111Z",
        "1732183200000",  # milliseconds
        "9f4111111111111111ab",  # part of a digest
        "4111111111111111-aaaa",  # part of an id
        "id_4111111111111111",
        "0.4111111111111111",
        "550e8400-e29b-41d4-a716-446655440000",
        "+49 4111 1111 1111 11",
        "cs_pro",
        "1000000000000000",  # no issuer
    ],
)
def test_it_lets_ordinary_numbers_through(harmless: str) -> None:
    assert found(f"value {harmless} end") == []


def test_it_finds_what_lies_across_a_window() -> None:
    for shift in (-20, -10, -1, 0):
        text = "x\n" * ((1024 * 1024 + shift) // 2) + " 4111111111111111 "
        (finding,) = found(text)
        assert finding.line == text.count("\n") + 1


def test_it_stops_after_twenty_findings() -> None:
    assert len(found("4111111111111111\n" * 50)) == 20


def test_a_secret_that_begins_within_a_false_start_is_seen() -> None:
    (seen,) = found("x\nAKI" + "AKIA" + "IOSFODNN7EXAMPLE")
    assert (seen.line, seen.what) == (2, "looks like a secret (AWS access key)")


def test_false_alarms_in_hex_are_rare() -> None:
    source = random.Random(7)  # noqa: S311  # a fixed stream, no secret
    lines = [source.randbytes(32).hex() for _ in range(30_000)]
    assert found("\n".join(lines)) == []


@given(st.integers(10**13, 10**18))
def test_luhn_accepts_exactly_one_last_digit(number: int) -> None:
    good = [digit for digit in range(10) if luhn(f"{number}{digit}".encode())]
    assert len(good) == 1
