"""Wording of PCI SSC that a licence holder loads: it stands beside ours, by the ids of the lines.

We ship no such wording. A file is CSV (with the columns id and text, and form where a wording is
for one type only) or JSON (a list of such objects). A wording of a requirement stands beside each
of its lines. What is loaded again replaces what was there; nothing is ever lost.
"""

import csv
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from io import StringIO
from pathlib import Path
from typing import Any

from django.db import transaction
from django.utils import timezone

from evidence import ledger
from merchants import questionnaire
from merchants.errors import OfficialTextsError
from merchants.models import OfficialText
from merchants.questionnaire import TYPES, Questionnaire

LONGEST = 20_000
MOST_BYTES = 20_000_000
MOST_FAULTS = 50
_COLUMNS = {"id", "text", "form"}


@dataclass(frozen=True)
class Wording:
    """One wording of a file, with the line that it stands on there."""

    number: int
    line: str
    text: str
    form_type: str = ""


def read(path: Path) -> list[Wording]:
    """Read a file; OfficialTextsError names each line that does not fit."""
    try:
        size = path.stat().st_size
        if size > MOST_BYTES:
            raise OfficialTextsError([f"The file is larger than {MOST_BYTES:,} bytes."])
        written = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise OfficialTextsError(["The file is not UTF-8."]) from error
    except OSError as error:
        raise OfficialTextsError([f"The file cannot be read: {error.strerror}."]) from error
    rows = _of_json(written) if path.suffix.lower() == ".json" else _of_csv(written)
    found = [_wording(number, row) for number, row in rows]
    known = {kind: _ids(kind) for kind in {one.form_type for one in found} & {"", *TYPES}}
    faults = [fault for one in found if (fault := _fault(one, known))]
    faults += _twice(found)
    if not found:
        faults = ["The file holds no wording."]
    if faults:
        raise OfficialTextsError(faults[:MOST_FAULTS])
    return found


def load(wordings: Sequence[Wording], *, licence: str, actor: str) -> int:
    """Keep the wordings of a file, all of them or none; return how many are new or differ."""
    if not licence.strip() or len(licence) > 200:
        raise OfficialTextsError(["Say in up to 200 characters by which licence you may use it."])
    with transaction.atomic():
        ledger.lock()
        now, known = timezone.now(), _newest(OfficialText.objects.all())
        rows = [
            OfficialText(
                form_type=one.form_type, line=one.line, text=one.text, licence=licence, at=now
            )
            for one in wordings
            if known.get((one.form_type, one.line), "") != one.text
        ]
        if not rows:
            return 0
        leaf = ledger.append(
            "compliance_form.texts",
            subject="questionnaires",
            body={"texts": len(rows), "texts_sha256": digest_of(rows)},
            actor=actor,
        )
        for row in rows:
            row.ledger_entry = leaf
        OfficialText.objects.bulk_create(rows)
    return len(rows)


def beside(found: Questionnaire, ids: Iterable[str] | None = None) -> dict[str, str]:
    """Return the official wording of the lines and statements of a form, by their ids.

    What was loaded for a line beats what was loaded for its requirement, and what was loaded for
    this type of form beats what was loaded for all.
    """
    named = {line.id: line.about for part in found.sections for line in part.lines}
    named |= {one.id: one.id for one in found.statements}
    wanted = set(ids) & named.keys() if ids is not None else set(named)
    if not wanted:
        return {}
    keys = wanted | {named[name] for name in wanted}
    known = _newest(OfficialText.objects.filter(line__in=keys, form_type__in=["", found.type]))
    beside_it = {}
    for name in wanted:
        places = [(found.type, name), (found.type, named[name]), ("", name), ("", named[name])]
        text = next((known[place] for place in places if known.get(place)), "")
        if text:
            beside_it[name] = text
    return beside_it


def digest_of(rows: Sequence[OfficialText]) -> str:
    """Return the SHA-256 (hex) of what one load kept, in the order of its rows."""
    said = [[row.form_type, row.line, row.text, row.licence] for row in rows]
    return sha256(ledger.canonical(said)).hexdigest()


def _newest(rows: Any) -> dict[tuple[str, str], str]:
    told = rows.order_by("pk").values_list("form_type", "line", "text")
    return {(form_type, line): text for form_type, line, text in told}


def _of_csv(written: str) -> list[tuple[int, Mapping[str, Any]]]:
    reader = csv.DictReader(StringIO(written), strict=True)
    try:
        header = set(reader.fieldnames or ())
        if not {"id", "text"} <= header or not header <= _COLUMNS:
            raise OfficialTextsError(["The columns are id and text, and form where it is needed."])
        return [(reader.line_num, row) for row in reader]
    except csv.Error as error:
        raise OfficialTextsError([f"Line {reader.line_num}: {error}."]) from error


def _of_json(written: str) -> list[tuple[int, Mapping[str, Any]]]:
    try:
        rows = json.loads(written)
    except (ValueError, RecursionError) as error:
        raise OfficialTextsError([f"The file is no JSON: {error}."]) from error
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise OfficialTextsError(["The file is to hold a list of objects with id and text."])
    return list(enumerate(rows, 1))


def _wording(number: int, row: Mapping[str, Any]) -> Wording:
    said = {name: str(row.get(name) or "").replace("\0", "").strip() for name in _COLUMNS}
    return Wording(number, said["id"], said["text"], said["form"])


def _fault(one: Wording, known: Mapping[str, set[str]]) -> str:
    place = f"Line {one.number}"
    if one.form_type not in known:
        return f"{place}: there is no form {one.form_type!r}. Known are {', '.join(TYPES)}."
    if one.line not in known[one.form_type]:
        of_form = f" on the form {one.form_type}" if one.form_type else ""
        return f"{place}: there is no line {one.line!r}{of_form}."
    if not one.text:
        return f"{place}: the text of {one.line} is missing."
    if len(one.text) > LONGEST:
        return f"{place}: the text of {one.line} is longer than {LONGEST:,} characters."
    return ""


def _twice(found: Sequence[Wording]) -> list[str]:
    seen = dict[tuple[str, str], int]()
    faults = []
    for one in found:
        first = seen.setdefault((one.form_type, one.line), one.number)
        if first != one.number:
            faults.append(f"Line {one.number}: {one.line} stands on line {first} already.")
    return faults


def _ids(form_type: str) -> set[str]:
    """Return every id that wording can stand beside; statements belong to one form only."""
    kinds = (form_type,) if form_type else TYPES
    found: set[str] = set()
    for kind in kinds:
        one = questionnaire.current(kind, date.max).questionnaire
        lines = [line for part in one.sections for line in part.lines]
        found |= {line.id for line in lines} | {line.about for line in lines}
        if form_type:
            found |= {each.id for each in one.statements}
    return found
