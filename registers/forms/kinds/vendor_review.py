"""Vendor review: the assurance reports of critical vendors were read, and what follows."""

from collections.abc import Iterator

from controls.models import Area, Expectation
from evidence.models import Evidence
from evidence.population import Column
from registers.forms import rules
from registers.forms.base import Answers, Asks, Form, Lines, Problem, Question, Row, Values
from registers.forms.reading import place


def _rules(answers: Answers) -> Iterator[Problem]:
    yield from rules.two_people(answers.values, "prepared_by", "approved_by", "approved")
    yield from rules.no_doubles(answers, "vendor", "report_type", "period_to")
    for number, line in answers.lines:
        for name, sentence in _line_rules(line):
            yield place(number, name), sentence


def _line_rules(line: Values) -> Iterator[Problem]:
    start, end = rules.day(line, "period_from"), rules.day(line, "period_to")
    if start and end and end < start:
        yield "period_to", "Its period ends before it begins."
    bridge, read = rules.day(line, "bridge_to"), rules.day(line, "read_on")
    if bridge and end and bridge <= end:
        yield "bridge_to", "A bridge letter reaches beyond the period of the report."
    if read and end and read < end:
        yield "read_on", "It was read before its period had ended."
    if bool(line["read_by"]) != bool(read):
        yield "read_on", "Say both, who read it and when; or neither, where nobody did."
    for told, of in (("exceptions_assessed", "exceptions"), ("duties_mapped", "duties")):
        some, every = rules.whole(line, told), rules.whole(line, of)
        if some is not None and every is not None and some > every:
            yield told, "These are more than the report has."
    if line["opinion"] == "not unmodified" and not line["decision"]:
        yield "decision", "The auditor did not agree without reserve: say what you decided."


def _table(answers: Answers) -> Iterator[Row]:
    for _, line in answers.lines:
        yield {
            "vendor": rules.text(line, "vendor"),
            "report_type": rules.text(line, "report_type"),
            "period_to": rules.day(line, "period_to"),
            "bridge_to": rules.day(line, "bridge_to"),
            "exceptions": rules.whole(line, "exceptions"),
            "exceptions_assessed": rules.whole(line, "exceptions_assessed"),
            "duties": rules.whole(line, "duties"),
            "duties_mapped": rules.whole(line, "duties_mapped"),
            "read_by": rules.text(line, "read_by") or None,
            "read_on": rules.day(line, "read_on"),
            "collected_on": answers.today,
            "opinion": rules.text(line, "opinion"),
            "decision": rules.text(line, "decision") or None,
        }


FORM = Form(
    title="Vendor review",
    purpose="Fill it in once a quarter for all critical vendors. It proves that their reports were "
    "read, their exceptions judged, and their duties for us taken up.",
    area=Area.VENDOR,
    serves=("vendor-reports",),
    evidence_type=Expectation.EvidenceType.REVIEW_RECORD,
    kind=Evidence.Kind.STATE,
    environment=Evidence.Environment.CORPORATE,
    is_list=True,
    questions=(
        Question(name="prepared_by", label="Prepared by", asks=Asks.PERSON, required=True),
        Question(name="approved_by", label="Approved by", asks=Asks.PERSON, required=True),
        Question(name="record", label="Notes of the reading", asks=Asks.FILE),
    ),
    lines=Lines(
        title="Reports",
        entry="report",
        help="One line for each report of each critical vendor.",
        questions=(
            Question(name="vendor", label="Vendor", required=True, longest=120),
            Question(
                name="report_type",
                label="Kind",
                asks=Asks.CHOICE,
                choices=(
                    "SOC 2 Type 2",
                    "SOC 2 Type 1",
                    "SOC 1 Type 2",
                    "PCI AoC",
                    "ISO 27001",
                    "other",
                ),
                required=True,
            ),
            Question(name="period_from", label="Period from", asks=Asks.DATE),
            Question(name="period_to", label="Period to", asks=Asks.DATE, required=True),
            Question(
                name="bridge_to", label="Bridge letter to", asks=Asks.DATE, may_lie_ahead=True
            ),
            Question(
                name="opinion",
                label="Opinion",
                asks=Asks.CHOICE,
                choices=("unmodified", "not unmodified", "none given"),
                required=True,
            ),
            Question(name="exceptions", label="Exceptions", asks=Asks.INTEGER, required=True),
            Question(name="exceptions_assessed", label="of these judged", asks=Asks.INTEGER),
            Question(
                name="duties",
                label="Duties for us (CUEC)",
                asks=Asks.INTEGER,
                required=True,
            ),
            Question(name="duties_mapped", label="of these mapped", asks=Asks.INTEGER),
            Question(name="read_by", label="Read by", asks=Asks.PERSON),
            Question(name="read_on", label="Read on", asks=Asks.DATE),
            Question(name="decision", label="Decision and reason"),
        ),
    ),
    columns=(
        Column("vendor", "text"),
        Column("report_type", "text"),
        Column("period_to", "date"),
        Column("bridge_to", "date"),
        Column("exceptions", "integer"),
        Column("exceptions_assessed", "integer"),
        Column("duties", "integer"),
        Column("duties_mapped", "integer"),
        Column("read_by", "text"),
        Column("read_on", "date"),
        Column("collected_on", "date"),
        Column("opinion", "text"),
        Column("decision", "text"),
    ),
    table=_table,
    rules=_rules,
)
