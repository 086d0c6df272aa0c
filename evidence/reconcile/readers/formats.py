"""The readers by the name of their format."""

from collections.abc import Mapping

from evidence.reconcile.readers import delimited, workbook
from evidence.reconcile.reading import Reader

READERS: Mapping[str, Reader] = {
    "csv": delimited.read,
    "xlsx": workbook.read,
}
