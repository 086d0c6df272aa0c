"""Every requirement of the source documents has a home that is there, and the page says which."""

import re
import shutil
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from compliance import homes
from controls.errors import CatalogueError
from controls.traceability import Document, Home, HomeKind, page, read_documents

CATALOGUE = Path(settings.BASE_DIR) / "controls" / "catalogue"
PAGE = Path(settings.BASE_DIR) / "docs" / "traceability.md"
IDS = (
    (Path(settings.BASE_DIR) / "tests" / "controls" / "requirement_ids.txt")
    .read_text("ascii")
    .split()
)


@pytest.fixture(scope="module")
def known() -> homes.Homes:
    return homes.Homes(CATALOGUE)


def test_all_501_requirements_have_a_home_and_no_other_id_has(known: homes.Homes) -> None:
    traced = [requirement for document in known.documents for requirement in document.homes]
    sources = [requirement for requirement in traced if not requirement.startswith("PBC-")]
    assert len(IDS) == len(set(IDS)) == 501
    assert sorted(sources) == sorted(IDS)


def test_each_of_the_88_usual_requests_of_auditors_is_expected(known: homes.Homes) -> None:
    (requests,) = [one.homes for one in known.documents if "PBC-01" in one.homes]
    assert list(requests) == [f"PBC-{number:02}" for number in range(1, 89)]
    kinds = {home.kind for found in requests.values() for home in found}
    assert kinds == {HomeKind.EXPECTATION}


def test_the_page_is_the_one_that_would_be_written_now() -> None:
    assert PAGE.read_text("utf-8") == homes.page(CATALOGUE)


def test_its_lines_are_of_a_readable_width() -> None:
    assert max(map(len, PAGE.read_text("utf-8").splitlines())) <= 260


def test_every_requirement_is_at_home_today(known: homes.Homes) -> None:
    every = [found for document in known.documents for found in document.homes.values()]
    waiting = [found for found in every if {home.kind for home in found} == {HomeKind.PLANNED}]
    assert waiting == []


@pytest.mark.parametrize(
    ("home", "there"),
    [
        ("control AC-01", True),
        ("control AC-99", False),
        ("expectation restore-test", True),
        ("expectation nothing", False),
        ("check staff-without-mfa", True),
        ("check nothing", False),
        ("collector staff_mfa", True),
        ("collector nothing", False),
        ("report audit_pack_zip", True),
        ("report base", False),
        ("form restore_test", True),
        ("form nothing", False),
        ("guide api", True),
        ("guide nothing", False),
        ("readiness q-sec-01", True),
        ("readiness nothing", False),
        ("risk R-01", True),
        ("risk R-99", False),
        ("criterion pci_dss_4_0_1/8.4.1", True),
        ("criterion pci_dss_4_0_1/99", False),
        ("module compliance.api.errors", True),
        ("module compliance.api.nothing", False),
        ("module nothing.at.all", False),
        ("module json", False),
        ("field evidence.Evidence.sensitivity", True),
        ("field evidence.Evidence.nothing", False),
        ("field evidence.Nothing.sensitivity", False),
        ("field nothing.Evidence.sensitivity", False),
    ],
)
def test_it_knows_which_homes_are_there(known: homes.Homes, home: str, there: bool) -> None:
    kind, _, name = home.partition(" ")
    assert known.exists(Home(HomeKind(kind), name)) is there


@pytest.mark.parametrize(
    ("home", "ways"),
    [
        ("expectation staff-mfa-state", {"collector `staff_mfa`"}),
        ("check staff-without-mfa", {"collector `staff_mfa`"}),
        ("expectation movers", {"by hand"}),
        ("expectation access-grants", {"by hand with the form `access_request`"}),
        ("form restore_test", {"by hand with the form `restore_test`"}),
        ("control AC-02", {"by hand with the form `access_request`"}),
        ("readiness q-sec-05", {"collector `staff_mfa`", "by hand"}),
        ("collector tls_endpoint", {"collector `tls_endpoint`"}),
        ("module compliance.api.errors", set()),
        ("planned registers.vendors", set()),
    ],
)
def test_it_says_how_evidence_comes_in(known: homes.Homes, home: str, ways: set[str]) -> None:
    kind, _, name = home.partition(" ")
    assert set(known.ways(Home(HomeKind(kind), name))) == ways


def faults(tmp_path: Path, **files: str) -> list[str]:
    folder = tmp_path / "traceability"
    folder.mkdir()
    for name, text in files.items():
        (folder / f"{name}.yaml").write_text(text, "utf-8")
    with pytest.raises(CatalogueError) as caught:
        read_documents(folder, exists=lambda home: home.name == "AC-01")
    return [str(problem) for problem in caught.value.problems]


@pytest.mark.parametrize(
    ("homes_of_it", "expected"),
    [
        ("[control AC-02]", "there is no control `AC-02`"),
        ("[control AC-01, check AC-02]", "there is no check `AC-02`"),
        ("[]", "S1-A is empty"),
        ("[AC-01]", "S1-A must look like control AC-01"),
        ("[cupboard AC-01]", "S1-A must look like control AC-01"),
    ],
)
def test_it_refuses_a_requirement_without_a_real_home(
    tmp_path: Path, homes_of_it: str, expected: str
) -> None:
    text = f"title: Document\nhomes:\n  S1-A: {homes_of_it}\n"
    assert faults(tmp_path, a=text) == [f"traceability/a.yaml, line 3: {expected}"]


def test_it_refuses_an_id_that_stands_in_two_files(tmp_path: Path) -> None:
    text = "title: Document\nhomes:\n  S1-A: [control AC-01]\n"
    assert faults(tmp_path, a=text, b=text) == [
        "traceability/b.yaml, line 3: S1-A stands a second time; first in traceability/a.yaml"
    ]


def test_the_page_tells_what_is_planned_and_what_comes_by_hand() -> None:
    hand = Home(HomeKind.CONTROL, "AC-02")
    later = Home(HomeKind.PLANNED, "registers.vendors")
    text = page(
        (Document("One", {"S1-A": (hand, later), "S1-B": (later,)}),),
        ways=lambda home: ("by hand",) if home == hand else (),
    )
    assert "| S1-A | control `AC-02`, *planned* `registers.vendors` | by hand |" in text
    assert "| S1-B | *planned* `registers.vendors` | still to come |" in text
    assert "| One | 2 | 1 | 1 | 1 |" in text


def test_the_command_writes_the_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "docs").mkdir()
    shutil.copytree(CATALOGUE, tmp_path / "controls" / "catalogue")
    monkeypatch.setattr(homes, "_is_module", lambda _name: True)
    monkeypatch.setattr("django.conf.settings.BASE_DIR", tmp_path)
    call_command("traceability", verbosity=0)
    assert (tmp_path / "docs" / "traceability.md").read_text("utf-8") == PAGE.read_text("utf-8")


def test_the_command_refuses_a_broken_map(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(CATALOGUE, tmp_path / "controls" / "catalogue")
    path = tmp_path / "controls" / "catalogue" / "traceability" / "security_overview.yaml"
    text = path.read_text("utf-8")
    path.write_text(text.replace("expectation asv-scan", "expectation nothing"), "utf-8")
    monkeypatch.setattr("django.conf.settings.BASE_DIR", tmp_path)
    with pytest.raises(CommandError, match="there is no expectation `nothing`"):
        call_command("traceability")


def test_the_background_on_pci_names_only_questionnaires_and_controls_that_are_there(
    known: homes.Homes,
) -> None:
    text = (Path(settings.BASE_DIR) / "docs" / "pci-background.md").read_text("utf-8")
    for ref in re.findall(r"\b[A-Z]{2,3}-\d{2}\b", text):
        assert known.exists(Home(HomeKind.CONTROL, ref)), ref
    assert set(re.findall(r"SAQ [A-Z][A-Za-z0-9-]*", text)) == {
        *(
            "SAQ A",
            "SAQ A-EP",
            "SAQ B",
            "SAQ B-IP",
            "SAQ C",
            "SAQ C-VT",
            "SAQ D",
            "SAQ P2PE",
            "SAQ SPoC",
        )
    }
