"""The readers by the name of their format."""

from collections.abc import Mapping

from evidence.reconcile.readers import bai2, camt053, delimited, mt940, nacha, parquet, workbook
from evidence.reconcile.reading import Reader

READERS: Mapping[str, Reader] = {
    "csv": delimited.read,
    "xlsx": workbook.read,
    "parquet": parquet.read,
    "camt053": camt053.read,
    "mt940": mt940.read,
    "bai2": bai2.read,
    "nacha": nacha.read,
}
