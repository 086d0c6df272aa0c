"""`manage.py pack` writes a pack that verifies, says the key, and never half a file."""

import io
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from audits.models import Engagement, Pack
from evidence import checkpoint
from evidence.models import BlobKey
from tests.audits.world import World
from tests.reports.making import engagement_with_evidence, verify

pytestmark = pytest.mark.usefixtures("no_pdf")


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def engagement(world: World) -> Engagement:
    return engagement_with_evidence(world)


def run(*arguments: object, stderr: io.StringIO | None = None) -> str:
    said = io.StringIO()
    call_command("pack", *map(str, arguments), stdout=said, stderr=stderr or io.StringIO())
    return said.getvalue()


class TestPack:
    def test_it_writes_a_pack_that_verifies_by_the_printed_key(
        self, engagement: Engagement, tmp_path: Path
    ) -> None:
        out = tmp_path / "pack.zip"
        said = run(engagement.ref, "--out", out)
        assert "Pack ENG-2026-1/1: 4 items" in said
        assert "7 occurrences that fell short" in said
        assert f"python3 -I verify.py {out} --key '{checkpoint.vkey()}'" in said
        assert verify(out.read_bytes(), tmp_path).returncode == 0

    def test_an_earlier_pack_is_written_again_with_the_same_bytes(
        self, engagement: Engagement, tmp_path: Path
    ) -> None:
        run(engagement.ref, "--out", tmp_path / "a.zip")
        run(engagement.ref, "--out", tmp_path / "b.zip")
        run(engagement.ref, "--out", tmp_path / "c.zip", "--pack", 1)
        first, second, again = ((tmp_path / f"{name}.zip").read_bytes() for name in "abc")
        assert first == again != second
        assert Pack.objects.count() == 2

    def test_it_freezes_what_was_known_at_a_time(
        self, engagement: Engagement, tmp_path: Path
    ) -> None:
        before = "2026-06-11T12:00:00+02:00"
        assert "1 items" in run(engagement.ref, "--out", tmp_path / "a.zip", "--as-of", before)

    def test_a_terminal_sees_how_far_it_is(self, engagement: Engagement, tmp_path: Path) -> None:
        terminal = Terminal()
        run(engagement.ref, "--out", tmp_path / "a.zip", stderr=terminal)
        assert "100%" in terminal.getvalue()

    def test_a_log_file_is_spared_the_bar(self, engagement: Engagement, tmp_path: Path) -> None:
        log = io.StringIO()
        run(engagement.ref, "--out", tmp_path / "a.zip", stderr=log)
        assert log.getvalue() == ""

    @pytest.mark.parametrize(
        ("arguments", "said"),
        [
            (["ENG-1999-1"], "no engagement ENG-1999-1; known: ENG-2026-1"),
            (["ENG-2026-1", "--pack", "7"], "has no pack 7"),
            (["ENG-2026-1", "--as-of", "yesterday"], "no time with an offset"),
            (["ENG-2026-1", "--as-of", "2026-06-11T12:00:00"], "no time with an offset"),
            (["ENG-2026-1", "--as-of", "2026-13-11T12:00:00Z"], "no time with an offset"),
            (["ENG-2026-1", "--pack", "1", "--as-of", "2026-06-11T12:00:00Z"], "frozen already"),
        ],
    )
    @pytest.mark.usefixtures("engagement")
    def test_it_says_what_is_wrong(self, tmp_path: Path, arguments: list[str], said: str) -> None:
        with pytest.raises(CommandError, match=said):
            run(*arguments, "--out", tmp_path / "a.zip")
        assert not Pack.objects.exists()

    def test_the_future_is_refused(self, engagement: Engagement, tmp_path: Path) -> None:
        tomorrow = (timezone.now() + timedelta(days=1)).isoformat()
        with pytest.raises(CommandError, match="lies in the future"):
            run(engagement.ref, "--out", tmp_path / "a.zip", "--as-of", tomorrow)

    def test_an_error_leaves_the_older_file_and_no_half_one(
        self, engagement: Engagement, tmp_path: Path
    ) -> None:
        out = tmp_path / "out" / "pack.zip"
        out.parent.mkdir()
        out.write_bytes(b"an older pack")
        BlobKey.objects.all().delete()
        with pytest.raises(CommandError, match="Restore it from the backup"):
            run(engagement.ref, "--out", out)
        assert out.read_bytes() == b"an older pack"
        assert list(out.parent.iterdir()) == [out]

    def test_a_folder_that_is_not_there_is_named(
        self, engagement: Engagement, tmp_path: Path
    ) -> None:
        with pytest.raises(CommandError, match="nowhere"):
            run(engagement.ref, "--out", tmp_path / "nowhere" / "pack.zip")
        assert not Pack.objects.exists()


@pytest.mark.usefixtures("var_dir", "db")
def test_vkey_prints_the_key_and_nothing_else() -> None:
    said = io.StringIO()
    call_command("vkey", stdout=said)
    assert said.getvalue() == f"{checkpoint.vkey()}\n"
