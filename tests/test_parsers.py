"""Whatever outsiders write, a parser reads it or refuses it with an error of its own, in words.

One line for each parser of the product: what it may be given, and what it may raise. Parsers that
read tables, papers and archives have their own properties in their rooms.
"""

import io
import json
import os
import ssl
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch
from zoneinfo import ZoneInfo

import pytest
import trustme
from django.core.exceptions import ImproperlyConfigured
from django.http import QueryDict
from django.test import RequestFactory
from hypothesis import HealthCheck, given
from hypothesis import settings as effort
from hypothesis import strategies as st

from audits import request_list
from audits.errors import AuditsError
from collectors import schedule
from collectors.errors import CollectorError
from collectors.files import inbox, labels
from collectors.wire import git, tls
from compliance import delivery, environment
from compliance.api import batches, forms, paging, pushing
from compliance.api.errors import Refusal
from compliance.backups import keyring, manifest
from compliance.backups.errors import BackupError
from controls import catalogue_folder, readiness_file
from controls.check_query import QueryProver
from controls.errors import ControlsError
from evidence import (
    addresses,
    cosignature,
    given_out,
    retention,
    signed_note,
    spreadsheet,
    submission,
    tags,
    tiles,
)
from evidence import handling as handled
from evidence.anchors import time_stamp
from evidence.errors import EvidenceError
from registers.campaigns import columns

MESSAGE_NEEDED = 8
# Words that look like what is wanted reach deeper than letters by chance.
LINES = st.lists(
    st.one_of(
        st.text(max_size=30),
        st.sampled_from(["— a AAAA", "origin", "0", "18446744073709551616", "old 5", ""]),
    )
).map("\n".join)
TEXT = st.one_of(
    st.text(max_size=200), LINES, st.text(alphabet="0123456789-:TZ +/.=[]@,|>", max_size=60)
)
BYTES = st.one_of(st.binary(max_size=400), TEXT.map(lambda text: text.encode(errors="replace")))
SETTING = st.one_of(
    TEXT, st.builds("{}://{}:{}@{}:{}/{}".format, *[st.text(max_size=8)] * 6)
).filter(lambda text: "\0" not in text)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4)
    ),
    max_leaves=12,
)
JSON_TEXT = st.one_of(JSON.map(json.dumps), TEXT, st.just("[" * 100_000), st.just("9" * 5000))
YAML = st.one_of(
    BYTES,
    JSON.map(lambda value: json.dumps(value).encode()),
    st.sampled_from(
        [
            b"period_from: 2026-13-45",
            b"2026-13-45: a",
            b"a: !!timestamp x",
            b"!!int",
            b"a: !!bool maybe",
            b"a: !!int x",
            b"a: !!float x",
            b"a: 1" + b"0" * 5000,
            b"&a [*a]",
            b"? [a]\n: b",
            b"{" * 1500,
            b"a: !!binary \xc3\xa9",
            b"- !!set {a}\n",
            b"<<: 5",
            b"a: 190:20:30:99999999999999999999",
            b"a: 2001-12-14t21:59:43.10-99:99",
        ]
    ),
)
"""Plain data, damaged data, and the words on which readers of YAML are known to stumble."""

GIT_LOG = st.lists(
    st.one_of(
        st.binary(max_size=10), st.sampled_from([b"1790000000", b"9" * 30, b"3 files changed"])
    ),
    max_size=25,
).map(b"\0".join)


def _bent(content: bytes) -> st.SearchStrategy[bytes]:
    """The content with a stretch of it replaced by something of any length."""
    ends = st.tuples(st.integers(0, len(content)), st.integers(0, 8), st.binary(max_size=8))
    return ends.map(lambda drawn: content[: drawn[0]] + drawn[2] + content[sum(drawn[:2]) :])


_PEM = trustme.CA().issue_cert("pay.example.com").cert_chain_pems[0].bytes()
CERTIFICATE = BYTES | _bent(ssl.PEM_cert_to_DER_cert(_PEM.decode()))
_SQL = r"""
SELECT FROM population WHERE user mfa NOT ( ) , ; * = 'a' 1 1e999 now() WITH AS UNION ATTACH COPY
read_csv('/etc/passwd') INSTALL PRAGMA $1 ? CAST( DATE NULL ORDER BY -- /* x'00' {'a': 1} [1]
::VARCHAR \0
"""
SQL = TEXT | st.lists(
    st.sampled_from(_SQL.split()) | st.text(max_size=5),
    max_size=14,
).map(" ".join)


def _proved(sql: str) -> None:
    prover = QueryProver()
    try:
        prover.prove(sql, {"user": "text", "mfa": "boolean"})
    finally:
        prover.close()


@dataclass(frozen=True)
class Parser:
    """A parser, what it may be given, and the errors by which it says that it cannot read it."""

    name: str
    given: st.SearchStrategy[Any]
    read: Callable[[Any], object]
    refuses: tuple[type[Exception], ...]

    def __str__(self) -> str:
        return self.name


def _file(read: Callable[[Path], object], name: str) -> Callable[[bytes], object]:
    """A parser of files as one of bytes."""

    def of(content: bytes) -> object:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / name
            path.write_bytes(content)
            return read(path)

    return of


def _label(path: Path) -> object:
    table = path.with_name("a__2026-01-01.csv")
    table.touch()
    assert inbox.sidecar_of(table) == path
    return labels.read(table)


def _range(header: str) -> object:
    request = RequestFactory().get("/", headers={"Range": header, "If-Range": '"a"'})
    return delivery.requested_part(request, size=1000, etag='"a"')


def _sheet(path: Path) -> object:
    with spreadsheet.opened(path) as rows:
        return list(rows)


def _asked(path: Path) -> object:
    with spreadsheet.opened(path) as rows:
        return request_list.read(rows)


def _items(text: str) -> object:
    return batches._items(text, {})


def _form(text: str) -> object:
    given = QueryDict(mutable=True)
    for name in ("tags", "steps", "observation", "collected_at", "covers_from", "sha256"):
        given[name] = text
    return forms.checked(pushing._FORM, given)


def _authorities(text: str) -> object:
    return tls.trusting(text) if text.strip() else None


def _setting(read: Callable[[str], object]) -> Callable[[str], object]:
    """A reader of a setting as a parser of its value."""

    def of(value: str) -> object:
        with patch.dict(os.environ, {"GIVEN": value}):
            return read("GIVEN")

    return of


def _hook(name: str) -> object:
    return environment.webhook(name, is_private=False)


def _database(name: str) -> object:
    return environment.database(name, "sqlite://")


PARSERS = [
    Parser("verifier key", TEXT, signed_note.Verifier.from_vkey, (signed_note.NoteError,)),
    Parser("note", TEXT, signed_note.text_of, (signed_note.NoteError,)),
    Parser("lines of a note", TEXT, signed_note.lines_of, (signed_note.NoteError,)),
    Parser("line of a note", TEXT, signed_note.read_line, (signed_note.NoteError,)),
    Parser("checkpoint", TEXT, signed_note.Checkpoint.from_text, (signed_note.NoteError,)),
    Parser("proof file", TEXT, signed_note.parse_proof_file, (signed_note.NoteError,)),
    Parser("note given out", TEXT, given_out.stated, (EvidenceError,)),
    Parser("witness", TEXT, cosignature.Witness.from_vkey, (signed_note.NoteError,)),
    Parser("size of a witness", TEXT, cosignature.told_size, (signed_note.NoteError,)),
    Parser("name of a tile", TEXT, tiles.Tile.named, (tiles.NoSuchTileError,)),
    Parser("cursor", TEXT, paging.decoded, (Refusal,)),
    Parser("cursor of a number", TEXT, lambda text: paging.before(text, "pk"), (Refusal,)),
    Parser("range", TEXT, _range, (delivery.NoSuchPartError,)),
    Parser("items of a batch", JSON_TEXT, _items, ()),
    Parser("fields of a push", JSON_TEXT, _form, ()),
    Parser("tags", st.dictionaries(TEXT, TEXT), tags.checked, (EvidenceError,)),
    Parser("file name", TEXT, submission.safe_filename, (EvidenceError,)),
    Parser("address", TEXT, addresses.host_of, (EvidenceError,)),
    Parser("steps as typed", TEXT, handled.steps_typed, (ValueError,)),
    Parser("rows of a CSV file", BYTES, lambda data: handled.rows_of_csv(io.BytesIO(data)), ()),
    Parser("time zone", TEXT, schedule.zone, (CollectorError,)),
    Parser("cron expression", TEXT, lambda text: schedule.check(text, "UTC"), (CollectorError,)),
    Parser("TLS endpoint", TEXT, tls.parse_endpoint, (ValueError,)),
    Parser("certificate of an endpoint", CERTIFICATE, tls.Shown.of, (ValueError,)),
    Parser("SQL of a check", SQL, _proved, (ControlsError,)),
    Parser("PEM of authorities", TEXT, _authorities, (ValueError,)),
    Parser("label of a table", YAML, _file(_label, "a__2026-01-01.csv.yaml"), (CollectorError,)),
    Parser(
        "catalogue",
        YAML,
        _file(lambda path: catalogue_folder.read_folder(path.parent), "own.yaml"),
        (ControlsError,),
    ),
    Parser(
        "readiness file",
        YAML,
        _file(lambda path: readiness_file.read_programme(path.parent, known=None), "own.yaml"),
        (ControlsError,),
    ),
    Parser("spreadsheet", BYTES, _file(_sheet, "a.xlsx"), (EvidenceError,)),
    Parser("table of text", BYTES, _file(_sheet, "a.csv"), (EvidenceError,)),
    Parser("list of requests", BYTES, _file(_asked, "a.csv"), (EvidenceError, AuditsError)),
    Parser("manifest of a backup", BYTES, manifest.Manifest.from_json, (BackupError,)),
    Parser(
        "files of a backup",
        JSON_TEXT.map(str.encode),
        lambda data: list(manifest.read_lines([data])),
        (BackupError,),
    ),
    Parser(
        "keys of a backup",
        JSON_TEXT.map(str.encode),
        lambda data: keyring.open_sealed(data, "phrase"),
        (BackupError,),
    ),
    Parser(
        "log of git", GIT_LOG, _file(lambda path: list(git._parsed(path)), "log"), (CollectorError,)
    ),
    Parser("classes of retention", YAML, _file(retention._rules, "own.yaml"), (EvidenceError,)),
    Parser("time-stamp", BYTES, lambda data: time_stamp.verified(data, "note"), (EvidenceError,)),
    Parser("webhook", SETTING, _setting(_hook), (ImproperlyConfigured,)),
    Parser("days", SETTING, _setting(environment.days), (ImproperlyConfigured,)),
    Parser("address of a database", SETTING, _setting(_database), (ImproperlyConfigured,)),
    Parser("moment of a cell", TEXT, lambda text: columns.moment_in(text, ZoneInfo("UTC")), ()),
]


@pytest.mark.parametrize("parser", PARSERS, ids=str)
@effort(max_examples=60, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_it_reads_or_refuses_by_its_own_error(parser: Parser, data: st.DataObject) -> None:
    sent = data.draw(parser.given)
    try:
        parser.read(sent)
    except parser.refuses as error:
        message = "; ".join(map(str, error.args)) or (type(error).__doc__ or "")
        assert len(message) >= MESSAGE_NEEDED
