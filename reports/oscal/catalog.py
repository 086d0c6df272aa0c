"""catalog.json: the criteria in scope, by their ids and titles in our own words.

The official wording of a framework is its owner's; whoever has a licence puts it beside the ids.
"""

from collections.abc import Iterator

from reports.oscal import pieces
from reports.oscal.facts import Criterion, Facts
from reports.oscal.pieces import Document

NAME = pieces.CATALOG


def document(facts: Facts) -> Document:
    """Return the catalogue, its criteria grouped by category."""
    return {
        "catalog": pieces.given(
            uuid=pieces.document_uid(facts, NAME),
            metadata=pieces.metadata(
                facts,
                f"Criteria of {facts.framework}",
                remarks="Ids, and titles in our own words; the official text is not repeated here.",
            ),
            groups=list(_groups(facts)),
        )
    }


def _groups(facts: Facts) -> Iterator[Document]:
    for category in dict.fromkeys(one.category for one in facts.criteria):
        yield {
            "id": pieces.token(f"category-{category}"),
            "class": "category",
            "title": pieces.line(category),
            "controls": [_control(one) for one in facts.criteria if one.category == category],
        }


def _control(criterion: Criterion) -> Document:
    token = pieces.token(criterion.ref)
    return {
        "id": token,
        "class": "criterion",
        "title": pieces.line(criterion.title),
        "props": pieces.label(criterion.ref),
        "parts": [
            {
                "id": f"{token}{pieces.STATEMENT}",
                "name": "statement",
                "prose": pieces.words(criterion.title),
            }
        ],
    }
