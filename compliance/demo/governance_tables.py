"""Lists about people, decisions and vendors in which nothing goes wrong."""

from collections.abc import Callable

from compliance.demo.asked import Asked, Row
from compliance.demo.calendar import DAY
from compliance.demo.company import COLLEAGUES, DOMAIN, VENDORS

_LENA, _MAX, _OTTO = f"lena@{DOMAIN}", f"max@{DOMAIN}", f"otto@{DOMAIN}"
_POLICIES = ("Information security", "Access", "Change", "Incidents", "Vendors", "Data and cards")
_TESTED = ("AC-02", "CH-01", "PI-08", "AV-03")


def _training(asked: Asked) -> list[Row]:
    started = asked.calendar.begins - 400 * DAY
    done = asked.day - 100 * DAY
    return [
        (f"P-{place:03d}", started, "Security for all", done, asked.day)
        for place in range(len(COLLEAGUES))
    ]


def _conduct(asked: Asked) -> list[Row]:
    started = asked.calendar.begins - 400 * DAY
    return [
        (f"P-{place:03d}", started, "3", started + 7 * DAY, asked.day)
        for place in range(len(COLLEAGUES))
    ]


def _new_hires(asked: Asked) -> list[Row]:
    started = asked.moment().date()
    person = f"P-{asked.dice.randint(100, 180)}"
    return [(person, "Engineer", started - 20 * DAY, started, started)]


def _decisions(asked: Asked) -> list[Row]:
    held = asked.span.day(35)
    return [
        (asked.number("D", place), held, decision, owner, held + 90 * DAY)
        for place, (decision, owner) in enumerate(
            (
                ("A second bank for settlement is sought.", _MAX),
                ("The risk list was read and agreed.", _LENA),
            ),
            start=1,
        )
    ]


def _policies(asked: Asked) -> list[Row]:
    begun = asked.calendar.begins
    return [(name, "4", _LENA, _MAX, begun, begun, asked.day) for name in _POLICIES]


def _actions(asked: Asked) -> list[Row]:
    due = asked.day + 30 * DAY
    cause = "Test of our own: one grant had no ticket."
    return [(asked.number("CA", 1), _LENA, cause, _OTTO, due, asked.day, asked.day)]


def _control_tests(asked: Asked) -> list[Row]:
    tested = asked.span.day(50)
    return [(ref, _OTTO, _LENA, tested, True, "") for ref in _TESTED]


def _reviews(asked: Asked) -> list[Row]:
    due = asked.span.last + 1 * DAY
    cause = "A queue had no limit."
    number = asked.number("INC", 0)
    return [(number, cause, asked.number("IA", 0), f"edda@{DOMAIN}", due, due, asked.day)]


def _contracts(asked: Asked) -> list[Row]:
    signed = asked.calendar.begins - 300 * DAY
    return [(name, signed, True, "99.95", 24, True) for name, *_ in VENDORS]


TABLES: dict[str, Callable[[Asked], list[Row]]] = {
    "awareness-training": _training,
    "conduct-acknowledgements": _conduct,
    "new-hires": _new_hires,
    "oversight-decisions": _decisions,
    "policy-register": _policies,
    "corrective-actions": _actions,
    "control-tests": _control_tests,
    "incident-reviews": _reviews,
    "vendor-contracts": _contracts,
}
"""By the expectation that the list is for; its cells in the order of the catalogue's columns."""
