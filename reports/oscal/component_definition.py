"""component-definition.json: our controls, each as an implementation of the criteria it serves.

The system in scope is one component with an implementation for each control. Customers and
subservice organisations are components too, because some criteria are met only together with them.
"""

from collections.abc import Iterator

from reports.oscal import pieces
from reports.oscal.facts import Control, CustomerControl, Facts, Supplier
from reports.oscal.pieces import Document

NAME = pieces.COMPONENTS


def document(facts: Facts) -> Document:
    """Return the component definition over the profile that lies beside it."""
    return {
        "component-definition": {
            "uuid": pieces.document_uid(facts, NAME),
            "metadata": pieces.metadata(facts, "Controls in scope"),
            "components": list(_components(facts)),
        }
    }


def requirement_uid(facts: Facts, control: str, criterion: str) -> str:
    """Return the UUID by which other documents name a control's part in a criterion."""
    return pieces.uid(facts, "implemented-requirement", control, criterion)


def system_uid(facts: Facts) -> str:
    """Return the UUID of the system in scope."""
    return pieces.uid(facts, "system", facts.organisation)


def _components(facts: Facts) -> Iterator[Document]:
    yield pieces.given(
        uuid=system_uid(facts),
        type="service",
        title=pieces.line(f"System of {facts.organisation}"),
        description=pieces.words(f"What {facts.organisation} operates, in the scope of the audit."),
        control_implementations=[
            _implementation(facts, control) for control in facts.controls if _served(facts, control)
        ],
    )
    for supplier in facts.suppliers:
        yield _supplier(facts, supplier)
    if customers := [_customers(facts, one) for one in facts.customer_controls]:
        yield {
            "uuid": pieces.uid(facts, "customers", facts.organisation),
            "type": "service",
            "title": "Customers (user entities)",
            "description": "What customers must do so that the controls of the system work.",
            "props": pieces.props(responsibility="user-entity"),
            "control-implementations": customers,
        }


def _served(facts: Facts, control: Control) -> list[str]:
    known = {one.ref for one in facts.criteria}
    return [ref for ref in control.criteria if ref in known]


def _implementation(facts: Facts, control: Control) -> Document:
    last = control.wordings[-1:]
    said = pieces.words(last[0].text) if last else ""
    earlier = "\n\n".join(
        pieces.words(f"Version {one.number}, from {one.effective_from}: {one.text}")
        for one in control.wordings
    )
    unworded = "No wording was in force in the window."
    return {
        "uuid": pieces.uid(facts, "control", control.ref),
        "source": pieces.PROFILE,
        "description": pieces.line(f"{control.ref} {control.title}"),
        "props": [*pieces.label(control.ref), *pieces.props(title=control.title)],
        "implemented-requirements": [
            pieces.given(
                uuid=requirement_uid(facts, control.ref, ref),
                control_id=pieces.token(ref),
                description=said or unworded,
                props=[
                    *pieces.label(control.ref),
                    *pieces.several(
                        "wording-version", [str(one.number) for one in control.wordings]
                    ),
                ],
                remarks=earlier if len(control.wordings) > 1 else "",
            )
            for ref in _served(facts, control)
        ],
    }


def _supplier(facts: Facts, supplier: Supplier) -> Document:
    asked = "\n\n".join(pieces.words(one) for one in supplier.complementary_controls)
    return pieces.given(
        uuid=pieces.uid(facts, "supplier", supplier.name),
        type="service",
        title=pieces.line(supplier.name) or "Unnamed",
        description=pieces.words(supplier.services) or pieces.line(supplier.name),
        props=pieces.props(
            responsibility="subservice-organisation", method=supplier.method.replace("_", "-")
        ),
        remarks=f"Controls that are asked of it:\n\n{asked}" if asked else "",
    )


def _customers(facts: Facts, one: CustomerControl) -> Document:
    return {
        "uuid": pieces.uid(facts, "customer-control", one.ref),
        "source": pieces.PROFILE,
        "description": pieces.line(one.ref),
        "props": pieces.label(one.ref),
        "implemented-requirements": [
            {
                "uuid": requirement_uid(facts, one.ref, one.criterion),
                "control-id": pieces.token(one.criterion),
                "description": pieces.words(one.text) or pieces.line(one.ref),
            }
        ],
    }
