"""Reads one YAML file into plain values and remembers the line of each, so that errors can name it.

Only plain data is taken: no tags that make objects, no anchors and aliases (a short file could
unfold into gigabytes), no duplicate keys (the second would silently win), one document.
"""

import re
from dataclasses import dataclass
from pathlib import Path

import yaml

from controls.errors import CatalogueError, Problem

MOST_BYTES = 1024 * 1024
DEEPEST = 20

_NOT_ALLOWED: re.Pattern[str] = yaml.reader.Reader.NON_PRINTABLE

UNREADABLE_YAML = (
    yaml.YAMLError,
    *(ValueError, LookupError, TypeError, AttributeError, OverflowError, RecursionError),
)
"""What a reader of YAML raises: a day that is none, or an odd tag, comes as an error of Python."""

Place = tuple[str | int, ...]
"""Where a value lies: keys and list positions, outermost first."""


@dataclass(frozen=True)
class Source:
    """The content of one file; `lines` maps the place of each value to its line, from 1."""

    name: str
    data: object
    lines: dict[Place, int]

    def line(self, place: Place) -> int:
        """Return the line of a value, or of the nearest value around it that the file holds."""
        for length in range(len(place), 0, -1):
            if place[:length] in self.lines:
                return self.lines[place[:length]]
        return 1


def read(path: Path, *, name: str) -> Source:
    """Return the values of a YAML file; raises CatalogueError with the line and the reason."""
    text = _text(path, name)
    loader = _Loader(text, name)
    try:
        node = loader.get_single_node()
        if node is None:
            raise _problem(name, 0, "the file is empty")
        lines: dict[Place, int] = {}
        return Source(name, _value(loader, node, (), lines), lines)
    except yaml.MarkedYAMLError as error:
        raise _problem(name, _line_of(error), _words_of(error)) from error
    finally:
        loader.dispose()


class _Loader(yaml.SafeLoader):
    def __init__(self, text: str, name: str) -> None:
        super().__init__(text)
        self.file = name
        self._depth = 0

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        event = self.peek_event()  # type: ignore[no-untyped-call]
        line = event.start_mark.line + 1
        if isinstance(event, yaml.AliasEvent) or event.anchor is not None:
            raise _problem(self.file, line, "anchors (&) and aliases (*) are not allowed")
        if getattr(event, "tag", None) is not None:
            raise _problem(self.file, line, f"tags are not allowed: {event.tag}")
        if self._depth >= DEEPEST:
            raise _problem(self.file, line, f"values lie more than {DEEPEST} levels deep")
        self._depth += 1
        try:
            return super().compose_node(parent, index)
        finally:
            self._depth -= 1


def _text(path: Path, name: str) -> str:
    try:
        with path.open("rb") as file:
            raw = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise _problem(name, 0, f"the file cannot be read: {error.strerror}") from error
    if len(raw) > MOST_BYTES:
        raise _problem(name, 0, f"the file is larger than {MOST_BYTES:,} bytes")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        reason = f"byte 0x{raw[error.start]:02X} is not UTF-8; save the file in UTF-8"
        raise _problem(name, line, reason) from error
    odd = _NOT_ALLOWED.search(text)
    if odd:
        raise _problem(name, text.count("\n", 0, odd.start()) + 1, _not_allowed(odd))
    return text


def _not_allowed(odd: re.Match[str]) -> str:
    return f"character U+{ord(odd[0]):04X} is not allowed"


def _value(loader: _Loader, node: yaml.Node, place: Place, lines: dict[Place, int]) -> object:
    lines.setdefault(place, node.start_mark.line + 1)
    if isinstance(node, yaml.SequenceNode):
        return [
            _value(loader, member, (*place, position), lines)
            for position, member in enumerate(node.value)
        ]
    if isinstance(node, yaml.MappingNode):
        return _mapping(loader, node, place, lines)
    value = _scalar(loader, node)
    odd = _NOT_ALLOWED.search(value) if isinstance(value, str) else None
    if odd:
        raise _problem(loader.file, node.start_mark.line + 1, _not_allowed(odd))
    return value


def _scalar(loader: _Loader, node: yaml.Node) -> object:
    try:
        return loader.construct_object(node)
    except (ValueError, OverflowError) as error:
        # PyYAML goes by the look of a date or a number before it sees whether there is such one.
        reason = f"{str(node.value)[:40]} is no day or number that there is; put text in quotes"
        raise _problem(loader.file, node.start_mark.line + 1, reason) from error


def _mapping(
    loader: _Loader, node: yaml.MappingNode, place: Place, lines: dict[Place, int]
) -> dict[str, object]:
    found: dict[str, object] = {}
    for key_node, value_node in node.value:
        line = key_node.start_mark.line + 1
        key = _scalar(loader, key_node)
        if not isinstance(key, str):
            raise _problem(loader.file, line, "a key here is no text; put it in quotes")
        if key in found:
            raise _problem(loader.file, line, f"the key {key} stands here a second time")
        lines[(*place, key)] = line
        found[key] = _value(loader, value_node, (*place, key), lines)
    return found


def _problem(name: str, line: int, reason: str) -> CatalogueError:
    return CatalogueError(Problem(name, line, reason))


def _line_of(error: yaml.MarkedYAMLError) -> int:
    mark = error.problem_mark or error.context_mark
    return mark.line + 1 if mark else 0


def _words_of(error: yaml.MarkedYAMLError) -> str:
    problem = error.problem or "this is no YAML"
    if "'\\t'" in problem:
        return "a tab stands where only spaces may; indent with spaces"
    if "another document" in problem:
        return "a second document (---) starts here; one file holds one"
    return f"this is no valid YAML: {problem}"
