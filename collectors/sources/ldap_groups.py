"""Groups of a directory with every member, and whether the member still exists."""

from collections.abc import Iterator
from datetime import timedelta

from pydantic import Field

from collectors.base import Answer, Ask, AsksFor, Declaration, Row
from collectors.wire import ldap
from collectors.wire.ldap import LdapSettings
from controls.models import Area, Expectation
from evidence.models import Evidence

COLLECTOR = Declaration(
    title="Groups in a directory (LDAP)",
    asks="Which groups give rights, who is in them, and does each member still exist?",
    kind=Evidence.Kind.STATE,
    asks_for=AsksFor.MOMENT,
    evidence_type=Expectation.EvidenceType.POPULATION_EXPORT,
    area=Area.ACCESS_CONTROL,
    sensitivity=Evidence.Sensitivity.CONFIDENTIAL,
    columns={
        "system_name": "text",
        "group_name": "text",
        "description": "text",
        "member": "text",
        "member_id": "text",
        "member_exists": "boolean",
        "collected_at": "timestamp",
    },
    completeness="Every group below the base that the filter chooses, page by page until the "
    "directory gives no cookie, with one row for each member, and one without a member for an "
    "empty group. Members of a group within a group stand under that group.",
    permission="An account that may read the branch of the groups, and whether their members "
    "exist.",
    schedule="40 3 * * *",
    secrets=ldap.SECRETS,
    time_limit=timedelta(minutes=30),
)
_MEMBERS = ("member", "uniqueMember")


class Settings(LdapSettings):
    chosen: str = Field(
        default="(|(objectClass=groupOfNames)(objectClass=groupOfUniqueNames)"
        "(objectClass=posixGroup)(objectClass=group))",
        title="Filter",
        description="LDAP filter of what is a group.",
        max_length=2000,
    )
    people: str = Field(
        default="",
        title="Branch of the people",
        description="Where the members of POSIX groups are, which name them without their branch. "
        "Empty: the base.",
    )


def collect(ask: Ask[Settings]) -> Answer:
    return Answer(
        rows=_rows(ask),
        source_system=ldap.system(ask),
        query=f"search {ask.settings.base} (whole subtree) {ask.settings.chosen}; then each member "
        "once, by its distinguished name, or by its uid below the branch of the people",
        parameters={"base": ask.settings.base, "filter": ask.settings.chosen},
    )


def _rows(ask: Ask[Settings]) -> Iterator[Row]:
    asked = ("cn", "description", *_MEMBERS, "memberUid")
    with ldap.opened(ask) as directory:
        known = _Known(ask, directory)
        for group in directory.entries(ask.settings.base, ask.settings.chosen, asked):
            name = group.text("cn") or group.dn
            named: list[tuple[str | None, str | None]] = []
            named += [(dn, known.by_name(dn)) for each in _MEMBERS for dn in group.all(each)]
            named += [(uid, known.by_uid(uid)) for uid in group.all("memberUid")]
            for member, account in named or [(None, None)]:
                yield (
                    ldap.system(ask),
                    name,
                    group.text("description"),
                    account or member,
                    member,
                    None if member is None else account is not None,
                    ask.now,
                )


class _Known:
    """Looks every member up once; what it keeps is a short name for each."""

    def __init__(self, ask: Ask[Settings], directory: ldap.Directory) -> None:
        self._people = ask.settings.people or ask.settings.base
        self._directory = directory
        self._found: dict[str, str | None] = {}

    def by_name(self, dn: str) -> str | None:
        if dn.lower() not in self._found:
            entry = self._directory.look_up(dn, "(objectClass=*)", ("uid", "cn"))
            name = (entry.text("uid", "cn") or entry.dn) if entry else None
            self._found[dn.lower()] = name
        return self._found[dn.lower()]

    def by_uid(self, uid: str) -> str | None:
        if uid not in self._found:
            chosen = f"(uid={ldap.escaped(uid)})"
            entry = self._directory.look_up(self._people, chosen, ("uid",), below=True)
            self._found[uid] = uid if entry else None
        return self._found[uid]
