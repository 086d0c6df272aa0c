"""What a case of a shipped check is made of.

`CASES` hold a good row for each check, and what makes it bad, once per exception; `HARMLESS` holds
rows that look bad at first sight and are not. Both name only the columns that differ from the good
row. The files in `tables/` hold the same for the checks of the control file of their name.
"""

from pathlib import Path
from typing import Any

import yaml

Row = dict[str, Any]
Case = tuple[Row, list[Row]]

NOW = "2026-11-21 10:00:00"


def tables() -> tuple[dict[str, Case], dict[str, list[Row]]]:
    """Return the cases of the files, and the rows of theirs that are harmless."""
    cases: dict[str, Case] = {}
    harmless: dict[str, list[Row]] = {}
    for path in sorted(Path(__file__).with_name("tables").glob("*.yaml")):
        for check, rows in yaml.safe_load(path.read_text("utf-8")).items():
            assert check not in cases, f"{check} stands a second time"
            cases[check] = (rows["good"], rows["bad"])
            if "harmless" in rows:
                harmless[check] = rows["harmless"]
    return cases, harmless
