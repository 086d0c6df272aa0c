"""Tables from a watched folder, as evidence or refused with the reason."""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from collectors import connections
from collectors.connections import Wishes
from collectors.errors import FileRefusedError
from collectors.files import inbox
from collectors.models import Run, Source
from collectors.run import perform
from evidence import store
from evidence.models import Blob, Evidence
from tests.collectors import world
from tests.collectors.asking import ask
from tests.evidence import items

pytestmark = pytest.mark.django_db

COLUMNS = {"name": "text", "left": "date", "days": "integer"}
NAME = "leavers__2026-10-01_2026-10-31.csv"


def connect(**wishes: Any) -> Source:
    wished = Wishes(**{"title": "Leavers", "values": {"columns": COLUMNS}, **wishes})
    return connections.connect("csv_import", slug="leavers", wishes=wished, by=world.BY)


def hand_in(source: Source, content: str | bytes, name: str = NAME) -> Run:
    path = inbox.folder_of(source) / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return perform(source, period=None, key=f"ticket-{Run.objects.count()}", file=path)


def test_the_original_is_kept_beside_the_canonical_table() -> None:
    content = b"\xef\xbb\xbfdays;name;left\r\n3;J\xc3\xb6rg;2026-10-05\r\n"
    source = connect(values={"columns": COLUMNS, "delimiter": ";"})
    run = hand_in(source, content)
    assert (run.state, run.rows) == (Run.State.COMPLETE, 1), run.reason
    evidence = run.evidence
    assert evidence
    assert b"".join(store.stream(evidence.blob_id)) == content
    table = b"".join(store.stream(evidence.population.table_id)).decode()
    assert table == "name,left,days\nJörg,2026-10-05,3\n"
    assert evidence.filename == NAME
    assert (evidence.covers_from, evidence.covers_to) == (date(2026, 10, 1), date(2026, 10, 31))
    assert evidence.population.ipe["raw_digests"] == [evidence.blob_id]


def test_a_workbook_is_taken_as_well() -> None:
    book = openpyxl.Workbook()
    for row in (["name", "left", "days"], ["Ann", date(2026, 10, 5), 3]):
        book.worksheets[0].append(row)
    source = connect()
    path = inbox.folder_of(source) / "leavers__2026-10-31.xlsx"
    book.save(path)
    run = perform(source, period=None, key="one", file=path)
    assert run.state == Run.State.COMPLETE, run.reason
    assert run.evidence
    assert run.evidence.media_type.endswith("spreadsheetml.sheet")
    table = b"".join(store.stream(run.evidence.population.table_id)).decode()
    assert table == "name,left,days\nAnn,2026-10-05,3\n"


def test_it_brings_what_its_expectation_asks_for() -> None:
    expectation = items.expectation(
        "leavers", kind="document", evidence_type="register", required_columns=["name"]
    )
    run = hand_in(connect(expectations=[expectation]), "name,left,days\nAnn,,1\n")
    assert run.evidence
    assert (run.evidence.kind, run.evidence.evidence_type) == ("document", "register")
    assert run.evidence.claims.get().expectation == expectation


def test_without_an_expectation_it_is_a_report_of_events() -> None:
    run = hand_in(connect(), "name,left,days\nAnn,,1\n")
    assert run.evidence
    assert (run.evidence.kind, run.evidence.evidence_type) == ("event", "report")


def test_a_list_of_nobody_is_empty_by_fact() -> None:
    run = hand_in(connect(), "name,left,days\n")
    assert (run.state, run.rows) == (Run.State.EMPTY, 0)
    assert run.evidence


def test_a_month_that_is_not_over_is_partial() -> None:
    name = f"leavers__{date.today():%Y-%m-%d}.csv"  # noqa: DTZ011  # whatever today is
    run = hand_in(connect(), "name,left,days\nAnn,,1\n", name)
    assert run.state == Run.State.PARTIAL
    assert "had ended" in run.reason


@pytest.mark.parametrize(
    ("content", "name", "words"),
    [
        ("name,left,days\nAnn,,1,2\n", NAME, "line 2 has 4 cells"),
        ("name,left,days\nJörg,,1\n".encode("latin-1"), NAME, "line 2 is not UTF-8"),
        ("name,left,days\n".encode("utf-16"), NAME, "encoded in UTF-16"),
        (b"name,left,days\nA\0,,1\n", NAME, "line 2 holds a NUL byte"),
        (b"", NAME, "0 bytes"),
        ("name,left\nAnn,\n", NAME, "column 'days' is missing"),
        ("name,name,left,days\n", NAME, "two columns 'name'"),
        ("name,left,days\n", "leavers.csv", "does not say which period"),
        ("name,left,days\n", "leavers__2026-10-31_2026-10-01.csv", "before it starts"),
        ("name,left,days\n", "leavers__2999-10-31.csv", "lies in the future"),
        (b"PK\x03\x04junk", "leavers__2026-10-31.xlsx", "no readable XLSX"),
        ("name,left,days\nAnn,,1\nBen,,many\n", NAME, "line 3: 'many' is no integer"),
    ],
)
def test_a_file_that_cannot_be_taken_leaves_nothing(
    own_folders: Path, content: str | bytes, name: str, words: str
) -> None:
    run = hand_in(connect(), content, name)
    assert run.state == Run.State.FAILED
    assert words in run.reason
    assert not run.transient
    assert (Evidence.objects.count(), Blob.objects.count()) == (0, 0)
    assert [path for path in (own_folders / "store").rglob("*") if path.is_file()] == []
    assert list((own_folders / "scratch").iterdir()) == []


@pytest.mark.parametrize("name", ["table.csv", "work.csv", "output.csv"])
def test_no_name_gets_in_the_way_of_our_own_files(name: str) -> None:
    source = connect()
    folder = inbox.folder_of(source)
    (folder / f"{name}.yaml").write_text("period_from: 2026-10-01\nperiod_to: 2026-10-31\n")
    run = hand_in(source, "name,left,days\nAnn,,1\n", name)
    assert run.state == Run.State.COMPLETE, run.reason


def test_the_next_file_after_a_refused_one_is_taken() -> None:
    source = connect()
    states = [hand_in(source, content).state for content in ("broken", "name,left,days\n")]
    assert states == [Run.State.FAILED, Run.State.EMPTY]


def test_a_refused_file_says_nothing_false_about_its_period() -> None:
    run = hand_in(connect(), "name,left,days\n", "leavers.csv")
    assert (run.period_from, run.period_to) == (None, None)


def test_without_a_file_there_is_no_question(tmp_path: Path) -> None:
    with pytest.raises(FileRefusedError, match="Put a file into the folder"):
        ask("csv_import", tmp_path)


class TestExport:
    """A file that was made before it came counts by the moment of its making."""

    @staticmethod
    def labelled(when: str) -> Run:
        source = connect()
        path = inbox.folder_of(source) / NAME
        inbox.sidecar_of(path).write_text(f"exported_at: {when}\n", encoding="utf-8")
        return hand_in(source, "name,left,days\nAnn,,1\n")

    def test_one_of_before_the_end_of_its_period_is_partial(self) -> None:
        run = self.labelled("2026-10-31T23:59:00+00:00")
        assert run.state == Run.State.PARTIAL
        assert "before 2026-10-31 had ended" in run.reason
        assert run.evidence
        made = datetime(2026, 10, 31, 23, 59, tzinfo=UTC)
        assert run.evidence.collected_at == made
        assert datetime.fromisoformat(run.ipe["started_at"]) == made

    def test_one_of_after_its_period_is_whole(self) -> None:
        assert self.labelled("2026-11-01T00:00:00Z").state == Run.State.COMPLETE

    def test_one_that_lies_ahead_is_refused(self) -> None:
        run = self.labelled("2999-11-01T00:00:00Z")
        assert run.state == Run.State.FAILED
        assert "lies ahead. Correct exported_at" in run.reason


STEPS = """
observation: {ran_by: HR manager, where: Report 7 of the HR system, rows_seen: 3}
steps:
  - {did: filtered, words: Only October., rows_before: 3, rows_after: %d, reason: Asked for.}
"""


@pytest.mark.parametrize(
    ("after", "reason"),
    [(1, ""), (2, "The table has 1 rows, and 2 came out of step 1")],
    ids=["fits", "does-not-fit"],
)
def test_steps_after_the_export_lead_to_the_table(after: int, reason: str) -> None:
    source = connect()
    path = inbox.folder_of(source) / NAME
    inbox.sidecar_of(path).write_text(STEPS % after, encoding="utf-8")
    run = hand_in(source, "name,left,days\nAnn,2026-10-05,3\n")
    assert reason in run.reason
    assert (run.state == Run.State.COMPLETE) == (not reason)
    if run.evidence:
        assert run.evidence.handling["observation"]["ran_by"] == "HR manager"
        assert run.evidence.handling["steps"][0]["rows_after"] == 1
    assert Evidence.objects.count() == int(not reason)


def test_an_unknown_step_is_refused() -> None:
    source = connect()
    path = inbox.folder_of(source) / NAME
    inbox.sidecar_of(path).write_text(
        "steps: [{did: shuffled, words: By hand.}]\n", encoding="utf-8"
    )
    run = hand_in(source, "name,left,days\nAnn,2026-10-05,3\n")
    assert "steps.0.did" in run.reason
    assert not Evidence.objects.exists()
