"""Accounts of a directory (OpenLDAP, Active Directory), and whether they are used."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from pydantic import Field

from collectors.base import Answer, Ask, AsksFor, Declaration, Row
from collectors.wire import ldap
from collectors.wire.ldap import Entry, LdapSettings
from controls.models import Area, Expectation
from evidence.models import Evidence

COLLECTOR = Declaration(
    title="Accounts in a directory (LDAP)",
    asks="Which accounts exist, whose are they, may they sign in, and when did they last?",
    kind=Evidence.Kind.STATE,
    asks_for=AsksFor.MOMENT,
    evidence_type=Expectation.EvidenceType.POPULATION_EXPORT,
    area=Area.ACCESS_CONTROL,
    sensitivity=Evidence.Sensitivity.CONFIDENTIAL,
    columns={
        "system_name": "text",
        "account": "text",
        "account_id": "text",
        "full_name": "text",
        "person_id": "text",
        "active": "boolean",
        "created_at": "timestamp",
        "last_sign_in": "timestamp",
        "password_changed_at": "timestamp",
        "ended_at": "timestamp",
        "collected_at": "timestamp",
    },
    completeness="Every entry below the base that the filter chooses, locked ones too, page by "
    "page until the directory gives no cookie; a size limit or a referral makes the run partial. "
    "Entries that the reading account may not see are in no list.",
    permission="An account that may read the branch with the attributes named in the query.",
    schedule="35 3 * * *",
    secrets=ldap.SECRETS,
    time_limit=timedelta(minutes=30),
)
_DISABLED = 0x2
_LOCKED_FOR_EVER = "000001010000Z"
_ATTRIBUTES = (
    *("uid", "sAMAccountName", "cn", "displayName", "employeeNumber", "entryUUID"),
    *("createTimestamp", "whenCreated", "pwdChangedTime", "pwdLastSet"),
    *("authTimestamp", "lastLogonTimestamp", "userAccountControl", "nsAccountLock"),
    *("pwdAccountLockedTime", "shadowExpire", "accountExpires"),
)


class Settings(LdapSettings):
    chosen: str = Field(
        default="(|(objectClass=inetOrgPerson)(objectClass=posixAccount)(objectClass=user))",
        title="Filter",
        description="LDAP filter of what is an account. Services belong to it, too.",
        max_length=2000,
    )


def collect(ask: Ask[Settings]) -> Answer:
    return Answer(
        rows=_rows(ask),
        source_system=ldap.system(ask),
        query=f"search {ask.settings.base} (whole subtree) {ask.settings.chosen}: "
        + ", ".join(_ATTRIBUTES),
        parameters={"base": ask.settings.base, "filter": ask.settings.chosen},
    )


def _rows(ask: Ask[Settings]) -> Iterator[Row]:
    with ldap.opened(ask) as directory:
        for entry in directory.entries(ask.settings.base, ask.settings.chosen, _ATTRIBUTES):
            ended = _ended(entry)
            yield (
                ldap.system(ask),
                entry.text("uid", "sAMAccountName", "cn") or entry.dn,
                entry.text("entryUUID") or entry.dn,
                entry.text("displayName", "cn"),
                entry.text("employeeNumber"),
                not _is_locked(entry) and (ended is None or ended > ask.now),
                entry.moment("createTimestamp", "whenCreated"),
                entry.moment("authTimestamp", "lastLogonTimestamp"),
                entry.moment("pwdChangedTime", "pwdLastSet"),
                ended,
                ask.now,
            )


def _is_locked(entry: Entry) -> bool:
    """Tell an account that an administrator locked; one locked by wrong guesses opens again."""
    return (
        bool(entry.number("userAccountControl") & _DISABLED)
        or (entry.text("nsAccountLock") or "").lower() == "true"
        or entry.text("pwdAccountLockedTime") == _LOCKED_FOR_EVER
    )


def _ended(entry: Entry) -> datetime | None:
    """Return when an account ends or ended: whole days since 1970, or the time of its directory."""
    days = entry.number("shadowExpire")
    if days > 0:
        return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(days=days)
    return entry.moment("accountExpires")
