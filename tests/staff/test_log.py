"""The page of the log and its anchors, and its deeds, which are the administrator's."""

import pytest
from django.utils import timezone

from accounts.models import User
from evidence import checkpoint, given_out, signed_note, signing, verification
from evidence.log_models import Deposit, LogProblem, LogRestart, TimeStamp
from evidence.models import Checkpoint
from jobs.models import Job
from tests.evidence.test_signing import grow
from tests.staff import desk
from tests.staff.desk import Desk, at_most, told

PAGE = "log"
DEEDS = ("log_resume", "log_anchor", "log_check")
pytestmark = pytest.mark.usefixtures("var_dir")


@pytest.fixture
def roots(root: User) -> Desk:
    return desk.at(root)


def lost_leaves() -> None:
    """Let it seem that a checkpoint over 7 leaves was given out."""
    signer = checkpoint.signer()
    text = signed_note.Checkpoint(signer.name, 7, bytes(32)).to_text()
    given_out.keep(signed_note.sign(text, [signer]))
    signing.remember_refusal(signing.refusal())


def test_a_new_installation_is_told_what_to_do(alices: Desk) -> None:
    text = alices.text(PAGE)
    assert "nobody but this installation holds a checkpoint" in text
    assert "Not checked yet" in text
    assert checkpoint.vkey() not in text
    assert "None yet" in text


def test_it_shows_places_checks_and_the_key(alices: Desk, settings: object) -> None:
    grow(3)
    signed = checkpoint.sign()
    settings.ANCHOR_DIR = "/mnt/anchors"  # type: ignore[attr-defined]
    common = {"checkpoint": signed, "place": "directory", "where": "/mnt/anchors"}
    now = timezone.now()
    Deposit.objects.create(**common, is_done=True, receipt="/mnt/anchors/3.txt", tried_at=now)
    Deposit.objects.create(**common, is_done=False, error="It is full.", tried_at=now)
    check = verification.begin()
    LogProblem.objects.create(
        check_ref=check, stage="leaves", subject="leaf 1", sentence="It is gone.", found_at=now
    )
    text = alices.text(PAGE)
    assert "/mnt/anchors/3.txt" in text
    assert "It is full." in text
    assert "Failing" in text
    assert "leaf 1 It is gone." in text
    assert checkpoint.vkey() in text


def test_an_administrator_takes_a_restored_log_up_again(roots: Desk) -> None:
    lost_leaves()
    text = roots.text(PAGE)
    assert "The log is not signed." in text
    assert "Take the log up again" in text
    answer = roots.post("log_resume", reason="Backup of Sunday, the disk had died.", follow=True)
    assert "signed again" in told(answer)
    assert LogRestart.objects.get().by == roots.user
    assert "Backup of Sunday" in desk.words(answer)


def test_a_reason_that_no_text_can_hold_is_cleaned(roots: Desk) -> None:
    lost_leaves()
    roots.post("log_resume", reason="Backup of\0 Sunday, the disk had died.", follow=True)
    assert LogRestart.objects.get().reason == "Backup of Sunday, the disk had died."


def test_without_a_reason_nothing_is_done(roots: Desk) -> None:
    lost_leaves()
    assert "Say why" in told(roots.post("log_resume", follow=True))
    assert not LogRestart.objects.exists()


def test_an_administrator_signs_and_deposits_now(roots: Desk, settings: object) -> None:
    settings.ANCHOR_DIR = "/mnt/anchors"  # type: ignore[attr-defined]
    grow(3)
    assert "on the way" in told(roots.post("log_anchor", follow=True))
    assert Checkpoint.objects.get().size >= 3
    assert Job.objects.get(kind="evidence.deposit").requested_by == f"user:{roots.user.pk}"


def test_an_administrator_has_the_log_checked(roots: Desk) -> None:
    assert "goes on in the background" in told(roots.post("log_check", follow=True))
    assert Job.objects.get(kind="evidence.verify").requested_by == f"user:{roots.user.pk}"


def test_who_leads_compliance_reads_and_does_nothing(alices: Desk) -> None:
    lost_leaves()
    assert "Take the log up again" not in alices.text(PAGE)
    for deed in DEEDS:
        assert alices.post(deed).status_code == 403


@pytest.mark.parametrize("deed", DEEDS)
def test_deeds_refuse_a_wrong_method(roots: Desk, deed: str) -> None:
    assert roots.get(deed).status_code == 405


def test_the_page_refuses_a_wrong_method(alices: Desk) -> None:
    assert alices.post(PAGE).status_code == 405


def test_strangers_are_refused(charlie: User, bob: User) -> None:
    for name in (PAGE, *DEEDS):
        desk.assert_refused(name, strangers=(charlie, bob))


def test_it_asks_few_queries(alices: Desk) -> None:
    grow(3)
    checkpoint.sign()
    verification.go_on(verification.begin())
    alices.get(PAGE)
    with at_most(20):
        alices.get(PAGE)


def test_a_time_stamp_is_handed_over_as_a_file(alices: Desk, charlie: User) -> None:
    grow(3)
    now = timezone.now()
    made = TimeStamp.objects.create(
        checkpoint=checkpoint.sign(),
        authority="https://tsa.example",
        token=b"\x30token",
        stated_at=now,
        received_at=now,
    )
    assert "https://tsa.example" in alices.text(PAGE)
    answer = alices.get("log_token", made.pk)
    assert answer.content == b"\x30token"
    assert answer["Content-Disposition"] == f'attachment; filename="checkpoint-3-{made.pk}.tsr"'
    assert alices.post("log_token", made.pk).status_code == 405
    assert alices.get("log_token", made.pk + 1).status_code == 404
    desk.assert_refused("log_token", made.pk, strangers=(charlie,))


@pytest.mark.parametrize("authority", ["self-issued", "https://tsa.example"])
def test_a_time_stamp_of_our_own_is_called_no_proof(alices: Desk, authority: str) -> None:
    grow(3)
    now = timezone.now()
    given = {"token": b"\x30token", "stated_at": now, "received_at": now}
    TimeStamp.objects.create(checkpoint=checkpoint.sign(), authority=authority, **given)
    said = "issued by this installation itself, so it proves nothing against whoever runs it"
    assert (said in alices.text(PAGE)) == (authority == "self-issued")
