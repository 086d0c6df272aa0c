"""For whom a pack is sealed: asked for with a nonce, bound by its leaf, following the last pack."""

import json
from datetime import date, timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from pytest_django import Settings

from accounts.journal import digest
from accounts.models import User
from audits import access_log, pack_asks, pack_stamps, packs, requests
from audits.errors import ClosedError, FreezeError, NotAllowedError, RequestError
from audits.models import Engagement, Pack, PackAsk, PackStamps
from audits.selection import BoundTo
from controls.append_only import unguarded
from evidence import checkpoint, ledger, self_issued
from evidence.anchors import time_stamp
from evidence.errors import SealError
from evidence.log_models import LogRestart, TimeStamp
from tests.audits.asking import admit, asked
from tests.audits.world import World, clock, moment

NONCE = "harbour lantern 47"


@pytest.fixture
def engagement(world: World, bob: User) -> Engagement:
    made = world.engagement()
    admit(made, bob, by=world.alice)
    return made


def body(pack: Pack) -> dict[str, object]:
    found: dict[str, object] = json.loads(pack.ledger_entry.leaf)["body"]
    return found


class TestAsking:
    def test_an_auditor_asks_by_a_request_with_the_nonce(
        self, engagement: Engagement, bob: User
    ) -> None:
        made = pack_asks.ask_for_pack(engagement, by=bob, nonce=f"  {NONCE}")
        assert (made.nonce, made.request.title) == (NONCE, "Evidence pack")
        assert made.request.text.endswith(f"\n{NONCE}")
        assert pack_asks.waiting(engagement) == [made.request]

    def test_the_nonce_may_be_left_out(self, engagement: Engagement, bob: User) -> None:
        made = pack_asks.ask_for_pack(engagement, by=bob)
        assert made.nonce == ""
        assert "nonce" not in made.request.text

    @pytest.mark.parametrize("nonce", ["short", "x" * 101, "harbour\nlantern", "harbour\u200blamp"])
    def test_a_nonce_that_is_none_is_refused(
        self, engagement: Engagement, bob: User, nonce: str
    ) -> None:
        with pytest.raises(RequestError, match="A nonce"):
            pack_asks.ask_for_pack(engagement, by=bob, nonce=nonce)
        assert not engagement.requests.exists()

    def test_it_is_for_who_may_ask(
        self, engagement: Engagement, charlie: User, world: World
    ) -> None:
        with pytest.raises(NotAllowedError):
            pack_asks.ask_for_pack(engagement, by=charlie)
        Engagement.objects.update(closed_at=timezone.now())
        engagement.refresh_from_db()
        with pytest.raises(ClosedError):
            pack_asks.ask_for_pack(engagement, by=world.alice)
        assert not PackAsk.objects.exists()

    def test_what_was_withdrawn_waits_no_longer(self, engagement: Engagement, bob: User) -> None:
        made = pack_asks.ask_for_pack(engagement, by=bob)
        asked(engagement, bob)
        requests.withdraw(made.request, reason="I have one.", by=bob)
        assert pack_asks.waiting(engagement) == []


class TestBinding:
    def test_a_pack_is_sealed_for_a_nonce(self, engagement: Engagement) -> None:
        pack = packs.freeze(engagement, by=None, nonce=f" {NONCE} ")
        assert packs.selection_of(pack).bound_to.nonce == NONCE
        assert body(pack)["nonce_sha256"] == digest(NONCE)
        assert NONCE not in pack.ledger_entry.leaf
        assert body(pack)["request"] is None

    def test_a_pack_is_sealed_for_nobody_in_particular(self, engagement: Engagement) -> None:
        pack = packs.freeze(engagement, by=None)
        assert (body(pack)["nonce_sha256"], body(pack)["request"]) == (None, None)
        assert body(pack)["sealed_at"] == ledger.stamp(pack.sealed_at)

    def test_a_request_for_a_pack_brings_its_nonce(self, engagement: Engagement, bob: User) -> None:
        made = pack_asks.ask_for_pack(engagement, by=bob, nonce=NONCE).request
        pack = packs.freeze(engagement, by=None, request=made)
        bound = packs.selection_of(pack).bound_to
        assert (bound.nonce, bound.request) == (NONCE, made.ref)
        assert body(pack)["request"] == made.ref

    def test_another_request_is_taken_with_a_nonce_of_its_own(
        self, engagement: Engagement, bob: User
    ) -> None:
        made = asked(engagement, bob, "A pack, please")
        pack = packs.freeze(engagement, by=None, request=made, nonce=NONCE)
        assert packs.selection_of(pack).bound_to.nonce == NONCE

    def test_two_nonces_are_one_too_many(self, engagement: Engagement, bob: User) -> None:
        made = pack_asks.ask_for_pack(engagement, by=bob, nonce=NONCE).request
        with pytest.raises(FreezeError, match="asks for another nonce"):
            packs.freeze(engagement, by=None, request=made, nonce="granite whistle 12")
        assert not Pack.objects.exists()

    def test_a_nonce_that_is_none_is_refused(self, engagement: Engagement) -> None:
        with pytest.raises(FreezeError, match="as the auditor gave it"):
            packs.freeze(engagement, by=None, nonce="short")

    def test_a_request_of_elsewhere_or_of_later_is_refused(
        self, engagement: Engagement, world: World
    ) -> None:
        other = asked(world.engagement(), world.alice)
        with pytest.raises(FreezeError, match="is no request of"):
            packs.freeze(engagement, by=None, request=other)
        late = asked(engagement, world.alice)
        with pytest.raises(FreezeError, match="at that time"):
            packs.freeze(engagement, by=None, request=late, as_of=moment(date(2026, 7, 1)))


class TestContinued:
    """From which pack the next one proves that the log goes on."""

    def test_the_first_pack_continues_none(self, engagement: Engagement) -> None:
        chosen = packs.selection_of(packs.freeze(engagement, by=None)).continued
        assert (chosen.pack, chosen.size) == ("", 0)
        assert chosen.reason == "No pack was sealed for this auditor before."

    def test_it_follows_the_pack_before(self, engagement: Engagement) -> None:
        first = packs.freeze(engagement, by=None)
        chosen = packs.selection_of(packs.freeze(engagement, by=None)).continued
        assert (chosen.pack, chosen.size, chosen.reason) == (first.ref, first.checkpoint.size, "")

    def test_it_follows_what_the_auditor_took_away(
        self, engagement: Engagement, world: World, bob: User
    ) -> None:
        first, second = (packs.freeze(engagement, by=None) for _ in range(2))
        access_log.note(engagement, bob, "download", first.ref)
        access_log.note(engagement, bob, "view", second.ref)
        access_log.note(engagement, world.alice, "download", second.ref)
        chosen = packs.selection_of(packs.freeze(engagement, by=None)).continued
        assert chosen.pack == first.ref

    def test_it_follows_the_same_firm_into_the_next_year(
        self, engagement: Engagement, world: World, bob: User
    ) -> None:
        first = packs.freeze(engagement, by=None)
        access_log.note(engagement, bob, "download", first.ref)
        following = world.engagement()
        assert following.firm == engagement.firm != ""
        assert packs.selection_of(packs.freeze(following, by=None)).continued.pack == first.ref

    def test_another_firm_is_another_auditor(
        self, engagement: Engagement, world: World, bob: User
    ) -> None:
        first = packs.freeze(engagement, by=None)
        access_log.note(engagement, bob, "download", first.ref)
        for name, firm in (("engagement", ""), ("other", "Another firm")):
            following = world.engagement()
            Engagement.objects.filter(pk=following.pk).update(firm=firm)
            following.refresh_from_db()
            chosen = packs.selection_of(packs.freeze(following, by=None)).continued
            assert chosen.pack == "", name

    def test_a_log_that_was_taken_up_again_continues_none(self, engagement: Engagement) -> None:
        first = packs.freeze(engagement, by=None)
        with transaction.atomic():
            entry = ledger.append("log.restarted", subject="log", body={}, actor="system")
        LogRestart.objects.create(
            given_size=first.checkpoint.size,
            found_size=first.checkpoint.size,
            found_root=bytes(first.checkpoint.root),
            reason="A backup was restored.",
            decided_at=timezone.now(),
            ledger_entry=entry,
        )
        chosen = packs.selection_of(packs.freeze(engagement, by=None)).continued
        assert chosen.reason == f"The log was taken up again after {first.ref} was sealed."


class TestStamps:
    """Which time-stamps belong to a pack is settled once."""

    @pytest.fixture(autouse=True)
    def from_outside_alone(self, settings: Settings) -> None:
        settings.SELF_ISSUED_TIME_STAMPS = False

    def stamp(self, pack: Pack, name: str, minutes: int = 0) -> TimeStamp:
        return TimeStamp.objects.create(
            checkpoint=pack.checkpoint,
            authority=f"https://{name}.example/tsa",
            token=name.encode(),
            stated_at=pack.sealed_at + timedelta(minutes=minutes),
            received_at=timezone.now(),
        )

    @pytest.fixture
    def refusing(self, monkeypatch: pytest.MonkeyPatch) -> list[int]:
        """An authority that gives nothing; the seconds for which it was waited."""
        waited: list[int] = []

        def obtain(_: object, *, seconds: int) -> dict[str, str]:
            waited.append(seconds)
            return {"https://away.example/tsa": "It did not answer (ConnectTimeout)."}

        monkeypatch.setattr(time_stamp, "obtain", obtain)
        return waited

    def test_what_is_there_and_what_is_missing_is_kept(
        self, engagement: Engagement, refusing: list[int]
    ) -> None:
        pack = packs.freeze(engagement, by=None)
        token = self.stamp(pack, "one")
        found = pack_stamps.settled(pack)
        assert found.tokens == (token,)
        missing = ("https://away.example/tsa", "It did not answer (ConnectTimeout).")
        assert found.missing == (missing,)
        assert refusing == [10]

    def test_it_is_settled_once(self, engagement: Engagement, refusing: list[int]) -> None:
        pack = packs.freeze(engagement, by=None)
        before = pack_stamps.settled(pack)
        self.stamp(pack, "late")
        assert pack_stamps.settled(pack) == before
        assert len(refusing) == 1

    def test_a_token_of_before_the_sealing_is_not_taken(self, engagement: Engagement) -> None:
        pack = packs.freeze(engagement, by=None)
        near, _ = self.stamp(pack, "near", -4), self.stamp(pack, "early", -6)
        found = pack_stamps.settled(pack)
        assert found.tokens == (near,)
        ((authority, reason),) = found.missing
        assert authority == "https://early.example/tsa"
        assert "before the sealing by our clock" in reason

    def test_without_authorities_there_is_nothing(self, engagement: Engagement) -> None:
        found = pack_stamps.settled(packs.freeze(engagement, by=None))
        assert (found.tokens, found.missing) == ((), ())

    def test_then_the_built_in_one_stamps_and_says_what_it_is(
        self, engagement: Engagement, settings: Settings
    ) -> None:
        settings.SELF_ISSUED_TIME_STAMPS = True
        pack = packs.freeze(engagement, by=None)
        (token,) = pack_stamps.settled(pack).tokens
        assert token.proves_nothing
        assert pack_stamps.settled(pack).tokens == (token,)

    def test_without_a_key_for_that_the_pack_is_whole_all_the_same(
        self, engagement: Engagement, settings: Settings, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        settings.SELF_ISSUED_TIME_STAMPS = True

        def unfit(*_: object) -> bytes:
            raise SealError("The key can be read by others.")

        monkeypatch.setattr(self_issued, "answer", unfit)
        found = pack_stamps.settled(packs.freeze(engagement, by=None))
        assert found.tokens == ()
        assert found.missing == (("self-issued", "The key can be read by others."),)


def test_asks_and_stamps_cannot_be_changed(engagement: Engagement, bob: User) -> None:
    pack_asks.ask_for_pack(engagement, by=bob)
    pack_stamps.settled(packs.freeze(engagement, by=None))
    for model in (PackAsk, PackStamps):
        with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
            model.objects.all().delete()
    assert unguarded(connection, ["audits_packask", "audits_packstamps"]) == []


def test_a_key_that_was_exchanged_starts_anew(
    engagement: Engagement, monkeypatch: pytest.MonkeyPatch
) -> None:
    with clock(moment(date(2026, 9, 15))):
        first = packs.freeze(engagement, by=None)
        signer = checkpoint.signer()
        other = type(signer)("another.log", signer.private_key)
        monkeypatch.setattr(checkpoint, "signer", lambda: other)
        chosen = packs._select(engagement, first.as_of, BoundTo()).continued
    assert chosen.reason == f"The log has another key than when {first.ref} was sealed."
