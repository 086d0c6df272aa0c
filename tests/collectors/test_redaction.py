"""What is taken out of words before anybody sees them."""

from hypothesis import given, settings
from hypothesis import strategies as st

from collectors.redaction import MARK, redact


def test_it_removes_every_secret() -> None:
    words = redact("token abc12345 was refused (abc12345)", ["abc12345"])
    assert words == f"token {MARK} was refused ({MARK})"


def test_it_removes_the_longer_of_two_secrets_first() -> None:
    assert redact("abcd1234", ["abcd", "abcd1234"]) == MARK


def test_it_leaves_words_alone_that_a_short_secret_would_tear() -> None:
    assert redact("the answer was a no", ["a"]) == "the answer was a no"


def test_it_removes_credentials_from_addresses() -> None:
    assert redact("GET https://ann:geheim@example.org/x") == "GET https://example.org/x"
    assert redact("https://t0ken@example.org") == "https://example.org"


def test_it_keeps_addresses_of_people() -> None:
    assert redact("written by ann@example.org") == "written by ann@example.org"


@settings(deadline=None)
@given(st.text(alphabet="abcdefgh0123456789", min_size=4), st.text(), st.text())
def test_no_secret_survives(secret: str, before: str, after: str) -> None:
    assert secret not in redact(f"{before}{secret}{after}", [secret]).replace(MARK, "|")
