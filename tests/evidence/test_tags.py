"""Tags: what a sender puts on an item to find it again, within limits, bound by the log."""

import pytest
from django.db import DatabaseError, connection, transaction
from hypothesis import given
from hypothesis import strategies as st

from evidence import description, intake, tags
from evidence.errors import IdempotencyConflictError, TagError
from evidence.models import EvidenceTag
from tests.evidence import items

_TEXT = st.text(st.characters(exclude_categories=["C"]), min_size=1, max_size=20)


@given(st.dictionaries(_TEXT, _TEXT, max_size=8))
def test_what_is_taken_is_in_order_and_taken_again_unchanged(given_tags: dict[str, str]) -> None:
    try:
        kept = tags.checked(given_tags)
    except TagError:
        return
    assert list(kept) == sorted(kept)
    assert tags.checked(kept) == kept


@pytest.mark.parametrize(
    ("unfit", "said"),
    [
        ({str(number): "x" for number in range(51)}, "up to 50"),
        ({"k" * 41: "x"}, "1 to 40"),
        ({"": "x"}, "1 to 40"),
        ({" ticket": "x"}, "no space"),
        ({"ticket": "x" * 501}, "500"),
        ({"ticket": "a\x00b"}, "control"),
        ({"ticket": "\u202eb"}, "control"),
        ({"\u00e9": "one", "e\u0301": "two"}, "same key"),
    ],
    ids=["many", "long key", "no key", "space", "long value", "nul", "turned", "twice"],
)
def test_what_cannot_be_kept_is_refused(unfit: dict[str, str], said: str) -> None:
    with pytest.raises(TagError, match=said):
        tags.checked(unfit)


def test_the_limits_themselves_are_taken() -> None:
    fit = {f"{number:040}": "x" * 500 for number in range(50)}
    assert tags.checked(fit) == fit


@pytest.mark.django_db
class TestOnAnItem:
    @pytest.fixture(autouse=True)
    def _own_store(self, var_dir: object) -> None:
        """Every test starts with an empty store."""

    def test_they_are_bound_by_the_leaf(self) -> None:
        item = intake.receive(items.submission(tags={"ticket": "OPS-12"}), actor="token:1")
        assert description.metadata(item)["tags"] == {"ticket": "OPS-12"}
        assert item.metadata_digest == description.metadata_digest(description.metadata(item))
        plain = intake.receive(items.submission(content=b"a,b\n1,2\n"), actor="token:1")
        assert "tags" not in description.metadata(plain)

    def test_another_tag_under_the_same_key_of_a_push_is_another_request(self) -> None:
        first = items.submission(tags={"ticket": "OPS-12"}, idempotency_key="one")
        intake.receive(first, actor="token:1")
        with pytest.raises(IdempotencyConflictError):
            intake.receive(
                items.submission(tags={"ticket": "OPS-13"}, idempotency_key="one"), actor="token:1"
            )

    def test_they_are_never_changed(self) -> None:
        item = intake.receive(items.submission(tags={"ticket": "OPS-12"}), actor="token:1")
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("UPDATE evidence_evidencetag SET value = 'x'")
        assert EvidenceTag.objects.get(evidence=item).value == "OPS-12"
