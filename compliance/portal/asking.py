"""The day as of which an auditor asks: any that is over; what cannot be one means now."""

from datetime import date

from django.http import HttpRequest

from audits import days


def asked_day(request: HttpRequest) -> date | None:
    """Return the day that `?as_of=` names; None for now."""
    try:
        day = date.fromisoformat(request.GET.get("as_of", ""))
    except ValueError:
        return None
    return day if day < days.today() else None


def kept(asked: date | None) -> str:
    """Return what a link adds so that the day that was asked for stays."""
    return f"?as_of={asked.isoformat()}" if asked else ""


def page_number(request: HttpRequest) -> int:
    """Return the page that is asked for, from 0 on."""
    number = request.GET.get("page", "1")
    return max(0, int(number) - 1) if number.isdecimal() and len(number) < 6 else 0
