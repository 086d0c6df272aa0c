"""`manage.py load_catalogue` shows first, asks where somebody is there, and rewords on demand."""

import io
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from controls.models import Control, ControlVersion, Expectation
from tests.controls.conftest import Folder
from tests.installation import PATIENCE_SECONDS

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("pages")]


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def nobody_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO())


def somebody_says(monkeypatch: pytest.MonkeyPatch, *answers: str) -> None:
    monkeypatch.setattr(sys, "stdin", Terminal("".join(f"{answer}\n" for answer in answers)))


def run(folder: Folder, *options: str) -> str:
    return run_on(folder.path, *options)


def run_on(path: Path, *options: str) -> str:
    out = io.StringIO()
    call_command("load_catalogue", "--folder", str(path), *options, stdout=out)
    return out.getvalue()


def reword(folder: Folder) -> None:
    folder.edit("Every door is locked\n      at night.", "Every door is locked. It stays so.")


def statements() -> list[str]:
    return [version.statement for version in ControlVersion.objects.all()]


def test_a_first_start_loads_with_yes_and_shows_what_it_adds(folder: Folder) -> None:
    shown = run(folder, "--yes").splitlines()
    assert shown == [
        "add 1 framework: small_1",
        "add 2 criterion: small_1/S1.1, small_1/S1.2",
        "add 1 risk: R-01",
        "add 1 control: AC-01",
        "add 1 mapping: AC-01 small_1/S1.1",
        "add 1 expectation: door-list",
        "add 1 check: doors-open",
        "word AC-01, version 1, from 2026-01-01",
        "The catalogue is loaded.",
    ]
    assert Control.objects.count() == 1


def test_many_additions_are_summed_up_unless_names_are_asked_for() -> None:
    shown = run_on(settings.CATALOGUE_DIR, "--dry-run")
    assert max(map(len, shown.splitlines())) < 300
    assert re.search(
        r"add 1\d\d control: AC-01, .+ and \d+ more \(--verbosity 2 names all\)", shown
    )
    summed = re.search(r"word (1\d\d) controls for the first time", shown)
    assert summed, shown

    in_full = run_on(settings.CATALOGUE_DIR, "--dry-run", "--verbosity", "2")
    assert in_full.count(", version 1, from") == int(summed[1])
    assert " more (" not in in_full


def test_it_can_be_quiet(folder: Folder) -> None:
    assert run(folder, "--yes", "--verbosity", "0") == "The catalogue is loaded.\n"


def test_a_second_start_says_that_all_is_up_to_date(folder: Folder) -> None:
    run(folder, "--yes")
    assert run(folder, "--yes") == "The catalogue is up to date.\n"
    assert run(folder) == "The catalogue is up to date.\n"


def test_a_dry_run_shows_and_changes_nothing(folder: Folder) -> None:
    shown = run(folder, "--dry-run", "--yes")
    assert "add 1 control: AC-01" in shown
    assert shown.endswith("Nothing was changed, as asked.\n")
    assert not Control.objects.exists()


def test_nobody_to_ask_means_no_without_yes(folder: Folder) -> None:
    with pytest.raises(CommandError, match=r"pass --yes\. Nothing was changed"):
        run(folder)
    assert not Control.objects.exists()


def test_somebody_may_agree(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    somebody_says(monkeypatch, "y")
    assert "Load this? [y/N]" in run(folder)
    assert Control.objects.exists()


@pytest.mark.parametrize("answer", ["", "n", "maybe"])
def test_anything_else_is_a_no(
    folder: Folder, monkeypatch: pytest.MonkeyPatch, answer: str
) -> None:
    somebody_says(monkeypatch, answer)
    with pytest.raises(CommandError, match=r"^Nothing was changed\.$"):
        run(folder)
    assert not Control.objects.exists()


class TestARewording:
    @pytest.fixture(autouse=True)
    def changed(self, folder: Folder) -> None:
        run(folder, "--yes")
        reword(folder)
        folder.edit("cadence: monthly", "cadence: weekly")

    def test_it_is_shown_sentence_by_sentence(self, folder: Folder) -> None:
        shown = run(folder, "--dry-run").splitlines()
        assert shown[0] == "change expectation door-list: cadence"
        assert shown[1].startswith("word AC-01, version 2, from 20")
        assert shown[2:] == [
            "--- AC-01 version 1",
            "+++ AC-01 version 2",
            "@@ -1 +1,2 @@",
            "-Every door is locked at night.",
            "+Every door is locked.",
            "+It stays so.",
            "Nothing was changed, as asked.",
        ]

    @pytest.mark.parametrize("options", [[], ["--yes"]])
    def test_without_leave_it_is_refused_with_all_the_rest(
        self, folder: Folder, options: list[str]
    ) -> None:
        with pytest.raises(CommandError, match=r"wording of AC-01 is in force.*pass --reword"):
            run(folder, *options)
        assert statements() == ["Every door is locked at night."]
        assert Expectation.objects.get().cadence == "monthly"

    def test_yes_does_not_reword_even_at_a_terminal(
        self, folder: Folder, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        somebody_says(monkeypatch, "y", "y")
        with pytest.raises(CommandError, match="pass --reword"):
            run(folder, "--yes")
        assert len(statements()) == 1

    def test_with_leave_it_is_done(self, folder: Folder) -> None:
        run(folder, "--yes", "--reword")
        assert statements()[1:] == ["Every door is locked. It stays so."]
        assert Expectation.objects.get().cadence == "weekly"

    def test_leave_to_reword_is_no_leave_to_load_unasked(self, folder: Folder) -> None:
        with pytest.raises(CommandError, match="pass --yes"):
            run(folder, "--reword")
        assert len(statements()) == 1

    def test_somebody_is_asked_for_wording_and_for_the_load(
        self, folder: Folder, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        somebody_says(monkeypatch, "yes", "yes")
        shown = run(folder)
        assert "Change wording that is in force? [y/N]" in shown
        assert len(statements()) == 2

    def test_a_no_to_the_wording_is_a_no_to_all(
        self, folder: Folder, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        somebody_says(monkeypatch, "n", "y")
        with pytest.raises(CommandError, match="Nothing was changed"):
            run(folder)
        assert Expectation.objects.get().cadence == "monthly"


def test_it_names_what_is_no_longer_in_the_files(folder: Folder) -> None:
    run(folder, "--yes")
    folder.edit("doors-open", "doors-ajar")
    assert "keep check doors-open, which is no longer in the files" in run(folder, "--yes")


def test_a_broken_folder_is_refused_with_every_line(folder: Folder) -> None:
    folder.edit("nature: manual", "nature: nice")
    folder.write("risks.yaml", "risks:\n\t- x")
    with pytest.raises(CommandError) as caught:
        run(folder, "--yes")
    first, second = str(caught.value).splitlines()
    assert first.startswith("controls/doors.yaml, line 7: nature is nice; it must be")
    assert second.startswith("risks.yaml, line 2: a tab stands where")
    assert not Control.objects.exists()


def test_the_process_ends_with_1_and_a_sentence(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "manage.py", "load_catalogue", "--folder", str(tmp_path / "nowhere")],
        cwd=settings.BASE_DIR,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings"},
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )
    assert done.returncode == 1
    assert "nowhere: there is no such folder" in done.stderr
    assert "Traceback" not in done.stderr
