"""Which digits are a card number, and which only look like one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evidence.screening import cards, luhn
from tests.evidence.screening import planting

VISA = "4111111111111111"
LONG_VISA = "4111111111111111110"
ODD_VISA = "4222222222222"
MAESTRO = "6759649826438453"


def found(text: str, *, headed: bool = False) -> list[str]:
    return [hit.value.decode() for hit in cards.find(text.encode(), headed=headed)]


@pytest.mark.parametrize(
    "sign", [" ", "-", ".", "_", "+", "\u00a0", "\u2009", "\u202f", "\u2011", "\u2013", " - ", "  "]
)
def test_signs_that_part_the_groups_of_one_number(sign: str) -> None:
    for number in (VISA, "378282246310005", "30569309025904"):
        shown = sign.join(planting.groups(number))
        assert found(f"a {shown} b") == [number], shown


@pytest.mark.parametrize("sign", [",", ";", "|", "\t", '","', "\n", "\r\n", ", "])
def test_cells_are_one_number_only_where_a_word_says_so(sign: str) -> None:
    shown = sign.join(planting.groups(VISA))
    assert found(f"x\n{shown}\n") == []
    assert found(f"x\n{shown}\n", headed=True) == [VISA]
    assert found(f"x\npan{sign}{shown}{sign}y") == [VISA]


@pytest.mark.parametrize("number", [LONG_VISA, ODD_VISA])
def test_lengths_of_many_other_numbers_need_a_word(number: str) -> None:
    assert luhn(number.encode())
    assert found(f"seen {number} today") == []
    assert found(f"card {number} today") == [number]
    assert found(f"seen {number} (Visa)") == [number]


def test_nineteen_digits_in_groups_are_one_number() -> None:
    number = next(f"400000000000000101{n}" for n in range(10) if luhn(b"400000000000000101%d" % n))
    assert not luhn(number[:16].encode())
    shown = f"{number[:4]} {number[4:8]} {number[8:12]} {number[12:16]} {number[16:]}"
    assert found(f"{shown} x") == [number]


@pytest.mark.parametrize(
    "around", ["PAN{}", "card-{}", "card_{}_x", "pan:{}", "cardno{}z", "CreditCard={}"]
)
def test_letters_may_touch_it_where_a_word_says_so(around: str) -> None:
    assert found(around.format(VISA)) == [VISA]


@pytest.mark.parametrize(
    "around", ["a{}", "{}f", "card 0x{}", "card e{}", "card {}b", "card {}.5", "9{}", "card {}0"]
)
def test_hex_and_digits_never_touch_it(around: str) -> None:
    assert found(around.format(VISA)) == []


@pytest.mark.parametrize(
    "around",
    [
        "q=%20{}",
        "pan%3D{}",
        "a%3D{}&b",
        '{{"note":"first\\n{}"}}',
        "x\\t{}",
        "?p={}&x",
        "({})",
        "'{}'",
    ],
)
def test_what_an_escape_leaves_before_it_is_no_part_of_it(around: str) -> None:
    assert found(around.format(VISA)) == [VISA]


@pytest.mark.parametrize(
    "around",
    [
        "trace_id={}",
        '"span_id": "{}"',
        "request-id: {}",
        "offset={}",
        '"timestamp":{}',
        "txn_ref = {}",
        "order_no={}",
    ],
)
def test_what_its_key_calls_an_id_is_none(around: str) -> None:
    assert found(around.format(VISA)) == []
    assert found("card " + around.format(VISA)) == [VISA]


def test_a_series_of_numbers_is_none() -> None:
    assert found("1024 4111 1111 1111 1111") == []
    assert found("4111 1111 1111 1111 8192") == []
    assert found("2026 4111 1111 1111 1111 1229 123") == [VISA]
    assert found("card: 1024 4111 1111 1111 1111") == [VISA]


@pytest.mark.parametrize(
    "words",
    [
        "company 4222222222222",
        "expand 4222222222222",
        "discard 4222222222222",
        "wildcard 4222222222222",
        "cardiology 4222222222222",
        "span 4222222222222",
    ],
)
def test_parts_of_other_words_say_nothing_of_cards(words: str) -> None:
    allowed = {"discard", "wildcard"}
    assert (found(words) == []) != (words.split(maxsplit=1)[0] in allowed)


def test_maestro_is_known() -> None:
    assert found(f"paid {MAESTRO}") == [MAESTRO]


def test_two_numbers_side_by_side_are_two() -> None:
    shown = " ".join(planting.groups(VISA))
    assert found(f"{shown}, 5555555555554444 / {shown}") == [VISA, VISA, "5555555555554444"] or (
        sorted(found(f"{shown}, 5555555555554444 / {shown}")) == [VISA, VISA, "5555555555554444"]
    )


@given(st.randoms(use_true_random=False), st.sampled_from(["{}", "a {} b", "\n{}\n", "[{}]"]))
def test_no_number_alone_or_in_groups_is_overlooked(source: object, around: str) -> None:
    number = planting.card(source)  # type: ignore[arg-type]
    for sign in ("", " ", "-"):
        assert found(around.format(sign.join(planting.groups(number)))) == [number]


@given(st.binary(max_size=300))
def test_no_bytes_make_it_fail(window: bytes) -> None:
    for hit in cards.find(window, headed=True):
        assert 0 <= hit.start < hit.end <= len(window)
        assert luhn(hit.value)
