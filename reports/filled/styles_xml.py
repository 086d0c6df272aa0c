"""Adds styles to those of somebody else's workbook: the same ones with wrapped text, and a heading.

Styles are only added at the end, so that every number that a cell names stays what it was.
"""

import re
from dataclasses import dataclass, field

from reports.filled.xml_spans import Element, Splice, spliced, tree

_WRAP = re.compile(rb'\swrapText="[^"]*"')
_APPLY = re.compile(rb'\sapplyAlignment="[^"]*"')
_COUNT = re.compile(rb'\scount="[^"]*"')
_YES = ("1", "true")


@dataclass
class Styles:
    """The styles of a workbook, as far as cells name them."""

    xml: bytes
    _new: list[bytes] = field(default_factory=list, init=False)
    _known: dict[str, str] = field(default_factory=dict, init=False)
    _has_heading: bool = field(default=False, init=False)

    def __post_init__(self) -> None:
        found = tree(self.xml, watched=("cellXfs", "xf", "alignment", "fonts", "font"))
        self._formats = next(iter(found["cellXfs"]), None)
        self._fonts = next(iter(found["fonts"]), None)

    def wrapping(self, style: str) -> str:
        """Return the number of the style that wraps its text, and else is the same."""
        formats = self._formats.children if self._formats else []
        if self._formats is None or int(style or 0) >= len(formats):
            return style
        if style not in self._known:
            element = formats[int(style or 0)]
            wraps = any(each.attributes.get("wrapText") in _YES for each in element.children)
            self._known[style] = style if wraps else self._add(self._wrapped(element))
        return self._known[style]

    def heading(self) -> str:
        """Return the number of a bold style for headings; empty where there are no styles."""
        if self._formats is None or self._fonts is None:
            return ""
        prefix, font = self._formats.prefix, len(self._fonts.children)
        self._has_heading = True
        if "heading" not in self._known:
            raw = (
                f'<{prefix}xf numFmtId="0" fontId="{font}" fillId="0" borderId="0" xfId="0" '
                f'applyFont="1" applyAlignment="1"><{prefix}alignment vertical="top" '
                f'wrapText="1"/></{prefix}xf>'
            )
            self._known["heading"] = self._add(raw.encode())
        return self._known["heading"]

    def result(self) -> bytes:
        """Return the part with what was added."""
        splices = []
        if self._formats and self._new:
            splices += self._grown(self._formats, self._new)
        if self._fonts and self._has_heading:
            splices += self._grown(self._fonts, [self._bold(self._fonts)])
        return spliced(self.xml, splices)

    def _add(self, raw: bytes) -> str:
        self._new.append(raw)
        count = len(self._formats.children) if self._formats else 0
        return str(count + len(self._new) - 1)

    def _wrapped(self, element: Element) -> bytes:
        """Return a style that wraps; what else stands within it stays."""
        raw = self.xml[element.start : element.end]
        tag = self.xml[element.start : element.tag_end]
        prefix = element.prefix.encode()
        aligned = next((each for each in element.children if each.local == "alignment"), None)
        opened = _APPLY.sub(b"", tag)
        if aligned:
            before = self.xml[aligned.start : aligned.tag_end]
            after = _WRAP.sub(b"", before).replace(b"alignment", b'alignment wrapText="1"', 1)
            return raw.replace(before, after, 1).replace(tag, _applied(opened), 1)
        child = b"<" + prefix + b'alignment vertical="top" wrapText="1"/>'
        if tag.endswith(b"/>"):
            close = b"</" + prefix + b"xf>"
            return _applied(opened[:-2] + b">") + child + close
        # What may follow it, such as a protection, comes after it by its order.
        return _applied(opened) + child + raw[len(tag) :]

    def _bold(self, fonts: Element) -> bytes:
        """Return the first font of the workbook in bold."""
        prefix = fonts.prefix
        first = next(iter(fonts.children), None)
        raw = self.xml[first.start : first.end] if first else b""
        if first is None or (raw.endswith(b"/>") and first.tag_end == first.end):
            return f"<{prefix}font><{prefix}b/></{prefix}font>".encode()
        size = first.tag_end - first.start
        bold = f"<{prefix}b/>".encode()
        return raw if bold in raw else raw[:size] + bold + raw[size:]

    def _grown(self, element: Element, new: list[bytes]) -> list[Splice]:
        tag = self.xml[element.start : element.tag_end]
        count = f' count="{len(element.children) + len(new)}"'.encode()
        end = self.xml.rindex(b"</", element.start, element.end)
        return [
            Splice(element.start, element.tag_end, _COUNT.sub(count, tag, count=1)),
            Splice(end, end, b"".join(new)),
        ]


def _applied(tag: bytes) -> bytes:
    """Return a tag that says that its alignment counts."""
    end = 2 if tag.endswith(b"/>") else 1
    return tag[:-end] + b' applyAlignment="1"' + tag[-end:]
