"""What state a form is in at a moment: the clock moves it before the sweep writes it down."""

from datetime import datetime

from merchants.models import ComplianceForm

_STATE = ComplianceForm.State


def state_at(form: ComplianceForm, now: datetime) -> str:
    """Return the state of a form at this very moment, before the sweep has written it."""
    if form.state == _STATE.INCOMPLETE and form.due_at <= now:
        return _STATE.OVERDUE.value
    if form.state == _STATE.COMPLETE and form.valid_until and form.valid_until <= now:
        return _STATE.EXPIRED.value
    return str(form.state)
