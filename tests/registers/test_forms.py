"""Drafts keep what was typed; handing in makes whole, claimed, checked evidence, once."""

import io
import json
import zipfile
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import DatabaseError, OperationalError, connection, transaction
from django.utils import timezone

from accounts.models import User
from audits import facts as coverage
from controls.models import Check
from evidence import checks, store
from evidence.errors import FilenameError, ScreeningError
from evidence.models import CheckResult, Evidence, LedgerEntry
from registers.errors import AnswersError, FormError, FormsNotAllowedError
from registers.form_models import DraftFilePart, FormDraft, HandedForm
from registers.forms import attachments, drafts, handing_in, reading, registry, rendering, shelf
from registers.forms.registry import Kind
from tests import cast
from tests.audits.world import World
from tests.registers import filled
from tests.registers.filled import GOOD, Drawer

pytestmark = pytest.mark.django_db
CARD = "4111 1111 1111 1111"


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


def test_a_draft_begins_with_the_days_that_are_due(drawer: Drawer) -> None:
    draft = drafts.begin(drawer.kind, by=drawer.keeper)
    today = timezone.now().date()
    first = today.replace(day=1, month=(today.month - 1) // 3 * 3 + 1)
    assert date.fromisoformat(draft.given["covers_to"]) == first - timedelta(days=1)
    assert draft.lines == 0
    assert not LedgerEntry.objects.filter(kind__startswith="form").exists()


def test_a_draft_without_an_expectation_begins_with_today(alice: User, var_dir: Path) -> None:
    draft = drafts.begin(registry.get("leaver_check"), by=alice)
    assert draft.given["covers_to"] == timezone.now().date().isoformat()
    assert draft.lines == drafts.FIRST_LINES


def test_everything_typed_is_kept_right_or_wrong(drawer: Drawer) -> None:
    draft = drawer.draft(ended_at="half past ten", goal="long\0", record="x", strange="y")
    kept = FormDraft.objects.get().given
    assert kept["ended_at"] == "half past ten"
    assert kept["goal"] == "long"
    assert "record" not in kept
    assert "strange" not in kept
    assert set(drafts.read(draft).problems) == {"ended_at", "goal"}


def test_a_card_number_is_never_kept(drawer: Drawer) -> None:
    draft = drafts.begin(drawer.kind, by=drawer.keeper)
    typed = filled.given("restore_test", compared=f"Paid with {CARD}")
    assert drafts.keep(draft, given=typed, by=drawer.keeper) == {"compared"}
    assert FormDraft.objects.get().given["compared"] == ""
    assert FormDraft.objects.get().given["test_id"] == "RT-7"


def test_an_endless_answer_is_refused_and_the_draft_stays(drawer: Drawer) -> None:
    draft = drawer.draft()
    with pytest.raises(FormError, match="How the content was compared has 20,001 letters"):
        drafts.keep(draft, given={"compared": "x" * 20_001}, by=drawer.keeper)
    assert FormDraft.objects.get().given["test_id"] == "RT-7"


def test_letters_are_counted_as_browsers_count_them(drawer: Drawer) -> None:
    typed = filled.given("restore_test", compared="\r\n" * drafts.LONGEST)
    draft = drawer.draft()
    assert drafts.keep(draft, given=typed, by=drawer.keeper) == set()


def test_a_draft_that_was_changed_since_is_not_overwritten(drawer: Drawer) -> None:
    draft = drawer.draft()
    seen = drafts.stamp_of(draft)
    other = FormDraft.objects.get()
    typed = filled.given("restore_test", test_id="RT-8")
    drafts.keep(other, given=typed, by=drawer.keeper, seen=seen)
    with pytest.raises(FormError, match="changed in another window"):
        drafts.keep(draft, given=filled.given("restore_test"), by=drawer.keeper, seen=seen)
    assert FormDraft.objects.get().given["test_id"] == "RT-8"
    drafts.keep(draft, given=typed, by=drawer.keeper, seen=seen)
    typed = filled.given("restore_test", test_id="RT-9")
    drafts.keep(draft, given=typed, by=drawer.keeper, seen=drafts.stamp_of(draft))
    assert FormDraft.objects.get().given["test_id"] == "RT-9"


def test_a_file_put_in_or_taken_out_hands_on_the_stamp(drawer: Drawer, log: Path) -> None:
    draft = drawer.draft()
    drafts.attach(draft, question="record", path=log, filename="restore.log", by=drawer.keeper)
    assert drafts.stamp_of(draft) == drafts.stamp_of(FormDraft.objects.get())
    drafts.detach(draft, question="record", by=drawer.keeper)
    assert drafts.stamp_of(draft) == drafts.stamp_of(FormDraft.objects.get())


def test_what_is_shown_again_is_not_saved(world: World, alice: User) -> None:
    draft = Drawer.of("leaver_check", world, alice).draft()
    typed = {"lines-9-person_id": "P-2", "lines-0-person_id": CARD, "strange": "x"}
    assert drafts.show_again(draft, given=typed) == {"lines-0-person_id"}
    assert draft.given == {"lines-9-person_id": "P-2", "lines-0-person_id": ""}
    assert draft.lines == 10
    assert FormDraft.objects.get().given["lines-0-person_id"] == "P-17"


def test_lines_are_added_up_to_the_most(world: World, alice: User) -> None:
    drawer = Drawer.of("leaver_check", world, alice)
    draft = drawer.draft()
    typed = filled.given("leaver_check")
    drafts.keep(draft, given=typed, by=alice, more_lines=drafts.MORE_LINES)
    assert draft.lines == drafts.FIRST_LINES + drafts.MORE_LINES
    drafts.keep(draft, given={**typed, "lines-40-person_id": "P-2"}, by=alice)
    assert FormDraft.objects.get().lines == 41
    drafts.keep(draft, given=typed, by=alice, more_lines=1000)
    assert draft.lines == reading.MOST_LINES


def test_a_draft_is_ones_own(drawer: Drawer) -> None:
    draft = drawer.draft()
    dora = cast.person("control-owner")
    for deed in (
        lambda: drafts.keep(draft, given={}, by=dora),
        lambda: drafts.discard(draft, by=dora),
        lambda: drafts.detach(draft, question="record", by=dora),
        lambda: handing_in.hand_in(draft, by=dora),
    ):
        with pytest.raises(FormError, match="not there any more"):
            deed()
    assert list(drafts.open_drafts(dora)) == []
    assert list(drafts.open_drafts(drawer.keeper)) == [draft]


def test_who_may_not_submit_evidence_has_no_forms(drawer: Drawer) -> None:
    draft, reviewer = drawer.draft(), cast.person("reviewer")
    for deed in (
        lambda: drafts.begin(drawer.kind, by=reviewer),
        lambda: drafts.keep(draft, given={}, by=reviewer),
        lambda: handing_in.hand_in(draft, by=reviewer),
    ):
        with pytest.raises(FormsNotAllowedError):
            deed()


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
    seen = handing_in.stamp_of(draft)
    drafts.keep(draft, given=filled.given("restore_test", test_id="RT-8"), by=drawer.keeper)
    with pytest.raises(FormError, match="changed in the meantime"):
        handing_in.hand_in(draft, by=drawer.keeper, seen=seen)
    handed = handing_in.hand_in(draft, by=drawer.keeper, seen=handing_in.stamp_of(draft))
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


def test_a_file_is_sealed_while_it_waits(drawer: Drawer, log: Path) -> None:
    draft = drawer.draft()
    drafts.attach(draft, question="record", path=log, filename="restore.log", by=drawer.keeper)
    file = draft.files.get()
    assert b"".join(attachments.stream(file)) == log.read_bytes()
    assert all(b"restore:" not in bytes(part.sealed) for part in file.parts.all())
    drafts.detach(draft, question="record", by=drawer.keeper)
    assert not DraftFilePart.objects.exists()


def test_a_second_file_takes_the_place_of_the_first(drawer: Drawer, log: Path) -> None:
    draft = drawer.draft()
    for name in ("a.log", "b.log"):
        drafts.attach(draft, question="record", path=log, filename=name, by=drawer.keeper)
    assert [file.filename for file in draft.files.all()] == ["b.log"]


@pytest.mark.parametrize(
    ("content", "name", "refusal"),
    [
        (b"", "a.log", (FormError, "is empty")),
        (f"paid {CARD}".encode(), "a.log", (ScreeningError, "nothing of it was kept")),
        (b"fine", "a\x07.log", (FilenameError, "control characters")),
        (b"fine", "x" * 181, (FilenameError, "too long")),
    ],
    ids=["empty", "card number", "control character", "long name"],
)
def test_a_hostile_file_is_refused(
    drawer: Drawer, tmp_path: Path, content: bytes, name: str, refusal: tuple[type[Exception], str]
) -> None:
    path = tmp_path / "upload"
    path.write_bytes(content)
    draft = drawer.draft()
    with pytest.raises(refusal[0], match=refusal[1]):
        drafts.attach(draft, question="record", path=path, filename=name, by=drawer.keeper)
    assert not draft.files.exists()


def test_a_file_that_is_too_large_is_refused(
    drawer: Drawer, log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attachments, "LARGEST", 1000)
    with pytest.raises(FormError, match="too large"):
        drafts.attach(drawer.draft(), question="record", path=log, filename="a", by=drawer.keeper)


@pytest.mark.parametrize("question", ["test_id", "nothing", "../record"])
def test_a_file_goes_only_where_one_is_asked_for(drawer: Drawer, log: Path, question: str) -> None:
    with pytest.raises(FormError, match="takes no file there"):
        drafts.attach(drawer.draft(), question=question, path=log, filename="a", by=drawer.keeper)


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


def test_a_draft_that_is_thrown_away_is_gone_with_its_files(drawer: Drawer, log: Path) -> None:
    draft = drawer.draft()
    drafts.attach(draft, question="record", path=log, filename="a.log", by=drawer.keeper)
    drafts.discard(draft, by=drawer.keeper)
    assert not FormDraft.objects.exists()
    assert not DraftFilePart.objects.exists()
