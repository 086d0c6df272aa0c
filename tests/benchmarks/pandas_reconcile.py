"""The same job as a run of two legs, written in pandas as one would write it there.

It reads every cell as text, holds it against its pattern, turns amounts into minor units and
moments into UTC, makes control totals, sets copies aside, merges on the id, then on the other id,
sorts what differs by its reason, proves that nothing was lost, and digests files and differences.
What it does not do: tell lines of a fault, more than two legs, groups, candidates, calendars.
"""

from hashlib import file_digest, sha256
from importlib import import_module
from pathlib import Path
from typing import Any

_AMOUNT = r"-?\d{1,14}(?:\.\d{1,2})?"
_MOMENT = r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,6})?(?:Z|[+-]\d{2}:\d{2})"
_COMPARED = ("kind", "status", "amount", "currency")
_DAYS = 45


def reconcile(left: Path, right: Path) -> str:
    """Return the digest of what differs between two files."""
    legs = [_read(path) for path in (left, right)]
    (one, first, one_twice), (other, second, other_twice) = legs
    both, found = _merged(first, second, "id")
    alone = found["_merge"].ne("both")
    rest, left_over = _merged(
        first[first["id"].isin(found.loc[alone, "id"])],
        second[second["id"].isin(found.loc[alone, "id"])],
        "transaction",
    )
    reasons = {
        "copies": one_twice + other_twice,
        "differ": int((~alone).sum()),
        "alone": int(left_over["_merge"].ne("both").sum()),
    }
    if len(first) + len(second) != 2 * (both + rest) + _items(found[~alone]) + _items(left_over):
        raise RuntimeError("Items were lost between inputs and classes.")
    lines = found.sort_values("id").to_csv() + left_over.sort_values("transaction").to_csv()
    return sha256(f"{one} {other} {reasons} {lines}".encode()).hexdigest()


def _items(found: Any) -> int:
    return int(found["_merge"].eq("both").sum()) + len(found)


def _read(path: Path) -> tuple[str, Any, int]:
    """Return the digest of a file, its typed rows without copies, and the number of copies."""
    pandas: Any = import_module("pandas")
    with path.open("rb") as file:
        digest = file_digest(file, "sha256").hexdigest()
    rows = pandas.read_csv(path, dtype=str, keep_default_na=False)
    plain = rows["amount"].str.fullmatch(_AMOUNT) & rows["time"].str.fullmatch(_MOMENT)
    if not (plain & rows["currency"].isin(["EUR", "USD", "JPY"])).all():
        raise RuntimeError("A cell is not what its column says.")
    parts = rows["amount"].str.partition(".")
    cents = parts[2].str.ljust(2, "0").astype("int64")
    rows["amount"] = parts[0].astype("int64") * 100 + cents
    rows["kind"] = rows["kind"].map({"SALE": "sale"})
    rows["status"] = rows["status"].map({"SETTLED": "done"})
    if rows[["kind", "status"]].isna().any(axis=None):
        raise RuntimeError("A word of a source is unknown.")
    rows["time"] = pandas.to_datetime(rows["time"], utc=True, format="ISO8601")
    rows["day"] = rows["time"].dt.normalize()
    totals = rows.groupby(["currency", "kind", "day"])["amount"].agg(["count", "sum"])
    if int(totals["count"].sum()) != len(rows):
        raise RuntimeError("Rows were lost between file and totals.")
    twice = rows.duplicated(["id", "kind", "amount", "currency"])
    return digest, rows[~twice], int(twice.sum())


def _merged(first: Any, second: Any, key: str) -> tuple[int, Any]:
    """Return how many pairs agree on a key, and the rows of all others."""
    pandas: Any = import_module("pandas")
    both = first.merge(second, on=key, how="outer", indicator=True, validate="one_to_one")
    agree = both["_merge"].eq("both")
    for name in _COMPARED:
        agree &= both[f"{name}_x"].eq(both[f"{name}_y"])
    agree &= (both["day_x"] - both["day_y"]).abs().le(pandas.Timedelta(days=_DAYS))
    return int(agree.sum()), both[~agree]
