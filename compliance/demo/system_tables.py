"""Lists of accounts, machines and releases in which nothing goes wrong."""

from collections.abc import Callable
from datetime import timedelta

from compliance.demo.asked import Asked, Row
from compliance.demo.calendar import DAY
from compliance.demo.company import COLLEAGUES, DOMAIN, SYSTEMS

_EDDA, _LENA, _FINN = f"edda@{DOMAIN}", f"lena@{DOMAIN}", f"finn@{DOMAIN}"
_STORES = ("Payment database", "Ledger database", "Archive of files", "Search index")
_REPOSITORIES = ("gateway", "ledger", "payouts", "portal", "platform")


def _exceptions(asked: Asked) -> list[Row]:
    first = asked.day.replace(day=1)
    reason = "Takes part in the yearly test of the payout console."
    said = ("No shared screens", reason, _LENA, first, first + 40 * DAY, None, asked.day)
    return [(asked.number("EX", 1), *said)]


def _accounts(_asked: Asked) -> list[Row]:
    rows: list[Row] = [
        (system, person, "person", f"P-{place:03d}", True, True, "")
        for system in SYSTEMS
        for place, person in enumerate(COLLEAGUES)
    ]
    rows.append(("Cloud console", "deploy", "service", "", False, True, ""))
    rows.append(("Ledger database", "nightly-export", "service", "", False, True, ""))
    return rows


def _sign_in(_asked: Asked) -> list[Row]:
    return [(system, True, 14, 8, 12) for system in SYSTEMS]


def _movers(asked: Asked) -> list[Row]:
    rows: list[Row] = []
    for person in asked.people(asked.dice.randint(1, 2)):
        moved = asked.moment().date()
        number = f"P-{COLLEAGUES.index(person):03d}"
        rows.append((number, moved, "Payout console", _LENA, moved + DAY, asked.day))
    return rows


def _duties(_asked: Asked) -> list[Row]:
    watched = "Every payout of the pair is read by the lead of finance the day after."
    return [("P-011", "Enters payouts", "Keeps bank details", watched, _FINN)]


def _service_accounts(asked: Asked) -> list[Row]:
    reviewed = asked.day - 30 * DAY
    return [
        ("Cloud console", "deploy", _EDDA, "Releases the platform.", False, reviewed, asked.day),
        (
            "Ledger database",
            "nightly-export",
            _FINN,
            "Feeds the books.",
            False,
            reviewed,
            asked.day,
        ),
        (
            "Payout console",
            "bank-files",
            _FINN,
            "Sends files to banks.",
            False,
            reviewed,
            asked.day,
        ),
    ]


def _administrators(_asked: Asked) -> list[Row]:
    return [
        (system, f"adm-{person.partition('@')[0]}", True, True, True)
        for system, person in zip(SYSTEMS, COLLEAGUES, strict=False)
    ]


def _keys(asked: Asked) -> list[Row]:
    return [
        (name, owner, asked.at - timedelta(days=age), 90, asked.at)
        for name, owner, age in (
            ("signing-of-webhooks", _EDDA, 31),
            ("store-of-payments", _EDDA, 12),
            ("bank-files", _FINN, 64),
        )
    ]


def _encryption(_asked: Asked) -> list[Row]:
    return [
        (store, "production", True, True, "AES-256", f"kms/{number}")
        for number, store in enumerate(_STORES, start=1)
    ]


def _open_rules(_asked: Asked) -> list[Row]:
    return [
        ("in-443", "in", "0.0.0.0/0", 443, 443, True, False, "The API and the portal."),
        ("in-80", "in", "0.0.0.0/0", 80, 80, True, False, "Leads browsers to the encrypted port."),
        ("in-22", "in", "10.20.0.0/16", 22, 22, False, True, "From the jump host only."),
    ]


def _certificates(asked: Asked) -> list[Row]:
    return [
        (f"CT-{number}", name, _EDDA, 256, "ecdsa", asked.day + (40 + 9 * number) * DAY, asked.day)
        for number, name in enumerate(("api", "portal", "webhooks"), start=1)
    ]


def _alert_rules(_asked: Asked) -> list[Row]:
    return [
        (f"{signal} of {service}", service, _EDDA, True)
        for service in ("payments", "payouts")
        for signal in ("errors", "latency", "backlog", "silence")
    ]


def _capacity(asked: Asked) -> list[Row]:
    return [
        (resource, asked.dice.randint(35, 68), 75, "")
        for resource in ("Processor time", "Memory", "Disk of the ledger", "Queue of payouts")
    ]


def _backup_settings(_asked: Asked) -> list[Row]:
    return [(store, 24, 35, True, True) for store in _STORES]


def _change_records(asked: Asked) -> list[Row]:
    titles = ("New bank for payouts", "Faster search", "Smaller images", "Clearer errors")
    impact = ("Payouts are computed as before.", "None: pages only.", "None: build only.", "None.")
    rows: list[Row] = []
    for place, (title, effect) in enumerate(zip(titles, impact, strict=True)):
        by, approver = asked.people(2)
        way_back = "The release before is put back."
        rows.append((asked.number("CR", place), title, effect, way_back, approver, by))
    return rows


def _branches(_asked: Asked) -> list[Row]:
    return [(name, 1, True, True) for name in _REPOSITORIES]


def _devices(asked: Asked) -> list[Row]:
    patched = asked.day - 6 * DAY
    return [
        (f"D-{place:03d}", f"P-{place:03d}", True, True, patched, asked.day)
        for place in range(len(COLLEAGUES))
    ]


def _assets(_asked: Asked) -> list[Row]:
    return [
        (f"A-{number:03d}", kind, "production", owner, grade, True)
        for number, (kind, owner, grade) in enumerate(
            (
                ("service", _EDDA, "customer data"),
                ("database", _EDDA, "customer data"),
                ("database", _FINN, "customer data"),
                ("queue", _EDDA, "internal"),
                ("console", _FINN, "customer data"),
            ),
            start=1,
        )
    ]


TABLES: dict[str, Callable[[Asked], list[Row]]] = {
    "access-exceptions": _exceptions,
    "user-lists": _accounts,
    "sign-in-settings": _sign_in,
    "movers": _movers,
    "duty-conflicts": _duties,
    "service-accounts": _service_accounts,
    "administrator-factors": _administrators,
    "key-rotation": _keys,
    "storage-encryption": _encryption,
    "open-rules": _open_rules,
    "certificate-inventory": _certificates,
    "alert-rules": _alert_rules,
    "capacity-review": _capacity,
    "backup-settings": _backup_settings,
    "change-records": _change_records,
    "branch-protection": _branches,
    "asset-inventory": _assets,
    "device-protection": _devices,
}
"""By the expectation that the list is for; its cells in the order of the catalogue's columns."""
