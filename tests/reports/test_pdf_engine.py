"""The PDF engine says which packages it lacks."""

import importlib

import pytest

from reports import pdf_engine


def test_it_names_the_packages_that_are_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf_engine, "_LIBRARIES", (("libc.so.6",), ("libnowhere.so.0",)))

    assert pdf_engine.missing_libraries() == (
        "PDF papers are switched off: the libraries of the PDF engine are missing. "
        "On Debian or Ubuntu: sudo apt-get install libpango-1.0-0 libpangoft2-1.0-0"
    )


def test_it_takes_a_library_under_any_of_its_names(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf_engine, "_LIBRARIES", (("libnowhere.dylib", "libc.so.6"),))

    assert pdf_engine.missing_libraries() == ""


def test_the_engine_can_be_imported_where_nothing_is_missing() -> None:
    if pdf_engine.missing_libraries():
        pytest.skip("the PDF engine is not installed here")
    assert importlib.import_module("weasyprint").HTML
