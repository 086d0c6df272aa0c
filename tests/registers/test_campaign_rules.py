"""The rules of campaigns that ask no database: whose access, which columns, what is proved."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registers.campaigns import columns, judging, kinds, persons
from registers.campaigns.columns import Columns
from registers.campaigns.judging import Then
from registers.errors import CampaignError, DeclarationError

AT = datetime(2026, 11, 21, 9, tzinfo=UTC)
COLUMNS = Columns(key=("id",), rights="scopes", secret="made", ended=("ended",))
ROW = {"id": "1", "scopes": "read write", "made": "2026-01-01", "ended": ""}
WORDS = st.sampled_from(["a", "b", "ab", "ba", "c", "bc", "abc", "cab"])


@pytest.mark.parametrize(
    ("text", "is_hers"),
    [
        ("ann@example.org", True),
        ("Ann Ames <ANN@example.org>", True),
        ("bea@example.org; ann@example.org", True),
        ("ann", True),
        ("CORP\\Ann", True),
        ("ann  AMES", True),
        ("bea, ann", True),
        ("user:ann@example.org", True),
        ("mailto:Ann@example.org?subject=x", True),
        ("arn:aws:sts::1:assumed-role/Admin/ann@example.org", True),
        ("projects/1/users/ann", True),
        ("Ask ann@example.org.", True),
        ("Ames, Ann", True),
        ("Ames Ann", True),
        ("Miller, Bea; Ames, Ann", True),
        ("Bea Ames, Ann Miller", False),
        ("user:joann@example.org", False),
        ("joann@example.org", False),
        ("ann@elsewhere.example", False),
        ("Ann Miller", False),
        ("annex", False),
        ("", False),
    ],
)
def test_a_line_is_about_whom_it_names(text: str, is_hers: bool) -> None:
    said = persons.is_about([text], email="Ann@Example.org", full_name="Ann Ames")
    assert said is is_hers


@pytest.mark.parametrize("text", ["Ames, Ann", "Miller, Bea; AMES,  Ann", "Bea Miller, Ann Ames"])
def test_a_name_is_known_in_any_order(text: str) -> None:
    assert persons.is_about([text], email="a17@example.org", full_name="Ann Ames")
    assert not persons.is_about([text], email="a17@example.org", full_name="Bea Ames")


@given(st.lists(WORDS), WORDS, WORDS)
def test_nobody_slips_through_among_others(others: list[str], name: str, host: str) -> None:
    address = f"{name}@{host}.example"
    texts = [f"{other}@{other}.example" for other in others]
    assert persons.is_about([", ".join([*texts, address.upper()])], email=address)


def test_nobody_without_a_name_is_meant_by_an_empty_cell() -> None:
    assert not persons.is_about(["", " , "], email="ann@example.org", full_name="")


@pytest.mark.parametrize(
    ("cell", "over", "on"),
    [
        ("", False, None),
        ("true", True, None),
        ("Yes", True, None),
        ("false", False, None),
        ("no", False, None),
        ("Disabled", True, None),
        ("2026-11-20T23:00:00.000000Z", True, date(2026, 11, 20)),
        ("2026-11-20", True, date(2026, 11, 20)),
        ("2026-11-22", False, None),
        ("2026-99-99", False, None),
    ],
)
def test_a_row_says_whether_it_has_ended(cell: str, over: bool, on: date | None) -> None:
    assert columns.ended(COLUMNS, {**ROW, "ended": cell}, at=AT) == (over, on)


@pytest.mark.parametrize(
    ("name", "cell", "over"),
    [
        ("active", "no", True),
        ("active", "yes", False),
        ("is_active", "False", True),
        ("isactive", "false", True),
        ("accountEnabled", "false", True),
        ("LIVE", "no", True),
        ("valid", "inactive", True),
        ("suspended", "no", False),
        ("suspended", "yes", True),
        ("inactive", "true", True),
        ("inactive", "false", False),
        ("not_active", "true", True),
        ("delivered", "false", False),
    ],
)
def test_yes_and_no_mean_what_the_name_of_the_column_says(name: str, cell: str, over: bool) -> None:
    found = columns.ended(Columns(key=("id",), ended=(name,)), {name: cell}, at=AT)
    assert found == (over, None)


@pytest.mark.parametrize(
    ("zone", "cell", "day"),
    [
        ("Europe/Berlin", "2026-11-20T23:30:00Z", date(2026, 11, 21)),
        ("America/New_York", "2026-11-20T03:30:00Z", date(2026, 11, 19)),
        ("America/New_York", "2026-11-20", date(2026, 11, 20)),
        ("Pacific/Auckland", "2026-11-20", date(2026, 11, 20)),
        ("America/New_York", "0001-01-01T00:00:00Z", date(1, 1, 1)),
    ],
)
def test_days_are_told_by_the_clocks_of_the_organisation(zone: str, cell: str, day: date) -> None:
    at = AT.astimezone(ZoneInfo(zone))
    assert columns.ended(COLUMNS, {**ROW, "ended": cell}, at=at) == (True, day)
    then = Then("rotate", "", "0001-01-01")
    found = judging.judge(then, {**ROW, "made": cell}, columns=COLUMNS, at=at)
    assert found.on == (day if day.year > 1 else None)


def test_a_key_is_whole_or_none() -> None:
    both = Columns(key=("id", "made"))
    assert columns.key_of(both, {**ROW, "id": " 1 "}) == "1 / 2026-01-01"
    assert columns.key_of(both, {**ROW, "made": "  "}) == ""


@given(st.lists(WORDS, min_size=2, max_size=2), st.lists(WORDS, min_size=2, max_size=2))
def test_two_keys_have_one_digest_only_if_they_are_the_same(
    one: list[str], other: list[str]
) -> None:
    both = Columns(key=("a", "b"))
    digests = {columns.digest_of(both, dict(zip("ab", each, strict=True))) for each in (one, other)}
    assert (len(digests) == 1) is (one == other)


def test_columns_are_kept_and_read_again() -> None:
    assert Columns.from_json(COLUMNS.to_json()) == COLUMNS


def test_the_usual_names_are_recognised() -> None:
    found = columns.guessed(
        kinds.get("access").usual, ["system_name", "account", "email", "rights", "active", "note"]
    )
    assert (found.key, found.person) == (("system_name", "account"), ("email", "account"))
    assert (found.system, found.rights, found.ended) == ("system_name", "rights", ("active",))
    assert columns.guessed(kinds.get("access").usual, ["note"]).key == ()


@pytest.mark.parametrize(
    ("decision", "now", "done"),
    [
        ("revoke", None, True),
        ("revoke", {}, False),
        ("revoke", {"ended": "2026-11-20"}, True),
        ("reduce", {}, False),
        ("reduce", {"scopes": "read"}, True),
        ("reduce", {"scopes": "write;read"}, False),
        ("reduce", {"scopes": "read write pay"}, False),
        ("reduce", {"scopes": "admin"}, False),
        ("reduce", {"ended": "yes"}, True),
        ("rotate", {}, False),
        ("rotate", {"made": "2026-11-01"}, True),
        ("rotate", {"made": "2025-11-01"}, False),
        ("rotate", {"made": ""}, False),
        ("rotate", {"made": "sha256:abc"}, True),
        ("rotate", None, True),
        ("keep", {}, False),
    ],
)
def test_a_later_list_proves_what_was_decided(
    decision: str, now: dict[str, str] | None, done: bool
) -> None:
    then = Then(decision, ROW["scopes"], ROW["made"])
    row = None if now is None else {**ROW, **now}
    found = judging.judge(then, row, columns=COLUMNS, at=AT)
    assert found.done is done
    assert found.words.endswith(".")


def test_exchanged_rights_are_left_to_a_person() -> None:
    row = {**ROW, "scopes": "read pay"}
    found = judging.judge(Then("reduce", "read write", ""), row, columns=COLUMNS, at=AT)
    assert (found.done, found.is_changed) == (False, True)
    assert "write went and pay came" in found.words


@pytest.mark.parametrize(
    ("before", "now", "done"),
    [
        ("Limited Admin", "Admin", False),
        ("Limited Admin, Auditor", "Limited Admin", True),
        ("Limited Admin, Auditor", "Admin, Auditor", False),
        ("read only|write", "read only", True),
        ("Admin\nAuditor", "Auditor", True),
        ("Limited  Admin", "Limited Admin", False),
        ("Admin", "", True),
        ("read write", "read", True),
    ],
)
def test_a_right_of_several_words_is_one_right(before: str, now: str, done: bool) -> None:
    row = {**ROW, "scopes": now}
    found = judging.judge(Then("reduce", before, ""), row, columns=COLUMNS, at=AT)
    assert found.done is done


@given(st.sets(WORDS, min_size=1), st.sets(WORDS))
def test_rights_are_less_only_if_some_went_and_none_came(before: set[str], now: set[str]) -> None:
    row = {**ROW, "scopes": " , ".join(now)}
    found = judging.judge(Then("reduce", ",".join(before), ""), row, columns=COLUMNS, at=AT)
    assert found.done is (now < before)


def test_a_kind_is_a_file_that_is_there() -> None:
    assert list(kinds.kinds()) == ["access", "token"]
    assert kinds.get("access").slug == "access"
    with pytest.raises(CampaignError, match="known are access, token"):
        kinds.get("nothing")


def test_a_wrong_kind_stops_with_the_name_of_its_file() -> None:
    with pytest.raises(DeclarationError, match=r"campaign_kinds/odd\.py: KIND"):
        kinds.inspected("odd", None)
    wrong = kinds.Kind(
        title="", line="", purpose="", area="", expectations=(), usual={"shoe_size": ()}
    )
    with pytest.raises(DeclarationError, match="shoe_size"):
        kinds.inspected("odd", wrong)
