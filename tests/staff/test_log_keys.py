"""The page of the log's key: one administrator proposes, another one decides."""

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from pytest_django import Settings

from accounts.models import User
from evidence import checkpoint, rotation, signed_note
from evidence.key_models import Cosignature, KeyDecision, KeyProposal
from tests import cast
from tests.evidence.test_signing import grow
from tests.evidence.witnessing import Watcher
from tests.staff import desk
from tests.staff.desk import Desk, at_most, told

PAGE = "log_keys"
DEEDS = ("log_key_rotate", "log_key_revoke", "log_key_confirm", "log_key_decline", "log_cosign")
WHY = "The yearly exchange of keys."
pytestmark = pytest.mark.usefixtures("var_dir")
Captured = Callable[..., AbstractContextManager[object]]


@pytest.fixture
def roots(root: User) -> Desk:
    return desk.at(root)


@pytest.fixture
def olgas(db: None) -> Desk:
    return desk.at(cast.person("administrator", email="olga@example.org"))


def test_one_proposes_and_another_confirms(
    roots: Desk, olgas: Desk, django_capture_on_commit_callbacks: Captured
) -> None:
    grow(3)
    checkpoint.sign()
    former = checkpoint.vkey()
    answer = roots.post("log_key_rotate", reason=WHY, overlap_days="7", follow=True)
    assert "Proposed." in told(answer)
    assert "another administrator confirms it" in desk.words(answer)
    made = KeyProposal.objects.get()
    with django_capture_on_commit_callbacks(execute=True):
        answer = olgas.post(
            "log_key_confirm", proposal=made.pk, reason="Agreed today.", follow=True
        )
    assert "Done" in told(answer)
    text = roots.text(PAGE)
    assert former in text
    assert checkpoint.vkey() in text
    assert "signs along until" in text
    assert KeyDecision.objects.get().by == olgas.user


def test_whoever_proposed_only_withdraws(roots: Desk) -> None:
    roots.post("log_key_rotate", reason=WHY, overlap_days="0")
    made = KeyProposal.objects.get()
    text = roots.text(PAGE)
    assert "Withdraw" in text
    assert "Confirm" not in text.replace("confirms", "")
    refused = roots.post("log_key_confirm", proposal=made.pk, reason="I agree.....", follow=True)
    assert "another administrator" in told(refused)
    gone = roots.post("log_key_decline", proposal=made.pk, reason="Not this week.", follow=True)
    assert "Declined" in told(gone)


def test_a_revocation_stops_the_signing(
    roots: Desk, olgas: Desk, django_capture_on_commit_callbacks: Captured
) -> None:
    grow(3)
    with django_capture_on_commit_callbacks(execute=True):
        roots.post(
            "log_key_revoke",
            reason="A laptop was stolen.",
            compromised_at=f"{timezone.now().year - 1}-11-21T10:00",
            vkey=checkpoint.vkey(),
        )
    assert "Nothing is signed." in roots.text(PAGE)
    made = KeyProposal.objects.get()
    with django_capture_on_commit_callbacks(execute=True):
        olgas.post("log_key_confirm", proposal=made.pk, reason="Agreed today.")
    text = roots.text(PAGE)
    assert "Revoked" in text
    assert "The key of the log is revoked" in text
    assert "is revoked" in roots.text("log")


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("log_key_rotate", {"reason": WHY, "overlap_days": "91"}, "Overlap days"),
        ("log_key_rotate", {"reason": "", "overlap_days": "1"}, "Reason"),
        ("log_key_rotate", {"reason": "because", "overlap_days": "1"}, "Say why"),
        ("log_key_revoke", {"reason": WHY, "compromised_at": "soon"}, "Compromised at"),
        ("log_key_revoke", {"reason": WHY, "compromised_at": "2999-01-01T10:00"}, "future"),
    ],
    ids=["too long", "no reason", "short reason", "no moment", "to come"],
)
def test_what_is_wrong_is_said_and_nothing_done(
    roots: Desk, name: str, data: dict[str, str], said: str
) -> None:
    assert said in told(roots.post(name, follow=True, **data))
    assert not KeyProposal.objects.exists()


@pytest.mark.parametrize("number", ["", "0", "x", "9" * 30])
def test_a_proposal_that_is_not_there_is_not_found(roots: Desk, number: str) -> None:
    assert roots.post("log_key_confirm", proposal=number, reason=WHY).status_code == 404


def test_the_checkpoint_is_handed_over_with_the_lines_of_witnesses(
    roots: Desk, settings: Settings
) -> None:
    watcher = Watcher()
    settings.WITNESSES = [watcher.setting]
    grow(3)
    note = roots.get("log_checkpoint").content.decode()
    cosigned = note + watcher.line(signed_note.text_of(note))
    assert "is kept" in told(roots.post("log_cosign", note=cosigned, follow=True))
    assert Cosignature.objects.get().by == roots.user
    answer = roots.get("log_checkpoint")
    assert answer.content.decode() == cosigned
    assert answer["Content-Disposition"] == 'attachment; filename="checkpoint-3.txt"'
    assert watcher.name in roots.text("log")


def test_a_cosigned_checkpoint_comes_as_a_file_too(roots: Desk, settings: Settings) -> None:
    watcher = Watcher()
    settings.WITNESSES = [watcher.setting]
    grow(3)
    note = checkpoint.sign().note
    content = (note + watcher.line(signed_note.text_of(note))).encode()
    sent = SimpleUploadedFile("checkpoint.txt", content)
    assert "is kept" in told(roots.post("log_cosign", file=sent, follow=True))
    large = SimpleUploadedFile("checkpoint.txt", b"x" * 70_000)
    assert "too long" in told(roots.post("log_cosign", file=large, follow=True))
    assert "no signed checkpoint" in told(roots.post("log_cosign", note="words", follow=True))


def test_a_checkpoint_that_cannot_be_signed_is_told(
    roots: Desk, olgas: Desk, django_capture_on_commit_callbacks: Captured
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        made = rotation.propose_revocation(
            by=roots.user, reason="A laptop was stolen.", compromised_at=timezone.now()
        )
        rotation.confirm(made, by=olgas.user, reason="Agreed today.")
    answer = roots.client.get(desk.url("log_checkpoint"), follow=True)
    assert "is revoked" in told(answer)


def test_who_leads_compliance_reads_and_does_nothing(alices: Desk) -> None:
    text = alices.text(PAGE)
    assert checkpoint.vkey() in text
    assert "Propose" not in text
    assert alices.get("log_checkpoint").status_code == 200
    for deed in DEEDS:
        assert alices.post(deed).status_code == 403


@pytest.mark.parametrize("deed", DEEDS)
def test_deeds_refuse_a_wrong_method(roots: Desk, deed: str) -> None:
    assert roots.get(deed).status_code == 405


@pytest.mark.parametrize("name", [PAGE, "log_checkpoint"])
def test_pages_refuse_a_wrong_method(alices: Desk, name: str) -> None:
    assert alices.post(name).status_code == 405


def test_strangers_are_refused(charlie: User, bob: User) -> None:
    for name in (PAGE, "log_checkpoint", *DEEDS):
        desk.assert_refused(name, strangers=(charlie, bob))


def test_it_asks_few_queries(alices: Desk) -> None:
    alices.get(PAGE)
    with at_most(12):
        alices.get(PAGE)
