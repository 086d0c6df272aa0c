"""The signature of an event holds for its body, its secret and its time only."""

from hypothesis import given
from hypothesis import strategies as st

from merchants.webhooks import signature
from tests.finix import things

_TIMES = st.integers(min_value=0, max_value=2**33)


@given(body=st.binary(), secret=st.text(min_size=1), at=_TIMES)
def test_it_holds_for_what_was_signed(body: bytes, secret: str, at: int) -> None:
    secret = secret.encode(errors="replace").decode()
    said = signature.header(body, secret=secret, timestamp=at)
    assert things.holds(said, body, secret=secret, now=at)
    assert things.holds(said.replace(", ", ","), body, secret=secret, now=at + 300)
    assert not things.holds(said, body, secret=secret, now=at + 301)
    assert not things.holds(said, body + b"x", secret=secret, now=at)
    assert not things.holds(said, body, secret=f"{secret}x", now=at)


@given(said=st.text(max_size=200))
def test_no_words_of_a_stranger_hold(said: str) -> None:
    assert not things.holds(said, b"{}", secret="0" * 64, now=1_772_000_000)


def test_it_is_the_one_that_receivers_know() -> None:
    said = signature.header(b'{"id":"event_1"}', secret="a" * 64, timestamp=1772000000)
    assert said == (
        "timestamp=1772000000, sig=728bfd0e2ad33ea77701a80525698288b72cee2f6e39745d79ec5d6427ff514f"
    )
