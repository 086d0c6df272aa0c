"""A real thing for every parameter of every address, so that only the right to it is missing."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from django.urls import URLPattern, URLResolver

from accounts.models import ApiToken, User
from audits import admission, assertion, description, organisations
from audits.days import today
from audits.organisations import Profile
from compliance.urls import urlpatterns
from evidence.models import LedgerEntry
from jobs.models import Job
from tests.api import calls
from tests.portal.house import House

_PARAMETER = re.compile(r"<(?:(\w+):)?(\w+)>")
_RAW = re.compile(r"\(\?P<(\w+)>")
SECRETS = ("The bank that settles for us", "Rotate the keys of the hooks", "We assert to Bob alone")


@dataclass(frozen=True)
class Route:
    """One address of the house as the resolver knows it, the text of its route whole."""

    text: str
    name: str


def routes() -> list[Route]:
    """Every address of every door, found in the resolver; none is written down here."""
    return sorted(set(_walk(urlpatterns, "")), key=lambda route: route.text)


def _walk(patterns: list[URLPattern | URLResolver], prefix: str) -> Iterator[Route]:
    for pattern in patterns:
        text = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from _walk(pattern.url_patterns, text)
        else:
            yield Route(text, pattern.name or "")


class Samples:
    """What stands for each parameter, by the route up to and with it; an unknown one is an error.

    A new route fails here until it is given a thing that is really there.
    """

    def __init__(self, house: House) -> None:
        alice, engagement = house.world.alice, house.engagement
        bound, _ = admission.invite_auditor(
            engagement, email="late@audit.example", access_until=today(), by=alice
        )
        bank = organisations.add_organisation(
            engagement, profile=Profile(SECRETS[0], "Money.", "carve_out"), by=alice
        )
        cuec = organisations.add_user_entity_control(
            engagement, criterion=house.world.criteria["CC6.1"], text=SECRETS[1], by=alice
        )
        description.write_section(
            engagement, section="DC1", text="We move money.", based_on=0, by=alice
        )
        version = assertion.write_assertion(engagement, text=SECRETS[2], by=alice)
        source = calls.source()
        run = calls.run(source)
        job = Job.objects.create(kind="walls", key="walls:1", payload={})
        calls.give_token(alice)
        token = ApiToken.objects.get()
        leaf = LedgerEntry.objects.order_by("index")[0]
        ref, staff = engagement.ref, house.staff
        self.words = (ref, engagement.title, staff.ref, house.letter.ref, *SECRETS)
        self._known: dict[str, object] = {
            "welcome/<str:secret>": "not-a-secret-of-ours",
            "accounts/oidc/<str:provider_id>": "nobody",
            "accounts/2fa/webauthn/keys/<int:pk>": 1,
            "accounts/^password/reset/key/(?P<uidb36>": "1-set-password",
            "admin/coverage/<int:pk>": engagement.pk,
            "admin/coverage/<int:pk>/<str:control>": house.world.access.ref,
            "admin/coverage/<int:pk>/<str:control>/<str:month>": "2026-06",
            "admin/jobs/<int:pk>": job.pk,
            "admin/accounts/invitation/<int:pk>": bound.invitation_id,
            "admin/accounts/user/<int:pk>": house.bob.pk,
            "admin/accounts/user/<str:key>": house.bob.pk,
            "admin/accounts/apitoken/<int:pk>": token.pk,
            "admin/audits/engagement/<int:pk>": engagement.pk,
            "admin/audits/engagement/<str:key>": engagement.pk,
            "admin/audits/engagement/members/<int:pk>": house.member().pk,
            "admin/audits/engagement/<int:pk>/dates/<str:which>": "window",
            "admin/audits/assertion/<int:pk>": version.pk,
            "admin/audits/subservice/<int:pk>": bank.pk,
            "admin/audits/cuec/<int:pk>": cuec.pk,
            "admin/audits/engagement/<int:pk>/description/<str:section>": "DC1",
            "admin/audits/pack/<int:pk>": house.pack.pk,
            "admin/audits/pack/<str:key>": house.pack.pk,
            "admin/collectors/source/add/<slug:slug>": "staff_mfa",
            "admin/collectors/source/<int:pk>": source.pk,
            "admin/collectors/source/<str:key>": source.pk,
            "admin/collectors/run/<str:key>": run.pk,
            "admin/controls/control/<str:key>": house.world.access.pk,
            "admin/evidence/evidence/<int:pk>": staff.pk,
            "admin/evidence/evidence/<str:key>": staff.pk,
            "admin/evidence/ledgerentry/<str:key>": leaf.pk,
            "admin/reviews/<int:pk>": staff.pk,
            "portal/<slug:ref>": ref,
            "portal/<slug:ref>/controls/<slug:control_ref>": house.world.access.ref,
            "portal/<slug:ref>/evidence/<slug:item_ref>": staff.ref,
            "portal/<slug:ref>/packs/<int:number>": house.pack.number,
            "api/v1/evidence/<ref:ref>": staff.ref,
            "api/v1/controls/<ref:ref>": house.world.access.ref,
            "api/v1/runs/<ref:ref>": run.ref,
            "api/v1/engagements/<ref:ref>": ref,
        }

    def address(self, route: Route) -> str:
        """Return the address with a real thing for each parameter; KeyError for an unknown one."""
        raw = _RAW.search(route.text)
        if raw:
            begun = route.text[: raw.end()]
            return "/" + begun[: raw.start()].replace("^", "") + f"{self._known[begun]}/"
        filled = _PARAMETER.sub(
            lambda found: str(self._known[route.text[: found.end()]]), route.text
        )
        return f"/{filled}"


def token_of(user: User) -> str:
    """A token with every scope, made past the deed that would refuse it to an auditor."""
    return calls.give_token(user, "*", *calls.ALL_SCOPES)
