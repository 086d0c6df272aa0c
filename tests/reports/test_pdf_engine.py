"""The PDF engine works in a process of its own, and says which packages it lacks."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from reports import pdf_engine
from reports.errors import PdfError


def test_it_names_the_packages_that_are_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf_engine, "_LIBRARIES", (("libc.so.6",), ("libnowhere.so.0",)))

    assert pdf_engine.missing_libraries() == (
        "PDF papers are switched off: the libraries of the PDF engine are missing. "
        "On Debian or Ubuntu: sudo apt-get install libpango-1.0-0 libpangoft2-1.0-0 "
        "fonts-dejavu-extra"
    )


def test_it_takes_a_library_under_any_of_its_names(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf_engine, "_LIBRARIES", (("libnowhere.dylib", "libc.so.6"),))

    assert pdf_engine.missing_libraries() == ""


def render(html: str) -> bytes:
    with pdf_engine.Engine() as engine:
        engine.begin(html, identifier=b"i" * 16)
        return engine.result()


@pytest.mark.usefixtures("pdf")
class TestEngine:
    def test_the_same_html_gives_the_same_bytes(self) -> None:
        first = render("<title>One</title><p>Ö")
        assert first.startswith(b"%PDF-")
        assert render("<title>One</title><p>Ö") == first

    def test_a_paper_that_names_something_to_load_is_refused(self, tmp_path: Path) -> None:
        picture = tmp_path / "a.svg"
        picture.write_text('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>')
        with pytest.raises(PdfError, match="Error fetching"):
            render(f'<img src="{picture.as_uri()}">')

    def test_the_worker_itself_is_spared_its_memory(self) -> None:
        assert render("<p>x")
        assert "weasyprint" not in sys.modules


@pytest.mark.usefixtures("pdf")
class TestWarm:
    @pytest.fixture
    def warm(self) -> Iterator[pdf_engine.Warm]:
        made = pdf_engine.Warm()
        yield made
        made.close()

    def test_many_papers_of_one_process_are_those_of_many(self, warm: pdf_engine.Warm) -> None:
        first = warm.render("<title>One</title><p>Ö", identifier=b"i" * 16)
        engine = warm._engine
        assert warm.render("<p>two", identifier=b"i" * 16) != first
        assert warm.render("<title>One</title><p>Ö", identifier=b"i" * 16) == first
        assert warm._engine is engine
        assert first == render("<title>One</title><p>Ö")

    def test_one_that_fails_says_why_and_the_next_is_written(self, warm: pdf_engine.Warm) -> None:
        assert warm.render("<p>one", identifier=b"i" * 16)
        with pytest.raises(PdfError, match="Error fetching"):
            warm.render('<img src="file:///etc/hostname">', identifier=b"i" * 16)
        assert warm.render("<p>two", identifier=b"i" * 16).startswith(b"%PDF-")

    def test_one_that_left_is_followed_by_another(self, warm: pdf_engine.Warm) -> None:
        assert warm.render("<p>one", identifier=b"i" * 16)
        engine = warm._engine
        assert engine
        engine._process.kill()
        engine._process.wait()
        assert warm.render("<p>two", identifier=b"i" * 16).startswith(b"%PDF-")

    def test_it_begins_anew_after_many(
        self, warm: pdf_engine.Warm, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(pdf_engine, "MOST_IN_A_ROW", 1)
        assert warm.render("<p>one", identifier=b"i" * 16)
        assert warm._engine is None


class TestFailure:
    def test_an_engine_that_fails_says_why(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(pdf_engine.Engine, "module", "reports.nothing_here")
        with pytest.raises(PdfError, match="nothing_here"):
            render("<p>x" * 100_000)

    def test_an_engine_that_is_left_early_is_gone(self) -> None:
        with pytest.raises(KeyboardInterrupt), pdf_engine.Engine() as engine:
            raise KeyboardInterrupt
        assert engine._process.returncode is not None
