"""The registers that the company keeps by hand.

Story: the report of Tidewater Hosting ends on the day before the audited window.
"""

from collections.abc import Mapping
from functools import partial

from compliance.demo import book_entries, clock, entries_for_buyers
from compliance.demo.calendar import DAY
from compliance.demo.company import DOMAIN, VENDORS
from compliance.demo.tables import vendor_gap, vendor_letter
from compliance.demo.world import World
from registers import entries, registry


def plan(world: World) -> None:
    """Write the first entries on the first days, and what changes on its day."""
    begins = world.calendar.begins
    world.diary.put(clock.on(begins, 11), lambda: _vendors(world))
    world.diary.put(clock.on(begins, 12), lambda: _begun(world))
    lately = max(begins + 2 * DAY, world.calendar.today - 20 * DAY)
    world.diary.put(clock.on(lately, 12), lambda: _lately(world))
    for register, happened in (
        ("incidents", book_entries.incidents(world.calendar)),
        ("changes", book_entries.changes(world.calendar)),
    ):
        for day, row in happened:
            world.diary.put(clock.on(day, 12), partial(_add, world, register, row))


def _add(world: World, register: str, given: Mapping[str, object]) -> None:
    entries.add(registry.get(register), given=given, by=world.company.otto)


def _vendors(world: World) -> None:
    today = world.calendar.today
    for name, service, rank, owner in VENDORS:
        _add(
            world,
            "vendors",
            {
                "name": name,
                "service": service,
                "criticality": rank,
                "owner": f"{owner}@{DOMAIN}",
                "holds_customer_data": "yes",
                "holds_card_data": "yes" if "Cards" in name else "no",
                "uptime_commitment": "99.95",
                "incident_contact": f"duty@{name.split()[0].lower()}.example",
                "alternative": "A second one stands by under contract.",
                "next_review": (today + 90 * DAY).isoformat(),
            },
        )
    gap = vendor_gap(world.calendar)
    for name, *_ in VENDORS[:3]:
        is_late = name == VENDORS[0][0]
        last = gap.last if is_late else world.calendar.window.last
        _add(
            world,
            "vendor_reports",
            {
                "vendor": name,
                "kind": "SOC 2 Type 2",
                "auditor": "A firm of another country (fictional)",
                "period_from": gap.first.isoformat(),
                "period_to": last.isoformat(),
                "bridge_letter_until": vendor_letter(world.calendar).isoformat() if is_late else "",
                "opinion": "unmodified",
                "next_expected": (today + 60 * DAY).isoformat(),
            },
        )


def _begun(world: World) -> None:
    for row in book_entries.policies(world.calendar):
        _add(world, "policies", row)
    for row in book_entries.risks(world.calendar):
        _add(world, "risks", row)


def _lately(world: World) -> None:
    """Write down what is due in the next weeks, and what was read lately."""
    for register, rows in (
        ("service_accounts", book_entries.accounts),
        ("access_exceptions", book_entries.exceptions),
        ("corrective_actions", book_entries.actions),
        ("provider_attestations", book_entries.attestations),
        ("assurance_documents", entries_for_buyers.documents),
        ("ndas", entries_for_buyers.agreements),
        ("buyer_answers", entries_for_buyers.answers),
        ("acknowledgements", entries_for_buyers.acknowledgements),
        ("vulnerabilities", entries_for_buyers.weaknesses),
        ("user_controls", entries_for_buyers.asked_by_vendors),
    ):
        for row in rows(world.calendar):
            _add(world, register, row)
