"""The control matrix: criteria, the wording of each control in force, its tests and their results.

Laid out as the fourth section of a SOC 2 report has it: what is asked, what we do, how that was
tested, what was found.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from django.db.models import Count, Sum

from audits import findings
from audits.coverage import SHORTFALL, State, worst
from audits.facts import ControlLine, CoverageReport, coverage_of
from audits.models import Engagement, Finding
from controls.models import Check, ControlMapping, ControlVersion
from evidence.models import CheckResult
from reports.written import looking_back, of_engagement
from reports.written.document import (
    Cell,
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
from reports.written.registry import Asked, Kind, Need

_MATRIX = (
    Column("Criterion", 9),
    Column("What it asks", 32, wraps=True),
    Column("Control", 9),
    Column("What we do (wording in force)", 46, wraps=True),
    Column("Why it serves the criterion", 28, wraps=True),
    Column("How it was tested", 40, wraps=True),
    Column("Result", 36, wraps=True),
    Column("State", 11),
)
_TESTS = (
    Column("Control", 9),
    Column("Check", 44, wraps=True),
    Column("Of what", 34, wraps=True),
    Column("Runs", 8, is_number=True),
    Column("Passed", 8, is_number=True),
    Column("With exceptions", 11, is_number=True),
    Column("Could not run", 10, is_number=True),
    Column("Rows tested", 12, is_number=True),
    Column("Exceptions", 11, is_number=True),
)
_NOTES = (
    (
        "Criteria are named by the reference of their framework and by titles of our own; the "
        "wording of the framework stands with its publisher."
    ),
    (
        "A wording counts from its day on. Where it changed in the window, each wording stands "
        "here with the day from which it counted."
    ),
    (
        "Tests here are the checks that this system runs over the evidence of the window, and "
        "whether the evidence came in time. The procedures of the auditor stand in the auditor's "
        "own papers."
    ),
)


@dataclass(frozen=True)
class _Run:
    """What the runs of one check over evidence of the window found."""

    runs: int = 0
    passed: int = 0
    failed: int = 0
    broken: int = 0
    rows: int = 0
    exceptions: int = 0


@dataclass(frozen=True)
class _World:
    """All that the matrix says, read once."""

    report: CoverageReport
    wordings: Mapping[str, str]
    reasons: Mapping[tuple[str, str], str]
    checks: Mapping[int, Sequence[Check]]
    runs: Mapping[int, _Run]
    findings: Mapping[str, Sequence[tuple[Finding, str]]]


def build(asked: Asked) -> Document:
    report = coverage_of(asked.audit, asked.at)
    world = _World(
        report,
        _wordings(asked.audit, report),
        _reasons(report),
        _checks(report),
        _runs(asked.audit, report),
        _findings(asked),
    )
    categories = list(dict.fromkeys(line.category for line in report.criteria))
    return Document(
        title="Control matrix",
        subtitle=f"{asked.audit.ref} {asked.audit.title}",
        sections=[
            Section("In numbers", [Words(_sentence(world)), Figures(_figures(world))]),
            *(_category(world, name) for name in categories),
            Section("Checks and what they found", [_tests(world)], begins_page=True),
        ],
        facts=of_engagement.facts(asked.audit),
        period=(asked.audit.window_from, asked.audit.window_to),
        as_of=asked.at,
        notes=looking_back.noted(asked, _NOTES),
    )


def _sentence(world: _World) -> str:
    if not world.report.controls:
        return (
            "No control serves a criterion of the chosen categories, so there is nothing to test."
        )
    return (
        "Each line names a criterion, the control that serves it, how the control was tested in "
        "the window and what came of it. A criterion without a control is named as a gap."
    )


def _figures(world: _World) -> list[Figure]:
    report = world.report
    bare = sum(1 for line in report.criteria if not line.controls)
    told = [one for each in world.findings.values() for one in each]
    return [
        Figure("Criteria in scope", len(report.criteria), f"{bare:,} of them without a control"),
        Figure("Controls", len(report.controls), "that serve them"),
        *of_engagement.coverage_figures(report.totals),
        Figure(
            "Runs of checks",
            sum(one.runs for one in world.runs.values()),
            "over the evidence of the window",
        ),
        Figure(
            "Exceptions",
            sum(one.exceptions for one in world.runs.values()),
            "that these runs found",
        ),
        Figure("Findings", len(told), "recorded in this engagement"),
    ]


def _category(world: _World, name: str) -> Section:
    return Section(
        name,
        [
            Table(
                f"{name} matrix",
                _MATRIX,
                lambda: _rows(world, name),
                empty=f"No criterion of {name} is in scope.",
            )
        ],
    )


def _rows(world: _World, category: str) -> Iterator[Row]:
    by_ref = {line.ref: line for line in world.report.controls}
    for criterion in world.report.criteria:
        if criterion.category != category:
            continue
        asked = criterion.ref, criterion.title
        if not criterion.controls:
            yield [*asked, None, None, None, None, "No control serves it.", Mark("gap", Tone.BAD)]
        for ref in criterion.controls:
            reason = world.reasons.get((ref, criterion.ref), "")
            yield [*asked, ref, world.wordings.get(ref), reason, *_tested(world, by_ref[ref])]


def _tested(world: _World, line: ControlLine) -> list[Cell]:
    """Return how a control was tested, the result in words, and its worst state."""
    checks = [check for one in line.expectations for check in world.checks.get(one.pk, ())]
    how = [f"Evidence: {one.title} ({one.get_cadence_display()})." for one in line.expectations]
    how += [f"Check: {check.title}." for check in checks]
    counts = Counter(line.counts)
    return [
        "\n".join(how) or "Nothing is expected of it, so it was not tested.",
        "\n".join(_results(world, line, checks, counts)) or "No result.",
        of_engagement.mark(worst(counts)) if counts else Mark("not tested", Tone.WARN),
    ]


def _results(
    world: _World, line: ControlLine, checks: Iterable[Check], counts: Mapping[State, int]
) -> Iterator[str]:
    due = of_engagement.judged(Counter(counts))
    if due:
        short = [
            f"{counts[state]:,} {state.value}"
            for state in State
            if state in SHORTFALL and counts.get(state)
        ]
        said = f" ({', '.join(short)})" if short else ""
        yield f"{counts.get(State.MET, 0):,} of {due:,} due times met{said}."
    elif counts:
        yield "Nothing is due yet."
    runs = [world.runs[check.pk] for check in checks if check.pk in world.runs]
    if runs:
        found = sum(run.exceptions for run in runs)
        yield f"{sum(run.runs for run in runs):,} runs of checks, {found:,} exceptions."
    for finding, state in world.findings.get(line.ref, ()):
        said = of_engagement.finding_mark(state).text.lower()
        yield f"{finding.ref}: {finding.title} ({said})."


def _tests(world: _World) -> Table:
    def rows() -> Iterator[Row]:
        for line in world.report.controls:
            for one in line.expectations:
                for check in world.checks.get(one.pk, ()):
                    run = world.runs.get(check.pk, _Run())
                    counted = (
                        run.runs,
                        run.passed,
                        run.failed,
                        run.broken,
                        run.rows,
                        run.exceptions,
                    )
                    yield [line.ref, check.title, one.title, *counted]

    return Table("Checks", _TESTS, rows, empty="No control in scope has a check.")


def _wordings(engagement: Engagement, report: CoverageReport) -> dict[str, str]:
    """Return the wordings of each control that were in force in the window."""
    refs = [line.ref for line in report.controls]
    found: dict[str, list[ControlVersion]] = defaultdict(list)
    versions = ControlVersion.objects.filter(
        control__ref__in=refs, effective_from__lte=engagement.window_to
    ).select_related("control")
    for version in versions.order_by("control__ref", "number"):
        known = found[version.control.ref]
        # A later version stands in for every earlier one from its day on.
        found[version.control.ref] = [
            each for each in known if each.effective_from < version.effective_from
        ] + [version]
    return {ref: _worded(each, engagement) for ref, each in found.items()}


def _worded(versions: Sequence[ControlVersion], engagement: Engagement) -> str:
    first = max(
        (
            place
            for place, one in enumerate(versions)
            if one.effective_from <= engagement.window_from
        ),
        default=0,
    )
    held = versions[first:]
    if len(held) == 1:
        return held[0].statement
    return "\n".join(f"From {one.effective_from}: {one.statement}" for one in held)


def _reasons(report: CoverageReport) -> dict[tuple[str, str], str]:
    refs = [line.ref for line in report.controls]
    rows = ControlMapping.objects.filter(
        control__ref__in=refs, criterion__framework=report.engagement.framework_id
    )
    return {
        (control, criterion): reason
        for control, criterion, reason in rows.values_list(
            "control__ref", "criterion__ref", "reason"
        )
    }


def _checks(report: CoverageReport) -> dict[int, list[Check]]:
    keys = [one.pk for line in report.controls for one in line.expectations]
    found: dict[int, list[Check]] = defaultdict(list)
    for check in Check.objects.filter(expectation__in=keys).order_by("slug"):
        found[check.expectation_id].append(check)
    return found


def _runs(engagement: Engagement, report: CoverageReport) -> dict[int, _Run]:
    keys = [one.pk for line in report.controls for one in line.expectations]
    results = CheckResult.objects.filter(
        check_ref__expectation__in=keys,
        ran_at__lte=report.as_of,
        evidence__covers_from__lte=engagement.window_to,
        evidence__covers_to__gte=engagement.window_from,
    )
    counted: dict[int, Counter[str]] = defaultdict(Counter)
    rows = (
        results.order_by()
        .values_list("check_ref", "state")
        .annotate(Count("pk"), Sum("population_count"), Sum("exception_count"))
    )
    for check, state, runs, population, exceptions in rows:
        counted[check] += Counter(
            {state: runs, "rows": population or 0, "exceptions": exceptions or 0}
        )
    states = CheckResult.State
    return {
        check: _Run(
            runs=sum(one[state] for state in states.values),
            passed=one[states.PASSED],
            failed=one[states.FAILED],
            broken=one[states.ERROR],
            rows=one["rows"],
            exceptions=one["exceptions"],
        )
        for check, one in counted.items()
    }


def _findings(asked: Asked) -> dict[str, list[tuple[Finding, str]]]:
    """Return the findings of each control with their state as of the moment."""
    found: dict[str, list[tuple[Finding, str]]] = defaultdict(list)
    for one in findings.as_known(asked.audit, asked.at).order_by("number"):
        found[one.control_ref].append((one, one.was))  # type: ignore[attr-defined]
    return found


KIND = Kind(
    title="Control matrix",
    sentence="Criteria, each control in its wording in force, its tests, and their results.",
    build=build,
    needs=(Need.ENGAGEMENT,),
    goes_back=True,
)
