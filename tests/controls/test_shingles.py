"""No text of the catalogue copies the source documents, and a copy would be seen."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings

from controls.yaml_source import read
from tests.controls import shingles

FOLDER = Path(settings.CATALOGUE_DIR)
DOCS = Path(settings.BASE_DIR) / "docs"
SOURCE = "The quick brown fox jumps over the lazy dog; then it sleeps."


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield from (text for inner in value.values() for text in _texts(inner))
    elif isinstance(value, list):
        yield from (text for inner in value for text in _texts(inner))


@pytest.fixture
def known(tmp_path: Path) -> frozenset[str]:
    path = tmp_path / "list.txt"
    assert shingles.write([SOURCE], path) == 5
    return frozenset(path.read_text("ascii").split())


@pytest.mark.parametrize(
    "text",
    [
        "quick brown fox jumps over the lazy dog",
        "A QUICK brown fox, jumps -\nover the “lazy” dog again",
        SOURCE,
    ],
)
def test_a_copied_run_of_eight_words_is_found(text: str, known: frozenset[str]) -> None:
    assert "quick brown fox jumps over the lazy dog" in shingles.copied(text, known)


@pytest.mark.parametrize(
    "text", ["quick brown fox jumps over the lazy", "quick brown fox jumps over a lazy dog", ""]
)
def test_seven_words_and_other_words_are_no_copy(text: str, known: frozenset[str]) -> None:
    assert shingles.copied(text, known) == []


def test_the_list_holds_the_source_documents() -> None:
    assert len(shingles.known()) > 5000


@pytest.mark.parametrize(
    "path", sorted(FOLDER.rglob("*.yaml")), ids=lambda path: path.relative_to(FOLDER).as_posix()
)
def test_no_file_of_the_catalogue_copies_a_source_sentence(path: Path) -> None:
    known = shingles.known()
    data = read(path, name=path.name).data
    assert [run for text in _texts(data) for run in shingles.copied(text, known)] == []


@pytest.mark.parametrize("path", sorted(DOCS.rglob("*.md")), ids=lambda path: path.name)
def test_no_page_of_the_docs_copies_a_source_sentence(path: Path) -> None:
    assert shingles.copied(path.read_text("utf-8"), shingles.known()) == []
