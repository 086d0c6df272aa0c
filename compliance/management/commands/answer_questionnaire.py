"""`manage.py answer_questionnaire FILE --out FILE`: fills what is recorded, lists all else."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from audits.models import Engagement
from evidence.errors import EvidenceError
from readiness.buyers import desk, layout, outcome
from readiness.buyers.layout import Mapped
from readiness.buyers.library import Library
from readiness.errors import ReadinessError
from reports.errors import ReportsError
from reports.filled import answers


class Command(BaseCommand):
    help = (
        "Fill the questionnaire of a buyer with the answers that are recorded for its very words; "
        "what is only near waits for a person on the page Questionnaires. Nothing is kept."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="the buyer's workbook (.xlsx)")
        parser.add_argument("--out", type=Path, required=True, help="the filled copy to write")
        parser.add_argument("--engagement", help="whose window evidence must cover: ENG-2026-1")

    def handle(self, *_args: Any, **options: Any) -> None:
        source, out = options["file"], options["out"]
        if not source.is_file():
            raise CommandError(f"There is no file {source}.")
        if out.exists():
            raise CommandError(f"{out} is there already. Choose another name.")
        try:
            self._fill(source, out, _engagement(options["engagement"]))
        except (EvidenceError, ReadinessError, ReportsError) as error:
            raise CommandError(str(error)) from error

    def _fill(self, source: Path, out: Path, engagement: Engagement | None) -> None:
        mapped = _guessed(source)
        questions = desk.read(source, mapped, name=source.name)
        library = Library(engagement)
        lines = [
            outcome.recorded(one, library.matcher.propose(one.text), library) for one in questions
        ]
        refused = answers.write(source, out, mapped=mapped, lines=lines)
        answered = [one for one in lines if one.is_answered]
        backed = sum(one.is_backed for one in answered)
        near = sum(not one.is_answered and one.is_near for one in lines)
        for one in mapped:
            self.stdout.write(f"{one.sheet}: read as {layout.layouts()[one.layout].title}")
        self.stdout.write(
            f"{len(lines):,} questions: {len(answered):,} answered, {backed:,} of them backed by "
            f"evidence; {near:,} wait for a person, {len(lines) - len(answered) - near:,} have no "
            "answer."
        )
        for sheet, places in refused.items():
            for (row, column), reason in places.items():
                self.stdout.write(f"{sheet}, row {row}, column {column}: {reason}")
        self.stdout.write(f"{out} ({out.stat().st_size:,} bytes)")


def _guessed(source: Path) -> list[Mapped]:
    looks = desk.look(source, name=source.name)
    found = [layout.guessed(one.title, one.rows) for one in looks]
    mapped = [one for one in found if one and (one.answer or one.comment)]
    if not mapped:
        raise CommandError(
            "No sheet has headings that are known. Take it in on the page Questionnaires, where "
            "you name its columns."
        )
    return mapped


def _engagement(ref: str | None) -> Engagement | None:
    if not ref:
        return None
    found = Engagement.objects.filter(ref=ref).first()
    if found is None:
        known = ", ".join(Engagement.objects.values_list("ref", flat=True)) or "none"
        raise CommandError(f"There is no engagement {ref}; known: {known}.")
    return found
