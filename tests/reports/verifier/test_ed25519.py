"""The verifier's own Ed25519 against RFC 8032, against another implementation, and at its edges."""

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from hypothesis import given, settings
from hypothesis import strategies as st

from reports.verifier.verify import BASE, ORDER, P, check_signature, decode_point, multiply

# RFC 8032, section 7.1: public key, message, signature.
VECTORS = [
    (
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        (
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
            "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"
        ),
    ),
    (
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        (
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
            "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
        ),
    ),
    (
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        (
            "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
            "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"
        ),
    ),
]

# The points of order 1, 2, 4 and 8, each in every encoding that some implementation accepts.
LOW_ORDER = [
    "0100000000000000000000000000000000000000000000000000000000000000",
    "0100000000000000000000000000000000000000000000000000000000000080",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0000000000000000000000000000000000000000000000000000000000000080",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
]


def fits(public: bytes, text: bytes, signature: bytes) -> bool:
    try:
        check_signature(public, text, signature)
    except ValueError:
        return False
    return True


@pytest.mark.parametrize(("public", "text", "signature"), VECTORS)
def test_it_accepts_the_vectors_of_the_standard(public: str, text: str, signature: str) -> None:
    check_signature(bytes.fromhex(public), bytes.fromhex(text), bytes.fromhex(signature))


@pytest.mark.parametrize(("public", "text", "signature"), VECTORS)
def test_it_refuses_the_vectors_over_another_text(public: str, text: str, signature: str) -> None:
    with pytest.raises(ValueError, match="does not fit"):
        check_signature(bytes.fromhex(public), bytes.fromhex(text) + b"!", bytes.fromhex(signature))


def test_the_base_point_has_the_order_of_the_group() -> None:
    assert multiply(ORDER, BASE) == (0, 1)
    assert multiply(ORDER + 1, BASE) == BASE


@settings(max_examples=15, deadline=None)
@given(st.binary(min_size=32, max_size=32), st.binary(max_size=200), st.integers(0, 511))
def test_it_agrees_with_another_implementation(seed: bytes, text: bytes, bit: int) -> None:
    private = Ed25519PrivateKey.from_private_bytes(seed)
    public, signature = private.public_key().public_bytes_raw(), private.sign(text)
    assert fits(public, text, signature)
    bent = bytearray(signature)
    bent[bit // 8] ^= 1 << bit % 8
    with pytest.raises(InvalidSignature):
        Ed25519PublicKey.from_public_bytes(public).verify(bytes(bent), text)
    assert not fits(public, text, bytes(bent))


@pytest.mark.parametrize("encoded", LOW_ORDER)
def test_it_refuses_points_of_low_order_and_their_second_encodings(encoded: str) -> None:
    with pytest.raises(ValueError, match="Ed25519 point"):
        decode_point(bytes.fromhex(encoded))


def test_a_key_of_low_order_does_not_sign_everything() -> None:
    """With such a key the equation holds for any text whose challenge the order divides."""
    key = bytes.fromhex(LOW_ORDER[0])
    for text in (b"any text", b"any other text"):
        assert not fits(key, text, key + bytes(32))


@pytest.mark.parametrize("y", [P, P + 1, P + 3, 2**255 - 1])
def test_it_refuses_a_second_encoding_of_a_coordinate(y: int) -> None:
    with pytest.raises(ValueError, match="not encoded as one"):
        decode_point(y.to_bytes(32, "little"))


def test_it_refuses_what_is_no_point() -> None:
    with pytest.raises(ValueError, match="not encoded as one"):
        decode_point((2).to_bytes(32, "little"))


def test_it_refuses_a_second_scalar_for_the_same_signature() -> None:
    """The order added to the scalar fits the equation as well; only one form is a signature."""
    public, text, signature = (bytes.fromhex(part) for part in VECTORS[1])
    scalar = int.from_bytes(signature[32:], "little") + ORDER
    with pytest.raises(ValueError, match="is not Ed25519"):
        check_signature(public, text, signature[:32] + scalar.to_bytes(32, "little"))


@pytest.mark.parametrize("length", [0, 31, 32, 63, 65, 128])
def test_it_refuses_signatures_of_another_length(length: int) -> None:
    public, text, signature = (bytes.fromhex(part) for part in VECTORS[1])
    with pytest.raises(ValueError, match="Ed25519"):
        check_signature(public, text, (signature * 2)[:length])
