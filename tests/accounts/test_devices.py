"""Words for what a browser says of itself."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts import devices

_LIKE = "Mozilla/5.0 ({}) AppleWebKit/537.36 (KHTML, like Gecko) {}"


@pytest.mark.parametrize(
    ("agent", "words"),
    [
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
         "Firefox on Linux"),
        (_LIKE.format("Windows NT 10.0; Win64", "Chrome/142.0 Safari/537.36"),
         "Chrome on Windows"),
        (_LIKE.format("Windows NT 10.0", "Chrome/142.0 Safari/537.36 Edg/142.0"),
         "Edge on Windows"),
        (_LIKE.format("Linux; Android 15", "Chrome/142.0 Mobile Safari/537.36"),
         "Chrome on Android"),
        (_LIKE.format("Macintosh; Intel Mac OS X 10_15", "Version/18.0 Safari/605.1"),
         "Safari on macOS"),
        (_LIKE.format("iPhone; CPU iPhone OS 18_0 like Mac OS X", "CriOS/142 Safari/604"),
         "Chrome on iPhone"),
        ("curl/8.9", "An unknown program"),
        ("", "An unknown program"),
    ],
    ids=["firefox", "chrome", "edge", "android", "safari", "ios", "curl", "nothing"],
)  # fmt: skip
def test_it_names_browser_and_system(agent: str, words: str) -> None:
    assert devices.words(agent) == words


@given(st.text())
def test_it_says_something_of_anything(agent: str) -> None:
    assert devices.words(agent)
