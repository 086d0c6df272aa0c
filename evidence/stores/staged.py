"""A sealed file on its way into a store."""

from dataclasses import dataclass
from pathlib import Path


@dataclass
class Staged:
    """Where a sealed file is to lie, where it was written, and which version the store made."""

    location: str
    path: Path
    version: str = ""
