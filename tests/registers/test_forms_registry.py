"""A form is a file: what makes one whole, and what the catalogue asks of it."""

import re
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from django.conf import settings

from controls.catalogue_folder import read_folder
from controls.models import Area
from evidence.population import Column
from registers.errors import DeclarationError, UnknownFormError
from registers.forms import kinds, reading, registry
from registers.forms.base import Asks, Form, Lines, Question
from registers.forms.kinds import restore_test
from tests.registers.filled import CLOCK, GOOD

FORMS = registry.forms()
DOCS = Path(settings.BASE_DIR) / "docs"
WANTED = {
    "restore_test",
    "tabletop_exercise",
    "incident_review",
    "vendor_review",
    "emergency_change",
    "rollback_test",
    "access_request",
    "leaver_check",
    "alert_review",
    "failed_job_review",
    "reconciliation",
    "questionnaire_answers",
}


@pytest.fixture(scope="module")
def expected() -> dict[str, Any]:
    catalogue = read_folder(Path(settings.BASE_DIR) / "controls" / "catalogue")
    return {
        entry.slug: entry for placed in catalogue.controls for entry in placed.entry.expectations
    }


def test_the_forms_that_auditors_ask_for_are_there() -> None:
    assert set(FORMS) >= WANTED


def test_each_file_is_a_form_and_has_a_good_example_in_the_tests() -> None:
    names = {path.stem for path in Path(kinds.__path__[0]).glob("*.py")} - {"__init__"}
    assert names == set(FORMS) == set(GOOD)


@pytest.mark.parametrize("slug", sorted(FORMS))
def test_what_a_form_serves_is_in_the_catalogue_and_fits(
    slug: str, expected: dict[str, Any]
) -> None:
    declared = FORMS[slug].declared
    columns = {column.name: column.type for column in declared.columns}
    assert len(columns) == len(declared.columns)
    for number, served in enumerate(declared.serves):
        entry = expected[served]
        assert not entry.collector, "What a collector brings needs no form."
        assert entry.kind == declared.kind
        if number == 0:
            assert entry.evidence_type == declared.evidence_type
        wanted = dict(entry.columns)
        assert {name: columns.get(name) for name in wanted} == wanted


@pytest.mark.parametrize("slug", sorted(FORMS))
def test_each_form_says_what_it_is_for(slug: str) -> None:
    declared = FORMS[slug].declared
    assert declared.purpose.endswith(".")
    assert "It proves" in declared.purpose or "this proves" in declared.purpose


def module_with(form: object) -> ModuleType:
    module = ModuleType("odd")
    module.__file__ = restore_test.__file__
    module.FORM = form  # type: ignore[attr-defined]
    return module


def form(**changes: object) -> Form:
    whole: dict[str, object] = {
        "title": "Odd",
        "purpose": "To be refused.",
        "area": Area.CHANGE,
        "serves": ("leavers",),
        "evidence_type": restore_test.FORM.evidence_type,
        "questions": (Question(name="a", label="A"),),
        "columns": (Column("a", "text"),),
        "table": restore_test.FORM.table,
        "rules": restore_test.FORM.rules,
        **changes,
    }
    return Form(**whole)  # type: ignore[arg-type]


LINES = Lines(title="Lines", entry="line", questions=(Question(name="b", label="B"),))


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"questions": (Question(name="Bad", label="A"),)}, "needs another name"),
        ({"questions": (Question(name="zone", label="A"),)}, "needs another name"),
        ({"questions": (Question(name="draft_seen", label="A"),)}, "needs another name"),
        ({"questions": (Question(name="covers_to", label="A"),)}, "needs another name"),
        ({"questions": (Question(name="a", label="A", asks=Asks.CHOICE),)}, "choices belong"),
        ({"questions": (Question(name="a", label="A", choices=("x",)),)}, "choices belong"),
        ({"serves": ()}, "names no expectation"),
        ({"is_list": True}, "a list has lines"),
        ({"one_day": "a"}, "must be a date"),
        (
            {
                "lines": Lines(
                    title="L",
                    entry="l",
                    questions=(Question(name="f", label="F", asks=Asks.FILE),),
                )
            },
            "files are attached to the form",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_an_odd_form_is_refused_with_what_to_correct(changes: dict[str, object], told: str) -> None:
    with pytest.raises(DeclarationError, match=told):
        registry.inspected("odd", module_with(form(**changes)))


def test_a_whole_form_passes() -> None:
    assert registry.inspected("odd", module_with(form(lines=LINES))).declared.title == "Odd"


def test_a_file_without_a_form_is_refused() -> None:
    with pytest.raises(DeclarationError, match="FORM = Form"):
        registry.inspected("odd", module_with(None))


def test_an_unknown_form_is_refused_with_the_known_ones() -> None:
    with pytest.raises(UnknownFormError, match="restore_test"):
        registry.get("nothing")


def test_the_forms_of_an_expectation_are_found() -> None:
    assert [kind.slug for kind in registry.serving("alert-triage")] == ["alert_review"]
    assert registry.serving("nothing") == []


def test_the_example_of_the_how_to_is_a_whole_form() -> None:
    text = (DOCS / "how-to" / "add-a-form.md").read_text("utf-8")
    code = text.split("```python\n")[1].split("```")[0]
    module = module_with(None)
    exec(code, module.__dict__)  # noqa: S102  our own words
    kind = registry.inspected("office_round", module)
    given = {
        "covers_from": "2026-10-01",
        "covers_to": "2026-10-31",
        "done_at": "2026-10-05T09:00",
        "done_by": "a@example.org",
        "reviewed_by": "a@example.org",
        "all_locked": "no",
    }
    found = reading.read(kind, given, {}, clock=CLOCK)
    assert set(found.problems) == {"reviewed_by", "done_next"}
    mended = {**given, "reviewed_by": "b@example.org", "done_next": "Locked it."}
    answers = reading.read(kind, mended, {}, clock=CLOCK).answers
    assert answers
    assert [set(row) for row in kind.declared.table(answers)] == [{"done_at", "all_locked"}]


def test_the_how_to_lists_every_form_with_its_control() -> None:
    text = (DOCS / "how-to" / "fill-in-a-form.md").read_text("utf-8")
    rows = re.findall(r"^\| ([A-Z][\w -]+) \| [^|]+ \| ([A-Z]+-\d+) \|$", text, re.MULTILINE)
    catalogue = read_folder(Path(settings.BASE_DIR) / "controls" / "catalogue")
    control_of = {
        entry.slug: placed.entry.ref
        for placed in catalogue.controls
        for entry in placed.entry.expectations
    }
    served = {kind.declared.title: control_of[kind.declared.serves[0]] for kind in FORMS.values()}
    assert dict(rows) == served
