"""Each detector fires where its mistake shows, is silent where not, and says when it is blind."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from django.utils import timezone

from accounts.models import User
from audits.models import EngagementMember
from controls.readiness_file import BY_HAND
from readiness import detection, programme, registry
from readiness.score import Verdict
from tests import cast
from tests.api import calls
from tests.audits.world import World, hand_in, staff_table, submission
from tests.portal import house as houses
from tests.readiness.ground import Ground, ago, entry_of

pytestmark = pytest.mark.django_db

Deed = Callable[[Ground], object]


def nothing(_ground: Ground) -> None:
    """Leave the installation as it is."""


def several(*deeds: Deed) -> Deed:
    def do(ground: Ground) -> None:
        for deed in deeds:
            deed(ground)

    return do


def expected(*slugs: str) -> Deed:
    return lambda ground: [ground.expect(slug) for slug in slugs]


def shown(*slugs: str) -> Deed:
    return lambda ground: [ground.show(slug) for slug in slugs]


def checked(expectation: str, check: str, *, exceptions: int) -> Deed:
    """An item in force on which a check ran and found so many exceptions."""

    def do(ground: Ground) -> None:
        ground.expect(expectation)
        ground.check(check, expectation)
        ground.show(expectation, exceptions=exceptions)

    return do


def broken(expectation: str, check: str) -> Deed:
    """An item in force on which a check could not run."""

    def do(ground: Ground) -> None:
        ground.expect(expectation)
        ground.check(check, expectation, breaks=True)
        ground.show(expectation)

    return do


def token(**changed: object) -> Deed:
    return lambda ground: ground.token(**changed)


SIGN_IN = "staff-mfa-state"
BEYOND = ("rate-limit-settings", "log-sources", "detection-rules")
PROCESSING = ("processing-definitions", "validation-tests", "payment-traces")
SAME_KEY = several(
    token(fingerprint="ab12cd34", environment="production"),
    token(fingerprint="ab12cd34", environment="test"),
)

FIRES: list[tuple[str, Deed, str]] = [
    (
        "evidence_in_force",
        several(shown(SIGN_IN), expected("api-authentication-standard")),
        "no evidence has come yet",
    ),
    (
        "evidence_in_force",
        checked("api-authentication-standard", "any-check-of-it", exceptions=1),
        "did not pass any-check-of-it",
    ),
    ("no_reconciliation", broken("daily-reconciliation", "unnamed"), "did not pass unnamed"),
    ("old_keys", token(rotate_by=ago(1).isoformat()), "to be replaced by"),
    ("old_keys", token(expires_on=ago(1).isoformat(), rotate_by=""), "ended on"),
    ("old_keys", checked("key-rotation", "keys-past-lifetime", exceptions=1), "person id: 1"),
    ("broad_scopes", token(scopes="read *"), "scopes: *"),
    ("broad_scopes", token(scopes="payments:* read"), "scopes: payments:*"),
    ("broad_scopes", checked("api-token-scopes", "tokens-with-wildcard", exceptions=2), "person"),
    ("unused_tokens", token(last_used_on=ago(91).isoformat()), "last used on"),
    ("unused_tokens", token(last_used_on="", created_on=ago(91).isoformat()), "never used"),
    ("unused_tokens", checked("api-token-use", "tokens-unused", exceptions=1), "person id: 1"),
    ("mixed_environments", SAME_KEY, "the same key serves production and testing"),
    (
        "mixed_environments",
        token(name="sandbox caller", environment="production"),
        "its words speak of testing",
    ),
    ("tokens_incomplete", token(last_used_on="", scopes=""), "without scopes, last use"),
    (
        "open_administration",
        checked("admin-endpoints", "admin-endpoints-open", exceptions=1),
        "person id: 1",
    ),
    ("no_withdrawal", several(shown(SIGN_IN), expected("token-withdrawals")), "no evidence"),
    ("no_withdrawal", checked("token-withdrawals", "withdrawals-slow", exceptions=1), "person"),
    ("no_reconciliation", several(shown(SIGN_IN), expected("daily-reconciliation")), "no evidence"),
    (
        "no_reconciliation",
        several(
            shown(SIGN_IN),
            lambda ground: ground.show("daily-reconciliation", age=200),
        ),
        "was in force until",
    ),
    (
        "no_token_review",
        several(shown(SIGN_IN), token(), expected("api-token-review")),
        "no evidence",
    ),
    (
        "no_vendor_map",
        several(lambda ground: ground.vendor(), expected("dependency-map")),
        "no evidence has come yet",
    ),
    ("sign_in_only", several(shown(SIGN_IN), expected(*BEYOND)), "no evidence has come yet"),
    ("processing_forgotten", several(shown(SIGN_IN), expected(*PROCESSING)), "no evidence"),
    (
        "machines_only",
        several(shown("monitoring-settings"), expected("service-levels", "uptime-per-day")),
        "no evidence has come yet",
    ),
    (
        "scattered_evidence",
        lambda ground: ground.show("evidence-review", age=1, came_after=31),
        "came in 31 days after it was collected",
    ),
    ("owners_named", lambda ground: ground.show(SIGN_IN, owner=""), "has no owner"),
    (
        "schedule_kept",
        lambda ground: (
            ground.expect("uptime-per-day", cadence="monthly", since=ago(80)),
            ground.show(SIGN_IN),
        ),
        "missed",
    ),
]

SILENT: list[tuple[str, Deed]] = [
    ("evidence_in_force", shown("api-authentication-standard")),
    ("old_keys", token()),
    ("old_keys", checked("key-rotation", "keys-past-lifetime", exceptions=0)),
    ("broad_scopes", token(scopes="payments:read files:read")),
    ("unused_tokens", token(last_used_on="", created_on="")),
    ("unused_tokens", token(last_used_on=ago(89).isoformat())),
    (
        "mixed_environments",
        several(
            token(name="attestation reader", fingerprint="ab12cd34"),
            token(name="sandbox caller", environment="test", fingerprint="cd34ab12"),
        ),
    ),
    ("tokens_incomplete", token()),
    ("open_administration", checked("admin-endpoints", "admin-endpoints-open", exceptions=0)),
    ("no_withdrawal", shown("token-withdrawals", "token-lifecycle-procedure")),
    ("no_reconciliation", shown("daily-reconciliation", "reconciliation-checks")),
    ("no_token_review", several(token(), shown("api-token-review", "service-accounts"))),
    (
        "no_vendor_map",
        several(
            lambda ground: ground.vendor(
                criticality="critical", incident_contact="noc", alternative="another"
            ),
            shown("dependency-map", "vendor-fallbacks"),
        ),
    ),
    ("sign_in_only", shown(SIGN_IN, *BEYOND)),
    ("processing_forgotten", several(shown("payment-traces"), expected("validation-tests"))),
    ("machines_only", shown("monitoring-settings", "service-levels", "uptime-per-day")),
    (
        "scattered_evidence",
        lambda ground: ground.show("evidence-review", age=1, came_after=30),
    ),
    ("owners_named", shown(SIGN_IN)),
    (
        "schedule_kept",
        several(shown(SIGN_IN), lambda ground: ground.expect("yearly-list", cadence="annual")),
    ),
]

BLIND: list[tuple[str, Deed, str]] = [
    ("evidence_in_force", shown(SIGN_IN), "holds none of its expectations"),
    ("evidence_in_force", expected("api-authentication-standard"), "no evidence at all has come"),
    ("old_keys", nothing, "the register of tokens is empty"),
    ("broad_scopes", nothing, "no evidence in force was checked by tokens-with-wildcard"),
    ("unused_tokens", nothing, "the register of tokens is empty"),
    ("mixed_environments", nothing, "the register of tokens is empty"),
    ("tokens_incomplete", nothing, "the register of tokens is empty"),
    ("open_administration", shown("admin-endpoints"), "was checked by admin-endpoints-open"),
    ("no_withdrawal", nothing, "holds none of its expectations"),
    ("no_reconciliation", expected("daily-reconciliation"), "no evidence at all has come"),
    ("no_token_review", several(shown(SIGN_IN), expected("api-token-review")), "no token is known"),
    ("no_vendor_map", several(shown(SIGN_IN), expected("dependency-map")), "no vendor is known"),
    ("sign_in_only", expected(SIGN_IN, *BEYOND), "no evidence in force shows how sign-in"),
    ("processing_forgotten", expected(*PROCESSING), "no evidence at all has come"),
    ("machines_only", expected("service-levels"), "shows what is watched at all"),
    ("scattered_evidence", nothing, "no evidence has come in yet, and no question is answered"),
    ("owners_named", nothing, "no catalogue is loaded"),
    ("schedule_kept", expected(SIGN_IN), "no evidence at all has come"),
]
FACTS_OF_THE_HOUSE = {"auditor_invited", "pack_made", "sources_connected"}
"""What these look for is always there to be judged: it was done or it was not."""


def named(one: object) -> str | None:
    """Name a case by its words: the address of a function differs from worker to worker."""
    return one[:30] if isinstance(one, str) else None


@pytest.mark.parametrize(("detector", "deed", "words"), FIRES, ids=named)
def test_it_fires_and_names_the_rows(detector: str, deed: Deed, words: str, ground: Ground) -> None:
    deed(ground)
    found = ground.judged(detector)
    assert found.verdict is Verdict.FOUND, found
    assert any(words in row.why for row in found.rows), found.rows
    assert all(row.key and row.name for row in found.rows)
    assert found.count >= len(found.rows)


@pytest.mark.parametrize(("detector", "deed"), SILENT, ids=named)
def test_it_is_silent_where_nothing_is_wrong(detector: str, deed: Deed, ground: Ground) -> None:
    deed(ground)
    found = ground.judged(detector)
    assert (found.verdict, found.rows) == (Verdict.CLEAR, ()), found


@pytest.mark.parametrize(("detector", "deed", "words"), BLIND, ids=named)
def test_it_says_why_it_could_not_judge(
    detector: str, deed: Deed, words: str, ground: Ground
) -> None:
    deed(ground)
    found = ground.judged(detector)
    assert found.verdict is Verdict.NOT_JUDGED, found
    assert found.reason.startswith("Not judged, because ")
    assert words in found.reason


def test_every_detector_is_named_by_the_programme_and_tried_here() -> None:
    used = {
        entry.detector for file in programme.programme().files.values() for entry in file.entries
    }
    built = set(registry.detectors())
    assert used - {BY_HAND} == built
    for tried in ({name for name, *_ in FIRES}, {name for name, *_ in SILENT}):
        assert tried == built - FACTS_OF_THE_HOUSE
    assert {name for name, *_ in BLIND} == built - FACTS_OF_THE_HOUSE


def test_a_check_that_could_not_run_is_neither_found_nor_clear(ground: Ground) -> None:
    ground.expect("admin-endpoints")
    ground.check("admin-endpoints-open", "admin-endpoints", breaks=True)
    ground.show("admin-endpoints")
    assert ground.judged("open_administration").verdict is Verdict.NOT_JUDGED


def test_roles_that_nobody_holds_are_named(ground: Ground) -> None:
    expectation = ground.expect(SIGN_IN)
    expectation.owner_role = "engineer"
    expectation.save()
    found = ground.judged("owners_named")
    assert [row.name for row in found.rows] == ["Engineer"]
    cast.person("engineer")
    assert ground.judged("owners_named").verdict is Verdict.CLEAR


def test_all_rows_are_counted_and_only_some_are_named(
    ground: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(detection, "MOST_ROWS", 2)
    for _ in range(3):
        ground.token(scopes="*")
    found = ground.judged("broad_scopes")
    assert (len(found.rows), found.count) == (2, 3)


def test_a_returned_item_is_no_evidence(ground: Ground) -> None:
    item = ground.show("daily-reconciliation", accepted=False)
    found = ground.standing("daily-reconciliation").item
    assert found
    assert found.ref == item.ref
    ground.give_back(item)
    assert ground.standing("daily-reconciliation").item is None


def test_a_replaced_item_is_no_evidence(ground: Ground) -> None:
    item = ground.show("daily-reconciliation")
    hand_in(submission(b"another list", ago(1), filename="newer.txt", supersedes=item))
    assert ground.standing("daily-reconciliation").item is None


def test_the_item_that_covers_the_last_day_speaks(ground: Ground) -> None:
    newest = ground.show("daily-reconciliation", age=1)
    ground.show("daily-reconciliation", age=20)
    found = ground.standing("daily-reconciliation").item
    assert found
    assert found.ref == newest.ref


def test_an_incomplete_item_is_no_evidence(ground: Ground) -> None:
    ground.expect("daily-reconciliation")
    content, population = staff_table()
    partial = replace(population, ipe=replace(population.ipe, partial_reason="It broke off."))
    sent = submission(
        content,
        ago(1),
        ago(1),
        ground.made["daily-reconciliation"],
        filename="half.csv",
        population=partial,
    )
    item = hand_in(sent)
    assert item.claims.get().is_partial
    assert ground.standing("daily-reconciliation").item is None


def test_sources_are_connected_when_each_has_answered(ground: Ground) -> None:
    assert ground.judged("sources_connected").reason == "No source is connected yet."
    source = calls.source()
    calls.run(source, "failed")
    assert [row.name for row in ground.judged("sources_connected").rows] == ["staff-mfa"]
    calls.run(source, "complete")
    assert ground.judged("sources_connected").verdict is Verdict.CLEAR


def test_a_finished_pack_and_an_auditor_with_access_are_facts(
    alice: User, bob: User, var_dir: Path
) -> None:
    for detector in ("pack_made", "auditor_invited"):
        assert Ground(alice).judged(detector).verdict is Verdict.FOUND
    house = houses.build(World(alice), bob)
    for detector in ("pack_made", "auditor_invited"):
        assert Ground(alice).judged(detector).verdict is Verdict.CLEAR
    houses.removed(house)
    EngagementMember.objects.update(removed_at=timezone.now())
    assert Ground(alice).judged("auditor_invited").verdict is Verdict.FOUND


def test_an_entry_is_judged_by_its_own_detector() -> None:
    assert entry_of("broad_scopes").id == "mistake-broad-scopes"
