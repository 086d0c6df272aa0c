"""verify.html, put together from the parts in `verifier/browser/`; and what is given to auditors.

Each part is an ES module. In the page it becomes a function of its own, so that one script holds
them all: a page that is opened from a disk may load no other file, and the digest of that one
script is all that its Content-Security-Policy lets run.
"""

import base64
import functools
import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parent / "verifier"
SCRIPT, PAGE = FOLDER / "verify.py", FOLDER / "verify.html"
PARTS = FOLDER / "browser"
FIRST = "main"

_IMPORT = re.compile(r'^import (\{[^}]*\}) from "\./(\w+)\.js";\n', re.MULTILINE)
_EXPORT = re.compile(r"^export ((?:async )?(?:function\*?|class|const) (\w+))", re.MULTILINE)
_ENDS_A_SCRIPT = re.compile(r"</script|<!--", re.IGNORECASE)


@dataclass(frozen=True)
class Published:
    """A verifier as it is given out apart from any pack: its bytes, and how to know them."""

    name: str
    content: bytes

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.content).hexdigest()


@functools.cache
def published() -> tuple[Published, Published]:
    """Return both verifiers, the script and the page."""
    return Published(SCRIPT.name, SCRIPT.read_bytes()), Published(PAGE.name, PAGE.read_bytes())


def assembled() -> str:
    """Return the page, the same text each time; ValueError where a part cannot be used."""
    style, script = (PARTS / "page.css").read_text("utf-8"), bundled()
    if found := _ENDS_A_SCRIPT.search(script):
        raise ValueError(f"{found.group()} in a script would end it in the middle of the page.")
    policy = (
        f"default-src 'none'; script-src '{_source(script)}'; style-src '{_source(style)}'; "
        "worker-src blob:; base-uri 'none'; form-action 'none'"
    )
    page = (PARTS / "page.html").read_text("utf-8")
    for name, value in (("policy", policy), ("style", style), ("script", script)):
        page = page.replace(f"{{{{ {name} }}}}", value)
    return page


def bundled() -> str:
    """Return all parts as one script, each behind those that it imports."""
    modules: dict[str, str] = {}
    _add(FIRST, modules, ())
    return '\n"use strict";\n{\n' + "".join(modules.values()) + "}\n"


def _add(name: str, modules: dict[str, str], above: tuple[str, ...]) -> None:
    if name in modules:
        return
    if name in above:
        raise ValueError(f"{name}.js imports itself by way of {' and '.join(above)}.")
    text = (PARTS / f"{name}.js").read_text("utf-8")
    for _, needed in _IMPORT.findall(text):
        _add(needed, modules, (*above, name))
    names = ", ".join(exported for _, exported in _EXPORT.findall(text))
    text = _EXPORT.sub(r"\1", _IMPORT.sub(r"const \1 = \2_js;" + "\n", text)).strip()
    modules[name] = f"const {name}_js = (() => {{\n{text}\nreturn {{ {names} }};\n}})();\n"


def _source(text: str) -> str:
    """Return how a policy names the one text that may run."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
