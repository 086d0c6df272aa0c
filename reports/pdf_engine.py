"""Says whether the PDF engine can run: WeasyPrint needs two libraries of the operating system."""

import ctypes

# Each library under the names that WeasyPrint looks for on Linux and on macOS.
_LIBRARIES = (
    ("libpango-1.0.so.0", "libpango-1.0.dylib"),
    ("libpangoft2-1.0.so.0", "libpangoft2-1.0.dylib"),
)
_MISSING = (
    "PDF papers are switched off: the libraries of the PDF engine are missing. "
    "On Debian or Ubuntu: sudo apt-get install libpango-1.0-0 libpangoft2-1.0-0"
)


def missing_libraries() -> str:
    """Return the sentence that says what to install; empty when nothing is missing."""
    complete = all(any(_loads(name) for name in names) for names in _LIBRARIES)
    return "" if complete else _MISSING


def _loads(name: str) -> bool:
    try:
        ctypes.CDLL(name)
    except OSError:
        return False
    return True
