"""Opens the files of scanners, which are hostile until read: bounded, and without surprises."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import NoReturn
from xml.etree.ElementTree import Element, ParseError  # parsed by defusedxml only

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import parse

from collectors.errors import FileRefusedError
from collectors.wire.answers import Json
from collectors.wire.fields import Item

MOST_BYTES = 128 * 1024**2


@dataclass(frozen=True)
class Finding:
    """One line of a scanner or assessor: what was looked at, by which rule, and what came of it."""

    finding_id: str
    tool: str
    rule: str
    title: str | None
    severity: str | None
    asset: str | None
    outcome: str
    criteria: tuple[str, ...]
    found_at: datetime | None


def json_lines(path: Path) -> Iterator[Item]:
    """Yield the things of a file that is a JSON list, one JSON value, or one value in each line."""
    text = _text(path)
    try:
        told = _decoded(text)
    except ValueError:
        for number, line in enumerate(text.splitlines(), 1):
            if line.strip():
                try:
                    yield Item(_decoded(line), path.name)
                except (ValueError, RecursionError) as error:
                    _refuse(path, f"line {number} is no JSON", error)
        return
    except RecursionError as error:
        _refuse(path, "it is nested too deeply", error)
    yield from (Item(each, path.name) for each in (told if isinstance(told, list) else [told]))


def json_of(path: Path) -> Item:
    """Return the one JSON value of a file; FileRefusedError."""
    try:
        return Item(_decoded(_text(path)), path.name)
    except (ValueError, RecursionError) as error:
        _refuse(path, "it is no JSON", error)


def xml_of(path: Path) -> Element:
    """Return the root of an XML file without entities; FileRefusedError."""
    _refuse_large(path)
    try:
        root: Element | None = parse(path).getroot()
    except (ParseError, DefusedXmlException, ValueError) as error:
        _refuse(path, "it is no plain XML", error)
    return root if root is not None else _refuse(path, "it is empty")


def _text(path: Path) -> str:
    _refuse_large(path)
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        _refuse(path, "it is no text in UTF-8", error)


def _decoded(text: str) -> Json:
    told: Json = json.loads(text, parse_float=Decimal, parse_constant=_no_number)
    return told


def _no_number(word: str) -> NoReturn:
    raise ValueError(word)


def _refuse_large(path: Path) -> None:
    if path.stat().st_size > MOST_BYTES:
        _refuse(path, f"it has more than {MOST_BYTES:,} bytes; split it")


def _refuse(path: Path, why: str, error: Exception | None = None) -> NoReturn:
    message = f"{path.name} cannot be read: {why}. Export it again."
    raise FileRefusedError(message) from error
