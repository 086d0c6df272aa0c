"""Masking takes out what was found and nothing else."""

import json
from io import BytesIO

import pytest

from evidence.errors import MaskingError
from evidence.screening import scan
from evidence.screening.masking import Masked, masked
from tests.evidence.screening import planting

pytestmark = pytest.mark.usefixtures("var_dir")

CARD = "4111111111111111"


def mask(text: str) -> str:
    return done(text.encode()).content.decode()


def done(content: bytes) -> Masked:
    made = masked(BytesIO(content))
    assert scan(BytesIO(made.content)) == []
    return made


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (f"a {CARD} b", "a 411111******1111 b"),
        ("a 4111-1111-1111-1111 b", "a 4111-11**-****-1111 b"),
        ("Amex 3782 822463 10005", "Amex 3782 82**** *0005"),
        ("card,x\n4111,1111,1111,1111\n", "card,x\n4111,11**,****,1111\n"),
        (f'{{"card": {CARD}, "n": 1}}', '{"card": "411111******1111", "n": 1}'),
        (f'{{"card": "{CARD}"}}', '{"card": "411111******1111"}'),
        ("key AKIA" + "IOSFODNN7EXAMPLE.", "key [removed]."),
        (
            "a\n-----BEGIN PRIVATE " + "KEY-----\nabc\n-----END PRIVATE KEY-----\nb",
            "a\n[removed]\nb",
        ),
        ("-----BEGIN PRIVATE " + "KEY-----\nabc", "[removed]"),
    ],
)
def test_what_stays_of_it(text: str, shown: str) -> None:
    assert mask(text) == shown


def test_json_stays_json() -> None:
    told = {"cards": [int(CARD), CARD], "note": f"paid {CARD}"}
    assert json.loads(mask(json.dumps(told)))["cards"] == ["411111******1111"] * 2


def test_the_encoding_stays() -> None:
    made = done(f"Gr\xfc\xdfe {CARD}".encode("utf-16"))
    assert made.content.decode("utf-16") == "Gr\xfc\xdfe 411111******1111"


def test_all_of_many_are_taken_out_and_named() -> None:
    made = done(f"{CARD}\n".encode() * 500)
    assert len(made.removed) == 500
    assert made.removed[499].where == "line 500"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (planting.zipped({"a": CARD.encode()}), "cleaned file"),
        (planting.pdf(CARD), "cleaned file"),
        (b'{"card": {"a": "4111", "b": "1111", "c": "1111", "d": "1111"}}', "spread"),
        (b"no;pan\n1;4111\n2;1111\n3;1111\n4;1111\n", "spread"),
    ],
    ids=["zip", "pdf", "json", "column"],
)
def test_what_cannot_be_masked_here_is_refused(content: bytes, words: str) -> None:
    with pytest.raises(MaskingError, match=words):
        masked(BytesIO(content))
