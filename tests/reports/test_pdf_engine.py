"""The PDF engine works in a process of its own, and says which packages it lacks."""

import sys
from pathlib import Path

import pytest

from reports import pdf_engine
from reports.errors import PdfError


def test_it_names_the_packages_that_are_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf_engine, "_LIBRARIES", (("libc.so.6",), ("libnowhere.so.0",)))

    assert pdf_engine.missing_libraries() == (
        "PDF papers are switched off: the libraries of the PDF engine are missing. "
        "On Debian or Ubuntu: sudo apt-get install libpango-1.0-0 libpangoft2-1.0-0"
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


class TestFailure:
    def test_an_engine_that_fails_says_why(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(pdf_engine, "_MODULE", "reports.nothing_here")
        with pytest.raises(PdfError, match="nothing_here"):
            render("<p>x" * 100_000)

    def test_an_engine_that_is_left_early_is_gone(self) -> None:
        with pytest.raises(KeyboardInterrupt), pdf_engine.Engine() as engine:
            raise KeyboardInterrupt
        assert engine._process.returncode is not None
