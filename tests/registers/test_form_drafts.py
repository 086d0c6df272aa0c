"""Drafts keep what was typed and attached, right or wrong, and are one's own."""

from datetime import date, timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from accounts.models import User
from evidence.errors import FilenameError, ScreeningError
from evidence.models import LedgerEntry
from registers.errors import FormError, FormsNotAllowedError
from registers.form_models import DraftFilePart, FormDraft
from registers.forms import attachments, drafts, handing_in, reading, registry
from tests import cast
from tests.audits.world import World
from tests.registers import filled
from tests.registers.filled import Drawer

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


def test_a_draft_that_is_thrown_away_is_gone_with_its_files(drawer: Drawer, log: Path) -> None:
    draft = drawer.draft()
    drafts.attach(draft, question="record", path=log, filename="a.log", by=drawer.keeper)
    drafts.discard(draft, by=drawer.keeper)
    assert not FormDraft.objects.exists()
    assert not DraftFilePart.objects.exists()
