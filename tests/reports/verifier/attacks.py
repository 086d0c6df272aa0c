"""Tables of attacks: how a draft is bent, and which file must be blamed for which reason."""

from collections.abc import Callable

import pytest

from tests.reports.verifier.packs import KEY, Draft, LogKey

Attack = Callable[[Draft], object]


class Attacks:
    """A table of attacks on a draft, filled by a decorator."""

    def __init__(self) -> None:
        self.rows: list[tuple[Attack, str, str]] = []

    def on(self, file: str, reason: str) -> Callable[[Attack], Attack]:
        """Enter an attack, with the file and the reason that the verifier must name."""

        def enter(attack: Attack) -> Attack:
            self.rows.append((attack, file, reason))
            return attack

        return enter

    def each(self) -> pytest.MarkDecorator:
        names = [attack.__name__ for attack, _, _ in self.rows]
        assert len(set(names)) == len(names)
        return pytest.mark.parametrize(("attack", "file", "reason"), self.rows, ids=names)


def replace(draft: Draft, name: str, old: bytes, new: bytes) -> None:
    assert old in draft.files[name]
    draft.files[name] = draft.files[name].replace(old, new, 1)


def resign(draft: Draft, text: str, key: LogKey = KEY) -> None:
    """Sign another checkpoint, and put it into the proofs as well."""
    old, new = draft.files["checkpoint.txt"], key.note(text).encode()
    for name, content in draft.files.items():
        draft.files[name] = content.replace(old, new)
