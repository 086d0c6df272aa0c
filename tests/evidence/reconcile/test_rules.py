"""A rule set is read as a whole, or refused with the line and the reason of each fault."""

from pathlib import Path

import pytest

from controls.errors import CatalogueError
from evidence.reconcile import rules
from evidence.reconcile.items import KEYS, Kind, Status
from tests.evidence.reconcile.small import rule_text


def read(folder: Path, text: str) -> rules.RuleSet:
    path = folder / "rules.yaml"
    path.write_text(text, encoding="utf-8")
    return rules.read(path)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("currencies: [EUR, JPY, BHD, USD]", "currencies: [EUR, QQQ]", "QQQ, which is no currency"),
        ("right: {leg: b,", "right: {leg: c,", "there is no leg c"),
        ("right: {leg: b,", "right: {leg: a,", "against itself"),
        ("left: own_id, right: own_id", "left: own_id", "needs a key on the left and on the right"),
        ("right: own_id}", "right: own_id, tolerance: {EUR: 1}}", "allows no tolerance"),
        ("role: platform", "role: platform\n    calendar: none", "there is no calendar none"),
        ("role: platform", "role: platform\n    zone: Mars/Base", "there is no such time zone"),
        ("role: platform", "role: platform\n    cut_off: '25:00'", "must look like 22:00"),
        ("ok: done", "ok: perhaps", "it must be"),
        ("version: 1", "version: 1\nspare: 2", "there is no key spare here"),
        ("format: csv", "format: camt053", "needs no columns"),
        ("amount: amount, ", "", "needs columns or fixed values for amount"),
        ("format: csv", "format: csv\n        reference_pattern: '('", "no regular expression"),
        ("format: csv", "format: csv\n        fixed: {kind: gift}", "fixes the kind gift"),
        ("format: csv", "format: csv\n        thousands: '.'", "one mark for decimals"),
    ],
)
def test_a_fault_is_told_with_its_line(tmp_path: Path, old: str, new: str, words: str) -> None:
    text = rule_text()
    assert old in text
    with pytest.raises(CatalogueError) as caught:
        read(tmp_path, text.replace(old, new, 1))
    assert any(words in problem.reason for problem in caught.value.problems)
    assert all(problem.line > 1 for problem in caught.value.problems)


def test_the_digest_is_of_the_meaning(tmp_path: Path) -> None:
    first = read(tmp_path, rule_text()).digest
    assert (
        read(tmp_path, "# A remark.\n" + rule_text().replace("version: 1", "version:   1")).digest
        == first
    )
    assert read(tmp_path, rule_text().replace("grace_days: 3", "grace_days: 4")).digest != first


def test_every_key_of_an_item_may_be_named_by_rules() -> None:
    assert set(KEYS) == set(rules.Key.__args__)  # type: ignore[attr-defined]
    assert {*KEYS} < set(rules.FieldName.__args__)  # type: ignore[attr-defined]


def test_words_of_kinds_and_statuses_are_no_words_that_yaml_takes_for_something_else() -> None:
    assert {*Kind, *Status}.isdisjoint({"yes", "no", "on", "off", "null"})
