"""The small pieces: ids that never move, words that are only words."""

import re
from dataclasses import replace
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.oscal import pieces
from tests.reports.oscal.plain import DIGEST, facts

FACTS = facts()
# As the schemas of OSCAL have them.
TOKEN = re.compile(r"(\w|_)(\w|[.\-_])*")
STRING = re.compile(r"\S(.*\S)?")


def test_an_id_is_of_version_5_and_stays() -> None:
    found = pieces.uid(FACTS, "evidence", "EV-000001")
    assert UUID(found).version == 5
    later = replace(FACTS, version="another", selection_sha256="cd" * 32)
    assert pieces.uid(later, "evidence", "EV-000001") == found


def test_another_installation_has_other_ids() -> None:
    other = replace(FACTS, origin="log.example/other")
    assert pieces.uid(FACTS, "evidence", "EV-1") != pieces.uid(other, "evidence", "EV-1")


def test_parts_of_a_name_do_not_run_together() -> None:
    assert pieces.uid(FACTS, "a", "bc") != pieces.uid(FACTS, "ab", "c")


@pytest.mark.parametrize(
    ("ref", "token"),
    [
        ("CC6.1", "cc6.1"),
        ("8.3.1", "_8.3.1"),
        ("A 1/2", "a-1-2"),
        ("PI1.4", "pi1.4"),
        ("--", "_"),
    ],
    ids=["tsc", "digit", "space", "integrity", "nothing"],
)
def test_a_ref_becomes_a_token(ref: str, token: str) -> None:
    assert pieces.token(ref) == token


@given(st.text())
def test_every_token_and_name_fits_the_schema(text: str) -> None:
    assert TOKEN.fullmatch(pieces.token(text))
    assert STRING.fullmatch(pieces.name(text))
    assert "\n" not in pieces.line(text)


def test_words_cannot_load_link_or_insert_anything() -> None:
    said = pieces.words("<img src=x> [a](javascript:b) {{ insert: param, c }} `d` \x07")
    for mark in ("<", "[", "{", "`"):
        assert not re.search(rf"(?<!\\){re.escape(mark)}", said), mark
    assert "\\x07" in said


def test_nothing_that_is_empty_is_said() -> None:
    assert pieces.props(one="", two=None, three=0) == [
        {"name": "three", "ns": pieces.NAMESPACE, "value": "0"}
    ]
    assert pieces.given(a_b=[], c="", d=None, e=0) == {"e": 0}


def test_a_file_that_lies_nowhere_is_named_by_its_digest() -> None:
    # The example of RFC 6920, section 8.1: the digest of "Hello World!".
    digest = "7f83b1657ff1fc53b92dc18148a1d65dfc2d4b1fa3d677284addd200126d9069"
    assert pieces.by_digest(digest) == "ni:///sha-256;f4OxZX_x_FO5LcGBSKHWXfwtSx-j1ncoSt3SABJtkGk"


def test_a_path_is_escaped_as_a_reference() -> None:
    assert pieces.in_pack("evidence/EV-1/Ö a#b?.csv") == "../evidence/EV-1/%C3%96%20a%23b%3F.csv"


def test_a_document_that_may_say_something_else_has_another_id() -> None:
    assert len(DIGEST) == 64
    same = pieces.document_uid(FACTS, "catalog.json")
    assert pieces.document_uid(facts(), "catalog.json") == same
    for other in (
        replace(FACTS, version="ENG-2026-1/2"),
        replace(FACTS, selection_sha256="cd" * 32),
        replace(FACTS, oscal_version="1.1.3"),
    ):
        assert pieces.document_uid(other, "catalog.json") != same
    assert pieces.document_uid(FACTS, "profile.json") != same
