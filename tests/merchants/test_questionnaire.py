"""The ten questionnaires hold every line of the forms, and a later revision is a later file."""

from collections import Counter
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from merchants import questionnaire
from merchants.answers import Answer
from merchants.errors import QuestionnaireError, UnknownFormTypeError

FORMS: dict[str, Any] = yaml.safe_load(
    (Path(__file__).parent / "tables" / "forms.yaml").read_text("utf-8")
)
TODAY = date(2026, 11, 22)


def test_there_is_a_file_for_each_of_the_ten_types() -> None:
    kinds = {one.questionnaire.type for one in questionnaire.all_revisions()}
    assert kinds == set(FORMS) == set(questionnaire.TYPES)
    assert len(kinds) == 10


@pytest.mark.parametrize("form_type", list(FORMS))
def test_every_line_of_a_form_is_asked_and_no_other(form_type: str) -> None:
    known, found = FORMS[form_type], questionnaire.current(form_type, TODAY).questionnaire
    lines = found.lines()
    assert len(lines) == known["answer_lines"]
    assert Counter(line.about for line in lines.values()) == Counter(known["requirements"])
    printed = [line for part in found.sections for line in part.lines if not line.is_answered]
    assert [line.id for line in printed] == known["printed_only"]
    rows = {line.about for line in lines.values()} | {line.id for line in printed}
    assert len(rows) == known["rows_printed"]
    assert list(found.answers) == known["answers"]
    assert len(found.statements) == known["statements"]


@pytest.mark.parametrize("form_type", list(FORMS))
def test_lines_stand_in_the_section_of_their_requirement(form_type: str) -> None:
    found = questionnaire.current(form_type, TODAY).questionnaire
    for section in found.sections:
        assert {line.about.split(".")[0].lower() for line in section.lines} == {section.id}
    assert all(answer in set(Answer) for answer in found.answers)


def test_only_the_two_forms_d_know_lines_that_were_not_tested() -> None:
    knowing = [one for one in FORMS if Answer.NOT_TESTED in FORMS[one]["answers"]]
    assert knowing == ["D-Merchant", "D-Service-Provider"]


def test_what_was_read_is_the_same_after_it_was_kept() -> None:
    for one in questionnaire.all_revisions():
        assert questionnaire.of_content(one.questionnaire.content()) == one.questionnaire


def test_two_elements_of_a_requirement_are_two_lines() -> None:
    lines = questionnaire.current("D-Merchant", TODAY).questionnaire.lines()
    elements = [line for line in lines.values() if line.about == "12.5.2"]
    assert [line.id for line in elements] == [f"12.5.2-{place}" for place in range(1, 9)]
    assert len({line.element for line in elements}) == 8


def test_programs_know_a_type_by_its_code() -> None:
    assert questionnaire.code_of("A") == "PCI_SAQ_A"
    assert questionnaire.code_of("D-Service-Provider") == "PCI_SAQ_D_SERVICE_PROVIDER"


GOOD = """
type: B
form: SAQ B
version: '2024.10'
standard: PCI DSS 4.0.1
published: 2024-10-31
in_force_from: 2024-10-31
who: Some
channels: [moto]
answers: [in_place]
tells_results: false
asv_scan: false
statements: []
parts: []
sections:
  - id: '3'
    title: Three
    lines: [{id: 3.1.1, title: A line}]
"""


def test_the_revision_in_force_is_the_latest_that_has_come(tmp_path: Path) -> None:
    (tmp_path / "b_old.yaml").write_text(GOOD)
    later = GOOD.replace("in_force_from: 2024-10-31", f"in_force_from: {TODAY}")
    (tmp_path / "b_new.yaml").write_text(later.replace("2024.10'", "2026.11'"))
    yesterday = questionnaire.current("B", TODAY - timedelta(days=1), folder=tmp_path)
    assert yesterday.slug == "b_old"
    assert questionnaire.current("B", TODAY, folder=tmp_path).slug == "b_new"
    with pytest.raises(UnknownFormTypeError, match="'A'"):
        questionnaire.current("A", TODAY, folder=tmp_path)
    with pytest.raises(UnknownFormTypeError):
        questionnaire.current("B", date(2024, 1, 1), folder=tmp_path)


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("type: B", "type: Z", "there is no type 'Z'"),
        ("{id: 3.1.1, title: A line}", "{id: x, title: A}, {id: x, title: B}", "x stands"),
        ("title: A line}", "title: A line, is_answered: false}", "nothing is asked"),
        ("who: Some", "who: Some\nodd: 1", "odd"),
        ("type: B", "type: [", "bad.yaml"),
    ],
)
def test_a_file_that_is_wrong_is_named(tmp_path: Path, before: str, after: str, said: str) -> None:
    file = tmp_path / "bad.yaml"
    file.write_text(GOOD.replace(before, after))
    with pytest.raises(QuestionnaireError, match=r"bad\.yaml") as refused:
        questionnaire.read(file)
    assert said in str(refused.value)
