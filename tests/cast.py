"""The one cast of all tests: Alice leads compliance, Bob audits, Charlie stands outside."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import count

from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.test import Client

from accounts import roles
from accounts.models import Role, RoleGrant, User
from compliance.signin.middleware import SECOND_FACTOR, SEEN_AT, SIGNED_IN_AT

PASSWORD = "a long walk by the river"
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
_numbers = count(1)


def all_roles() -> dict[str, Role]:
    """The roles of roles.yaml as rows, made without a leaf in the ledger."""
    for wording in roles.read():
        Role.objects.get_or_create(
            slug=wording.slug,
            defaults={
                "title": wording.title,
                "is_staff": wording.is_staff,
                "capabilities": wording.capabilities,
            },
        )
    return {role.slug: role for role in Role.objects.all()}


def person(*held: str, email: str = "", full_name: str = "", password: str = PASSWORD) -> User:
    """A new person who holds these roles (slugs of roles.yaml) and has no second factor."""
    known = all_roles()
    number = next(_numbers)
    user = User.objects.create_user(
        email or f"person{number}@example.org",
        full_name=full_name or f"Person {number}",
        password=password,
    )
    for slug in held:
        RoleGrant.objects.create(user=user, role=known[slug])
    user.is_staff = any(known[slug].is_staff for slug in held)
    user.save(update_fields=["is_staff"])
    return user


def enrol(user: User) -> str:
    """Give the person an authenticator app, and return its secret; once is enough."""
    secret: str = generate_totp_secret()
    if not Authenticator.objects.filter(user=user, type=Authenticator.Type.TOTP).exists():
        TOTP.activate(user, secret)
    return secret


def sign_in(client: Client, user: User) -> Client:
    """Sign the person in as if password and second factor had both been given."""
    enrol(user)
    client.force_login(user, backend=BACKEND)
    session = client.session
    session[SECOND_FACTOR] = True
    session[SIGNED_IN_AT] = session[SEEN_AT] = int(time.time())
    session.save()
    return client


@dataclass(frozen=True)
class Leaf:
    """One event that was told to the journal."""

    kind: str
    subject: str
    body: Mapping[str, object]
    actor: str


@dataclass
class Journal:
    """A keeper that remembers; an in-memory twin of the ledger."""

    leaves: list[Leaf] = field(default_factory=list)

    def keep(self, kind: str, subject: str, body: Mapping[str, object], actor: str) -> None:
        self.leaves.append(Leaf(kind, subject, body, actor))

    def kinds(self) -> list[str]:
        return [leaf.kind for leaf in self.leaves]

    @property
    def last(self) -> Leaf:
        return self.leaves[-1]
