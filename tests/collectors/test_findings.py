"""Reports of scanners and assessors become one list, with the criteria as we spell them."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectors import connections
from collectors.connections import Wishes
from collectors.errors import FileRefusedError
from collectors.files import inbox
from collectors.findings.criteria import SERIES, criteria, criterion
from collectors.models import Run
from collectors.run import perform
from controls import loader
from controls.models import Expectation, Framework
from evidence import store
from evidence.models import CheckResult
from tests.collectors import world
from tests.collectors.asking import Told, ask

PAYLOADS = Path(__file__).parent / "payloads" / "scanner_findings"
FILES = {
    "ocsf": "prowler.ocsf.json",
    "sarif": "code.sarif",
    "junit": "tests.xml",
    "oscal": "oscal.json",
    "powerpipe": "powerpipe.json",
}
ROOT = "arn:aws:iam::000000000000:root"
KNOWN = [f"{series}.{number}" for series, most in SERIES.items() for number in range(1, most + 1)]


def put(scratch: Path, form: str, content: bytes | str | None = None) -> Told:
    """Ask with a file of this form; without content the payload."""
    name = FILES[form]
    stem, _, ending = name.partition(".")
    path = scratch / f"{stem}__2026-10-01_2026-10-31.{ending.rpartition('.')[2]}"
    told = (PAYLOADS / name).read_bytes() if content is None else content
    path.write_bytes(told.encode() if isinstance(told, str) else told)
    return ask("scanner_findings", scratch, file=path, form=form)


def shown(told: Told, *names: str) -> list[tuple[Any, ...]]:
    return [tuple(row[name] for name in names) for row in told.rows]


def test_prowler_is_read(scratch: Path) -> None:
    told = put(scratch, "ocsf")
    assert shown(told, "rule_name", "severity", "outcome", "criteria", "asset") == [
        ("iam_root_mfa_enabled", "Critical", "failed", "CC6.1 C1.1", ROOT),
        ("s3_bucket_public", "High", "passed", None, "ledger"),
    ]
    assert told.rows[0]["tool"] == "Prowler 5.4.0"
    assert told.rows[0]["found_at"] == datetime(2026, 10, 1, 6, 26, 40, tzinfo=UTC)
    assert told.rows[1]["found_at"] == datetime.fromtimestamp(1759300001, UTC)


def test_a_value_in_each_line_is_read_as_well(scratch: Path) -> None:
    listed = json.loads((PAYLOADS / "prowler.ocsf.json").read_text(encoding="utf-8"))
    lines = "\n".join(json.dumps(each) for each in listed)
    assert len(put(scratch, "ocsf", lines).rows) == 2


def test_sarif_is_read(scratch: Path) -> None:
    told = put(scratch, "sarif")
    assert shown(told, "rule_name", "severity", "outcome", "criteria", "asset") == [
        ("sql-injection", "score 8.8", "failed", "CC6.1", "app/pay.py:17"),
        ("weak-hash", "error", "muted", "CC7.1", None),
        ("ok", "warning", "passed", None, None),
    ]
    assert told.rows[0]["finding_id"] == "abc"
    assert len({row["finding_id"] for row in told.rows}) == 3
    assert told.trail.shortfalls == []


def test_a_scanner_that_did_not_finish_says_so(scratch: Path) -> None:
    text = (PAYLOADS / "code.sarif").read_text(encoding="utf-8")
    told = put(
        scratch,
        "sarif",
        text.replace('"executionSuccessful": true', '"executionSuccessful": false'),
    )
    assert "did not finish" in told.trail.shortfalls[0]


def test_junit_is_read_and_counted(scratch: Path) -> None:
    told = put(scratch, "junit")
    assert shown(told, "rule_name", "outcome", "criteria", "title") == [
        ("test_negative", "passed", "PI1.2", None),
        ("test_currency", "failed", "PI1.2", "EUR is not USD"),
        ("test_limit", "failed", "CC6.1 PI1.2 PI1.3", "no server"),
        ("test_later", "skipped", "PI1.2", "skipped"),
    ]
    assert told.trail.source_count == 4


def test_a_suite_that_lost_cases_does_not_add_up(scratch: Path) -> None:
    text = (PAYLOADS / "tests.xml").read_text(encoding="utf-8")
    told = put(scratch, "junit", text.replace('tests="4"', 'tests="5"'))
    assert (told.trail.source_count, len(told.rows)) == (5, 4)


def test_oscal_is_read(scratch: Path) -> None:
    told = put(scratch, "oscal")
    assert shown(told, "finding_id", "outcome", "criteria", "tool") == [
        ("f-1", "passed", "CC6.3", "Review of October"),
        ("f-2", "failed", "A1.2", "Review of October"),
    ]


def test_powerpipe_is_read_and_an_error_is_no_pass(scratch: Path) -> None:
    told = put(scratch, "powerpipe")
    assert shown(told, "rule_name", "asset", "outcome", "criteria") == [
        ("iam_user_mfa", "ada", "passed", "CC6.1"),
        ("iam_user_mfa", "jon", "failed", "CC6.1"),
        ("kms_rotation", "key-1", "error", "CC6.1"),
    ]


def test_a_control_that_did_not_run_makes_it_partial(scratch: Path) -> None:
    text = (PAYLOADS / "powerpipe.json").read_text(encoding="utf-8")
    told = put(scratch, "powerpipe", text.replace('"run_error": ""', '"run_error": "denied"', 1))
    assert "iam_user_mfa did not run" in told.trail.shortfalls[0]


BAD = [b"", b"7", b"[7]", b"{}", b"[{}]", b"{", b"<x>", b"\xff\xfe", b"null", b"[" * 100_000]


@pytest.mark.parametrize("content", BAD, ids=range(len(BAD)))
@pytest.mark.parametrize("form", FILES)
def test_another_file_is_refused(scratch: Path, form: str, content: bytes) -> None:
    with pytest.raises(FileRefusedError):
        put(scratch, form, content)


@pytest.mark.parametrize("form", ["ocsf", "sarif", "oscal", "powerpipe"])
def test_a_file_that_was_cut_off_is_refused(scratch: Path, form: str) -> None:
    whole = (PAYLOADS / FILES[form]).read_bytes()
    with pytest.raises(FileRefusedError):
        put(scratch, form, whole[: len(whole) - 40])


@pytest.mark.parametrize("form", FILES)
def test_the_form_of_another_is_refused(scratch: Path, form: str) -> None:
    for other, name in FILES.items():
        if other != form:
            content = (PAYLOADS / name).read_bytes()
            with pytest.raises(FileRefusedError):
                put(scratch, form, content)


def test_entities_are_refused(scratch: Path) -> None:
    bomb = '<!DOCTYPE x [<!ENTITY a "aaaa">]><testsuite name="&a;"/>'
    with pytest.raises(FileRefusedError, match="no plain XML"):
        put(scratch, "junit", bomb)


@pytest.mark.django_db
@pytest.mark.parametrize("form", FILES)
def test_a_report_becomes_evidence_as_it_came(form: str) -> None:
    own = connections.connect(
        "scanner_findings",
        slug="scans",
        wishes=Wishes(title="x", values={"form": form}),
        by=world.BY,
    )
    name = FILES[form]
    path = (
        inbox.folder_of(own)
        / f"{name.partition('.')[0]}__2026-10-01_2026-10-31.{name.rpartition('.')[2]}"
    )
    content = (PAYLOADS / name).read_bytes()
    path.write_bytes(content)
    run = perform(own, period=None, key="one", file=path)
    assert (run.state, run.reason) == (Run.State.COMPLETE, "")
    assert run.evidence
    assert b"".join(store.stream(run.evidence.blob_id)) == content
    assert run.evidence.population.row_count == run.rows


@pytest.mark.django_db
def test_the_check_of_the_catalogue_reads_it(settings: Any) -> None:
    loader.apply(loader.plan(settings.CATALOGUE_DIR), actor="system", reword=False)
    expectation = Expectation.objects.get(slug="scanner-findings")
    wishes = Wishes(title="x", values={"form": "sarif"}, expectations=[expectation])
    own = connections.connect("scanner_findings", slug="scans", wishes=wishes, by=world.BY)
    path = inbox.folder_of(own) / "code__2026-10-01_2026-10-31.sarif"
    path.write_bytes((PAYLOADS / "code.sarif").read_bytes())
    run = perform(own, period=None, key="one", file=path)
    result = CheckResult.objects.get(evidence=run.evidence)
    assert (result.state, result.exception_count) == (CheckResult.State.FAILED, 1)
    assert "sql-injection" in repr(result.exceptions)


@pytest.mark.django_db
def test_the_criteria_that_are_known_are_those_of_the_catalogue(settings: Any) -> None:
    loader.apply(loader.plan(settings.CATALOGUE_DIR), actor="system", reword=False)
    framework = Framework.objects.get(slug="tsc_2017")
    assert set(KNOWN) == set(framework.criteria.values_list("ref", flat=True))


GAPS = st.sampled_from(["_", "-", ".", " ", "__", " - ", ":", "/"])
PREFIXES = st.sampled_from(["", "soc2_", "SOC 2: ", "tsc-", "TSC:", "aicpa_tsc_", "soc_2_"])


@given(st.sampled_from(KNOWN), st.tuples(GAPS, GAPS), PREFIXES, st.booleans(), st.integers(0, 9))
def test_every_spelling_of_a_criterion_is_known(
    known: str, gaps: tuple[str, str], prefix: str, low: bool, point: int
) -> None:
    gap, other = gaps
    series, _, number = known.partition(".")
    spelled = f"{prefix}{series[:-1]}{gap}{series[-1]}{other}{number}"
    spelled += f"{gap}{point}" if point else ""
    assert criterion(spelled.lower() if low else spelled) == known


@given(st.sampled_from([known for known in KNOWN if not known.startswith("CC")]))
def test_the_spelling_of_prowler_is_known(known: str) -> None:
    series, _, number = known.partition(".")
    assert criterion(f"cc_{series[:-1].lower()}_{series[-1]}_{number}") == known


@given(st.text(max_size=80))
def test_what_is_no_criterion_gives_nothing_or_a_known_one(word: str) -> None:
    assert criterion(word) in {None, *KNOWN}


@given(st.sampled_from(list(SERIES)), st.integers(0, 99))
def test_a_number_that_does_not_exist_is_none(series: str, number: int) -> None:
    known = f"{series}.{number}"
    assert (criterion(known) is not None) == (known in KNOWN)


@given(st.lists(st.sampled_from([*KNOWN, "A12", "p99", "CIS 1.5", "cc61"])))
def test_a_list_is_sorted_and_each_stands_once(words: list[str]) -> None:
    found = criteria(words)
    assert set(found) == {word for word in words if word in KNOWN}
    assert list(found) == sorted(set(found), key=KNOWN.index)


@pytest.mark.parametrize("word", ["A12", "p99", "cc61", "CC10.1", "CC6", "6.1", "acc6.1", "CC6.1x"])
def test_what_only_looks_like_one_is_none(word: str) -> None:
    assert criterion(word) is None
