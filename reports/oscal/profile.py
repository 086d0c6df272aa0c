"""profile.json: the categories that were chosen for this engagement, as a selection of criteria."""

from reports.oscal import pieces
from reports.oscal.facts import Facts
from reports.oscal.pieces import Document

NAME = pieces.PROFILE


def document(facts: Facts) -> Document:
    """Return the profile over the catalogue that lies beside it."""
    refs = [one.ref for one in facts.criteria]
    chosen: Document = {"include-all": {}}
    if refs:
        chosen = {"include-controls": [{"with-ids": list(map(pieces.token, refs))}]}
    metadata = pieces.metadata(facts, "Categories in scope", remarks=_reasons(facts))
    metadata["props"] += pieces.several("category", [one.name for one in facts.categories])
    return {
        "profile": {
            "uuid": pieces.document_uid(facts, NAME),
            "metadata": metadata,
            "imports": [{"href": pieces.CATALOG, **chosen}],
            "merge": {"as-is": True},
        }
    }


def _reasons(facts: Facts) -> str:
    return "\n\n".join(
        pieces.words(f"{one.name}: {one.reason}") for one in facts.categories if one.reason
    )
