"""`manage.py prepare`: connects what asks the installation itself, once, and signs the log."""

from io import StringIO

import pytest
from django.core.management import call_command

from accounts.models import Role
from collectors.models import Source
from evidence import checkpoint, given_out, keys, signed_note
from evidence.models import Checkpoint, LedgerEntry
from jobs.models import Job

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("var_dir")]


def prepare() -> str:
    out = StringIO()
    call_command("prepare", stdout=out)
    return out.getvalue()


def test_a_new_installation_asks_itself() -> None:
    said = prepare()
    slugs = set(Source.objects.values_list("slug", flat=True))
    assert {"staff_mfa", "api_tokens", "database_restore", "uptime_probe", "csv_import"} <= slugs
    assert "staff_mfa" in said
    assert checkpoint.vkey() in said
    assert Role.objects.filter(slug="administrator").exists()
    assert Checkpoint.objects.count() == 1


def test_a_second_time_changes_nothing() -> None:
    prepare()
    before = (Source.objects.count(), LedgerEntry.objects.count(), Job.objects.count())
    assert "none, all were there" in prepare()
    assert (Source.objects.count(), LedgerEntry.objects.count(), Job.objects.count()) == before


def test_a_restored_backup_opens_the_house_and_says_why_it_is_not_signed(
    capsys: pytest.CaptureFixture[str],
) -> None:
    later = signed_note.Checkpoint(keys.log_origin(), 7, bytes(32)).to_text()
    given_out.keep(signed_note.sign(later, [checkpoint.signer()]))
    prepare()
    said = capsys.readouterr().err
    assert "The log is not signed." in said
    assert "resume_log" in said
    assert not Checkpoint.objects.exists()
