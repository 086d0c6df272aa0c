"""What the tests of kinds share: a summer with gaps, asked about in the autumn."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from audits.models import Engagement
from reports.written.registry import Asked
from tests.audits.world import World
from tests.reports.making import engagement_with_evidence
from tests.reports.written import reading
from tests.reports.written.reading import AT, Read


@pytest.fixture
def audit(world: World) -> Engagement:
    return engagement_with_evidence(world)


@pytest.fixture
def ask(world: World, tmp_path: Path) -> Callable[..., Read]:
    """Have a kind written for what is named, asked by Alice on a day in autumn."""

    def written(slug: str, **what: Any) -> Read:
        return reading.read(slug, Asked(**{"at": AT, "by": world.alice, **what}), tmp_path)

    return written
