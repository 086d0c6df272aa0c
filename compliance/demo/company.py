"""The people of the fictional company, let in by invitations as everybody is."""

from dataclasses import dataclass, field
from datetime import timedelta

from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.utils.crypto import get_random_string

from accounts import invitations, roles
from accounts.models import User

DOMAIN = "saltmarsh-pay.example"
_LIFE = timedelta(days=7)

STAFF = {
    "ada": ("administrator", "Ada Marsh"),
    "lena": ("compliance-lead", "Lena Dike"),
    "rosa": ("reviewer", "Rosa Heron"),
    "otto": ("control-owner", "Otto Reed"),
    "finn": ("control-owner", "Finn Teal"),
    "edda": ("engineer", "Edda Sluice"),
    "max": ("executive", "Max Levee"),
}
"""Everybody inside: role and name by the first part of the address."""

SYSTEMS = ("Directory", "Cloud console", "Ledger database", "Payout console")
COLLEAGUES = tuple(
    f"{name}@{DOMAIN}"
    for name in (
        *("ada", "lena", "rosa", "otto", "finn", "edda", "max"),
        *("bela", "cora", "dirk", "enno", "fritz", "gesa", "hauke", "ines", "jorn", "kaya"),
        *("lutz", "mona", "nils", "olga", "pia", "quirin", "ruben", "silke", "till", "uta"),
    )
)
"""Who appears in the lists of its systems; most of them never open this house."""

VENDORS = (
    ("Tidewater Hosting", "Machines and network", "critical", "edda"),
    ("Dunlin Bank", "Settlement accounts", "critical", "finn"),
    ("Curlew Cards", "Processing of cards", "critical", "finn"),
    ("Plover Mail", "Mail to customers", "minor", "otto"),
)
"""Name, service, rank and the first name of the owner."""


@dataclass
class Company:
    """Who acts in the demo, by first name."""

    people: dict[str, User] = field(default_factory=dict)

    def __getattr__(self, name: str) -> User:
        try:
            return self.people[name]
        except KeyError:
            raise AttributeError(name) from None

    def let_in(self) -> None:
        """Invite everybody and let them accept; the administrator begins."""
        roles.sync()
        self._invite("ada", by=None)
        for name in STAFF:
            if name != "ada":
                self._invite(name, by=self.people["ada"])

    def let_in_auditor(self) -> User:
        """Let the auditor of another firm in, who may open the portal and nothing else."""
        return self._accept(
            "bruno", roles.AUDITOR, "Bruno Fell", "bruno@fell-and-moor.example", by=self.lena
        )

    def _invite(self, name: str, *, by: User | None) -> User:
        role, full_name = STAFF[name]
        return self._accept(name, role, full_name, f"{name}@{DOMAIN}", by=by)

    def _accept(self, name: str, role: str, full_name: str, email: str, *, by: User | None) -> User:
        _, secret = invitations.invite(role=role, email=email, invited_by=by, valid_for=_LIFE)
        # Nobody needs to sign in as one of them: the password is forgotten at once.
        password = get_random_string(32)
        user = invitations.accept(secret, email=email, full_name=full_name, password=password)
        TOTP.activate(user, generate_totp_secret())
        self.people[name] = User.objects.get(pk=user.pk)
        return self.people[name]
