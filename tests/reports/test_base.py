"""A report is there because its module is there."""

import sys
from importlib.metadata import EntryPoint
from types import ModuleType

import pytest

from reports import audit_pack_zip, base
from reports.base import Report
from reports.errors import UnknownReportError


@pytest.fixture(autouse=True)
def fresh() -> None:
    base.reports_by_slug.cache_clear()


def test_the_audit_pack_is_known_by_the_name_of_its_module() -> None:
    assert base.get("audit_pack_zip") is audit_pack_zip.REPORT


def test_modules_that_declare_no_report_are_none() -> None:
    assert set(base.reports_by_slug()) == {"audit_pack_zip", "oscal_files"}


def test_an_unknown_report_is_refused_by_name() -> None:
    known = r"'letter'; known are audit_pack_zip, oscal_files\."
    with pytest.raises(UnknownReportError, match=known):
        base.get("letter")


def test_an_installed_package_adds_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    module = ModuleType("their_letter")
    module.REPORT = Report("Letter", "text/plain", ".txt", audit_pack_zip.write)  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "their_letter", module)
    point = EntryPoint("letter", "their_letter", base.GROUP)
    monkeypatch.setattr(base, "entry_points", lambda **_: [point])
    assert base.get("letter").title == "Letter"
    base.reports_by_slug.cache_clear()
