"""A catalogue file is plain YAML; everything else is refused with its line and the reason."""

from datetime import date
from pathlib import Path

import pytest

from controls.errors import CatalogueError, Problem
from controls.yaml_source import DEEPEST, MOST_BYTES, Source, read


def read_bytes(tmp_path: Path, raw: bytes) -> Source:
    path = tmp_path / "some.yaml"
    path.write_bytes(raw)
    return read(path, name="some.yaml")


def test_it_reads_values_and_the_line_of_each(tmp_path: Path) -> None:
    source = read_bytes(
        tmp_path, b"# a comment\nname: one\nlist:\n  - a: 1\n    b: yes\n  - [x, 2026-01-31]\n"
    )
    assert source.data == {"name": "one", "list": [{"a": 1, "b": True}, ["x", date(2026, 1, 31)]]}
    assert source.line(("name",)) == 2
    assert source.line(("list",)) == 3
    assert source.line(("list", 0)) == 4
    assert source.line(("list", 0, "b")) == 5
    assert source.line(("list", 1, 1)) == 6


def test_the_line_of_what_is_missing_is_that_of_what_lies_around_it(tmp_path: Path) -> None:
    source = read_bytes(tmp_path, b"a: 1\nlist:\n  - b: 1\n")
    assert source.line(("list", 0, "missing", 3)) == 3
    assert source.line(("elsewhere",)) == 1
    assert source.line(()) == 1


@pytest.mark.parametrize(
    "raw", [b"\xef\xbb\xbfa: 1\n", b"a: 1\r\n", b"--- \na: 1\n", "a: 1 # é 😀\n".encode()]
)
def test_it_reads_what_editors_write(tmp_path: Path, raw: bytes) -> None:
    assert read_bytes(tmp_path, raw).data == {"a": 1}


BROKEN = {
    "tab": (b"a:\n\tb: 1\n", 2, "a tab stands where only spaces may; indent with spaces"),
    "tab after spaces": (b"a: 1\n\tb: 2\n", 2, "a tab stands where only spaces may"),
    "duplicate key": (b"a: 1\nb: 2\na: 3\n", 3, "the key a stands here a second time"),
    "inner duplicate": (b"l:\n  - {a: 1,\n     a: 2}\n", 3, "the key a stands here a second time"),
    "open bracket": (b"a: [1, 2\nb: 3\n", 2, "this is no valid YAML: expected ',' or ']'"),
    "two colons": (b"a: 1\nb: c: d\n", 2, "mapping values are not allowed here"),
    "open quote": (b"a: 'x\nb: 2\n", 3, "found unexpected end of stream"),
    "odd indent": (b"a:\n  b: 1\n c: 2\n", 3, "this is no valid YAML: expected <block end>"),
    "NUL": (b"a: 1\nb: x\x00y\n", 2, "character U+0000 is not allowed"),
    "control character": (b"a: 1\r\nb: \x01\r\n", 2, "character U+0001 is not allowed"),
    "escaped NUL": (b'a: 1\nb: "\\x00"\n', 2, "character U+0000 is not allowed"),
    "escaped surrogate": (b'a: "\\ud800"\n', 1, "character U+D800 is not allowed"),
    "Latin-1": (b"a: 1\nb: \xe9t\xe9\n", 2, "byte 0xE9 is not UTF-8; save the file in UTF-8"),
    "UTF-16": ("a: 1".encode("utf-16-le") + b"\xff", 1, "is not UTF-8"),
    "anchor": (b"a: 1\nb: &x [1]\nc: *x\n", 2, "anchors (&) and aliases (*) are not allowed"),
    "alias bomb": (
        b"a: &a [x, x, x]\n" + b"".join(b"%c: &%c [*a, *a]\n" % (n, n) for n in b"bcdefgh"),
        1,
        "anchors (&) and aliases (*) are not allowed",
    ),
    "lone alias": (b"a: *x\n", 1, "anchors (&) and aliases (*) are not allowed"),
    "Python tag": (
        b"a: 1\nb: !!python/object/apply:os.system ['true']\n",
        2,
        "tags are not allowed: tag:yaml.org,2002:python/object/apply:os.system",
    ),
    "own tag": (b"a: !foo x", 1, "tags are not allowed: !foo"),
    "binary": (b"a: !!binary eA==", 1, "tags are not allowed"),
    "merge": (b"<<: {a: 1}\n", 1, "this is no valid YAML"),
    "no such day": (b"a: 1\nb: 2026-02-30\n", 2, "2026-02-30 is no day or number that there is"),
    "endless number": (b"a: " + b"9" * 5000, 1, "is no day or number that there is"),
    "number as key": (b"a: 1\n2: x\n", 2, "a key here is no text; put it in quotes"),
    "list as key": (b"[a, b]: x\n", 1, "a key here is no text"),
    "two documents": (b"a: 1\n---\nb: 2\n", 2, "a second document (---) starts here"),
    "deep nest": (b"a: 1\nb: " + b"[" * 50_000, 2, f"values lie more than {DEEPEST} levels deep"),
    "empty": (b"", 0, "the file is empty"),
    "only a comment": (b"# nothing\n\n", 0, "the file is empty"),
    "20 MB": (b"a: " + b"x" * 20_000_000, 0, f"the file is larger than {MOST_BYTES:,} bytes"),
}


@pytest.mark.parametrize(("raw", "line", "reason"), BROKEN.values(), ids=BROKEN.keys())
def test_it_refuses_a_broken_file(tmp_path: Path, raw: bytes, line: int, reason: str) -> None:
    with pytest.raises(CatalogueError) as caught:
        read_bytes(tmp_path, raw)
    error = caught.value
    assert (error.file, error.line) == ("some.yaml", line)
    assert reason in error.reason
    assert len(error.reason) < 200


def test_it_takes_a_file_of_just_the_size_that_is_allowed(tmp_path: Path) -> None:
    raw = b"a: 1 #" + b"x" * (MOST_BYTES - 6)
    assert read_bytes(tmp_path, raw).data == {"a": 1}
    with pytest.raises(CatalogueError, match="larger than"):
        read_bytes(tmp_path, raw + b"x")


def test_it_refuses_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(CatalogueError, match=r"no.yaml: the file cannot be read: No such file"):
        read(tmp_path / "no.yaml", name="no.yaml")


def test_an_error_names_file_line_and_reason() -> None:
    first, second = Problem("b.yaml", 7, "is odd"), Problem("c.yaml", 0, "is empty")
    error = CatalogueError(first, second)
    assert str(error) == "b.yaml, line 7: is odd\nc.yaml: is empty"
    assert error.problems == (first, second)
    assert (error.file, error.line, error.reason) == ("b.yaml", 7, "is odd")
