"""Holds what is said of an export against the file that came of it, before anything is stored."""

from io import BytesIO
from typing import BinaryIO

from evidence import ledger, screening
from evidence.errors import HandlingError, ScreeningError
from evidence.handling import Handling, fault_of, rows_of_csv


def refuse_odd(
    handling: Handling, source: BinaryIO, *, filename: str, table_rows: int | None
) -> None:
    """Raise HandlingError where the counts do not lead to the table, ScreeningError for secrets.

    `table_rows` are those of a table that was read; of another CSV file they are counted here.
    """
    rows = table_rows
    if rows is None and filename.lower().endswith(".csv"):
        rows = rows_of_csv(source)
    fault = fault_of(handling, rows=rows)
    if fault:
        raise HandlingError(fault)
    found = screening.scan(BytesIO(ledger.canonical(handling.to_json())))
    if found:
        listed = "; ".join(str(one) for one in found)
        raise ScreeningError(
            f"What is said of the handling was refused, nothing was stored: {listed}. "
            "Say it without these values."
        )
