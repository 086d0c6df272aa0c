"""The portfolio of merchants: how many of their card security forms stand how, and which wait."""

from collections.abc import Iterator

from django.utils import timezone

from audits.days import day_of
from controls.models import Area
from merchants import portfolio
from merchants.models import ComplianceForm, Environment
from reports.written import of_engagement
from reports.written.document import (
    Column,
    Document,
    Figure,
    Figures,
    Mark,
    Row,
    Section,
    Table,
    Tone,
    Words,
)
from reports.written.registry import Asked, Kind

State = ComplianceForm.State
_BATCH = 1_000
_TONES = {
    State.COMPLETE: Tone.GOOD,
    State.INCOMPLETE: Tone.WARN,
    State.OVERDUE: Tone.BAD,
    State.EXPIRED: Tone.BAD,
    State.INVALID: Tone.BAD,
}
_STATES = tuple(Column(state.label, 11, is_number=True) for state in State)
_TYPES = (Column("Form", 20), *_STATES, Column("All", 11, is_number=True))
_LEVELS = (Column("Level of merchant", 20), *_STATES, Column("All", 11, is_number=True))
_FORMS = (
    Column("Form", 30),
    Column("Merchant", 30),
    Column("Platform", 34, wraps=True),
    Column("Questionnaire", 14),
    Column("Level", 8, is_number=True),
    Column("State", 12),
    Column("Due", 12),
    Column("Valid from", 12),
    Column("Valid until", 12),
)
_NOTES = (
    (
        "Counted are the forms of the live environment, each with its state at the moment "
        "of making. A merchant may have a form for each year."
    ),
    "Merchants are named by their reference. Their names and numbers are not in this report.",
)


def build(asked: Asked) -> Document:
    found = portfolio.count(Environment.LIVE.value, timezone.now())
    return Document(
        title="Merchant portfolio",
        subtitle="Card security forms of merchants",
        sections=[
            Section("In numbers", [Words(_sentence(found)), Figures(_figures(found))]),
            Section("By questionnaire", [_facet(found, "form_type", "By questionnaire", _TYPES)]),
            Section("By level", [_facet(found, "level", "By level", _LEVELS)]),
            Section("Forms", [_forms()]),
        ],
        as_of=asked.at,
        notes=_NOTES,
    )


def _sentence(found: portfolio.Figures) -> str:
    if not found.total:
        return "No form was issued to a merchant yet."
    return f"{found.total:,} forms of merchants are in the portfolio."


def _figures(found: portfolio.Figures) -> list[Figure]:
    complete = found.by_state.get(State.COMPLETE, 0)
    share = of_engagement.share(complete, found.total)
    said = "of all forms are complete and valid" if found.total else "there is no form"
    return [
        Figure("Complete, in percent", share, said),
        *(Figure(state.label, found.by_state.get(state, 0), "forms") for state in State),
    ]


def _facet(found: portfolio.Figures, name: str, title: str, columns: tuple[Column, ...]) -> Table:
    def rows() -> Iterator[Row]:
        for word, states in sorted(found.facets.get(name, {}).items()):
            yield [str(word), *(states.get(state, 0) for state in State), sum(states.values())]

    return Table(title, columns, rows, empty="There is no form.")


def _forms() -> Table:
    def rows() -> Iterator[Row]:
        chosen = portfolio.chosen(portfolio.Choice()).select_related("merchant", "application")
        for form in chosen.iterator(_BATCH):
            state = State(form.state)
            yield [
                form.ref,
                form.merchant.ref,
                str(form.application),
                form.form_type,
                form.level,
                Mark(state.label, _TONES[state]),
                day_of(form.due_at),
                day_of(form.valid_from) if form.valid_from else None,
                day_of(form.valid_until) if form.valid_until else None,
            ]

    return Table("Forms", _FORMS, rows, empty="No form was issued yet.")


KIND = Kind(
    title="Merchant portfolio",
    sentence="How many card security forms of merchants stand how, and the list of all of them.",
    build=build,
    area=Area.VENDOR,
)
