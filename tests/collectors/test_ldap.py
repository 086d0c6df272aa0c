"""Accounts and groups of a real directory: slapd, with and without TLS."""

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import trustme

from collectors.errors import (
    SourceDeniedError,
    SourceNonsenseError,
    SourceRefusedError,
    SourceUnreachableError,
)
from collectors.wire import ldap
from tests.collectors.asking import Told, ask
from tests.conftest import demand, demand_package

PASSWORD = "planted-directory-word"
BASE = "dc=lindgren,dc=example"
MANY = 1203
"""More than two pages."""

CONFIGURATION = """
include {schema}/core.schema
include {schema}/cosine.schema
include {schema}/inetorgperson.schema
include {schema}/nis.schema
modulepath /usr/lib/ldap
moduleload back_mdb
pidfile {folder}/slapd.pid
TLSCACertificateFile {folder}/ca.pem
TLSCertificateFile {folder}/server.pem
TLSCertificateKeyFile {folder}/server.key
sizelimit unlimited
database mdb
suffix "{base}"
rootdn "cn=root,{base}"
rootpw {password}
directory {folder}/data
limits dn.exact="cn=short,{base}" size=5
access to attrs=userPassword by anonymous auth by * none
access to * by * read
"""
ENTRIES = """
dn: {base}
objectClass: dcObject
objectClass: organization
dc: lindgren
o: Lindgren Pay

dn: ou=people,{base}
objectClass: organizationalUnit
ou: people

dn: ou=groups,{base}
objectClass: organizationalUnit
ou: groups

dn: cn=short,{base}
objectClass: person
cn: short
sn: short
userPassword: {password}

dn: uid=mira,ou=people,{base}
objectClass: inetOrgPerson
uid: mira
cn: Mira Okt
sn: Okt
employeeNumber: P-17
userPassword: planted-word-of-mira

dn: uid=old,ou=people,{base}
objectClass: inetOrgPerson
objectClass: shadowAccount
uid: old
cn: Old Hand
sn: Hand
shadowExpire: 20000

dn: cn=operators,ou=groups,{base}
objectClass: groupOfNames
cn: operators
description: May deploy
member: uid=mira,ou=people,{base}
member: uid=gone,ou=people,{base}

dn: cn=posix,ou=groups,{base}
objectClass: posixGroup
cn: posix
gidNumber: 100
memberUid: mira
memberUid: (nobody*)

dn: cn=empty,ou=groups,{base}
objectClass: posixGroup
cn: empty
gidNumber: 101
"""


@dataclass(frozen=True)
class Directory:
    """A running slapd."""

    plain: int
    tls: int
    ca: str

    def values(self, **changes: Any) -> dict[str, Any]:
        usual = {
            "host": "127.0.0.1",
            "port": self.tls,
            "trusted_ca": self.ca,
            "bind_dn": f"cn=root,{BASE}",
            "password": PASSWORD,
            "base": BASE,
        }
        return {**usual, **changes}


@pytest.fixture(scope="module", autouse=True)
def library() -> None:
    demand_package("ldap3", "ldap")


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Directory]:
    program = shutil.which("slapd", path="/usr/sbin") or demand("slapd", "slapd")
    folder = tmp_path_factory.mktemp("slapd")
    (folder / "data").mkdir()
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(folder / "ca.pem"))
    own = authority.issue_cert("127.0.0.1")
    own.private_key_pem.write_to_path(str(folder / "server.key"))
    own.cert_chain_pems[0].write_to_path(str(folder / "server.pem"))
    words = {"folder": folder, "base": BASE, "password": PASSWORD, "schema": "/etc/ldap/schema"}
    (folder / "slapd.conf").write_text(CONFIGURATION.format(**words), encoding="utf-8")
    many = (
        f"\ndn: uid=p{n},ou=people,{BASE}\nobjectClass: inetOrgPerson\nuid: p{n}\ncn: P{n}\nsn: P\n"
        for n in range(MANY)
    )
    ldif = folder / "entries.ldif"
    ldif.write_text(ENTRIES.format(**words) + "".join(many), encoding="utf-8")
    add = ["/usr/sbin/slapadd", "-q", "-f", str(folder / "slapd.conf"), "-l", str(ldif)]
    subprocess.run(add, check=True, capture_output=True)
    plain, tls = _free(), _free()
    urls = f"ldap://127.0.0.1:{plain} ldaps://127.0.0.1:{tls}"
    running = subprocess.Popen([program, "-d", "0", "-h", urls, "-f", str(folder / "slapd.conf")])
    try:
        _await(plain)
        yield Directory(plain, tls, (folder / "ca.pem").read_text(encoding="ascii"))
    finally:
        running.terminate()
        running.wait()


def _free() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def _await(port: int) -> None:
    for _ in range(600):
        with socket.socket() as tried:
            if tried.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    pytest.fail("slapd does not answer after a minute.")


def accounts(scratch: Path, directory: Directory, **changes: Any) -> Told:
    return ask("ldap_accounts", scratch, **directory.values(**changes))


@pytest.mark.debian
def test_every_account_is_a_row_page_by_page(directory: Directory, scratch: Path) -> None:
    told = accounts(scratch, directory)
    rows = {row["account"]: row for row in told.rows}
    assert len(told.rows) == len(rows) == MANY + 2
    assert told.trail.pages == len(told.trail.raw_digests) == 3
    assert told.trail.shortfalls == []
    mira = rows["mira"]
    assert (mira["full_name"], mira["person_id"], mira["active"]) == ("Mira Okt", "P-17", True)
    assert mira["created_at"].tzinfo is UTC
    assert len(mira["account_id"]) == 36
    assert (rows["old"]["active"], rows["old"]["ended_at"]) == (
        False,
        datetime(2024, 10, 4, tzinfo=UTC),
    )


@pytest.mark.debian
def test_no_password_gets_through(directory: Directory, scratch: Path) -> None:
    assert "planted" not in repr(accounts(scratch, directory))


@pytest.mark.debian
def test_start_tls_and_none_work_as_well(directory: Directory, scratch: Path) -> None:
    for encryption in ("start_tls", "none"):
        told = accounts(
            scratch,
            directory,
            port=directory.plain,
            encryption=encryption,
            chosen="(uid=mira)",
        )
        assert [row["account"] for row in told.rows] == ["mira"]


@pytest.mark.debian
def test_a_certificate_of_somebody_else_is_refused(directory: Directory, scratch: Path) -> None:
    stranger = trustme.CA().cert_pem.bytes().decode()
    with pytest.raises(SourceUnreachableError, match="certificate"):
        accounts(scratch, directory, trusted_ca=stranger)


@pytest.mark.debian
def test_a_wrong_password_is_a_denial(directory: Directory, scratch: Path) -> None:
    with pytest.raises(SourceDeniedError, match="invalidCredentials"):
        accounts(scratch, directory, password="wrong")


@pytest.mark.debian
def test_a_branch_that_is_not_there_is_told(directory: Directory, scratch: Path) -> None:
    with pytest.raises(SourceRefusedError, match="noSuchObject"):
        accounts(scratch, directory, base=f"ou=elsewhere,{BASE}")


@pytest.mark.debian
def test_a_filter_that_is_none_is_told(directory: Directory, scratch: Path) -> None:
    with pytest.raises((SourceRefusedError, SourceUnreachableError)):
        accounts(scratch, directory, chosen="(((uid=")


@pytest.mark.debian
def test_a_size_limit_makes_the_list_less_than_whole(directory: Directory, scratch: Path) -> None:
    told = accounts(scratch, directory, bind_dn=f"cn=short,{BASE}")
    assert len(told.rows) < MANY
    assert "size limit" in told.trail.shortfalls[0]


@pytest.mark.debian
def test_nothing_that_is_chosen_is_empty_by_fact(directory: Directory, scratch: Path) -> None:
    told = accounts(scratch, directory, chosen="(uid=nobody)")
    assert told.rows == []
    assert told.trail.proves_emptiness


@pytest.mark.debian
def test_every_member_of_every_group_is_a_row(directory: Directory, scratch: Path) -> None:
    told = ask("ldap_groups", scratch, **directory.values())
    assert [
        (row["group_name"], row["member"], row["member_exists"])
        for row in sorted(told.rows, key=lambda row: (row["group_name"], str(row["member"])))
    ] == [
        ("empty", None, None),
        ("operators", "mira", True),
        ("operators", f"uid=gone,ou=people,{BASE}", False),
        ("posix", "(nobody*)", False),
        ("posix", "mira", True),
    ]
    assert {row["description"] for row in told.rows} == {None, "May deploy"}
    assert told.trail.shortfalls == []


def test_a_server_that_is_not_there_is_unreachable(scratch: Path) -> None:
    nowhere = Directory(_free(), _free(), "")
    with pytest.raises(SourceUnreachableError):
        accounts(scratch, nowhere, encryption="none")


def test_a_trap_is_not_asked(scratch: Path) -> None:
    nowhere = Directory(389, 636, "")
    with pytest.raises(SourceRefusedError, match=r"169\.254"):
        accounts(scratch, nowhere, host="169.254.169.254")


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("20260301101500Z", datetime(2026, 3, 1, 10, 15, tzinfo=UTC)),
        ("20260301101500.123456Z", datetime(2026, 3, 1, 10, 15, tzinfo=UTC)),
        ("133500000000000000", datetime(2024, 1, 17, 21, 20, tzinfo=UTC)),
        ("9223372036854775807", None),
        ("0", None),
    ],
)
def test_times_of_directories_are_read(written: str, expected: datetime | None) -> None:
    entry = ldap.Entry("x", {"when": [written.encode()]})
    assert entry.moment("When") == expected


def test_a_time_that_is_none_is_nonsense() -> None:
    with pytest.raises(SourceNonsenseError):
        ldap.Entry("x", {"when": [b"yesterday"]}).moment("when")


@pytest.mark.parametrize(
    ("values", "active"),
    [
        ({"useraccountcontrol": [b"512"]}, True),
        ({"useraccountcontrol": [b"514"]}, False),
        ({"nsaccountlock": [b"TRUE"]}, False),
        ({"pwdaccountlockedtime": [b"000001010000Z"]}, False),
        ({"pwdaccountlockedtime": [b"20260301101500Z"]}, True),
    ],
)
def test_locks_of_several_directories_are_known(
    monkeypatch: pytest.MonkeyPatch, scratch: Path, values: dict[str, list[bytes]], active: bool
) -> None:
    class Twin:
        def entries(self, *_asked: object) -> Iterator[ldap.Entry]:
            yield ldap.Entry("uid=x", {"uid": [b"x"], **values})

    class Opened:
        def __enter__(self) -> Twin:
            return Twin()

        def __exit__(self, *_error: object) -> None:
            return None

    monkeypatch.setattr(ldap, "opened", lambda _ask: Opened())
    told = accounts(scratch, Directory(1, 1, ""))
    assert [row["active"] for row in told.rows] == [active]
