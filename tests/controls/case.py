"""What a case of a shipped check is made of.

`CASES` hold a good row for each check, and what makes it bad, once per exception; `HARMLESS` holds
rows that look bad at first sight and are not. Both name only the columns that differ from the good
row.
"""

from typing import Any

Row = dict[str, Any]
Case = tuple[Row, list[Row]]

NOW = "2026-11-21 10:00:00"
