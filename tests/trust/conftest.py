"""The buyers' door with both of its switches on, and a document behind it."""

from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache

from accounts.models import User
from tests.audits.buying import Market


@pytest.fixture
def market(alice: User, var_dir: Path, settings: Any) -> Market:
    del var_dir
    settings.TRUST_PAGE = True
    cache.clear()
    return Market.opened(alice)
