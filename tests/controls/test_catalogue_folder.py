"""A catalogue folder is taken whole, or refused with file, line and reason of every fault."""

import pytest

from controls.catalogue_folder import PlacedMapping, read_folder
from controls.errors import CatalogueError
from tests.controls.conftest import CONTROLS, OTHER, TIES, Folder

DOORS = "controls/doors.yaml"


def faults(folder: Folder) -> list[str]:
    with pytest.raises(CatalogueError) as caught:
        read_folder(folder.path)
    return [str(problem) for problem in caught.value.problems]


def test_it_reads_a_sound_folder(folder: Folder) -> None:
    catalogue = read_folder(folder.path)
    (control,) = catalogue.controls
    assert control.entry.statement == "Every door is locked at night."
    assert control.criterion("S1.1") == "small_1/S1.1"
    assert control.criterion("pci_4/8.4.2") == "pci_4/8.4.2"
    assert list(catalogue.frameworks) == ["small_1"]
    assert [risk.ref for risk in catalogue.risks] == ["R-01"]


def test_it_leaves_other_files_alone(folder: Folder) -> None:
    folder.write("README.md", "# \tNot ours")
    assert len(read_folder(folder.path).controls) == 1


SHAPE_FAULTS = {
    "unknown key": (
        ("nature: manual", "natur: manual"),
        [
            f"{DOORS}, line 4: nature is missing",
            (
                f"{DOORS}, line 7: there is no key natur here; known are ref, title, owner_role,"
                " nature, statement, effective_from, risks, criteria, expectations"
            ),
        ],
    ),
    "unknown inner key": (
        ("            sql:", "            query:"),
        [
            f"{DOORS}, line 25: sql is missing",
            (
                f"{DOORS}, line 28: there is no key query here; known are slug, title, sql,"
                " threshold, criterion"
            ),
        ],
    ),
    "wrong enum": (
        ("owner_role: engineer", "owner_role: boss"),
        [
            (
                f"{DOORS}, line 6: owner_role is boss; it must be 'compliance_lead',"
                " 'control_owner', 'reviewer', 'engineer' or 'executive'"
            )
        ],
    ),
    "wrong cadence": (
        ("cadence: monthly", "cadence: fortnightly"),
        [
            (
                f"{DOORS}, line 21: cadence is fortnightly; it must be 'daily', 'business_daily',"
                " 'weekly', 'twice_monthly', 'monthly', 'quarterly', 'semi_annual', 'annual',"
                " 'per_event' or 'continuous'"
            )
        ],
    ),
    "wrong column type": (
        ("locked: boolean", "locked: varchar"),
        [
            (
                f"{DOORS}, line 23: locked is varchar; it must be 'text', 'integer', 'decimal',"
                " 'boolean', 'date' or 'timestamp'"
            )
        ],
    ),
    "missing reason": (
        ("\n        reason: A locked door keeps strangers out.", ""),
        [f"{DOORS}, line 14: reason is missing"],
    ),
    "empty reason": (
        ("reason: A locked door keeps strangers out.", "reason: '  '"),
        [f"{DOORS}, line 15: reason is empty"],
    ),
    "number for text": (
        ("title: No door is open", "title: 1:30"),
        [f"{DOORS}, line 26: title must be text; put it in quotes"],
    ),
    "yes for text": (
        ("title: Doors of the month", "title: yes"),
        [f"{DOORS}, line 18: title must be text; put it in quotes"],
    ),
    "text for a number": (
        ("days_allowed: 5", "days_allowed: '5'"),
        [f"{DOORS}, line 22: days_allowed must be a whole number"],
    ),
    "yes for a number": (
        ("days_allowed: 5", "days_allowed: yes"),
        [f"{DOORS}, line 22: days_allowed must be a whole number"],
    ),
    "negative number": (
        ("days_allowed: 5", "days_allowed: -1"),
        [f"{DOORS}, line 22: days_allowed must be at least 0"],
    ),
    "too many days": (
        ("days_allowed: 5", "days_allowed: 99999"),
        [f"{DOORS}, line 22: days_allowed must be at most 3660"],
    ),
    "text for a day": (
        ("effective_from: 2026-01-01", "effective_from: soon"),
        [f"{DOORS}, line 8: effective_from must be a day such as 2026-01-31, without quotes"],
    ),
    "moment for a day": (
        ("effective_from: 2026-01-01", "effective_from: 2026-01-01 10:00:00"),
        [f"{DOORS}, line 8: effective_from must be a day such as 2026-01-31, without quotes"],
    ),
    "no list": (
        ("risks: [R-01]", "risks: R-01"),
        [f"{DOORS}, line 12: risks must be a list, each line with a dash"],
    ),
    "no mapping": (
        ("columns: {door: text, locked: boolean}", "columns: [door, locked]"),
        [f"{DOORS}, line 23: columns must hold keys and their values"],
    ),
    "odd reference": (
        ("ref: AC-01", "ref: ac1"),
        [f"{DOORS}, line 4: ref must look like AC-01"],
    ),
    "odd slug": (
        ("slug: door-list", "slug: Door list"),
        [f"{DOORS}, line 17: slug must look like staff-mfa-state"],
    ),
    "odd column name": (
        ("{door: text, locked: boolean}", "{door: text, locked: boolean, 'x y': text}"),
        [f"{DOORS}, line 23: x y must look like staff_mfa"],
    ),
    "two lines for one": (
        ("title: Doors of the month", 'title: "Doors\\nof the month"'),
        [f"{DOORS}, line 18: title must look like one line"],
    ),
    "too long": (
        ("title: Doors of the month", "title: " + "x" * 201),
        [f"{DOORS}, line 18: title is longer than 200 characters"],
    ),
    "no expectation": (
        (CONTROLS[CONTROLS.index("    expectations:") :], "    expectations: []\n"),
        [f"{DOORS}, line 16: expectations is empty"],
    ),
}


@pytest.mark.parametrize(("edit", "expected"), SHAPE_FAULTS.values(), ids=SHAPE_FAULTS.keys())
def test_it_refuses_a_file_of_another_shape(
    folder: Folder, edit: tuple[str, str], expected: list[str]
) -> None:
    folder.edit(*edit)
    assert faults(folder) == expected


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("just words\n", f"{DOORS}, line 1: the file must hold keys and their values"),
        ("- a\n- b\n", f"{DOORS}, line 1: the file must hold keys and their values"),
        ("", f"{DOORS}: the file is empty"),
        (b"area: \xff", f"{DOORS}, line 1: byte 0xFF is not UTF-8; save the file in UTF-8"),
    ],
)
def test_it_refuses_a_file_that_is_no_mapping(
    folder: Folder, content: str | bytes, expected: str
) -> None:
    folder.write(DOORS, content)
    assert faults(folder) == [expected]


CONTRADICTIONS = {
    "unknown criterion": (
        ("      - criterion: S1.1", "      - criterion: S9.9"),
        [
            f"{DOORS}, line 14: there is no criterion small_1/S9.9",
            f"{DOORS}, line 27: AC-01 is not mapped to criterion S1.1",
        ],
    ),
    "criterion of an unknown framework": (
        ("      - criterion: S1.1", "      - criterion: other/S1.1"),
        [
            f"{DOORS}, line 14: there is no criterion other/S1.1",
            f"{DOORS}, line 27: AC-01 is not mapped to criterion S1.1",
        ],
    ),
    "criterion named twice": (
        (
            "    expectations:",
            "      - {criterion: small_1/S1.1, reason: Twice}\n    expectations:",
        ),
        [f"{DOORS}, line 16: AC-01 names criterion small_1/S1.1 a second time"],
    ),
    "check of a criterion that the control does not serve": (
        ("            criterion: S1.1", "            criterion: S1.2"),
        [f"{DOORS}, line 27: AC-01 is not mapped to criterion S1.2"],
    ),
    "unknown framework": (
        ("framework: small_1", "framework: small_2"),
        [f"{DOORS}, line 2: there is no framework small_2"],
    ),
    "unknown risk": (
        ("risks: [R-01]", "risks: [R-01, R-99]"),
        [f"{DOORS}, line 12: there is no risk R-99"],
    ),
    "syntax error": (
        ("SELECT door FROM", "SELEKT door FROM"),
        [
            (
                f"{DOORS}, line 28: the query of doors-open fails: Parser Error: syntax error at or"
                ' near "SELEKT"'
            )
        ],
    ),
    "unknown column": (
        ("SELECT door FROM", "SELECT gate FROM"),
        [
            (
                f"{DOORS}, line 28: the query of doors-open fails: Binder Error: Referenced column"
                ' "gate" not found in FROM clause!'
            )
        ],
    ),
    "query that writes": (
        ("SELECT door FROM population WHERE NOT locked", "DELETE FROM population"),
        [f"{DOORS}, line 28: the query of doors-open fails: the query must be a SELECT"],
    ),
    "checks without columns": (
        ("        columns: {door: text, locked: boolean}\n", ""),
        [f"{DOORS}, line 23: checks need columns to be declared"],
    ),
    "required column that is not declared": (
        ("        checks:", "        required_columns: [door, colour]\n        checks:"),
        [f"{DOORS}, line 24: the required column colour is not among the columns"],
    ),
    "end before start": (
        (
            "        checks:",
            "        active_from: 2026-05-01\n        active_to: 2026-04-30\n        checks:",
        ),
        [f"{DOORS}, line 25: active_to lies before active_from"],
    ),
}


@pytest.mark.parametrize(("edit", "expected"), CONTRADICTIONS.values(), ids=CONTRADICTIONS.keys())
def test_it_refuses_what_contradicts_itself(
    folder: Folder, edit: tuple[str, str], expected: list[str]
) -> None:
    folder.edit(*edit)
    assert faults(folder) == expected


def test_it_refuses_a_reference_that_stands_twice_and_names_the_first(folder: Folder) -> None:
    folder.write("controls/zebra.yaml", CONTROLS)
    first = "first in controls/doors.yaml, line"
    assert faults(folder) == [
        f"controls/zebra.yaml, line 4: control AC-01 stands a second time; {first} 4",
        f"controls/zebra.yaml, line 17: expectation door-list stands a second time; {first} 17",
        f"controls/zebra.yaml, line 25: check doors-open stands a second time; {first} 25",
    ]


def test_it_refuses_a_risk_or_criterion_that_stands_twice(folder: Folder) -> None:
    folder.add("  - {ref: R-01, title: Again, area: vendor}\n", name="risks.yaml")
    folder.add("  - {ref: S1.2, section: S9, title: Again}\n", name="frameworks/small_1.yaml")
    assert faults(folder) == [
        (
            "frameworks/small_1.yaml, line 12: criterion small_1/S1.2 stands a second time;"
            " first in frameworks/small_1.yaml, line 9"
        ),
        "frameworks/small_1.yaml, line 12: there is no section S9",
        "risks.yaml, line 5: risk R-01 stands a second time; first in risks.yaml, line 2",
    ]


def test_it_names_the_faults_of_all_files_at_once(folder: Folder) -> None:
    folder.edit("nature: manual", "nature: nice")
    folder.edit("area: access_control", "area: kitchen", name="risks.yaml")
    folder.write("frameworks/broken.yaml", "a:\n\tb")
    assert [fault.partition(":")[0] for fault in faults(folder)] == [
        "controls/doors.yaml, line 7",
        "frameworks/broken.yaml, line 2",
        "risks.yaml, line 4",
    ]


@pytest.mark.parametrize(
    "name",
    [
        "control/doors2.yaml",
        "doors.yaml",
        "controls/more/doors.yaml",
        "controls/doors.yml",
        "frameworks/Small 1.yaml",
        "mappings/Small 1.yaml",
        "mappings/more/small_2.yaml",
        "readiness/Small 1.yaml",
        "risks.yml",
    ],
)
def test_it_refuses_a_file_in_a_place_where_nobody_reads_it(folder: Folder, name: str) -> None:
    folder.write(name, "a: 1\n")
    assert faults(folder) == [
        (
            f"{name}: only frameworks/small_letters.yaml, mappings/small_letters.yaml,"
            " controls/*.yaml and risks.yaml are read"
        )
    ]


def test_it_refuses_a_folder_that_is_not_there(folder: Folder) -> None:
    folder.path = folder.path / "nowhere"
    assert faults(folder) == [f"{folder.path}: there is no such folder"]


def test_it_refuses_a_folder_without_controls(folder: Folder) -> None:
    (folder.path / DOORS).unlink()
    assert faults(folder) == [f"{folder.path}: there is no control in this folder"]


@pytest.fixture
def two(folder: Folder) -> Folder:
    folder.write("frameworks/other_2.yaml", OTHER)
    folder.write("mappings/other_2.yaml", TIES)
    return folder


class TestAFileOfMappings:
    def test_it_ties_a_control_to_another_framework(self, two: Folder) -> None:
        (mapping,) = read_folder(two.path).mappings
        assert mapping == PlacedMapping("AC-01", "other_2/1.1.1", "Doors are doors.")

    def test_a_check_may_name_a_criterion_that_only_it_names(self, two: Folder) -> None:
        two.edit("            criterion: S1.1", "            criterion: other_2/1.1.1")
        assert len(read_folder(two.path).mappings) == 1

    @pytest.mark.parametrize(
        ("old", "new", "expected"),
        [
            ("AC-01:", "AC-02:", "line 4: there is no control AC-02"),
            ("1.1.1", "9.9.9", "line 2: there is no criterion other_2/9.9.9"),
            ("AC-01:", "ac1:", "line 4: ac1 must look like AC-01"),
            ("Doors are doors.", "''", "line 4: AC-01 is empty"),
            (
                "    controls:\n      AC-01: Doors are doors.",
                "    controls: {}",
                "line 3: controls is empty",
            ),
        ],
    )
    def test_it_is_refused_with_the_line(
        self, two: Folder, old: str, new: str, expected: str
    ) -> None:
        two.edit(old, new, name="mappings/other_2.yaml")
        assert faults(two) == [f"mappings/other_2.yaml, {expected}"]

    def test_it_is_refused_without_its_framework(self, two: Folder) -> None:
        (two.path / "frameworks/other_2.yaml").unlink()
        assert faults(two) == [
            (
                "mappings/other_2.yaml, line 1: there is no framework other_2, which this file is"
                " named by"
            )
        ]

    def test_it_names_a_criterion_once(self, two: Folder) -> None:
        two.add(TIES.partition("\n")[2], name="mappings/other_2.yaml")
        assert faults(two) == [
            (
                "mappings/other_2.yaml, line 5: mapping of other_2/1.1.1 stands a second time;"
                " first in mappings/other_2.yaml, line 2"
            )
        ]

    def test_it_does_not_repeat_what_the_control_says(self, two: Folder) -> None:
        two.edit(
            "    expectations:",
            "      - {criterion: other_2/1.1.1, reason: Mine}\n    expectations:",
        )
        assert faults(two) == [
            f"{DOORS}, line 16: AC-01 names criterion other_2/1.1.1 a second time"
        ]
