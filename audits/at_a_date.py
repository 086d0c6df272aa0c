"""What a report as of one date (Type 1) judges of each expectation: pure functions.

Rules:

1. Judged is the design and that it was put in place, shown by the latest time of the control's
   rhythm that was over by the date: the calendar window that had ended by then, never cut, of
   which the date itself may be the last day. A window that still runs on the date owes nothing.
2. Event: every day of that window is covered, by what was retrieved once it was over.
3. State and document: what was captured, or in force, on a day from the start of that window to
   the date; of several states the latest counts. So a state is never older than two rounds of its
   rhythm, and one that was captured after the date shows nothing of it.
4. Nothing is expected of what was not yet active on the date, or no more. What became active after
   the latest window had ended is judged from its first day to the date.
5. The evidence is due as after any window: days allowed after the last day that is judged.
"""

from datetime import date, timedelta

from audits.claims import Kind
from controls.cadence import Cadence, Window, latest_window


def window_at(
    day: date,
    *,
    kind: Kind,
    cadence: str,
    days_allowed: int,
    active_from: date,
    active_to: date | None = None,
    holidays: frozenset[date] = frozenset(),
) -> Window | None:
    """Return the days by which an expectation is judged as of a day; None where it holds not."""
    if active_from > day or (active_to and active_to < day):
        return None
    latest = latest_window(cadence, day, days_allowed=days_allowed, holidays=holidays)
    start, end = max(latest.start, active_from), latest.end if kind is Kind.EVENT else day
    if active_from > latest.end:
        if cadence == Cadence.BUSINESS_DAILY:
            return None
        end = day
    return Window(start, end, end + timedelta(days=days_allowed))


def words(kind: Kind, window_start: date, window_end: date, day: date) -> str:
    """Say by which days it is judged, as a sentence."""
    days = f"{window_start}" if window_start == window_end else f"{window_start} to {window_end}"
    if kind is Kind.EVENT:
        return f"As of {day} it is judged by the latest time that was over: {days}."
    shown = "latest state captured" if kind is Kind.STATE else "documents in force"
    return f"As of {day} it is judged by the {shown} on {days}."
