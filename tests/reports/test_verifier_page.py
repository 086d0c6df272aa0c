"""verify.html is what its parts make, loads nothing, and lets nothing run but its one script."""

import base64
import hashlib
import re
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from reports import verifier_page
from reports.verifier import verify
from reports.verifier_page import PAGE, PARTS, SCRIPT, assembled, bundled, published

LIMIT = 400
BUILT = PAGE.read_text("utf-8")
MODULES = sorted(PARTS.glob("*.js"))
IDS = [path.name for path in MODULES]


def test_the_built_file_is_up_to_date() -> None:
    assert assembled() == BUILT, "Run: .venv/bin/python manage.py verifier_page"


def test_the_command_writes_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verifier_page, "PAGE", tmp_path / "verify.html")
    call_command("verifier_page")
    assert (tmp_path / "verify.html").read_bytes() == PAGE.read_bytes()


@pytest.fixture
def parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for path in PARTS.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    monkeypatch.setattr(verifier_page, "PARTS", tmp_path)
    return tmp_path


def test_a_script_that_would_end_itself_is_refused(parts: Path) -> None:
    (parts / "main.js").write_text('show("</script>");\n')
    with pytest.raises(CommandError, match="would end it"):
        call_command("verifier_page")


def test_parts_that_import_each_other_in_a_circle_are_refused(parts: Path) -> None:
    (parts / "main.js").write_text('import { a } from "./other.js";\n')
    (parts / "other.js").write_text('import { b } from "./main.js";\nexport function a() {}\n')
    with pytest.raises(CommandError, match=r"main\.js imports itself by way of main and other"):
        call_command("verifier_page")


def test_what_is_exported_in_any_way_can_be_imported(parts: Path) -> None:
    (parts / "main.js").write_text('import {\n  a,\n  b,\n} from "./other.js";\na(b);\n')
    (parts / "other.js").write_text("export async function* a() {}\nexport const b = 1;\n")
    script = bundled()
    assert "const {\n  a,\n  b,\n} = other_js;" in script
    assert "return { a, b };" in script
    assert script.index("const other_js = ") < script.index("const main_js = ")
    assert "export" not in script


def source(kind: str) -> str:
    (text,) = re.findall(f"<{kind}>(.*?)</{kind}>", BUILT, re.DOTALL)
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def test_its_policy_lets_run_this_script_and_style_alone() -> None:
    (policy,) = re.findall('Content-Security-Policy" content="([^"]*)"', BUILT)
    assert policy.split("; ") == [
        "default-src 'none'",
        f"script-src {source('script')}",
        f"style-src {source('style')}",
        "worker-src blob:",
        "base-uri 'none'",
        "form-action 'none'",
    ]


def test_it_names_no_other_place_to_load_from() -> None:
    """The one address in it is the name of a kind of statement, which nobody asks for."""
    names = {"https://countersign.invalid/pack/v1", "https://in-toto.io/Statement/v1"}
    assert set(re.findall(r"https?://[^\s\"'`<]+", BUILT)) == names
    loading = (
        r"\b(src|href)\s*=\s*[\"'{]|\bfetch\(|XMLHttpRequest|WebSocket|sendBeacon|importScripts"
    )
    assert re.findall(loading, BUILT) == []
    assert (
        re.findall(r"innerHTML|insertAdjacent|document\.write|\beval\(|new Function", BUILT) == []
    )
    assert re.findall(r"localStorage|sessionStorage|indexedDB|document\.cookie", BUILT) == []


@pytest.mark.parametrize("path", MODULES, ids=IDS)
def test_each_part_is_short_and_says_what_it_is_for(path: Path) -> None:
    lines = path.read_text("utf-8").splitlines()
    assert len(lines) <= LIMIT
    assert lines[0].startswith("// ")
    assert max(map(len, lines)) <= 110


@pytest.mark.parametrize("path", MODULES, ids=IDS)
def test_each_part_imports_what_is_there_and_what_it_uses(path: Path) -> None:
    text = path.read_text("utf-8")
    rest = verifier_page._IMPORT.sub("", text)
    for names, other in verifier_page._IMPORT.findall(text):
        there = verifier_page._EXPORT.findall((PARTS / f"{other}.js").read_text("utf-8"))
        for name in re.findall(r"\w+", names):
            assert name in {exported for _, exported in there}
            assert re.search(rf"\b{name}\b", rest), f"{name} is imported in vain"


def test_every_part_is_in_the_page() -> None:
    script = bundled()
    assert [path.stem for path in MODULES if f"const {path.stem}_js = (() =>" not in script] == []


def test_both_verifiers_are_given_out_with_their_digests() -> None:
    script, page = published()
    assert (script.name, script.content) == ("verify.py", SCRIPT.read_bytes())
    assert page.name == "verify.html"
    assert page.sha256 == hashlib.sha256(PAGE.read_bytes()).hexdigest()


def test_it_says_what_a_refusal_means_in_the_words_of_the_script() -> None:
    text = (PARTS / "meanings.js").read_text("utf-8")
    entries = re.findall(r'\[\s+"([^"]+)",\s+((?:"[^"]*"[\s+]*)+),\s+\]', text)
    told = {step: "".join(re.findall(r'"([^"]*)"', words)) for step, words in entries}
    assert told == verify.MEANINGS
    text = (PARTS / "verification.js").read_text("utf-8")
    steps = re.findall(r'^  \["([^"]+)", ', text, re.MULTILINE)
    assert steps == list(verify.MEANINGS)


def test_no_meaning_needs_an_engineer() -> None:
    jargon = {"sha-256", "digest", "merkle", "root", "ed25519", "json", "base64", "dsse", "hash"}
    words = {one for text in verify.MEANINGS.values() for one in re.findall(r"[\w-]+", text)}
    assert {one.lower() for one in words} & jargon == set()
