"""Writes the six OSCAL documents of an engagement, for a pack or for a folder."""

import tempfile
from collections.abc import Iterator
from types import TracebackType
from typing import Any, Self

from django.conf import settings

from reports.oscal import (
    assessment_plan,
    assessment_results,
    catalog,
    component_definition,
    encoding,
    gathering,
    plan_of_action_and_milestones,
    profile,
)
from reports.oscal.facts import Facts
from reports.pack.contents import Packed

MEDIA_TYPE = "application/oscal+json"


class Documents:
    """The documents in the making: first every item, then all files, once."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts

    def __enter__(self) -> Self:
        self._resources = tempfile.TemporaryFile(dir=settings.SCRATCH_DIR)
        self._observations = tempfile.TemporaryFile(dir=settings.SCRATCH_DIR)
        self._results = assessment_results.Draft(self._facts, self._resources, self._observations)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._resources.close()
        self._observations.close()

    def add(self, packed: Packed) -> None:
        """Take in one item."""
        self._results.add(gathering.item(packed, is_pack=self._facts.is_pack))

    def files(self) -> Iterator[tuple[str, Iterator[bytes]]]:
        """Yield the name and the content of each file; without deviations there are five."""
        facts = self._facts
        documents: dict[str, dict[str, Any] | None] = {
            catalog.NAME: catalog.document(facts),
            profile.NAME: profile.document(facts),
            component_definition.NAME: component_definition.document(facts),
            assessment_plan.NAME: assessment_plan.document(facts),
            assessment_results.NAME: self._results.document(),
            plan_of_action_and_milestones.NAME: plan_of_action_and_milestones.document(facts),
        }
        for name, document in documents.items():
            if document is not None:
                yield name, encoding.pieces(document)
