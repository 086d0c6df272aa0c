"""Cases for the checks of availability and processing integrity controls."""

from tests.controls.case import NOW, Case, Row

_RESTORE: Row = {
    "table_name": "jobs_job",
    "rows_source": 7,
    "rows_restored": 7,
    "ledger_root_source": "ab",
    "ledger_root_restored": "ab",
}
_INCIDENT: Row = {
    "incident_id": "I-1",
    "severity": "High",
    "noticed_at": "2026-11-01 10:00:00",
    "answered_at": "2026-11-01 10:00:00",
    "resolved_at": "2026-11-01 12:00:00",
    "reviewed_on": "2026-11-16",
    "cause": "full disk",
}
_LEG: Row = {
    "business_day": "2026-11-20",
    "leg": "ledger-bank",
    "currency": "EUR",
    "amount_left_minor": 1000,
    "amount_right_minor": 900,
    "explained_minor": 100,
    "prepared_by": "Alice",
    "signed_by": "Bob",
}
_WEBHOOK: Row = {
    "endpoint_id": "W-1",
    "signed": True,
    "events": 10,
    "delivered": 9,
    "given_up": 1,
    "merchant_told": True,
}
_ENTRY: Row = {
    "entry_id": "E-1",
    "reason": "refund by hand",
    "prepared_by": "Alice",
    "released_by": "Bob",
}

CASES: dict[str, Case] = {
    "uptime-below-promise": (
        {"day": "2026-11-20", "url": "https://api", "samples": 1440, "uptime_percent": "99.9"},
        [
            {"uptime_percent": "99.899"},
            {"uptime_percent": None},
            {"samples": 0},
            {"samples": None},
        ],
    ),
    "tables-not-restored": (
        _RESTORE,
        [{"rows_restored": 6}, {"rows_restored": None}, {"rows_source": None}],
    ),
    "ledger-root-differs": (
        _RESTORE,
        [
            {"ledger_root_restored": "ac"},
            {"ledger_root_restored": None},
            {"ledger_root_source": "", "ledger_root_restored": ""},
        ],
    ),
    "backups-not-made-good": (
        {"job_id": "B-1", "succeeded": False, "made_good_by": "B-2"},
        [{"made_good_by": ""}, {"succeeded": None, "made_good_by": None}],
    ),
    "alerts-without-owner": (
        {"rule_name": "errors", "owner": "Bob", "active": True},
        [{"owner": ""}, {"active": False}, {"active": None}],
    ),
    "incidents-unranked": (
        _INCIDENT,
        [{"severity": ""}, {"answered_at": None}, {"answered_at": "2026-11-01 09:59:59"}],
    ),
    "incidents-not-reviewed": (
        _INCIDENT,
        [{"reviewed_on": None}, {"reviewed_on": "2026-11-17"}, {"cause": " "}],
    ),
    "capacity-without-action": (
        {"resource": "disk", "used_percent": "80", "limit_percent": "80", "action": ""},
        [{"used_percent": "80.1"}, {"used_percent": None}, {"limit_percent": None}],
    ),
    "validation-untested": (
        {"rule_name": "amount", "tests": 1, "failed": 0},
        [{"tests": 0}, {"tests": None}, {"failed": 1}, {"failed": None}],
    ),
    "duplicate-payments": (
        {"client": "M-1", "idempotency_key": "k1", "payments": 1},
        [{"idempotency_key": "k2", "payments": 2}, {"client": "M-2", "payments": 3}],
    ),
    "payments-repeated": (
        {
            "client": "M-1",
            "instrument_id": "PI-1",
            "amount_minor": 4200,
            "currency": "EUR",
            "first_at": "2026-11-20 10:00:00",
            "payments": 1,
        },
        [{"payments": 2}, {"client": "M-2", "payments": None}, {"payments": 3, "accepted_as": " "}],
    ),
    "reconciliation-unexplained": (
        _LEG,
        [
            {"explained_minor": 99},
            {"explained_minor": None},
            {"amount_left_minor": None},
            {"amount_right_minor": None},
        ],
    ),
    "reconciliation-unsigned": (_LEG, [{"signed_by": None}, {"signed_by": "ALICE "}]),
    "roll-forward-broken": (
        {
            "month": "2026-10",
            "reconciliation": "REC-1",
            "currency": "EUR",
            "part": "closing",
            "breaks": 3,
            "amount_minor": 1250,
            "holds": True,
            "signed_by": "ivan@example.org",
        },
        [{"holds": False}, {"holds": None}, {"signed_by": " "}, {"signed_by": None}],
    ),
    "exceptions-stale": (
        {
            "entry_id": "Q-1",
            "entered_at": "2026-11-14 10:00:00",
            "outcome": "paid again",
            "cleared_at": NOW,
            "collected_at": "2026-11-30 00:00:00",
        },
        [{"cleared_at": None}, {"cleared_at": "2026-11-21 10:00:01"}, {"outcome": ""}],
    ),
    "webhooks-unsigned": (_WEBHOOK, [{"signed": False}, {"signed": None}]),
    "webhooks-lost-silently": (
        _WEBHOOK,
        [{"events": 11}, {"given_up": None}, {"merchant_told": False}, {"merchant_told": None}],
    ),
    "traces-broken": (
        {
            "payment_id": "T-1",
            "request_found": True,
            "caller_found": True,
            "validation_found": True,
            "processor_answer_found": True,
            "ledger_entry_found": True,
            "webhook_found": True,
            "settlement_found": True,
        },
        [
            {"request_found": False},
            {"caller_found": None},
            {"validation_found": False},
            {"processor_answer_found": False},
            {"ledger_entry_found": False},
            {"webhook_found": False},
            {"settlement_found": False},
        ],
    ),
    "entries-by-one-person": (_ENTRY, [{"released_by": ""}, {"released_by": "alice"}]),
    "entries-without-reason": (_ENTRY, [{"reason": None}]),
}

HARMLESS: dict[str, list[Row]] = {
    "backups-not-made-good": [{"succeeded": True, "made_good_by": None}],
    "incidents-not-reviewed": [
        {"severity": "low", "reviewed_on": None},
        {"resolved_at": None, "reviewed_on": None},
    ],
    "duplicate-payments": [{"client": "M-3"}, {"client": "M-4", "idempotency_key": None}],
    "payments-repeated": [{"client": "M-3", "payments": 2, "accepted_as": "two tickets, Alice"}],
    "webhooks-lost-silently": [{"delivered": 10, "given_up": 0, "merchant_told": None}],
    "capacity-without-action": [{"used_percent": "95", "action": "order more"}],
}
