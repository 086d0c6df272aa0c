"""verify.html in a real browser: opened once from the disk, then handed pack after pack."""

import re
import unicodedata
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from playwright.sync_api import FilePayload, Page, sync_playwright

from reports.verifier_page import PAGE
from tests.acceptance.attacks.registry import Case
from tests.acceptance.attacks.running import Outcome

_T = TypeVar("_T")

READ_OUT = """() => {
    const lines = (id) => [...document.querySelectorAll(`#${id} > li`)].map((line) =>
        [line.querySelector("b").textContent, line.querySelector(".why")?.textContent ?? ""]);
    return {
        verdict: document.getElementById("result").dataset.verdict,
        failures: lines("failures"),
        unchecked: lines("unchecked").map(([told]) => told),
        meaning: document.getElementById("means").textContent,
    };
}"""


class Browsed:
    """A page with the verifier, in a thread of its own, as its driver keeps a loop there."""

    def __init__(self, chromium: str, *, flags: tuple[str, ...] = ()) -> None:
        self._thread = ThreadPoolExecutor(1)
        self._flags = ["--no-sandbox", "--disable-quic", "--disable-background-networking", *flags]
        self.runs = 0
        self.asked: list[str] = []
        self.said: list[str] = []
        self.do(lambda: self._open(chromium))

    def do(self, work: Callable[[], _T]) -> _T:
        """Do something with the page in its own thread."""
        return self._thread.submit(work).result()

    def _open(self, chromium: str) -> None:
        self._playwright = sync_playwright().start()
        self._browser = self._playwright.chromium.launch(executable_path=chromium, args=self._flags)
        self.page: Page = self._browser.new_page()
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.on("console", lambda said: self.said.append(said.text))
        self.page.on("pageerror", lambda error: self.said.append(str(error)))
        self.page.goto(PAGE.as_uri())

    def close(self) -> None:
        self.do(self._browser.close)
        self.do(self._playwright.stop)
        self._thread.shutdown()

    def verify(self, case: Case) -> Outcome:
        """Hand the page a pack with what the auditor holds, and read out what it says."""
        told: dict[str, Any] = self.do(lambda: self._verify(case))
        failures = [(file, reason) for file, reason in told["failures"]]
        return Outcome(told["verdict"], failures, told["unchecked"], told["meaning"])

    def _verify(self, case: Case) -> Any:
        page = self.page
        page.set_input_files("#pack", payload("pack.zip", case.pack))
        page.set_input_files("#held", payload("held.txt", case.held) if case.held else [])
        for name, text in (
            ("#key", case.key),
            ("#scope", case.scope),
            ("#witness", "\n".join(case.witnesses or ())),
            ("#nonce", case.nonce),
            ("#request", case.request),
            ("#not-before", case.not_before),
        ):
            page.locator(name).evaluate("(field, text) => { field.value = text; }", text or "")
        # A click by the mouse would each time wait for a navigation, which never comes.
        page.locator("#verify").evaluate("(button) => button.click()")
        self.runs += 1
        page.wait_for_selector(f'#result[data-run="{self.runs}"]:not([hidden])', timeout=60_000)
        return page.evaluate(READ_OUT)


def payload(name: str, content: bytes) -> FilePayload:
    return {"name": name, "mimeType": "application/octet-stream", "buffer": content}


def visible(text: str) -> str:
    """Write a text as the page shows it: what cannot be seen stands there as a number."""
    shown = []
    for letter in text:
        category = unicodedata.category(letter)
        hidden = category.startswith("C") or category in ("Zl", "Zp")
        shown.append(f"\\u{{{ord(letter):x}}}" if hidden else letter)
    return "".join(shown)


def is_local(url: str) -> bool:
    return bool(re.match(r"(file|blob|data):", url))
