"""Packs in the staff door: built as a job, listed with their digest, downloaded, verified."""

import json
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import User
from audits import pack_asks, packs
from audits.models import AccessNote, Engagement, Pack, PackFile
from evidence import checkpoint
from evidence.models import BlobKey, LedgerEntry
from evidence.stores.filesystem import path_of
from jobs import performing
from jobs.models import Job
from reports import issue, verifier_page
from tests import cast
from tests.audits.asking import admit
from tests.audits.world import World, hand_in_staff
from tests.staff import desk
from tests.staff.desk import Desk, at_most, told, words

LIST = "audits_pack_changelist"
PAGE = "audits_pack_change"


@pytest.fixture
def audit(world: World) -> Engagement:
    hand_in_staff(world, date(2026, 6, 30))
    return world.engagement()


@pytest.fixture
def finished(audit: Engagement, alice: User) -> Pack:
    """A pack with its file."""
    pack = packs.freeze(audit, by=alice)
    issue.issue(pack)
    return pack


def test_an_empty_list_says_what_to_do(alices: Desk) -> None:
    assert "No pack was built yet A pack is built on the page of an engagement" in alices.text(LIST)


@pytest.mark.django_db(transaction=True)
def test_building_leads_to_a_job_and_then_to_the_pack(alices: Desk, audit: Engagement) -> None:
    answer = alices.post("pack_build", audit.pk)
    job = Job.objects.get(kind=issue.KIND)
    assert answer.url == desk.url("job", job.pk)
    assert "Waiting for a worker" in alices.text("job", job.pk)
    assert "A pack is being built." in alices.text("audits_engagement_change", audit.pk)
    pack = Pack.objects.get()
    assert "The file is being written." in alices.text(PAGE, pack.pk)
    performing.drain()
    assert f"Open Pack {pack.ref}" in alices.text("job", job.pk)
    assert "being built" not in alices.text("audits_engagement_change", audit.pk)
    assert "Download (" in alices.text(PAGE, pack.pk)


@pytest.mark.django_db(transaction=True)
def test_a_pack_is_built_for_the_request_and_nonce_of_an_auditor(
    alices: Desk, audit: Engagement, bob: User
) -> None:
    admit(audit, bob, by=alices.user)
    asked = pack_asks.ask_for_pack(audit, by=bob, nonce="harbour lantern 47").request
    text = alices.text("audits_engagement_change", audit.pk)
    assert f"{asked.ref} asks for a pack, sealed for the nonce harbour lantern 47" in text
    alices.post("pack_build", audit.pk, request=str(asked.number))
    bound = packs.selection_of(Pack.objects.get()).bound_to
    assert (bound.request, bound.nonce) == (asked.ref, "harbour lantern 47")


@pytest.mark.django_db(transaction=True)
def test_a_pack_is_built_for_a_nonce_that_came_by_another_way(
    alices: Desk, audit: Engagement
) -> None:
    alices.post("pack_build", audit.pk, nonce="granite whistle 12")
    assert packs.selection_of(Pack.objects.get()).bound_to.nonce == "granite whistle 12"


def test_what_is_no_nonce_or_request_builds_nothing(alices: Desk, audit: Engagement) -> None:
    answer = alices.post("pack_build", audit.pk, follow=True, nonce="short")
    assert "Enter it as the auditor gave it" in told(answer)
    for number in ("99", "x", "9" * 30, "-1"):
        assert alices.post("pack_build", audit.pk, request=number).status_code == 404
    assert not Pack.objects.exists()


def test_a_job_that_failed_is_told_on_the_page_of_its_pack(alices: Desk, audit: Engagement) -> None:
    pack = packs.freeze(audit, by=alices.user)
    Job.objects.create(
        kind=issue.KIND,
        key=f"{issue.KIND}:{pack.pk}",
        state=Job.State.FAILED,
        finished_at=timezone.now(),
        error="The disk is full.",
    )
    text = alices.text(PAGE, pack.pk)
    assert "The file could not be written: The disk is full." in text
    assert "Download (" not in text


def test_packs_are_listed_with_their_digest(alices: Desk, finished: Pack) -> None:
    text = alices.text(LIST)
    file = PackFile.objects.get()
    assert finished.ref in text
    assert f"{file.sha256[:12]}…" in text
    with at_most(12):
        alices.get(LIST)


def test_the_page_hands_out_the_key_and_the_command(alices: Desk, finished: Pack) -> None:
    page = alices.get(PAGE, finished.pk)
    html = page.content.decode().replace("&#x27;", "'")
    assert f'value="{checkpoint.vkey()}"' in html
    assert f"python3 -I verify.py {issue.file_name(finished)} --key '{checkpoint.vkey()}'" in html
    text = words(page)
    assert finished.selection_digest in text
    assert PackFile.objects.get().sha256 in text
    assert "Leads to the signed root" in text
    for one in verifier_page.published():
        assert one.sha256 in html


def test_the_page_that_verifies_is_saved_and_not_shown(alices: Desk) -> None:
    answer = alices.get("verifier_page")
    assert answer["Content-Disposition"] == 'attachment; filename="verify.html"'
    assert answer["Content-Type"] == "application/octet-stream"
    assert b"".join(answer.streaming_content) == verifier_page.PAGE.read_bytes()


def test_what_is_downloaded_verifies_with_the_verifier_that_is_handed_out(
    alices: Desk, finished: Pack, tmp_path: Path
) -> None:
    pack, verifier = tmp_path / "pack.zip", tmp_path / "verify.py"
    pack.write_bytes(b"".join(alices.post("pack_download", finished.pk).streaming_content))
    verifier.write_bytes(b"".join(alices.get("verifier").streaming_content))
    command = [sys.executable, "-I", str(verifier), str(pack), "--key", checkpoint.vkey()]
    assert subprocess.run(command, capture_output=True, check=False).returncode == 0
    broken = bytearray(pack.read_bytes())
    broken[len(broken) // 2] ^= 1
    pack.write_bytes(bytes(broken))
    assert subprocess.run(command, capture_output=True, check=False).returncode == 1


def test_a_download_is_saved_and_noted(alices: Desk, finished: Pack) -> None:
    answer = alices.post("pack_download", finished.pk)
    assert answer["Content-Disposition"] == f'attachment; filename="{issue.file_name(finished)}"'
    assert answer["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert answer["Content-Length"] == str(len(b"".join(answer.streaming_content)))
    note = AccessNote.objects.get()
    assert (note.user, note.what, note.subject) == (alices.user, "download", finished.ref)
    leaf: dict[str, Any] = json.loads(LedgerEntry.objects.get(kind="access").leaf)
    assert leaf["actor"] == f"user:{alices.user.pk}"


def test_a_file_that_is_gone_is_told_and_not_noted(alices: Desk, finished: Pack) -> None:
    sha256 = PackFile.objects.get().sha256
    path_of(BlobKey.objects.get(blob=sha256).location).unlink()
    answer = alices.post("pack_download", finished.pk, follow=True)
    assert "The stored file is gone." in told(answer)
    assert not AccessNote.objects.exists()


def test_a_pack_without_a_file_cannot_be_downloaded(alices: Desk, audit: Engagement) -> None:
    pack = packs.freeze(audit, by=alices.user)
    assert alices.post("pack_download", pack.pk).status_code == 404


def test_looking_is_neither_building_nor_downloading(alices: Desk, finished: Pack) -> None:
    assert alices.get("pack_download", finished.pk).status_code == 405
    assert alices.get("pack_build", finished.engagement_id).status_code == 405
    assert alices.post("verifier").status_code == 405
    assert alices.post("verifier_page").status_code == 405
    assert not AccessNote.objects.exists()


def test_who_may_not_build_is_refused_and_may_download(finished: Pack) -> None:
    executive = desk.at(cast.person("executive"))
    assert executive.post("pack_build", finished.engagement_id).status_code == 403
    assert Pack.objects.count() == 1
    taken = executive.post("pack_download", finished.pk)
    assert b"".join(taken.streaming_content)


def test_a_pack_awaits_no_review(alices: Desk, finished: Pack) -> None:
    assert "Evidence pack" not in alices.text("review_queue")


def test_strangers_are_refused(strangers: tuple[User, ...], finished: Pack) -> None:
    desk.assert_refused(LIST, strangers=strangers)
    desk.assert_refused(PAGE, finished.pk, strangers=strangers)
    desk.assert_refused("pack_download", finished.pk, strangers=strangers)
    desk.assert_refused("pack_build", finished.engagement_id, strangers=strangers)
    desk.assert_refused("verifier", strangers=strangers)
    desk.assert_refused("verifier_page", strangers=strangers)
    assert not AccessNote.objects.exists()
