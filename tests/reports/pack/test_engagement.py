"""What a pack says of its engagement: dates, scope, description and assertion, bound by the log."""

import io
import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from accounts import journal
from accounts.models import User
from audits import assertion, description, engagements, organisations, packs, windows
from audits.engagements import Fieldwork
from audits.models import DescriptionRevision, Engagement, EngagementChange
from audits.organisations import Profile
from audits.parts import Part
from audits.selection import Selection
from reports import audit_pack_zip
from reports.errors import ContradictionError
from reports.pack import engagement as engagement_paper
from reports.verifier import verify as verifier
from tests import cast
from tests.append_only import forging
from tests.audits.world import SECURITY, World, clock, moment
from tests.reports.making import members, verify, written

pytestmark = pytest.mark.usefixtures("no_pdf")
NEXT = date(2026, 9, 10)


@pytest.fixture
def erin(db: None) -> User:
    return cast.person("executive", full_name="Erin Executive")


@pytest.fixture
def audit(world: World, erin: User) -> Engagement:
    """An engagement whose window moved, whose scope is described, and whose assertion is signed."""
    alice = world.alice
    with clock(moment(NEXT)):
        engagement = world.engagement()
        windows.change_window(
            engagement,
            window_from=world.start,
            window_to=world.end - timedelta(days=1),
            reason="The month was not over.",
            by=alice,
        )
        engagement.refresh_from_db()
        windows.change_fieldwork(
            engagement, fieldwork=Fieldwork(NEXT, NEXT), reason="Agreed.", by=alice
        )
        windows.change_freeze(engagement, freeze_on=NEXT, reason="=Agreed.", by=alice)
        windows.divide_window(engagement, parts=[Part("Interim", date(2026, 7, 15))], by=alice)
        profile = Profile("Nimbus", "Machines.", "carve_out", "Locks its doors.", "Its report.")
        organisations.add_organisation(engagement, profile=profile, by=alice)
        control = organisations.add_user_entity_control(
            engagement, criterion=world.criteria["CC6.1"], text="Rotate keys.", by=alice
        )
        organisations.reword_user_entity_control(control, text="Rotate your keys.", by=alice)
        description.write_section(
            engagement, section="DC1", text="We move money.", based_on=0, by=alice
        )
        made = assertion.write_assertion(engagement, text="We assert.", by=alice)
        assertion.sign_assertion(
            made, text_sha256=journal.digest(made.text), position="Chief", by=erin
        )
    engagement.refresh_from_db()
    return engagement


def said(engagement: Engagement, **how: Any) -> Any:
    content = written(packs.freeze(engagement, by=None, **how))
    return json.loads(members(content)["manifest.json"])["engagement"]


def test_the_verifier_accepts_it(audit: Engagement, tmp_path: Path) -> None:
    told = verify(written(packs.freeze(audit, by=None)), tmp_path)
    assert told.returncode == 0, told.stdout


def test_the_manifest_says_all_of_it(audit: Engagement, erin: User) -> None:
    found = said(audit)
    assert (found["type"], found["firm"]) == ("soc2_type2", "Achterberg & Partners")
    assert (found["fieldwork_from"], found["freeze_on"]) == ("2026-09-10", "2026-09-10")
    assert found["rolled_forward_from"] is None
    assert [(one["what"], one["reason"]) for one in found["changes"]] == [
        ("window", "The month was not over."),
        ("fieldwork", "Agreed."),
        ("freeze", "=Agreed."),
    ]
    assert found["changes"][0]["after"] == ["2026-06-01", "2026-08-30"]
    interim, _ = found["parts"]
    assert (interim["title"], interim["end"]) == ("Interim", "2026-07-15")
    [leaning] = found["subservice_organisations"]
    assert (leaning["name"], leaning["method"]) == ("Nimbus", "carve_out")
    assert leaning["complementary_controls"] == ["Locks its doors."]
    [cuec] = found["user_entity_controls"]
    assert (cuec["ref"], cuec["text"], cuec["number"]) == ("CUEC-1", "Rotate your keys.", 2)
    [section] = found["description"]
    assert (section["section"], section["text_sha256"]) == ("DC1", journal.digest("We move money."))
    assert found["assertion"]["text_sha256"] == journal.digest("We assert.")
    signature = found["signature"]
    assert (signature["by"], signature["position"]) == (f"user:{erin.pk}", "Chief")
    assert signature["signed_on"] == "2026-09-10"


def test_the_index_says_it_in_words(audit: Engagement) -> None:
    content = written(packs.freeze(audit, by=None))
    book = openpyxl.load_workbook(io.BytesIO(members(content)["index.xlsx"]))
    found = {row[0]: row[1] for row in book["About"].iter_rows(values_only=True)}
    assert str(found["Management's assertion"]).startswith("Version 1, signed by Erin Executive")
    assert found["Subservice organisation: Nimbus"] == (
        "Carve-out. Machines.\nLocks its doors.\nIts report."
    )
    assert found["CUEC-1 under CC6.1"] == "Rotate your keys."
    assert "Text 1, written" in str(found["Description DC1: What we provide"])


def test_a_newer_version_is_told_to_be_unsigned(audit: Engagement, world: World) -> None:
    assertion.write_assertion(audit, text="We assert more.", by=world.alice)
    found = said(audit)
    assert (found["assertion"]["number"], found["signature"]["number"]) == (2, 1)


def test_as_of_a_moment_before_nothing_was_written_yet(audit: Engagement, tmp_path: Path) -> None:
    content = written(packs.freeze(audit, by=None, as_of=moment(date(2026, 9, 1))))
    found = json.loads(members(content)["manifest.json"])["engagement"]
    for name in ("description", "user_entity_controls", "subservice_organisations"):
        assert found[name] == [], name
    assert (found["assertion"], found["signature"]) == (None, None)
    assert verify(content, tmp_path).returncode == 0


def test_categories_that_were_chosen_anew_are_bound_by_that_choice(
    world: World, tmp_path: Path
) -> None:
    engagement = world.engagement(SECURITY, "Availability")
    engagements.choose_categories(
        engagement, categories={SECURITY: "Only."}, grounds={SECURITY: "required"}, by=world.alice
    )
    content = written(packs.freeze(engagement, by=None))
    found = json.loads(members(content)["manifest.json"])["engagement"]
    assert found["categories"] == [{"name": SECURITY, "reason": "Only.", "ground": "required"}]
    assert found["chosen"]["index"] > found["opened"]["index"]
    assert verify(content, tmp_path).returncode == 0


def test_what_was_frozen_before_these_facts_were_kept_says_what_it_knew(world: World) -> None:
    engagement = world.engagement()
    text = json.loads(packs.freeze(engagement, by=None).selection)
    del text["facts"], text["requests"]
    for category in text["about"]["categories"]:
        del category["ground"]
    old = Selection.from_text(json.dumps(text))
    assert old.facts is None
    assert set(engagement_paper.described(old)) == {
        *("ref", "title", "framework", "categories", "window_from", "window_to")
    }
    assert list(verifier.engagement_entries(engagement_paper.described(old))) == []


@pytest.mark.parametrize(
    "forge",
    [
        lambda: EngagementChange.objects.filter(what="window").update(reason="None."),
        lambda: DescriptionRevision.objects.update(text="We move more."),
        lambda: Engagement.objects.update(type="soc1"),
    ],
)
def test_what_no_leaf_binds_is_not_packed(audit: Engagement, forge: Any) -> None:
    with forging():
        forge()
    pack = packs.freeze(Engagement.objects.get(), by=None)
    with pytest.raises(ContradictionError, match=audit.ref):
        audit_pack_zip.write(pack, io.BytesIO())


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda e: e.update(type="soc1"), "another type"),
        (lambda e: e["categories"][0].update(reason="Because."), "another categories"),
        (lambda e: e.update(window_to="2026-08-31"), "another window"),
        (lambda e: e.update(freeze_on=None), "another freeze"),
        (lambda e: e["changes"][0].update(reason="None."), "another reason_sha256"),
        (lambda e: e["changes"][0].update(by="user:99"), "is no engagement.window_changed"),
        (lambda e: e["user_entity_controls"][0].update(text="Rest."), "another text_sha256"),
        (lambda e: e["description"][0].update(text_sha256="0" * 64), "another text_sha256"),
        (lambda e: e["description"][0].update(is_carried=True), "another carried"),
        (lambda e: e["assertion"].update(number=2), "another number"),
        (lambda e: e["signature"].update(by="user:99"), "is no assertion.signed"),
        (lambda e: e["signature"].update(position="Owner"), "another position_sha256"),
        (lambda e: e.update(signature=e["assertion"]), "'position'"),
    ],
)
def test_the_verifier_sees_what_an_insider_changed(
    audit: Engagement, change: Any, reason: str
) -> None:
    files = members(written(packs.freeze(audit, by=None)))
    told = json.loads(files["manifest.json"])["engagement"]
    change(told)
    found = verifier.Verification()
    found.engagement = audit.ref
    leaves = {name: json.loads(text) for name, text in files.items() if name.startswith("leaves/")}
    found.open_leaf = lambda index, _: leaves[f"leaves/{index}.json"]  # type: ignore[assignment,method-assign]
    with found.blaming("manifest.json"):
        for entry in verifier.engagement_entries(told):
            with found.blaming("leaf"):
                found.check_engagement_entry(*entry)
    assert any(reason in one["reason"] for one in found.failures), found.failures
