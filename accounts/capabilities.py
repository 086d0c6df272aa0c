"""What a person may do, as the fixed words that roles are made of."""

from enum import StrEnum


class Capability(StrEnum):
    VIEW = "view"
    OPEN_PORTAL = "portal.open"
    SUBMIT_EVIDENCE = "evidence.submit"
    REVIEW_EVIDENCE = "evidence.review"
    RELEASE_QUARANTINED = "quarantine.release"
    REDACT_QUARANTINED = "quarantine.redact"
    DESTROY_QUARANTINED = "quarantine.destroy"
    MANAGE_SOURCES = "sources.manage"
    RUN_COLLECTOR = "sources.run"
    MANAGE_ENGAGEMENTS = "engagements.manage"
    SIGN_ASSERTION = "assertions.sign"
    CHANGE_OCCURRENCES = "occurrences.change"
    BUILD_PACK = "packs.build"
    MANAGE_REGISTERS = "registers.manage"
    MANAGE_CAMPAIGNS = "campaigns.manage"
    RUN_RECONCILIATIONS = "reconciliations.run"
    MANAGE_RECONCILIATIONS = "reconciliations.manage"
    SIGN_RECONCILIATIONS = "reconciliations.sign"
    MANAGE_MERCHANTS = "merchants.manage"
    MANAGE_READINESS = "readiness.manage"
    ANSWER_FINDINGS = "findings.answer"
    MANAGE_FINDINGS = "findings.manage"
    OVERSEE_TASKS = "tasks.oversee"
    MANAGE_CATALOGUE = "catalogue.manage"
    MANAGE_TOKENS = "tokens.manage"
    MANAGE_PEOPLE = "people.manage"
    MANAGE_LOG = "log.manage"
    MANAGE_RETENTION = "retention.manage"
    VIEW_JOBS = "jobs.view"


ALL = "*"
"""In a role: every capability, those of later versions too."""
