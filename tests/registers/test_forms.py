"""Handing in a form makes whole, claimed, checked evidence, once."""

import io
import json
import zipfile
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from django.db import DatabaseError, OperationalError, connection, transaction

from accounts.models import User
from audits import facts as coverage
from controls.models import Check
from evidence import checks, store
from evidence.models import CheckResult, Evidence, LedgerEntry
from registers.errors import AnswersError, FormError
from registers.form_models import DraftFilePart, FormDraft, HandedForm
from registers.forms import attachments, drafts, handing_in, reading, registry, rendering, shelf
from registers.forms.registry import Kind
from tests.audits.world import World
from tests.registers import filled
from tests.registers.filled import GOOD, Drawer

pytestmark = pytest.mark.django_db


@pytest.fixture
def drawer(world: World, alice: User) -> Drawer:
    return Drawer.of("restore_test", world, alice)


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "upload"
    path.write_bytes(b"restore: " + b"x" * 600_000)
    return path


def opened(evidence: Evidence) -> zipfile.ZipFile:
    return zipfile.ZipFile(io.BytesIO(b"".join(store.stream(evidence.blob_id))))


def test_a_form_becomes_evidence_with_its_table_claims_and_leaf(drawer: Drawer) -> None:
    handed = handing_in.hand_in(drawer.draft(), by=drawer.keeper)
    evidence = Evidence.objects.get()
    assert handed.evidence == evidence
    assert (evidence.covers_from, evidence.covers_to) == (date(2026, 7, 1), date(2026, 9, 30))
    assert evidence.title == "Restore test, 2026-07-01 to 2026-09-30"
    assert evidence.filename == "restore_test-2026-09-30.zip"
    assert [claim.expectation.slug for claim in evidence.claims.all()] == ["restore-practice"]
    assert evidence.population.row_count == 1
    assert evidence.population.ipe["code_digest"] == drawer.kind.code_digest
    leaf = LedgerEntry.objects.get(kind="form.handed_in")
    assert leaf.subject == f"form:restore_test/{evidence.ref}"
    assert leaf.actor == f"user:{drawer.keeper.pk}"
    assert "dora" not in leaf.leaf


def test_the_item_holds_json_text_and_files(drawer: Drawer, log: Path) -> None:
    draft = drawer.draft()
    drafts.attach(
        draft, question="record", path=log, filename="C:\\tmp\\restore.log", by=drawer.keeper
    )
    packed = opened(handing_in.hand_in(draft, by=drawer.keeper).evidence)
    assert packed.namelist() == ["form.json", "form.txt", "attachments/01-restore.log"]
    assert packed.read("attachments/01-restore.log") == log.read_bytes()
    told = json.loads(packed.read("form.json"))
    answers = {answer["name"]: answer["value"] for answer in told["answers"]}
    assert answers["started_at"] == "2026-08-11T09:00:00+00:00"
    assert answers["record"]["filename"] == "restore.log"
    assert told["form_sha256"] == drawer.kind.code_digest
    text = packed.read("form.txt").decode()
    assert "Time allowed (RTO): 4 h 0 min" in text
    assert "Log of the restore: restore.log (600009 bytes" in text
    assert not DraftFilePart.objects.exists()


def test_lines_are_told_in_json_and_text(world: World, alice: User) -> None:
    drawer = Drawer.of("leaver_check", world, alice)
    packed = opened(handing_in.hand_in(drawer.draft(), by=alice).evidence)
    (line,) = json.loads(packed.read("form.json"))["lines"]
    assert {"name": "last_day", "label": "Last day", "type": "date", "value": "2026-10-16"} in line[
        "answers"
    ]
    assert "Accounts of leavers: 1\n\n1.\nLeaver: P-17" in packed.read("form.txt").decode()


def test_a_list_tells_its_source_in_the_ipe_record(world: World, alice: User) -> None:
    drawer = Drawer.of("leaver_check", world, alice)
    ipe = handing_in.hand_in(drawer.draft(), by=alice).evidence.population.ipe
    assert ipe["query"] == "Ticket system, saved search 12, all projects"
    assert ipe["completeness"] == "Held against the export of the identity provider."
    assert ipe["source_count"] == 1


@pytest.mark.parametrize("slug", sorted(GOOD))
def test_every_form_can_be_handed_in(slug: str, world: World, alice: User) -> None:
    handed = handing_in.hand_in(Drawer.of(slug, world, alice).draft(), by=alice)
    served = set(handed.evidence.claims.values_list("expectation__slug", flat=True))
    assert served == set(registry.get(slug).declared.serves)


def test_it_covers_what_was_expected(drawer: Drawer, world: World) -> None:
    world.expectations["restore-practice"] = world.expect(world.backup, "other", kind="document")
    handing_in.hand_in(drawer.draft(), by=drawer.keeper)
    world.start, world.end = date(2026, 7, 1), date(2026, 9, 30)
    report = coverage.coverage_of(world.engagement(), slugs={"restore-practice"})
    (one,) = report.occurrences
    assert (one.state, one.evidence) == ("late", ("EV-000001",))


def test_handing_in_twice_gives_the_first_answer(drawer: Drawer) -> None:
    draft = drawer.draft()
    first = handing_in.hand_in(draft, by=drawer.keeper)
    assert handing_in.hand_in(draft, by=drawer.keeper) == first
    assert Evidence.objects.count() == 1
    with pytest.raises(FormError, match="handed in already"):
        drafts.keep(draft, given={}, by=drawer.keeper)
    with pytest.raises(FormError, match="handed in already"):
        drafts.discard(draft, by=drawer.keeper)


def test_a_form_that_does_not_fit_stays_a_draft(drawer: Drawer) -> None:
    draft = drawer.draft(reviewed_by="dora@example.org")
    with pytest.raises(AnswersError) as caught:
        handing_in.hand_in(draft, by=drawer.keeper)
    assert set(caught.value.problems) == {"reviewed_by"}
    assert not Evidence.objects.exists()
    assert FormDraft.objects.get().given["test_id"] == "RT-7"


def test_what_was_changed_since_it_was_seen_is_not_handed_in(drawer: Drawer) -> None:
    draft = drawer.draft()
    seen = drafts.stamp_of(draft)
    drafts.keep(draft, given=filled.given("restore_test", test_id="RT-8"), by=drawer.keeper)
    with pytest.raises(FormError, match="changed in the meantime"):
        handing_in.hand_in(draft, by=drawer.keeper, seen=seen)
    handed = handing_in.hand_in(draft, by=drawer.keeper, seen=drafts.stamp_of(draft))
    assert handed.given["test_id"] == "RT-8"


def test_a_failure_in_the_middle_leaves_nothing_behind(
    drawer: Drawer, monkeypatch: pytest.MonkeyPatch, settings: object
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise FormError("Broken.")

    monkeypatch.setattr(handing_in, "_keep", broken)
    with pytest.raises(FormError, match="Broken"):
        handing_in.hand_in(drawer.draft(), by=drawer.keeper)
    assert not Evidence.objects.exists()
    folder = Path(settings.STORE_DIR)  # type: ignore[attr-defined]
    assert [path for path in folder.rglob("*") if path.is_file()] == []


def test_without_its_expectation_nothing_can_be_handed_in(alice: User, var_dir: Path) -> None:
    drawer = Drawer(registry.get("restore_test"), alice)
    with pytest.raises(FormError, match="Load the catalogue"):
        handing_in.hand_in(drawer.draft(), by=alice)


def test_checks_that_broke_off_run_when_it_is_handed_in_again(
    drawer: Drawer, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_check(drawer.kind, world)
    draft = drawer.draft()

    def broken(*_: object, **__: object) -> None:
        raise OperationalError("The server was stopped.")

    with monkeypatch.context() as during:
        during.setattr(checks, "run", broken)
        with pytest.raises(OperationalError):
            handing_in.hand_in(draft, by=drawer.keeper)
    assert not CheckResult.objects.exists()
    handed = handing_in.hand_in(draft, by=drawer.keeper)
    assert handed.evidence.check_results.count() == 1


def with_check(kind: Kind, world: World) -> Check:
    check = world.check
    check.expectation = world.expectations.setdefault(
        "restore-practice", check.expectation.__class__.objects.get(slug="restore-practice")
    )
    check.sql = "SELECT test_id FROM population WHERE result = 'failed'"
    check.save()
    return check


def test_the_checks_are_foreseen_and_then_run(drawer: Drawer, world: World) -> None:
    with_check(drawer.kind, world)
    draft = drawer.draft(result="failed", what_failed="The disk.", done_next="A new one.")
    answers = drafts.read(draft).answers
    assert answers
    (seen,) = handing_in.foresee(drawer.kind, answers)
    assert (seen.outcome.state, seen.outcome.exception_count) == ("failed", 1)
    assert not CheckResult.objects.exists()
    handing_in.hand_in(draft, by=drawer.keeper)
    assert CheckResult.objects.get().state == "failed"


def test_a_correction_begins_with_everything_and_supersedes(drawer: Drawer, log: Path) -> None:
    draft = drawer.draft()
    drafts.attach(draft, question="record", path=log, filename="restore.log", by=drawer.keeper)
    first = handing_in.hand_in(draft, by=drawer.keeper)
    again = drafts.begin_correction(first, by=drawer.keeper)
    assert again.given == {**first.given, reading.ZONE: "UTC"}
    assert attachments.of(again)["record"].sha256 == first.files["record"]["sha256"]
    typed = {**again.given, "records_source": "119000", "records_restored": "119000"}
    drafts.keep(again, given=typed, by=drawer.keeper)
    second = handing_in.hand_in(again, by=drawer.keeper)
    assert second.evidence.supersedes == first.evidence
    assert second.evidence.version == 2
    packed = opened(second.evidence)
    assert json.loads(packed.read("form.json"))["supersedes"] == first.evidence.ref
    assert packed.read("attachments/01-restore.log") == log.read_bytes()
    with pytest.raises(FormError, match="EV-000002 corrects this one already"):
        drafts.begin_correction(first, by=drawer.keeper)


def test_times_stay_those_of_the_zone_in_which_they_were_handed_in(
    drawer: Drawer, settings: Any
) -> None:
    settings.ORGANISATION_TIME_ZONE = "Europe/Berlin"
    handed = handing_in.hand_in(drawer.draft(), by=drawer.keeper)
    before = shelf.answers_of(handed)
    settings.ORGANISATION_TIME_ZONE = "America/New_York"
    assert before.answers
    assert shelf.answers_of(handed) == before
    ended = before.answers.values["ended_at"]
    assert isinstance(ended, datetime)
    assert ended.tzname() in {"CET", "CEST"}


def test_a_form_with_times_of_another_zone_is_not_corrected_by_a_guess(
    drawer: Drawer, settings: Any
) -> None:
    settings.ORGANISATION_TIME_ZONE = "Europe/Berlin"
    handed = handing_in.hand_in(drawer.draft(), by=drawer.keeper)
    settings.ORGANISATION_TIME_ZONE = "America/New_York"
    with pytest.raises(FormError, match=r"EV-000001 are those of Europe/Berlin.*in UTC"):
        drafts.begin_correction(handed, by=drawer.keeper)
    assert FormDraft.objects.filter(handed__isnull=True).count() == 0


def test_a_form_in_utc_is_corrected_in_utc_wherever_the_organisation_is(
    drawer: Drawer, settings: Any
) -> None:
    handed = handing_in.hand_in(drawer.draft(), by=drawer.keeper)
    settings.ORGANISATION_TIME_ZONE = "America/New_York"
    draft = drafts.begin_correction(handed, by=drawer.keeper)
    assert draft.given[reading.ZONE] == "UTC"


def test_a_form_without_times_is_corrected_in_any_zone(
    world: World, alice: User, settings: Any
) -> None:
    settings.ORGANISATION_TIME_ZONE = "Europe/Berlin"
    drawer = Drawer.of("vendor_review", world, alice)
    handed = handing_in.hand_in(drawer.draft(), by=alice)
    settings.ORGANISATION_TIME_ZONE = "America/New_York"
    assert drafts.begin_correction(handed, by=alice).supersedes == handed.evidence


def test_of_two_corrections_the_later_one_is_refused(drawer: Drawer) -> None:
    first = handing_in.hand_in(drawer.draft(), by=drawer.keeper)
    one, other = (drafts.begin_correction(first, by=drawer.keeper) for _ in range(2))
    handing_in.hand_in(one, by=drawer.keeper)
    with pytest.raises(Exception, match="newer version of EV-000001 exists already"):
        handing_in.hand_in(other, by=drawer.keeper)
    assert FormDraft.objects.get(pk=other.pk).handed is None


def test_the_same_form_gives_the_same_bytes(drawer: Drawer, tmp_path: Path) -> None:
    draft = drawer.draft()
    answers = filled.answers("restore_test")
    written = []
    for name in ("one.zip", "two.zip"):
        whole = rendering.Filled(drawer.kind, answers, drawer.keeper)
        rendering.write(whole, draft, tmp_path / name)
        written.append((tmp_path / name).read_bytes())
    assert written[0] == written[1]


def test_what_was_handed_in_cannot_be_changed(drawer: Drawer) -> None:
    handing_in.hand_in(drawer.draft(), by=drawer.keeper)
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE registers_handedform SET kind = 'other'")
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM registers_handedform")
    assert HandedForm.objects.count() == 1
