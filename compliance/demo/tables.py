"""The lists that the company's systems export: one seeded generator for each expectation.

The same seed gives the same lists. What goes wrong in the year is told here and nowhere else: each
planted row stands beside the story that it belongs to. Lists in which nothing goes wrong stand in
modules of their own.
"""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta

from compliance.demo import api_tables, governance_tables, payment_tables, system_tables
from compliance.demo.asked import Asked, Row
from compliance.demo.calendar import DAY, Calendar, Span
from compliance.demo.company import COLLEAGUES, DOMAIN, SYSTEMS, VENDORS


def _factors(asked: Asked) -> list[Row]:
    return [
        (system, person, True, True, asked.at)
        for system in ("Directory", "Cloud console", "Payout console")
        for person in COLLEAGUES
    ]


def _grants(asked: Asked) -> list[Row]:
    rows: list[Row] = []
    for place in range(asked.dice.randint(3, 7)):
        person, manager = asked.people(2)
        approved = asked.moment(hour=9)
        system = asked.dice.choice(SYSTEMS)
        given = approved + timedelta(hours=2)
        rows.append(
            (
                *(asked.number("GR", place), person, system, "operator", manager),
                *(f"lena@{DOMAIN}", approved, given),
            )
        )
    return rows


def leaver_late(calendar: Calendar) -> tuple[date, date]:
    """The story of the leaver: the last day, and the day on which the last access ended."""
    last_day = calendar.quarter(1).day(40)
    return last_day, last_day + 12 * DAY


def _leavers(asked: Asked) -> list[Row]:
    rows: list[Row] = []
    last, ended = leaver_late(asked.calendar)
    for place, person in enumerate(asked.people(asked.dice.randint(1, 2))):
        day = asked.moment().date()
        for system in SYSTEMS[:2]:
            closed = datetime.combine(day, time(17, 5 + place), UTC)
            rows.append((f"P-{COLLEAGUES.index(person):03d}", day, system, closed))
    if asked.covers(last):
        rows.append(("P-090", last, "Directory", datetime.combine(last, time(17), UTC)))
        rows.append(("P-090", last, "Payout console", datetime.combine(ended, time(11), UTC)))
    return rows


def _privileged(_asked: Asked) -> list[Row]:
    return [
        (system, f"adm-{person.partition('@')[0]}", "administrator", person, reason, False)
        for system, person, reason in (
            ("Directory", COLLEAGUES[0], "Runs the directory."),
            ("Cloud console", COLLEAGUES[5], "Runs the platform."),
            ("Cloud console", COLLEAGUES[8], "Stands in for the platform."),
            ("Ledger database", COLLEAGUES[9], "Answers for the ledger."),
            ("Payout console", COLLEAGUES[4], "Answers for payouts."),
        )
    ]


def token_loose(calendar: Calendar) -> Span:
    """The story of the token: the week in which nobody owned it."""
    first = calendar.quarter(0).day(42)
    monday = first - first.weekday() * DAY
    return Span(monday, monday + 6 * DAY)


def _tokens(asked: Asked) -> list[Row]:
    rows: list[Row] = []
    loose = token_loose(asked.calendar)
    for number, (owner, purpose) in enumerate(
        (
            (f"edda@{DOMAIN}", "Deploys the platform"),
            (f"finn@{DOMAIN}", "Reads settlement files"),
            (f"otto@{DOMAIN}", "Feeds the support desk"),
            (f"edda@{DOMAIN}", "Ships metrics"),
            (f"cora@{DOMAIN}", "Exports invoices"),
        ),
        start=1,
    ):
        is_loose = number == 5 and loose.first <= asked.day <= loose.last
        made = asked.at - timedelta(days=20 + number)
        rows.append(
            (
                *(number, f"smp_{number:04x}", "" if is_loose else owner, purpose),
                *("payments:read", "production", made, asked.at - timedelta(hours=number)),
                *(made + timedelta(days=90), None, 90, asked.at),
            )
        )
    return rows


def _vulnerabilities(asked: Asked) -> list[Row]:
    rows: list[Row] = []
    for place in range(asked.dice.randint(3, 6)):
        found = asked.moment().date()
        severity = asked.dice.choice(("high", "medium", "medium", "low"))
        mended = min(found + asked.dice.randint(2, 20) * DAY, asked.day)
        asset = asked.dice.choice(("gateway", "ledger", "portal"))
        rows.append((asked.number("VU", place), asset, severity, found, mended, None, asked.day))
    return rows


def _backups(asked: Asked) -> list[Row]:
    return [
        (
            f"BK-{day:%y%m%d}-{store}",
            store,
            datetime.combine(day, time(2, asked.dice.randint(0, 30)), UTC),
            True,
            None,
        )
        for day in asked.span.days()
        for store in ("payments", "ledger")
    ]


def _incidents(asked: Asked) -> list[Row]:
    rows: list[Row] = []
    for place in range(asked.dice.randint(1, 3)):
        noticed = asked.moment()
        severity = asked.dice.choice(("medium", "low", "low"))
        solved = noticed + timedelta(minutes=asked.dice.randint(20, 300))
        answered = noticed + timedelta(minutes=asked.dice.randint(1, 9))
        number = asked.number("INC", place)
        rows.append((number, severity, noticed, answered, solved, None, "A queue was full."))
    return rows


def _levels(asked: Asked) -> list[Row]:
    return [
        (day, service, 180 + asked.dice.randint(0, 90), 400, f"0.{asked.dice.randint(1, 8)}", 1, "")
        for day in asked.span.days()
        for service in ("payments", "payouts")
    ]


def change_merged_alone(calendar: Calendar) -> date:
    """The story of the change: the day on which its author merged it."""
    return calendar.quarter(3).day(19)


def merged_alone(calendar: Calendar) -> str:
    """The number of the change that its author merged."""
    return f"PR-{change_merged_alone(calendar):%y%m%d}-night"


def _changes(asked: Asked) -> list[Row]:
    rows: list[Row] = []
    for place in range(asked.dice.randint(14, 22)):
        author, approver = asked.people(2)
        number = asked.number("PR", place)
        rows.append((number, asked.moment(), author, approver, approver, True, True))
    alone = change_merged_alone(asked.calendar)
    if asked.covers(alone):
        author = f"dirk@{DOMAIN}"
        merged = datetime.combine(alone, time(22, 47), UTC)
        rows.append((merged_alone(asked.calendar), merged, author, author, author, True, True))
    return rows


def _deployments(asked: Asked) -> list[Row]:
    rows: list[Row] = []
    for place in range(asked.dice.randint(8, 12)):
        commit = f"{asked.dice.getrandbits(40):010x}"
        went = asked.moment(hour=14)
        tested = went - timedelta(hours=1)
        number = asked.number("DE", place)
        rows.append((number, commit, commit, True, tested, went, "pipeline"))
    return rows


def _webhooks(asked: Asked) -> list[Row]:
    rows: list[Row] = []
    for endpoint in range(1, 13):
        events = asked.dice.randint(300, 4000)
        lost = asked.dice.choice((0, 0, 0, 1, 3))
        rows.append((f"WE-{endpoint:02d}", True, events, events - lost, lost, lost > 0))
    return rows


def _entries(asked: Asked) -> list[Row]:
    rows: list[Row] = []
    for place in range(asked.dice.randint(2, 5)):
        reason = "A fee was booked twice."
        amount = asked.dice.randint(100, 90_000)
        two = (f"finn@{DOMAIN}", f"max@{DOMAIN}")
        number = asked.number("ME", place)
        rows.append((number, "correction", amount, "EUR", reason, *two, asked.moment()))
    return rows


def _risks(asked: Asked) -> list[Row]:
    return [
        (f"R-{number:02d}", title, f"{owner}@{DOMAIN}", rating, "reduce", asked.day, asked.day)
        for number, (title, owner, rating) in enumerate(
            (
                ("An account is taken over", "edda", "high"),
                ("Who left can still come in", "lena", "medium"),
                ("A token leaks", "edda", "high"),
                ("The only settlement bank stops its service", "finn", "high"),
                ("Payments are made twice", "finn", "medium"),
                ("A vendor loses data", "otto", "medium"),
            ),
            start=1,
        )
    ]


def _vendors(asked: Asked) -> list[Row]:
    reviewed = asked.calendar.begins
    return [
        (name, service, rank, f"{owner}@{DOMAIN}", reviewed, "keep", asked.day)
        for name, service, rank, owner in VENDORS
    ]


def vendor_gap(calendar: Calendar) -> Span:
    """The story of the vendor: the period of its last report, which ends before the window."""
    last = calendar.window.first - 60 * DAY
    return Span(last - 364 * DAY, last)


def vendor_letter(calendar: Calendar) -> date:
    """The last day that the vendor's letters vouch for; in the last quarter there is nothing."""
    return calendar.quarters[-1].first - 30 * DAY


def _vendor_reports(asked: Asked) -> list[Row]:
    rows: list[Row] = []
    old = vendor_gap(asked.calendar).last
    letter = min(vendor_letter(asked.calendar), asked.day - 20 * DAY)
    for name, *_ in VENDORS[:3]:
        is_late = name == VENDORS[0][0]
        ends = old if is_late else asked.day - 60 * DAY
        bridge = max(letter, old) if is_late else None
        read = asked.calendar.begins if is_late else asked.day - 10 * DAY
        rows.append(
            (name, "SOC 2 Type 2", ends, bridge, 1, 1, 6, 6, f"otto@{DOMAIN}", read, asked.day)
        )
    return rows


TABLES: dict[str, Callable[[Asked], list[Row]]] = {
    "account-factors": _factors,
    "access-grants": _grants,
    "leavers": _leavers,
    "privileged-accounts": _privileged,
    "api-token-lifecycle": _tokens,
    "vulnerabilities": _vulnerabilities,
    "backup-jobs": _backups,
    "incidents": _incidents,
    "service-levels": _levels,
    "change-approvals": _changes,
    "deployments": _deployments,
    "webhook-deliveries": _webhooks,
    "manual-entries": _entries,
    "risk-register": _risks,
    "vendor-inventory": _vendors,
    "vendor-reports": _vendor_reports,
    **api_tables.TABLES,
    **system_tables.TABLES,
    **payment_tables.TABLES,
    **governance_tables.TABLES,
}
"""By the expectation that the list is for; its cells in the order of the catalogue's columns."""
