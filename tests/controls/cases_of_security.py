"""Cases for the checks of access, API, change, vendor, risk and audit controls."""

from tests.controls.case import NOW, Case, Row

_TOKEN: Row = {
    "token_id": 1,
    "owner": "Alice",
    "purpose": "pushes evidence",
    "scopes": "evidence:read evidence:write",
    "environment": "production",
    "created_at": "2026-10-01 00:00:00",
    "last_used_at": "2026-11-20 00:00:00",
    "expires_at": "2027-01-01 00:00:00",
    "revoked_at": None,
    "rotate_after_days": 90,
    "collected_at": NOW,
}
_TLS: Row = {
    "host": "api.example.com",
    "port": 443,
    "plain_http": "redirected",
    "tls_1_0": False,
    "tls_1_1": False,
    "tls_1_2": True,
    "tls_1_3": True,
    "days_to_expiry": 14,
    "chain_valid": True,
}
_CHANGE: Row = {
    "commit_id": "c1",
    "merged_at": "2026-11-01 10:00:00",
    "author": "Alice",
    "author_email": "alice@example.com",
    "committer": "Alice",
    "reviewers": "Bob <bob@example.com>",
}
_GRANT: Row = {
    "grant_id": "G-1",
    "person": "Charlie",
    "requested_by": "Bob",
    "approved_by": "Alice",
    "approved_at": "2026-11-01 10:00:00",
    "granted_at": "2026-11-01 10:00:00",
}
_REVIEW_LINE: Row = {
    "system_name": "ledger",
    "account": "charlie",
    "decision": "remove",
    "reviewer": "Alice",
    "reviewed_on": "2026-10-01",
    "done_on": "2026-10-11",
}
_PRIVILEGED: Row = {
    "system_name": "cloud",
    "account": "root",
    "owner": "Alice",
    "reason": "break glass",
    "shared": False,
}
_VENDOR: Row = {
    "vendor": "Bank",
    "rank": "Critical",
    "owner": "Alice",
    "reviewed_on": "2025-11-20",
    "decision": "keep",
    "collected_on": "2026-11-21",
}
_RISK: Row = {
    "risk_id": "R-1",
    "owner": "Alice",
    "rating": "high",
    "decision": "mitigate",
    "reviewed_on": "2026-11-01",
    "collected_on": "2026-11-21",
}

CASES: dict[str, Case] = {
    "staff-without-mfa": (
        {"user_id": 1, "active": True, "staff": True, "mfa_enabled": True},
        [{"mfa_enabled": False}, {"mfa_enabled": None}],
    ),
    "grants-without-approval": (
        _GRANT,
        [
            {"approved_by": " "},
            {"approved_by": None},
            {"approved_at": None},
            {"approved_at": "2026-11-01 10:00:01"},
        ],
    ),
    "grants-approved-by-oneself": (_GRANT, [{"approved_by": " charlie "}]),
    "leavers-with-access": (
        {"person_id": "P-1", "last_day": "2026-10-30", "access_ended_at": "2026-10-31 23:59:59"},
        [{"access_ended_at": None}, {"access_ended_at": "2026-11-01 00:00:00"}],
    ),
    "access-review-undecided": (
        _REVIEW_LINE,
        [
            {"decision": None},
            {"decision": "ok"},
            {"reviewed_on": None},
            {"reviewer": ""},
            {"reviewer": "Charlie"},
        ],
    ),
    "access-review-not-done": (
        _REVIEW_LINE,
        [
            {"done_on": None},
            {"done_on": "2026-10-12"},
            {"decision": "change", "done_on": None},
            {"decision": "rotate", "done_on": None},
        ],
    ),
    "privileged-without-reason": (_PRIVILEGED, [{"owner": None}, {"reason": "  "}]),
    "privileged-shared": (_PRIVILEGED, [{"shared": True}, {"shared": None}]),
    "access-exceptions-overdue": (
        {
            "exception_id": "X-1",
            "approved_by": "Alice",
            "approved_on": "2026-09-01",
            "ends_on": "2026-11-30",
            "closed_on": None,
            "collected_on": "2026-11-30",
        },
        [
            {"approved_by": ""},
            {"approved_on": None},
            {"ends_on": None},
            {"ends_on": "2026-12-01"},
            {"collected_on": "2026-12-01"},
        ],
    ),
    "tokens-without-owner": (_TOKEN, [{"owner": None}, {"owner": " "}, {"purpose": ""}]),
    "tokens-past-rotation": (
        _TOKEN,
        [
            {"created_at": "2026-08-23 09:59:59"},
            {"created_at": "2026-08-23 09:59:59", "expires_at": None},
            {"rotate_after_days": None},
        ],
    ),
    "tokens-with-wildcard": (
        _TOKEN,
        [{"scopes": "*"}, {"scopes": "controls:read *"}, {"scopes": "evidence:*"}],
    ),
    "tokens-without-environment": (_TOKEN, [{"environment": None}, {"environment": "staging"}]),
    "tokens-unused": (
        _TOKEN,
        [
            {"last_used_at": "2026-08-23 09:59:59"},
            {"last_used_at": None, "created_at": "2026-08-23 09:59:59"},
        ],
    ),
    "plain-http-open": (_TLS, [{"plain_http": "open"}, {"plain_http": None}]),
    "tls-too-old": (
        _TLS,
        [
            {"tls_1_0": True},
            {"tls_1_1": True},
            {"tls_1_0": None},
            {"tls_1_2": False, "tls_1_3": False},
            {"tls_1_2": None, "tls_1_3": None},
        ],
    ),
    "certificate-weak": (
        _TLS,
        [
            {"chain_valid": False},
            {"chain_valid": None},
            {"days_to_expiry": 13},
            {"days_to_expiry": None},
        ],
    ),
    "abuse-alerts-not-looked-at": (
        {"alert_id": "A-1", "looked_at_by": "Bob", "looked_at_time": NOW, "outcome": "blocked"},
        [{"looked_at_by": ""}, {"looked_at_time": None}, {"outcome": None}],
    ),
    "keys-past-lifetime": (
        {
            "key_name": "webhook",
            "rotated_at": "2026-11-20 10:00:00",
            "lifetime_days": 1,
            "collected_at": NOW,
        },
        [{"rotated_at": "2026-11-20 09:59:59"}, {"rotated_at": None}, {"lifetime_days": None}],
    ),
    "secrets-not-withdrawn": (
        {
            "finding_id": "F-1",
            "found_at": "2026-11-20 10:00:00",
            "withdrawn_at": "2026-11-21 10:00:00",
            "false_alarm": False,
        },
        [{"withdrawn_at": None}, {"withdrawn_at": "2026-11-21 10:00:01", "false_alarm": None}],
    ),
    "vulnerabilities-overdue": (
        {
            "finding_id": "F-1",
            "severity": "critical",
            "found_on": "2026-11-01",
            "mended_on": "2026-11-08",
            "accepted_by": "",
            "collected_on": "2026-11-21",
        },
        [
            {"mended_on": "2026-11-09"},
            {"mended_on": None},
            {"severity": "High", "mended_on": "2026-12-02"},
            {"severity": "low", "mended_on": "2027-01-31"},
            {"severity": None, "mended_on": "2027-01-31", "accepted_by": None},
        ],
    ),
    "changes-by-one-person": (
        _CHANGE,
        [
            {"reviewers": ""},
            {"reviewers": None},
            {"reviewers": " ; "},
            {"reviewers": "Alice <alice@example.com>"},
            {"reviewers": "A. Liddell <alice@example.com>"},
            {"reviewers": "Alice", "author_email": ""},
            {"author": None, "committer": None, "reviewers": ""},
        ],
    ),
    "deployments-untested": (
        {
            "deployment_id": "D-1",
            "commit_id": "c1",
            "tested_commit_id": "c1",
            "tests_passed": True,
            "tested_at": "2026-11-01 10:00:00",
            "deployed_at": "2026-11-01 10:00:00",
        },
        [
            {"tests_passed": False},
            {"tests_passed": None},
            {"tested_commit_id": "c0"},
            {"tested_commit_id": None},
            {"tested_at": None},
            {"tested_at": "2026-11-01 10:00:01"},
        ],
    ),
    "changes-without-impact": (
        {"change_id": "C-1", "processing_impact": "none: text only", "way_back": "revert"},
        [{"processing_impact": " "}, {"way_back": None}],
    ),
    "emergency-changes-unapproved": (
        {
            "change_id": "C-1",
            "done_by": "Alice",
            "done_at": "2026-11-01 10:00:00",
            "approved_by": "Bob",
            "approved_at": "2026-11-04 10:00:00",
        },
        [
            {"approved_by": None},
            {"approved_by": "alice"},
            {"approved_at": None},
            {"approved_at": "2026-11-04 10:00:01"},
        ],
    ),
    "branches-unprotected": (
        {
            "repository": "ledger",
            "reviews_required": 1,
            "tests_required": True,
            "binds_administrators": True,
        },
        [
            {"reviews_required": 0},
            {"reviews_required": None},
            {"tests_required": False},
            {"binds_administrators": None},
        ],
    ),
    "vendors-without-review": (
        _VENDOR,
        [{"reviewed_on": None}, {"reviewed_on": "2025-11-19"}, {"decision": ""}],
    ),
    "vendors-unranked": (_VENDOR, [{"rank": None}, {"owner": ""}]),
    "risks-without-owner": (_RISK, [{"owner": ""}, {"rating": None}, {"decision": " "}]),
    "risks-not-reviewed": (_RISK, [{"reviewed_on": None}, {"reviewed_on": "2026-08-12"}]),
    "actions-overdue": (
        {
            "action_id": "C-1",
            "owner": "Alice",
            "due_on": "2026-11-21",
            "done_on": None,
            "collected_on": "2026-11-21",
        },
        [
            {"owner": None},
            {"due_on": None},
            {"due_on": "2026-11-20"},
            {"done_on": "2026-11-22"},
        ],
    ),
    "releases-without-agreement": (
        {"release_id": "L-1", "agreement_signed_on": "2026-11-01", "released_on": "2026-11-01"},
        [{"agreement_signed_on": None}, {"agreement_signed_on": "2026-11-02"}],
    ),
}

HARMLESS: dict[str, list[Row]] = {
    "staff-without-mfa": [
        {"active": False, "mfa_enabled": False},
        {"staff": False, "mfa_enabled": False},
    ],
    "tokens-without-owner": [{"owner": "", "revoked_at": NOW}],
    "tokens-past-rotation": [
        {"rotate_after_days": 1, "revoked_at": NOW},
        {"rotate_after_days": 1, "expires_at": NOW},
        {"created_at": "2026-08-23 10:00:00"},
    ],
    "tokens-with-wildcard": [{"scopes": "*", "revoked_at": NOW}],
    "tokens-unused": [
        {"last_used_at": "2026-08-23 10:00:00"},
        {"last_used_at": None, "expires_at": NOW},
    ],
    "changes-by-one-person": [
        {"committer": "Bob", "reviewers": ""},
        {"reviewers": "Alice <alice@example.com>;Bob"},
        {"author_email": "", "reviewers": "Bob"},
        {"author_email": None, "reviewers": "Bob"},
    ],
    "plain-http-open": [{"plain_http": "refused"}, {"plain_http": "none"}],
    "tls-too-old": [{"tls_1_2": False}, {"tls_1_3": None}],
    "access-review-not-done": [{"decision": "keep", "done_on": None}],
    "access-review-undecided": [
        {"decision": "reduce"},
        {"decision": "rotate"},
        {"decision": "revoke"},
    ],
    "access-exceptions-overdue": [{"closed_on": "2026-11-01", "collected_on": "2027-01-01"}],
    "secrets-not-withdrawn": [{"withdrawn_at": None, "false_alarm": True}],
    "vulnerabilities-overdue": [{"mended_on": None, "accepted_by": "Alice"}],
    "vendors-without-review": [{"rank": "low", "reviewed_on": None}],
}
