"""What a form looks like as evidence: a ZIP of canonical JSON, a text to read, and its files.

The ZIP is not compressed, so that the same answers give the same bytes everywhere, and screening
sees all of it. Beside it lies the table of the answers, which checks read.
"""

import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from accounts.access import actor
from accounts.models import User
from evidence import ledger
from evidence.population import TableFacts, write_csv
from registers.form_models import FormDraft
from registers.forms import attachments, reading
from registers.forms.base import Answers, Asks, Question, Values
from registers.forms.registry import Kind

MEDIA_TYPE = "application/zip"
_EPOCH = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True)
class Filled:
    """A form that is ready, with everything that its evidence says beside the answers."""

    kind: Kind
    answers: Answers
    by: User
    supersedes: str = ""
    """Reference of the version that it corrects."""


def document(filled: Filled) -> dict[str, Any]:
    """Return the whole form as JSON values; labels are there, so that it explains itself."""
    kind, answers = filled.kind, filled.answers
    lines = kind.declared.lines
    return {
        "form": kind.slug,
        "form_sha256": kind.code_digest,
        "title": kind.declared.title,
        "handed_in_by": actor(filled.by),
        "read_at": answers.now.isoformat(),
        "covers_from": answers.covers_from.isoformat(),
        "covers_to": answers.covers_to.isoformat(),
        "supersedes": filled.supersedes or None,
        "answers": _told(kind.questions, answers.values),
        "lines": [
            {"line": number, "answers": _told(kind.line_questions, values)}
            for number, (_, values) in enumerate(answers.lines, 1)
        ]
        if lines
        else None,
    }


def text(filled: Filled) -> str:
    """Return the whole form as plain text, for people without any tool."""
    return "\n".join(_text(filled)) + "\n"


def write(filled: Filled, draft: FormDraft, path: Path) -> None:
    """Write the evidence of a form; the files are those that wait with its draft."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as packed:
        packed.writestr(_entry("form.json"), ledger.canonical(document(filled)))
        packed.writestr(_entry("form.txt"), text(filled))
        for place, file in enumerate(draft.files.order_by("question"), 1):
            name = attachments.name_in_zip(place, file.filename)
            with packed.open(_entry(name), "w") as target:
                for chunk in attachments.stream(file):
                    target.write(chunk)


def write_table(kind: Kind, answers: Answers, path: Path) -> TableFacts:
    """Write the table of a form as canonical CSV, and return what it adds up to."""
    columns = kind.declared.columns
    with path.open("xb") as file:
        rows = (
            [row.get(column.name) for column in columns] for row in kind.declared.table(answers)
        )
        return write_csv(rows, columns, file)


def shown(questions: Mapping[str, Question], values: Values) -> list[tuple[Question, str]]:
    """Return each question with the words of its answer."""
    return [(asked, reading.words(asked, values.get(name))) for name, asked in questions.items()]


def _told(questions: Mapping[str, Question], values: Values) -> list[dict[str, object]]:
    return [
        {
            "name": name,
            "label": asked.label,
            "type": str(asked.asks),
            "value": reading.json_of(values.get(name)),
        }
        for name, asked in questions.items()
    ]


def _text(filled: Filled) -> Iterator[str]:
    kind, answers = filled.kind, filled.answers
    yield kind.declared.title
    yield "=" * len(kind.declared.title)
    yield ""
    yield f"Covers: {answers.covers_from} to {answers.covers_to}"
    yield f"Handed in by: {filled.by.full_name} ({actor(filled.by)}), {answers.now.isoformat()}"
    if filled.supersedes:
        yield f"Corrects: {filled.supersedes}"
    yield ""
    yield from _paragraphs(kind.questions, answers.values)
    lines = kind.declared.lines
    if lines:
        yield ""
        yield f"{lines.title}: {len(answers.lines)}"
    for number, (_, values) in enumerate(answers.lines, 1):
        yield ""
        yield f"{number}."
        yield from _paragraphs(kind.line_questions, values)


def _paragraphs(questions: Mapping[str, Question], values: Values) -> Iterator[str]:
    for asked, said in shown(questions, values):
        if asked.asks is Asks.PARAGRAPH and said:
            yield f"{asked.label}:"
            yield from (f"    {line}" for line in said.splitlines())
        else:
            yield f"{asked.label}: {said or '(no answer)'}"


def _entry(name: str) -> zipfile.ZipInfo:
    # A fixed date: the same answers must give the same bytes.
    return zipfile.ZipInfo(name, _EPOCH)
