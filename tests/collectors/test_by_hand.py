"""Tables that people hand in: which column is which, and what is refused."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import openpyxl
import pytest

from collectors.errors import FileRefusedError
from collectors.files import by_hand
from collectors.files.by_hand import COLLECTED, Place, Reading, Wanted
from controls.models import Expectation
from evidence.handling import Handling, Observation

WANTED = (
    Wanted("person_id", "text", required=True),
    Wanted("last_day", "date", required=True),
    Wanted("ended_at", "timestamp", required=False),
    Wanted("collected_on", "date", required=True),
)
WHEN = datetime(2026, 11, 1, 23, 30, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")
SAME = "person_id,last_day,ended_at,collected_on\n"


def csv(folder: Path, text: str | bytes, name: str = "leavers.csv") -> Path:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def book(folder: Path, *rows: list[Any]) -> Path:
    made = openpyxl.Workbook()
    assert made.active is not None
    for row in rows:
        made.active.append(row)
    path = folder / "leavers.xlsx"
    made.save(path)
    return path


def read(path: Path, **changed: Place) -> Reading:
    header = by_hand.header_of(path, WANTED)
    places = {one.wanted.name: one.place for one in by_hand.proposed(header, WANTED)}
    return by_hand.read(
        path,
        header,
        {**places, **changed},
        WANTED,
        zone=BERLIN,
        collected_at=WHEN,
        table=path.parent / "table.csv",
    )


def refused(path: Path, **changed: Place) -> str:
    with pytest.raises(FileRefusedError) as error:
        read(path, **changed)
    return str(error.value)


@pytest.mark.parametrize("sign", [",", ";", "\t"])
def test_columns_of_the_same_name_are_typed_whatever_parts_them(tmp_path: Path, sign: str) -> None:
    text = f"{SAME}P-1,2026-10-05,2026-10-05T18:00:00,2026-11-01\n".replace(",", sign)
    reading = read(csv(tmp_path, text))
    assert reading.table.read_text() == (
        f"{SAME}P-1,2026-10-05,2026-10-05T16:00:00.000000Z,2026-11-01\n"
    )
    assert reading.rows == (("P-1", "2026-10-05", "2026-10-05T16:00:00Z", "2026-11-01"),)
    assert reading.parameters["delimiter"] == sign
    assert reading.parameters["time_zone"] == "Europe/Berlin"


def test_a_workbook_is_read_as_a_file_of_text_is(tmp_path: Path) -> None:
    row = ["P-1", datetime(2026, 10, 5), None, datetime(2026, 11, 1)]  # noqa: DTZ001
    reading = read(book(tmp_path, SAME.strip().split(","), row))
    assert reading.rows == (("P-1", "2026-10-05", "", "2026-11-01"),)
    assert "delimiter" not in reading.parameters


def test_names_that_are_alike_are_proposed_and_not_taken(tmp_path: Path) -> None:
    header = by_hand.header_of(csv(tmp_path, "Person ID,last_day,Note\n"), WANTED)
    found = {one.wanted.name: (one.place, one.is_sure) for one in by_hand.proposed(header, WANTED)}
    assert found == {
        "person_id": (0, False),
        "last_day": (1, True),
        "ended_at": (None, True),
        "collected_on": (COLLECTED, False),
    }


def test_two_that_are_alike_are_not_proposed(tmp_path: Path) -> None:
    header = by_hand.header_of(csv(tmp_path, "Person ID,PERSON-ID,last_day\n"), WANTED)
    person = by_hand.proposed(header, WANTED)[0]
    assert (person.place, person.is_sure) == (None, False)


def test_the_day_of_collection_may_stand_for_its_column_by_the_clocks_named(tmp_path: Path) -> None:
    reading = read(csv(tmp_path, "person_id,last_day,Note\nP-1,2026-10-05,gone\n"))
    assert reading.table.read_text() == (
        "person_id,last_day,collected_on\nP-1,2026-10-05,2026-11-02\n"
    )
    assert reading.left_out == ("Note",)
    assert reading.parameters["left_out"] == ["Note"]
    assert reading.parameters["columns"]["collected_on"].startswith("the moment at which")


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ("P-1,05.10.2026,,2026-11-01", "line 2: '05.10.2026' is no date (2026-01-31), in the"),
        ("P-1,2026-10-05,noon,2026-11-01", "in the column 'ended_at'. Correct the cell."),
        ("P-1,2026-10-05", "line 2 has 2 cells; the header has 4."),
        ("P-1,2026-10-05,,2026-11-01\nP\0,2026-10-05,,2026-11-01", "line 3 holds a NUL byte"),
        ('"P-1', "Correct the quotes or line endings."),
    ],
)
def test_what_does_not_fit_names_line_column_and_remedy(
    tmp_path: Path, row: str, told: str
) -> None:
    path = csv(tmp_path, f"{SAME}{row}\n")
    assert told in refused(path)
    assert refused_again(path)


def refused_again(path: Path) -> bool:
    """Nothing that was written before the refusal is taken for a table."""
    (path.parent / "table.csv").unlink(missing_ok=True)
    return "leavers.csv" in refused(path)


def test_other_encodings_are_named(tmp_path: Path) -> None:
    assert "UTF-16" in refused(csv(tmp_path, SAME.encode("utf-16")))
    latin = csv(tmp_path, SAME.encode() + "J\u00f6rg,2026-10-05,,2026-11-01\n".encode("latin-1"))
    assert "line 2 is not UTF-8" in refused(latin)


def test_a_formula_without_a_value_is_refused_and_in_text_it_is_text(tmp_path: Path) -> None:
    head = SAME.strip().split(",")
    formula = book(tmp_path, head, ["=1+1", "2026-10-05", None, "2026-11-01"])
    assert "holds a formula without a stored value" in refused(formula)
    (tmp_path / "table.csv").unlink(missing_ok=True)
    text = csv(tmp_path, f"{SAME}=cmd(),2026-10-05,,2026-11-01\n")
    assert read(text).rows[0][0] == "=cmd()"


def test_what_must_be_there_is_asked_for(tmp_path: Path) -> None:
    path = csv(tmp_path, f"{SAME}P-1,2026-10-05,,2026-11-01\n")
    assert "The checks read the column person_id" in refused(path, person_id=None)
    assert "is chosen twice" in refused(path, person_id=1)
    assert "Choose a column of the file for person_id." in refused(path, person_id=99)
    assert "Choose a column of the file for last_day." in refused(path, last_day=COLLECTED)


def test_limits_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = csv(tmp_path, SAME + "P-1,2026-10-05,,2026-11-01\n" * 3)
    monkeypatch.setattr(by_hand, "MOST_ROWS", 2)
    assert "has more than 2 rows. Put it into the folder" in refused(path)
    monkeypatch.setattr(by_hand, "MOST_BYTES", 10)
    assert "is larger than 0 MB" in refused(path)


def test_an_empty_table_is_whole_only_where_somebody_saw_none(tmp_path: Path) -> None:
    reading = read(csv(tmp_path, SAME))
    assert "No rows came" in by_hand.why_partial(reading, None)
    seen = Handling((), Observation("Ann", "HR, Leavers", rows_seen=0))
    assert by_hand.why_partial(reading, seen) == ""


def test_two_expectations_share_columns_or_are_told_apart() -> None:
    def one(type_: str, *, required: bool) -> Expectation:
        columns = [{"name": "day", "type": type_}]
        return Expectation(columns=columns, required_columns=["day"] if required else [])

    assert by_hand.wanted_by([one("date", required=True), one("date", required=False)]) == (
        Wanted("day", "date", required=True),
    )
    with pytest.raises(FileRefusedError, match="as date and as text"):
        by_hand.wanted_by([one("date", required=True), one("text", required=True)])
