"""The registers that the company keeps by hand.

Story: the report of Tidewater Hosting ends on the day before the audited window.
"""

from collections.abc import Mapping

from compliance.demo import clock
from compliance.demo.calendar import DAY
from compliance.demo.company import DOMAIN
from compliance.demo.tables import VENDORS, vendor_gap, vendor_letter
from compliance.demo.world import World
from registers import entries, registry


def plan(world: World) -> None:
    """Write the first entries on the first days, and what changes on its day."""
    begins = world.calendar.begins
    world.diary.put(clock.on(begins, 11), lambda: _vendors(world))
    world.diary.put(clock.on(begins, 12), lambda: _others(world))


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


def _others(world: World) -> None:
    begins, today = world.calendar.begins, world.calendar.today
    _add(
        world,
        "policies",
        {
            "title": "Information security",
            "version": "4",
            "owner": f"lena@{DOMAIN}",
            "approved_by": f"max@{DOMAIN}",
            "approved_on": begins.isoformat(),
            "effective_from": begins.isoformat(),
            "next_review": (today + 60 * DAY).isoformat(),
        },
    )
    for title, owner in (
        ("The only settlement bank stops its service", "finn"),
        ("A vendor loses data", "otto"),
    ):
        _add(
            world,
            "risks",
            {
                "title": title,
                "owner": f"{owner}@{DOMAIN}",
                "likelihood": "2",
                "impact": "4",
                "treatment": "reduce",
                "plan": "Contract with a second one.",
                "judged_on": begins.isoformat(),
                "next_review": (today + 90 * DAY).isoformat(),
            },
        )
