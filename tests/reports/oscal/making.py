"""All six documents of some facts, as a program that reads them sees them."""

import io
import json
from collections.abc import Iterable
from typing import Any

from reports.oscal import (
    assessment_plan,
    assessment_results,
    catalog,
    component_definition,
    encoding,
    pieces,
    plan_of_action_and_milestones,
    profile,
)
from reports.oscal.facts import Facts, Item
from tests.reports.oscal.plain import item


def results(facts: Facts, items: Iterable[Item]) -> bytes:
    draft = assessment_results.Draft(facts, io.BytesIO(), io.BytesIO())
    for one in items:
        draft.add(one)
    return b"".join(encoding.pieces(draft.document()))


def texts(facts: Facts, items: Iterable[Item] | None = None) -> dict[str, bytes]:
    """The documents by the names of their files, as bytes."""
    made: dict[str, Any] = {
        catalog.NAME: catalog.document(facts),
        profile.NAME: profile.document(facts),
        component_definition.NAME: component_definition.document(facts),
        assessment_plan.NAME: assessment_plan.document(facts),
        plan_of_action_and_milestones.NAME: plan_of_action_and_milestones.document(facts),
    }
    found = {name: b"".join(encoding.pieces(one)) for name, one in made.items() if one}
    return found | {pieces.RESULTS: results(facts, [item()] if items is None else items)}


def documents(facts: Facts, items: Iterable[Item] | None = None) -> dict[str, Any]:
    """The documents by the names of their files, without the one member that holds each."""
    found = {}
    for name, text in texts(facts, items).items():
        ((model, document),) = json.loads(text).items()
        assert f"{model}.json" == name
        found[name] = document
    return found
