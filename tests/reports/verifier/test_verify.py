"""The verifier as an auditor runs it: alone, on a good pack, with anchors, and with bad usage."""

import base64
import hashlib
import io
import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from reports.verifier import verify
from tests.reports.verifier import packs
from tests.reports.verifier.conftest import Outcome, Verifier
from tests.reports.verifier.packs import KEY, VERIFIER, Draft, LogKey, good
from tests.reports.verifier.zips import zipped

GOOD = good().pack()


def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run the verifier as a program of its own, cut off from everything else."""
    command = [sys.executable, "-I", VERIFIER, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd="/")


def vkey_of(data: bytes) -> str:
    """Write a key of another kind or length, with the key id that fits it."""
    key_id = hashlib.sha256(KEY.name.encode() + b"\n" + data).hexdigest()[:8]
    return f"{KEY.name}+{key_id}+{base64.b64encode(data).decode()}"


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    path = tmp_path / "pack.zip"
    path.write_bytes(GOOD)
    return path


class TestAsAProgram:
    def test_it_accepts_a_good_pack_and_says_what_it_checked(self, pack: Path) -> None:
        result = run(pack, "--key", KEY.vkey)
        assert (result.returncode, result.stderr) == (0, "")
        *lines, verdict = result.stdout.splitlines()
        steps = ["Container", "Signature", "Files", "Log", "Manifest", "Items"]
        assert [line.split(":")[0] for line in lines] == [f"ok    {step}" for step in steps]
        assert "pack ENG-2026-1/1 of Example Payments Ltd" in lines[4]
        assert "it declares 1 shortfalls" in lines[4]
        assert "5 items, bound by 9 entries" in lines[5]
        assert verdict == "VALID"

    def test_it_refuses_a_pack_with_one_byte_flipped(self, pack: Path) -> None:
        at = GOOD.index(b"alice,yes")
        pack.write_bytes(GOOD[:at] + b"A" + GOOD[at + 1 :])
        result = run(pack, "--key", KEY.vkey)
        assert result.returncode == 1
        *_, failure, meaning, verdict = result.stdout.splitlines()
        assert "was changed after the pack was sealed" in meaning
        assert failure.startswith("FAIL  evidence/EV-000001/staff_mfa 2026-01.csv is not the file")
        assert verdict == "INVALID"

    def test_it_tells_every_file_that_was_changed(self, pack: Path) -> None:
        pack.write_bytes(GOOD.replace(b"alice,yes", b"alice,no!").replace(b"users,3", b"users,4"))
        result = run(pack, "--key", KEY.vkey)
        failed = [line for line in result.stdout.splitlines() if line.startswith("FAIL")]
        assert len(failed) == 2

    def test_it_is_quiet_on_request(self, pack: Path) -> None:
        result = run(pack, "--key", KEY.vkey, "--quiet")
        assert (result.returncode, result.stdout) == (0, "VALID\n")

    def test_it_speaks_json_on_request(self, pack: Path) -> None:
        result = run(pack, "--key", KEY.vkey, "--json")
        told = json.loads(result.stdout)
        assert told["verdict"] == "VALID"
        assert told["exit_status"] == result.returncode == 0
        assert len(told["passed"]) == 6
        assert (told["failures"], told["unchecked"]) == ([], [])

    def test_it_takes_no_module_from_the_folder_that_it_lies_in(self, pack: Path) -> None:
        copy = pack.parent / "verify.py"
        copy.write_bytes(VERIFIER.read_bytes())
        (pack.parent / "hashlib.py").write_text("raise SystemExit(0)")
        command: list[str | Path] = [sys.executable, "-I", copy, pack, "--key", KEY.vkey, "--quiet"]
        result = subprocess.run(command, capture_output=True, text=True, check=False)
        assert (result.returncode, result.stdout) == (0, "VALID\n")

    def test_what_a_hostile_pack_says_does_not_steer_the_terminal(self, pack: Path) -> None:
        name = "evidence/\x1b]0;owned\x07.csv"
        pack.write_bytes(zipped(good().seal() | {name: b"x"}))
        result = run(pack, "--key", KEY.vkey)
        assert "FAIL  evidence/\\x1b]0;owned\\x07.csv has a name" in result.stdout

    @pytest.mark.parametrize(
        "arguments",
        [
            [],
            ["{pack}"],
            ["--key", KEY.vkey],
            ["{pack}", "--key", KEY.vkey, "--trust-me"],
            ["{pack}", "--key", KEY.vkey, "--held-checkpoint"],
        ],
    )
    def test_wrong_usage_is_no_verdict(self, pack: Path, arguments: list[str]) -> None:
        result = run(*[argument.format(pack=pack) for argument in arguments])
        assert result.returncode == 2
        assert "usage:" in result.stderr
        assert "VALID" not in result.stdout


class TestGoodPacks:
    def test_a_good_pack_is_valid(self, verified: Verifier) -> None:
        assert verified(GOOD).verdict == "VALID"

    def test_a_pack_may_hold_a_cover_page_instead_of_a_pdf(self, verified: Verifier) -> None:
        draft = good()
        draft.files["cover.html"] = draft.files.pop("cover.pdf")
        assert verified(draft.pack()).verdict == "VALID"

    def test_a_pack_without_items_can_be_valid(self, verified: Verifier) -> None:
        draft = good()
        draft.manifest["items"] = []
        folders = ("evidence/", "tables/", "leaves/", "proofs/")
        draft.files = {
            name: content for name, content in draft.files.items() if not name.startswith(folders)
        }
        packs.finish(draft)
        assert verified(draft.pack()).verdict == "VALID"

    def test_the_log_may_have_a_single_entry(self, verified: Verifier) -> None:
        draft = Draft(packs.Log(), good().files, packs.about("2026-01"))
        folders = ("evidence/", "tables/", "leaves/", "proofs/")
        draft.files = {
            name: content for name, content in draft.files.items() if not name.startswith(folders)
        }
        packs.add(draft, "EV-000001", "a.txt", b"a", status="awaiting review", reviewed=False)
        packs.finish(draft)
        assert verified(draft.pack()).verdict == "VALID"

    def test_a_zip_inside_a_pack_is_only_bytes(self, verified: Verifier) -> None:
        draft = good()
        packs.add(draft, "EV-000006", "nested.zip", GOOD)
        packs.finish(draft)
        assert verified(draft.pack()).verdict == "VALID"

    def test_titles_in_any_script_keep_the_manifest_canonical(self, verified: Verifier) -> None:
        draft = good()
        packs.add(draft, "EV-000006", "Nachweis für Ω.txt", b"x", reviewed=False, status="returned")
        item = draft.item("EV-000006")
        item["status"] = "awaiting review"
        item["metadata"] |= {"\ue000": 1, "\U0001f600": 2, 'é\x01\t"\\/\x7f': "\u2028"}
        item["leaves"].clear()
        draft.log.leaves.pop()
        packs.record(draft, item, "evidence", packs.evidence_body(item))
        packs.finish(draft)
        assert verified(draft.pack()).verdict == "VALID"

    def test_files_and_offsets_beyond_two_gigabytes_are_framed_as_zip64(
        self, verified: Verifier, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(zipfile, "ZIP64_LIMIT", 400)
        monkeypatch.setattr(verify, "LARGE", 400)
        pack = good().pack()
        assert pack[-42:-38] == b"PK\6\7"
        assert verified(pack).verdict == "VALID"

    def test_files_larger_than_a_piece_are_hashed_whole(
        self, verified: Verifier, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(verify, "CHUNK", 7)
        assert verified(GOOD).verdict == "VALID"
        at = GOOD.index(b"alice,yes") + 8
        assert verified(GOOD[:at] + b"S" + GOOD[at + 1 :]).status == 1

    def test_no_text_is_read_that_could_fill_the_memory(
        self, verified: Verifier, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(verify, "LARGEST_TEXT", 100)
        assert verified(GOOD).refuses("statement.dsse.json", "is too large for what it is")


class TestAnchors:
    """What the auditor brings: the key, an older checkpoint, the refs that must be there."""

    def held(self, tmp_path: Path, note: str) -> list[str]:
        path = tmp_path / "held.txt"
        path.write_text(note, encoding="utf-8")
        return ["--held-checkpoint", str(path)]

    def test_the_same_checkpoint_agrees(self, verified: Verifier, tmp_path: Path) -> None:
        note = good().log.checkpoint()
        assert verified(GOOD, *self.held(tmp_path, note)).verdict == "VALID"

    def test_a_rewritten_history_is_refused(self, verified: Verifier, tmp_path: Path) -> None:
        held = self.held(tmp_path, good().log.checkpoint())
        rewritten = good(seed=1).pack()
        assert verified(rewritten).verdict == "VALID"
        outcome = verified(rewritten, *held)
        assert outcome.refuses("checkpoint.txt", "has another root than yours")

    def test_a_log_that_shrank_is_refused(self, verified: Verifier, tmp_path: Path) -> None:
        """An old pack that is shown as today's is found by the same comparison."""
        later = good().log
        later.leaves.append(later.leaves[0])
        outcome = verified(GOOD, *self.held(tmp_path, later.checkpoint()))
        assert outcome.refuses("checkpoint.txt", "is older than yours of 13 entries")

    def test_growth_without_a_proof_is_no_verdict(self, verified: Verifier, tmp_path: Path) -> None:
        outcome = verified(GOOD, *self.held(tmp_path, good().log.checkpoint(size=5)))
        assert (outcome.status, outcome.verdict) == (2, "COULD NOT CHECK")
        assert "that the log continues yours of 5 entries" in outcome.unchecked[0]
        assert len(outcome.passed) == 6

    def test_a_failure_outweighs_what_could_not_be_checked(
        self, verified: Verifier, tmp_path: Path
    ) -> None:
        draft = good()
        draft.files["extra.exe"] = b"MZ"
        outcome = verified(draft.pack(), *self.held(tmp_path, good().log.checkpoint(size=5)))
        assert outcome.status == 1
        assert len(outcome.unchecked) == 1

    @pytest.mark.parametrize(
        "note",
        [
            "",
            "not a checkpoint\n",
            good().log.checkpoint(LogKey.of(b"somebody else")),
            good().log.checkpoint(LogKey.of(b"the log", "log.example/other")),
        ],
    )
    def test_a_checkpoint_that_the_key_did_not_sign_is_no_anchor(
        self, verified: Verifier, tmp_path: Path, note: str
    ) -> None:
        outcome = verified(GOOD, *self.held(tmp_path, note))
        assert (outcome.status, outcome.failures) == (2, [])

    def scope(self, tmp_path: Path, text: str) -> list[str]:
        path = tmp_path / "scope.txt"
        path.write_text(text, encoding="utf-8")
        return ["--scope", str(path)]

    def test_a_scope_that_is_all_there_agrees(self, verified: Verifier, tmp_path: Path) -> None:
        scope = self.scope(tmp_path, "EV-000001\n\n  EV-000004\r\n")
        assert verified(GOOD, *scope).verdict == "VALID"

    def test_an_item_left_out_is_found_by_the_scope(
        self, verified: Verifier, tmp_path: Path
    ) -> None:
        scope = self.scope(tmp_path, "EV-000001\nEV-000099\nEV-000098\n")
        outcome = verified(GOOD, *scope)
        assert outcome.refuses("manifest.json", "scope names: EV-000098, EV-000099")

    def test_an_unreadable_scope_is_no_verdict(self, verified: Verifier, tmp_path: Path) -> None:
        path = tmp_path / "scope.txt"
        path.write_bytes(b"\xff\xfe")
        assert verified(GOOD, "--scope", str(path)).status == 2
        assert verified(GOOD, "--scope", str(tmp_path / "missing.txt")).status == 2


class TestNoVerdict:
    def test_a_verifier_that_fails_says_so(
        self, verified: Verifier, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def breaks(*_: object) -> None:
            raise MemoryError

        monkeypatch.setattr(verify.Verification, "check_items", breaks)
        outcome = verified(GOOD)
        assert (outcome.status, outcome.failures) == (2, [])
        assert "because this verifier failed: MemoryError" in outcome.unchecked[0]

    @pytest.mark.parametrize(
        "key",
        [
            "",
            "log.example/countersign",
            KEY.vkey[:-4],
            KEY.vkey.replace("+", "-"),
            KEY.vkey[:-1] + "!",
            KEY.vkey.replace("countersign", "countersigm"),
            vkey_of(b"\2" + KEY.public),
            vkey_of(b"\1" + KEY.public + b"\0"),
            vkey_of(b"\1" + KEY.public[1:]),
            vkey_of(b"\1\1" + bytes(31)),
        ],
    )
    def test_a_key_that_is_none(self, verified: Verifier, key: str) -> None:
        outcome = verified(GOOD, key=key)
        assert (outcome.status, outcome.verdict) == (2, "COULD NOT CHECK")

    def test_a_pack_that_is_not_there(self, pack: Path) -> None:
        result = run(pack.parent / "missing.zip", "--key", KEY.vkey)
        assert result.returncode == 2
        assert "No such file" in result.stdout
        assert result.stdout.endswith("COULD NOT CHECK\n")

    def test_a_folder_in_the_place_of_a_pack(self, tmp_path: Path) -> None:
        assert run(tmp_path, "--key", KEY.vkey).returncode == 2

    def test_a_manifest_of_a_later_format(self, verified: Verifier) -> None:
        draft = good()
        draft.manifest["format"] = "countersign-pack/v2"
        assert_unknown_version(verified(draft.pack()))

    def test_a_statement_of_a_later_format(self, verified: Verifier) -> None:
        draft = good()
        draft.statement["predicateType"] = "https://countersign.invalid/pack/v2"
        assert_unknown_version(verified(draft.pack()))

    def test_a_later_format_is_not_believed_unless_it_is_signed(self, verified: Verifier) -> None:
        draft = good()
        draft.manifest["format"] = "countersign-pack/v2"
        files = good().seal() | {"manifest.json": draft.seal()["manifest.json"]}
        assert verified(zipped(files)).status == 1


def assert_unknown_version(outcome: Outcome) -> None:
    assert (outcome.status, outcome.failures) == (2, [])
    assert "this verifier knows" in outcome.unchecked[0]


def test_no_byte_of_a_pack_can_be_flipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    draft = good()
    draft.files["verify.py"] = b"#\n"
    whole = draft.pack()
    path = tmp_path / "pack.zip"
    monkeypatch.setattr(sys, "stdout", io.StringIO())
    for at in {*range(0, len(whole), 53), *range(len(whole) - 22, len(whole))}:
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        assert verify.main([str(path), "--key", KEY.vkey]) == 1, at
