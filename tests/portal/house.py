"""An audit that Bob may see, with what it holds, and all those who may not see it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from io import BytesIO
from typing import Any

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import RoleGrant, User
from audits import engagements, findings, packs, reverse_tests, walkthroughs
from audits.days import today
from audits.models import AccessNote, Draw, Engagement, EngagementMember, Finding, Pack, PackFile
from audits.reverse_tests import SourceResult
from evidence import checkpoint, intake
from evidence.models import Evidence
from evidence.population import Cell, Column, PopulationFacts, write_csv
from tests import cast
from tests.audits import sealing
from tests.audits.walking import WALKED
from tests.audits.world import SECURITY, World, clock, hand_in, hand_in_staff, ipe, submission

ZIP = bytes(range(256)) * 4
NAME = 'Zürich "leavers"; of <b>June.txt'
HOSTILE = "<script>alert(1)</script>"
ESCAPED = "&lt;script&gt;alert(1)&lt;/script&gt;"


@dataclass
class House:
    """One engagement with evidence inside and outside its scope, and a pack to take away."""

    world: World
    bob: User
    engagement: Engagement
    other: Engagement
    staff: Evidence
    letter: Evidence
    outside: Evidence
    pack: Pack
    finding: Finding
    draw: Draw | None = None

    @property
    def drawn_row(self) -> int:
        assert self.draw
        return int(self.draw.said["rows"][0])

    @property
    def ref(self) -> str:
        return self.engagement.ref

    def path(self, rest: str = "") -> str:
        return f"/portal/{self.ref}/{rest}"

    def member(self) -> EngagementMember:
        return EngagementMember.objects.get(engagement=self.engagement, user=self.bob)

    def capture(self, day: date, **more: Any) -> Evidence:
        """A capture of the staff's second factors, in scope."""
        return hand_in_staff(self.world, day, **more)


def build(world: World, bob: User) -> House:
    """Open the audit: June to August, security only, with Bob as its auditor."""
    engagement = world.engagement()
    admit(engagement, bob, by=world.alice)
    other = engagements.open_engagement(
        "Another year",
        type=Engagement.Type.SOC2_TYPE2,
        framework=world.framework,
        window_from=date(2025, 1, 1),
        window_to=date(2025, 12, 31),
        categories=dict.fromkeys((SECURITY, "Availability"), "All of it."),
        by=world.alice,
    )
    staff = hand_in_staff(world, date(2026, 6, 30), without_mfa=1)
    letter = hand_in(
        submission(b"who left\n", date(2026, 6, 1), date(2026, 6, 30), world.leavers, filename=NAME)
    )
    outside = hand_in(submission(b"restored\n", date(2026, 7, 1), None, world.restore))
    checkpoint.sign()
    return House(
        *(world, bob, engagement, other, staff, letter, outside),
        pack=make_pack(engagement, world.alice),
        finding=find(engagement, world),
    )


def sampled(house: House) -> House:
    """Seal a list of 60 changes and have Bob draw ten of them."""
    population = sealing.sealed(house.world, house.engagement)
    house.draw = sealing.drawn(population, house.bob)
    return house


def audited(house: House) -> House:
    """Take a row back, look up an id that the list does not have, and walk through the control."""
    assert house.draw
    population = house.draw.population
    chosen = reverse_tests.choose_rows(population, rows=[1, 2], by=house.bob)
    reverse_tests.record_source(chosen, results=[SourceResult(1, "agrees")], by=house.bob)
    reverse_tests.look_up(population, text="CHG-9999", seen="the board", by=house.bob)
    walkthroughs.record_walkthrough(
        house.engagement, control=house.world.access, walked=WALKED, by=house.bob
    )
    return house


def admit(engagement: Engagement, user: User, *, by: User) -> EngagementMember:
    return engagements.add_member(
        engagement, user=user, access_until=today() + timedelta(days=30), by=by
    )


def find(engagement: Engagement, world: World, day: date = date(2026, 6, 30)) -> Finding:
    """A finding by management's own test."""
    return findings.open_finding(
        engagement,
        subject=findings.occurrence_on(engagement, world.mfa, day),
        title="Staff without a second factor",
        condition="Everybody should have one; one person had none.",
        source="own_test",
        by=world.alice,
    )


def make_pack(engagement: Engagement, by: User, content: bytes = ZIP) -> Pack:
    """A frozen pack with some bytes as its file."""
    pack = packs.freeze(engagement, by=by)
    sent = submission(content, engagement.window_from, filename=f"{engagement.ref}-pack.zip")
    with clock(pack.sealed_at):
        file = intake.receive(sent, actor="system")
    PackFile.objects.create(pack=pack, evidence=file, sha256=file.blob_id, size=file.blob.size)
    return pack


def table(rows: list[tuple[Cell, ...]], *names: str) -> tuple[bytes, PopulationFacts]:
    """The bytes of a canonical table of text columns, and what intake wants to know of it."""
    columns = tuple(Column(name, "text") for name in names)
    file = BytesIO()
    facts = write_csv(rows, columns, file)
    return file.getvalue(), PopulationFacts(columns, ipe(), facts)


# --- People, and what they are told -------------------------------------------------------------


def charlie(_house: House) -> User:
    return cast.person(email="charlie@elsewhere.example")


def staff(house: House) -> User:
    """Alice leads compliance and may open the portal, but is a member of nothing."""
    return house.world.alice


def administrator(_house: House) -> User:
    return cast.person("administrator")


def other_auditor(house: House) -> User:
    dora = cast.person("auditor", email="dora@other.example")
    admit(house.other, dora, by=house.world.alice)
    return dora


def expired(house: House) -> User:
    EngagementMember.objects.update(access_until=today() - timedelta(days=1))
    return house.bob


def removed(house: House) -> User:
    engagements.remove_member(house.member(), by=house.world.alice)
    return house.bob


def without_role(house: House) -> User:
    RoleGrant.objects.filter(user=house.bob).delete()
    return house.bob


Outsider = Callable[[House], User]
OUTSIDERS: list[Outsider] = [
    *(charlie, staff, administrator, other_auditor, expired, removed, without_role),
]


def get(client: Client, path: str, **headers: str) -> Any:
    """An answer that was read to its end, as a browser does it; `body` has its bytes."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    answer: Any = client.get(path, headers=named)
    answer.body = b"".join(answer) if answer.streaming else answer.content
    return answer


def queries(client: Client, path: str) -> int:
    """How many queries a page takes that was looked at before on this day."""
    get(client, path)
    with CaptureQueriesContext(connection) as captured:
        assert get(client, path).status_code == 200
    return len(captured)


def notes(what: str = "") -> list[str]:
    """The subjects of the access notes, the oldest first."""
    found = AccessNote.objects.order_by("pk")
    return list((found.filter(what=what) if what else found).values_list("subject", flat=True))
