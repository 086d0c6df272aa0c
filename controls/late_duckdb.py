"""DuckDB, loaded when it is first asked: most processes never ask, and it is 12 MB of each.

`from controls import late_duckdb as duckdb` stands for `import duckdb` in the rooms.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from duckdb import (
        DuckDBPyConnection,
        Error,
        InterruptException,
        Statement,
        StatementType,
        connect,
    )

    __all__ = [
        "DuckDBPyConnection",
        "Error",
        "InterruptException",
        "Statement",
        "StatementType",
        "connect",
    ]
else:

    def __getattr__(name: str) -> Any:
        return getattr(import_module("duckdb"), name)
