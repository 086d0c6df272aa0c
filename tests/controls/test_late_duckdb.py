"""What most processes never ask is loaded when it is first asked."""

import os
import subprocess
import sys
from pathlib import Path

from controls import late_duckdb
from tests.installation import HOUSE, OURS

LOADED = """
import sys, django
django.setup()
from reports import audit_pack_zip
print(sorted({"duckdb", "openpyxl"} & set(sys.modules)))
"""


def test_a_process_starts_and_packs_without_it(tmp_path: Path) -> None:
    kept = {name: value for name, value in os.environ.items() if name not in OURS}
    own = {"DJANGO_SETTINGS_MODULE": "compliance.settings", "VAR_DIR": str(tmp_path)}
    told = subprocess.run(
        [sys.executable, "-c", LOADED],
        cwd=HOUSE,
        env=kept | own,
        capture_output=True,
        text=True,
        check=True,
    )
    assert told.stdout.strip() == "[]"


def test_it_is_duckdb_itself_where_it_is_asked() -> None:
    with late_duckdb.connect(":memory:") as database:
        assert database.execute("SELECT 40 + 2").fetchall() == [(42,)]
    assert late_duckdb.Error is sys.modules["duckdb"].Error
