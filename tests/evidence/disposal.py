"""Content that two people disposed of, for tests of whoever wants to read it afterwards."""

from datetime import date
from unittest.mock import patch

from accounts.models import User
from evidence import keeping, retention
from evidence.models import Evidence
from tests import cast

WHY = "The customer left; their data must go."


def dispose_of(item: Evidence, *, by: User) -> None:
    """Dispose of an item as if its retention were over."""
    with patch.object(retention, "_after", lambda _day, _months: date(2020, 1, 1)):
        proposal = keeping.propose_disposal(item, by=by, reason=WHY)
        keeping.decide(proposal, by=cast.person("compliance-lead"), is_approved=True)
