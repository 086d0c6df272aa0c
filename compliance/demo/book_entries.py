"""What stands in the registers of the company beside its vendors: one row is one entry."""

from datetime import date

from compliance.demo.calendar import DAY, Calendar
from compliance.demo.company import DOMAIN

_EDDA, _FINN, _LENA, _MAX, _OTTO = (
    f"{name}@{DOMAIN}" for name in ("edda", "finn", "lena", "max", "otto")
)
Row = dict[str, str]
_POLICIES = ("Information security", "Access", "Change", "Incidents", "Vendors", "Data and cards")
_RISKS = (
    (
        "An account is taken over",
        _EDDA,
        "2",
        "5",
        "Second factors everywhere, fewer rights.",
    ),
    ("Who left can still come in", _LENA, "2", "4", "Every system confirms each removal."),
    ("A token leaks", _EDDA, "3", "4", "Tokens end after ninety days and are reviewed."),
    ("The only settlement bank stops its service", _FINN, "2", "5", "Contract with a second one."),
    ("Payments are made twice", _FINN, "2", "4", "A key against repetition in every call."),
    ("A vendor loses data", _OTTO, "2", "4", "Read the reports of vendors, and ask for the rest."),
    ("An update of the ledger loses entries", _EDDA, "1", "5", "Restore tests each quarter."),
)
_INCIDENTS = (
    (0, 48, "Payouts were two hours late", "medium", "processing", _FINN, "A queue had no limit."),
    (1, 20, "The portal did not answer", "low", "availability", _EDDA, "A certificate was stale."),
    (2, 61, "Mails to customers were delayed", "low", "vendor", _OTTO, "Plover Mail was down."),
    (
        3,
        19,
        "Payouts failed at night",
        "high",
        "processing",
        _EDDA,
        "A release was at fault.",
    ),
)
_CHANGES = (
    (0, 30, "New bank for payouts", "normal", "Payout console"),
    (1, 44, "Larger disk of the ledger", "standard", "Ledger database"),
    (2, 12, "Shorter sign-in time", "normal", "Directory"),
    (3, 51, "Second line to the hosting", "normal", "Cloud console"),
)
_ACCOUNTS = (
    ("Cloud console", "deploy", "service account", _EDDA, "Releases the platform", "deploy:write"),
    ("Ledger database", "nightly-export", "service account", _FINN, "Feeds the books", "read"),
    ("Payout console", "bank-files", "API token", _FINN, "Sends files to banks", "files:write"),
    ("Gateway", "webhook-signing", "signing key", _EDDA, "Signs webhooks", "sign"),
)


def policies(calendar: Calendar) -> list[Row]:
    """Return the policies that hold since the programme began."""
    begun = calendar.begins.isoformat()
    return [
        {
            "title": title,
            "version": "4",
            "owner": _LENA,
            "approved_by": _MAX,
            "approved_on": begun,
            "effective_from": begun,
            "next_review": (calendar.today + (60 + place) * DAY).isoformat(),
        }
        for place, title in enumerate(_POLICIES)
    ]


def risks(calendar: Calendar) -> list[Row]:
    """Return the risks, as the quarterly list has them."""
    return [
        {
            "title": title,
            "owner": owner,
            "likelihood": likelihood,
            "impact": impact,
            "treatment": "reduce",
            "plan": words,
            "judged_on": calendar.begins.isoformat(),
            "next_review": (calendar.today + 90 * DAY).isoformat(),
        }
        for title, owner, likelihood, impact, words in _RISKS
    ]


def incidents(calendar: Calendar) -> list[tuple[date, Row]]:
    """Return an incident of each quarter, with the day on which its review was written down."""
    found = []
    for number, (quarter, day, title, severity, kind, owner, cause) in enumerate(_INCIDENTS, 1):
        noticed = calendar.quarter(quarter).day(day)
        reviewed = noticed + 6 * DAY
        row = {
            "number": f"INC-{noticed:%y%m}-{number:02d}",
            "title": title,
            "severity": severity,
            "kind": kind,
            "owner": owner,
            "began_on": noticed.isoformat(),
            "noticed_on": noticed.isoformat(),
            "solved_on": noticed.isoformat(),
            "customers_told_on": noticed.isoformat(),
            "effect": "Some customers waited; no payment was lost or made twice.",
            "cause": cause,
            "actions": "Tell whoever is on call earlier.",
            "review_due": (noticed + 14 * DAY).isoformat(),
            "reviewed_on": reviewed.isoformat(),
        }
        found.append((reviewed, row))
    return found


def changes(calendar: Calendar) -> list[tuple[date, Row]]:
    """Return a change of each quarter that no repository shows, with its day."""
    found = []
    for number, (quarter, day, title, kind, system) in enumerate(_CHANGES, 1):
        deployed = calendar.quarter(quarter).day(day)
        row = {
            "number": f"CHG-{deployed:%y%m}-{number:02d}",
            "title": title,
            "kind": kind,
            "system": system,
            "author": _EDDA,
            "approved_by": _FINN,
            "deployed_on": deployed.isoformat(),
            "tests": "Tried in the sandbox the day before.",
            "way_back": "The settings of the day before are put back.",
            "touches_processing": "no",
        }
        found.append((deployed, row))
    return found


def accounts(calendar: Calendar) -> list[Row]:
    """Return tokens and service accounts as they are used today."""
    today = calendar.today
    return [
        {
            "system": system,
            "name": name,
            "fingerprint": f"{place}f3a9c21",
            "kind": kind,
            "owner": owner,
            "purpose": purpose,
            "scopes": scopes,
            "environment": "production",
            "created_on": (today - 60 * DAY).isoformat(),
            "last_used_on": (today - 21 * DAY).isoformat(),
            "expires_on": (today + 120 * DAY).isoformat(),
            "rotate_by": (today + (30 + place) * DAY).isoformat(),
        }
        for place, (system, name, kind, owner, purpose, scopes) in enumerate(_ACCOUNTS, 1)
    ]


def exceptions(calendar: Calendar) -> list[Row]:
    """Return an exception from the rules of access that ends soon."""
    today = calendar.today
    return [
        {
            "person": f"dirk@{DOMAIN}",
            "system": "Payout console",
            "access": "Reads payouts of all merchants",
            "reason": "Takes part in the yearly test of the console.",
            "compensation": "Every look is logged and read weekly.",
            "approved_by": _LENA,
            "approved_on": (today - 20 * DAY).isoformat(),
            "ends_on": (today + 12 * DAY).isoformat(),
        }
    ]


def actions(calendar: Calendar) -> list[Row]:
    """Return what is still to be done after the stories of the year."""
    today = calendar.today
    return [
        {
            "title": title,
            "cause": cause,
            "owner": owner,
            "opened_on": (today - 20 * DAY).isoformat(),
            "due_on": (today + days * DAY).isoformat(),
        }
        for title, cause, owner, days in (
            ("Name a second reader for the review of access", "Missed quarterly review", _LENA, 9),
            ("Get the new report of Tidewater Hosting", "Gap of its SOC 2 report", _OTTO, 25),
        )
    ]


def attestations(calendar: Calendar) -> list[Row]:
    """Return the attestation of the one vendor that touches cards."""
    today = calendar.today
    return [
        {
            "provider": "Curlew Cards",
            "service": "Processing of cards",
            "standing": "compliant",
            "standard": "PCI DSS 4.0.1",
            "assessor": "An assessor of another country (fictional)",
            "attested_on": (today - 120 * DAY).isoformat(),
            "agreement": "Contract of the start, part 7",
            "checked_before": (calendar.begins - 300 * DAY).isoformat(),
            "own_duties": "9.5 and 12.8",
            "provider_duties": "3, 4, 6 and 10 to 11",
            "looked_at_by": _OTTO,
            "looked_at_on": (today - 20 * DAY).isoformat(),
            "owner": _OTTO,
        }
    ]
