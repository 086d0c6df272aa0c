"""Reading by columns takes nothing that reading by rows would not take alike, to the last field."""

import tempfile
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from evidence.reconcile import bulk, rules
from evidence.reconcile.acceptance import accept
from evidence.reconcile.engine import column_types, duckdb_engine
from evidence.reconcile.outcome import Outcome
from evidence.reconcile.readers import columnar
from tests.evidence.reconcile.small import HEADER, reconcile, row, rule_text

NEVER = 1 << 60


@pytest.fixture
def taken(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Note for every file of any size whether it was read by columns."""
    said: list[bool] = []
    take = bulk.Bulk.take

    def noted(*arguments: object) -> bool:
        said.append(take(*arguments))  # type: ignore[arg-type]
        return said[-1]

    monkeypatch.setattr(bulk.Bulk, "take", noted)
    monkeypatch.setattr(bulk, "FROM_BYTES", 0)
    return said


def both(text: str, left: list[str], right: list[str], **how: object) -> list[Outcome]:
    """Reconcile by rows, then by columns."""
    found = []
    with pytest.MonkeyPatch.context() as patch:
        for size in (NEVER, 0):
            patch.setattr(bulk, "FROM_BYTES", size)
            with tempfile.TemporaryDirectory() as folder:
                found.append(reconcile(Path(folder), text, left, right, **how))  # type: ignore[arg-type]
    return found


def read_twice(text: str, lines: list[str], as_of: date) -> list[object]:
    """Return what acceptance makes of one file by rows, then by columns: facts, findings, items."""
    found: list[object] = []
    with tempfile.TemporaryDirectory() as name, pytest.MonkeyPatch.context() as patch:
        folder = Path(name)
        (folder / "rules.yaml").write_text(text, encoding="utf-8")
        path = folder / "b.csv"
        path.write_text("\n".join([HEADER, *lines]) + "\n", encoding="utf-8")
        known = rules.read(folder / "rules.yaml")
        for size in (NEVER, 0):
            patch.setattr(bulk, "FROM_BYTES", size)
            with duckdb_engine(folder) as engine:
                engine.make("loaded", column_types())
                take = bulk.Bulk(engine, "loaded", known, as_of).take
                given = accept(known, {"b": [path]}, folder, as_of=as_of, bulk=take)
                engine.load("loaded", given.tables)
                engine.number("loaded", "item")
                rows = engine.rows("SELECT * EXCLUDE (id) FROM item ORDER BY line")
                found.append((given.files, given.breaks, list(rows)))
    return found


cells = st.sampled_from(
    [
        "",
        "A",
        "B-1",
        " A",
        "A ",
        "a,b",
        '"q"',
        "\u00e9",
        "\u00a0x",
        "x\u2003",
        "\t",
        "x" * 501,
        "NULL",
        "#x",
        "a\\b",
        "it's",
    ]
)
amounts = st.sampled_from(
    ["1", "1.5", "10.00", "-3", "+3", "(4)", "5-", "1.234", "1.000", "0.001", "1e3", "", ".5", "5.",
     "007.10", "99999999999999.99", "999999999999999.99", "92233720368547758.08", "1_0", "NaN"]
)  # fmt: skip
moments = st.one_of(
    st.sampled_from(
        ["2026-03-29T01:59:59+01:00", "2026-03-29T00:59:59Z", "2026-03-29T01:00:00Z",
         "2026-03-03T21:59:59+01:00", "2026-03-03T22:00:00.000001+01:00", "2026-03-03",
         "2026-03-03T10:00:00", "2026-03-03 10:00:00Z", "2026-02-30T10:00:00Z",
         "2026-03-03T24:00:00Z", "2026-03-03T10:00:60Z", "2026-03-03T10:00Z", "20260303T100000Z",
         "2026-03-03T10:00:00+0100", "2026-03-03T10:00:00+14:30", "2031-01-01T00:00:00Z", ""]
    ),
    st.datetimes(datetime(2026, 3, 1), datetime(2026, 3, 31), timezones=st.just(UTC)).map(  # noqa: DTZ001
        lambda at: at.isoformat()
    ),
)  # fmt: skip
odd_rows = st.lists(
    st.builds(
        lambda own, other, kind, status, amount, currency, fee, time: row(
            own,
            amount,
            other=other,
            kind=kind,
            status=status,
            currency=currency,
            fee=fee,
            time=time,
        ),
        cells,
        st.sampled_from(["", "T1", "T2"]),
        st.sampled_from(["sale", "refund", "novel", ""]),
        st.sampled_from(["ok", "wait", "novel"]),
        amounts,
        st.sampled_from(["EUR", "JPY", "BHD", "GBP", "", "eur"]),
        st.sampled_from(["", "0.10", "-1", "x"]),
        moments,
    ),
    max_size=3,
)
plain_rows = st.lists(
    st.builds(
        lambda own, amount, currency, kind, fee, time: row(
            own, amount, currency=currency, kind=kind, fee=fee, time=time
        ),
        st.sampled_from(["", "A", "B-1", "\u00e9", "x x"]),
        st.sampled_from(["1", "-10", "007", "0", "99999999999"]),
        st.sampled_from(["EUR", "JPY", "BHD", "USD"]),
        st.sampled_from(["sale", "refund", "fee"]),
        st.sampled_from(["", "2", "-1"]),
        moments.filter(lambda text: text.endswith(("Z", ":00"))),
    ),
    min_size=1,
    max_size=5,
)
ZONED = 'zone: Europe/Berlin\n    cut_off: "22:00"'
some = settings(max_examples=25, suppress_health_check=list(HealthCheck))


@some
@given(odd_rows, st.sampled_from(["", ZONED, "ids: upper", "ids: lower"]))
@example([row("A", time="2026-03-29T00:59:59Z")], ZONED)
def test_odd_cells_are_taken_or_refused_alike(right: list[str], extra: str) -> None:
    slow, fast = read_twice(rule_text(leg_extra=extra), right, date(2026, 3, 20))
    assert fast == slow


@some
@given(
    plain_rows,
    st.sampled_from(["", ZONED, "zone: America/New_York"]),
    st.sampled_from(["", "unit: minor", "sign: inverted", "sign: by_kind", 'decimal: ","']),
)
def test_plain_cells_are_taken_alike(right: list[str], extra: str, file_extra: str) -> None:
    text = rule_text(leg_extra=extra, file_extra=file_extra)
    slow, fast = read_twice(text, right, date(2026, 3, 31))
    assert fast == slow


def test_a_plain_file_is_read_by_columns_and_tells_its_lines(
    tmp_path: Path, taken: list[bool]
) -> None:
    lone = [row("B"), row("C"), row("D")]
    found = reconcile(tmp_path, rule_text(), [row("B")], lone)
    assert taken == [True, True]
    assert sorted(each.right.at for each in found.breaks) == ["b.csv:3", "b.csv:4"]
    assert found.files[1].totals == {"EUR": [3, 3000, 0]}
    assert found.files[1].first == "2026-03-02T10:00:00+00:00"


@pytest.mark.parametrize(
    "odd",
    [row("B", kind="novel"), row("B", '"1.00"'), row(" B"), row("B", "1,00"), "", row("B") + ",x",
     row("B\u00a0"), row("B", time="2026-03-02T10:00Z"), row("\u3042")],
)  # fmt: skip
def test_one_odd_row_leaves_its_whole_file_to_the_rows(taken: list[bool], odd: str) -> None:
    slow, fast = both(rule_text(), [row("A")], [row("A"), odd, row("C")])
    assert taken[-2:] == [True, False]
    assert fast == slow


TRAILER = """trailer: {column: id, value: TOTAL, count: other, amount: amount}
        unit: minor
        fixed: {currency: EUR}"""


@pytest.mark.parametrize(
    ("end", "by_columns"),
    [
        (["TOTAL,2,,,,,30,,,,,"], True),
        (["TOTAL,3,,,,,30,,,,,"], False),
        (["TOTAL,2,,,,,31,,,,,"], False),
        (["TOTAL,2,,,,,30,,,,,", row("C", "1")], False),
        (["TOTAL,2,,,,,30,,,,,", "TOTAL,2,,,,,30,,,,,"], False),
        ([], False),
    ],
)
@pytest.mark.parametrize("sign", ["as_is", "inverted"])
def test_a_row_of_totals_is_held_against_the_rows(
    taken: list[bool], end: list[str], by_columns: bool, sign: str
) -> None:
    text = rule_text(file_extra=f"{TRAILER}\n        sign: {sign}")
    left = [row("A", "10"), "TOTAL,1,,,,,10,,,,,"]
    slow, fast = both(text, left, [row("A", "10"), row("B", "20"), *end])
    assert taken[-2:] == [True, by_columns]
    assert fast == slow
    assert bool(fast.files[1].refused) is not by_columns


def test_no_mark_in_the_name_of_a_folder_leads_elsewhere(tmp_path: Path, taken: list[bool]) -> None:
    folder = tmp_path / "it's [a]*?"
    folder.mkdir()
    (tmp_path / "it's aXX").mkdir()
    found = reconcile(folder, rule_text(), [row("A")], [row("A"), row("B")])
    assert taken == [True, True]
    assert found.break_count == 1


def test_rows_that_got_lost_leave_the_file_to_the_rows(
    taken: list[bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    select = columnar.Query.select
    monkeypatch.setattr(
        columnar.Query,
        "select",
        lambda *given: f"{select(*given)} WHERE c0 <> 'B'",
    )
    slow, fast = both(rule_text(), [row("A")], [row("A"), row("B")])
    assert taken[-2:] == [True, False]
    assert fast == slow


def test_debit_and_credit_are_one_amount(taken: list[bool]) -> None:
    text = rule_text().replace("amount: amount", "debit: amount, credit: last4")
    text = text.replace("last_four: last4", "entry_id: fee").replace("fee: fee,", "")
    rows = [row("A", "1.00"), row("B", "", last4="2.5")]
    slow, fast = both(text, rows, rows[:1])
    assert taken[-2:] == [True, True]
    assert fast == slow
    assert fast.files[0].totals == {"EUR": [2, 250, -100]}
    slow, fast = both(text, rows, [row("A", "1.00", last4="1.00")])
    assert taken[-2:] == [True, False]
    assert fast == slow


@pytest.mark.parametrize("size", range(1, 8))
def test_a_blank_beside_a_mark_is_seen_across_chunks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    monkeypatch.setattr(columnar, "_CHUNK", size)
    path = tmp_path / "b.csv"
    for odd in ("a ,b", "a, b", " a,b", "a,b "):
        path.write_text(f"id,name\n{odd}\nc,d e\n", encoding="utf-8")
        assert columnar.look(path, ",") is None
    path.write_text("id,name\nc,d e\n", encoding="utf-8")
    assert columnar.look(path, ",") is not None


@pytest.mark.parametrize("name", ["Europe/Berlin", "America/New_York", "Asia/Kolkata", "UTC"])
def test_offsets_of_a_zone_are_those_of_its_clock(name: str) -> None:
    zone = ZoneInfo(name)
    steps = columnar._offsets(zone, date(2025, 1, 1), date(2027, 1, 1))
    moment = datetime(2025, 1, 1, tzinfo=UTC)
    while moment < datetime(2027, 1, 1, tzinfo=UTC):
        held = next(seconds for until, seconds in steps if moment < until)
        offset = moment.astimezone(zone).utcoffset()
        assert offset is not None
        assert held == offset.total_seconds()
        moment += timedelta(minutes=30)
