"""What stands in the registers for those who ask: documents, agreements, answers, duties."""

from compliance.demo.calendar import DAY, Calendar
from compliance.demo.company import DOMAIN, STAFF

_EDDA, _LENA, _OTTO = (f"{name}@{DOMAIN}" for name in ("edda", "lena", "otto"))
Row = dict[str, str]
_BUYERS = (("Harbour Hotels (fictional)", "Hanna Quay"), ("Isle Ferries (fictional)", "Ida Strait"))
_ANSWERS = (
    (
        "Is every change approved by a second person?",
        "change",
        "CH-01",
        "Yes, and lists of all changes are checked each month; one exception is in our findings.",
    ),
    (
        "How do you know that payments add up?",
        "processing",
        "PI-04",
        "Each business day ledger and processor are matched, and a second person signs.",
    ),
)
_WEAKNESSES = (
    ("VU-901", "Old library in the portal", "scan", "high", "Portal", 9),
    ("VU-902", "Headers that say too much", "penetration test", "low", "Gateway", 14),
)


def documents(calendar: Calendar) -> list[Row]:
    """Return the documents that buyers may have under an agreement."""
    today = calendar.today
    return [
        {
            "document": kind,
            "period": "the year before",
            "issued_by": by,
            "issued_on": (today - 150 * DAY).isoformat(),
            "valid_until": (today + 120 * DAY).isoformat(),
            "owner": _LENA,
            "place": "Store of the company",
        }
        for kind, by in (
            ("penetration test", "Testers of another country (fictional)"),
            ("PCI AoC", "An assessor of another country (fictional)"),
        )
    ]


def agreements(calendar: Calendar) -> list[Row]:
    """Return who promised to keep our documents to themselves."""
    return [
        {
            "company": company,
            "signed_by": person,
            "signed_on": (calendar.today - 60 * DAY).isoformat(),
            "ends_on": (calendar.today + 300 * DAY).isoformat(),
            "place": "Store of the company",
        }
        for company, person in _BUYERS
    ]


def answers(calendar: Calendar) -> list[Row]:
    """Return what questionnaires of buyers are answered with, beside the shipped answers."""
    return [
        {
            "question": question,
            "answer": answer,
            "topic": topic,
            "controls": controls,
            "written_by": _OTTO,
            "read_by": _LENA,
            "read_on": (calendar.today - 20 * DAY).isoformat(),
            "read_again": (calendar.today + 160 * DAY).isoformat(),
        }
        for question, topic, controls, answer in _ANSWERS
    ]


def acknowledgements(calendar: Calendar) -> list[Row]:
    """Return who of the house has read the first of the policies; all have."""
    asked = calendar.today - 40 * DAY
    return [
        {
            "policy": "Information security",
            "version": "4",
            "person": f"{name}@{DOMAIN}",
            "asked_on": asked.isoformat(),
            "until": (asked + 30 * DAY).isoformat(),
            "read_on": (asked + (2 + place) * DAY).isoformat(),
        }
        for place, name in enumerate(STAFF)
    ]


def weaknesses(calendar: Calendar) -> list[Row]:
    """Return what was found lately and is gone."""
    found = calendar.today - 60 * DAY
    return [
        {
            "number": number,
            "title": title,
            "source": source,
            "severity": severity,
            "system": system,
            "owner": _EDDA,
            "found_on": found.isoformat(),
            "gone_on": (found + days * DAY).isoformat(),
            "proof": "The scan that came next does not show it.",
        }
        for number, title, source, severity, system, days in _WEAKNESSES
    ]


def asked_by_vendors(calendar: Calendar) -> list[Row]:
    """Return what the report of a vendor asks of its users."""
    period_to = calendar.window.last.isoformat()
    return [
        {
            "vendor": "Dunlin Bank",
            "kind": "SOC 2 Type 2",
            "period_to": period_to,
            "number": number,
            "asks": asks,
            "applies": "yes",
            "controls": controls,
            "how": how,
        }
        for number, asks, controls, how in (
            ("1", "Users tell the bank who may order payments.", "AC-02", "With every grant."),
            ("2", "Users match statements with their books.", "PI-04", "Every business day."),
        )
    ]
