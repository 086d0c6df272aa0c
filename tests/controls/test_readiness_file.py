"""The programme as data: every list is whole, points to what is there, and refuses what is not."""

from pathlib import Path

import pytest
from django.conf import settings

from controls.catalogue_folder import read_folder
from controls.errors import CatalogueError
from controls.readiness_file import BY_HAND, Kind, Known, Programme, read_programme

KNOWN = Known(
    controls=frozenset({"AC-01"}),
    columns={"door-list": frozenset({"door"})},
    checks=frozenset({"doors-open"}),
    areas=frozenset({"access_control"}),
)
QUESTIONS = """\
kind: question
title: Questions
entries:
  - id: q-1
    text: Are doors locked?
    controls: [AC-01]
    expectations: [door-list]
    checks: [doors-open]
    column: door
    weight: 3
"""
STEPS = """\
kind: step
title: Steps
entries:
  - {id: s-1, text: Count the doors, group: p-1, controls: [AC-01]}
  - {id: s-2, text: Lock the doors, group: p-2, controls: [AC-01]}
  - {id: s-3, text: Count them again, group: p-1, controls: [AC-01]}
"""
PHASES = """\
kind: phase
title: Phases
entries:
  - {id: p-1, text: First, controls: [AC-01], weeks: 2}
  - {id: p-2, text: Second, controls: [AC-01]}
"""


@pytest.fixture(scope="module")
def shipped() -> Programme:
    folder = Path(settings.CATALOGUE_DIR)
    return read_programme(folder / "readiness", known=read_folder(folder).known)


@pytest.mark.parametrize(
    ("kind", "number"),
    [
        (Kind.QUESTION, 22),
        (Kind.MISTAKE, 13),
        (Kind.RULE, 10),
        (Kind.BUYER_QUESTION, 8),
        (Kind.CLOSING_QUESTION, 6),
        (Kind.GOOD_SIGN, 16),
        (Kind.ACTION, 12),
        (Kind.PHASE, 5),
        (Kind.STEP, 36),
        (Kind.SIGNAL, 8),
        (Kind.TRACE_FIELD, 8),
        (Kind.SECRET_KIND, 7),
        (Kind.COMPARISON, 6),
        (Kind.WEBHOOK_CONTROL, 6),
        (Kind.LIBRARY, 8),
        (Kind.METADATA_FIELD, 8),
    ],
)
def test_the_shipped_programme_is_whole(shipped: Programme, kind: Kind, number: int) -> None:
    assert len(shipped.entries(kind)) == number


def test_every_phase_has_steps_and_every_step_a_phase(shipped: Programme) -> None:
    steps = [shipped.steps_of(phase.id) for phase in shipped.entries(Kind.PHASE)]
    assert [len(found) for found in steps] == [7, 8, 8, 7, 6]


def test_every_mistake_is_found_by_a_rule_of_its_own(shipped: Programme) -> None:
    detectors = [entry.detector for entry in shipped.entries(Kind.MISTAKE)]
    assert len(set(detectors)) == len(detectors)
    assert BY_HAND not in detectors


def test_the_libraries_are_the_areas(shipped: Programme) -> None:
    areas = read_folder(Path(settings.CATALOGUE_DIR)).known.areas
    assert {entry.area for entry in shipped.entries(Kind.LIBRARY)} == areas


def test_no_two_entries_say_the_same(shipped: Programme) -> None:
    for file in shipped.files.values():
        texts = [entry.text for entry in file.entries]
        assert len(set(texts)) == len(texts)


def faults(tmp_path: Path, **files: str) -> list[str]:
    folder = tmp_path / "readiness"
    folder.mkdir(exist_ok=True)
    for name, text in files.items():
        (folder / f"{name}.yaml").write_text(text, "utf-8")
    with pytest.raises(CatalogueError) as caught:
        read_programme(folder, known=KNOWN)
    return [str(problem) for problem in caught.value.problems]


def test_it_reads_a_sound_folder_and_keeps_the_order(tmp_path: Path) -> None:
    for name, text in (("questions", QUESTIONS), ("steps", STEPS), ("phases", PHASES)):
        (tmp_path / f"{name}.yaml").write_text(text, "utf-8")
    programme = read_programme(tmp_path, known=KNOWN)
    assert [step.id for step in programme.steps_of("p-1")] == ["s-1", "s-3"]
    assert programme.entries(Kind.QUESTION)[0].detector == BY_HAND
    assert programme.entries(Kind.MISTAKE) == ()
    assert programme.ids == {"q-1", "s-1", "s-2", "s-3", "p-1", "p-2"}


def test_a_folder_that_is_not_there_holds_nothing(tmp_path: Path) -> None:
    assert read_programme(tmp_path / "nowhere", known=KNOWN).ids == frozenset()


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("controls: [AC-01]", "controls: [AC-02]", "line 6: there is no control AC-02"),
        ("[doors-open]", "[gates-open]", "line 8: there is no check gates-open"),
        ("column: door", "area: kitchen", "line 9: there is no area kitchen"),
        ("column: door", "column: gate", "line 9: the expectations of q-1 have no column gate"),
        ("weight: 3", "weight: 6", "line 10: weight must be at most 5"),
        ("weight: 3", "weight: 0", "line 10: weight must be at least 1"),
        ("weight: 3", "field: Evidence", "line 10: field must look like evidence.Evidence.sens"),
        ("kind: question", "kind: riddle", "line 1: kind is riddle; it must be 'question'"),
        ("weight: 3", "detector: No Name", "line 10: detector must look like staff_mfa"),
        ("weight: 3", "wait: 3", "line 10: there is no key wait here; known are id, text"),
        ("    text: Are doors locked?\n", "", "line 4: text is missing"),
    ],
)
def test_it_refuses_with_file_line_and_reason(
    tmp_path: Path, old: str, new: str, expected: str
) -> None:
    assert QUESTIONS.count(old) == 1
    (fault,) = faults(tmp_path, questions=QUESTIONS.replace(old, new))
    assert fault.startswith(f"readiness/questions.yaml, {expected}")


def test_it_refuses_an_expectation_that_is_not_there(tmp_path: Path) -> None:
    changed = QUESTIONS.replace("[door-list]", "[gate-list]")
    assert faults(tmp_path, questions=changed) == [
        "readiness/questions.yaml, line 7: there is no expectation gate-list",
        "readiness/questions.yaml, line 9: the expectations of q-1 have no column door",
    ]


def test_it_refuses_an_entry_that_points_to_nothing(tmp_path: Path) -> None:
    text = "kind: rule\ntitle: Rules\nentries:\n  - id: r-1\n    text: Be good\n"
    assert faults(tmp_path, rules=text) == [
        "readiness/rules.yaml, line 4: r-1 points to nothing that shows it"
    ]


def test_it_refuses_a_step_without_its_phase(tmp_path: Path) -> None:
    assert faults(tmp_path, steps=STEPS, phases=PHASES.replace("p-2", "p-3")) == [
        "readiness/steps.yaml, line 5: there is no phase p-2"
    ]


def test_it_refuses_an_id_or_a_kind_that_stands_twice(tmp_path: Path) -> None:
    assert faults(tmp_path, a=QUESTIONS, b=QUESTIONS) == [
        (
            "readiness/b.yaml, line 1: the kind question stands a second time; first in"
            " readiness/a.yaml, line 1"
        ),
        (
            "readiness/b.yaml, line 4: the entry q-1 stands a second time; first in"
            " readiness/a.yaml, line 4"
        ),
    ]


def test_it_names_the_faults_of_all_files_at_once(tmp_path: Path) -> None:
    found = faults(tmp_path, a="a:\n\tb", b="kind: rule\n")
    assert {fault.partition(",")[0] for fault in found} == {"readiness/a.yaml", "readiness/b.yaml"}
