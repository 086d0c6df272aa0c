"""How an item was collected, in the words that auditors use."""

OBSERVATION = "observation by a person"
COLLECTOR = "query by a collector"
FOLDER = "export put into a folder"
FORM = "form filled in by a person"
PROGRAM = "push by a program"
MADE_HERE = "made by this installation"
UPLOAD = "upload by a person"

BY_HAND = "by_hand"
"""Names in an IPE record what read the table of an upload; a person handed it in all the same."""


def method_of(*, actor: str, run: str, collector: str, was_observed: bool) -> str:
    """Return the method of an item from who handed it in, its run and the collector that it names.

    `actor` is that of the item's leaf; `run` and `collector` are empty where there was none.
    """
    if collector.startswith("form_"):
        return FORM
    if run:
        return FOLDER if collector == "csv_import" else COLLECTOR
    if collector and collector != BY_HAND:
        return MADE_HERE
    if was_observed:
        return OBSERVATION
    if actor.startswith("token:"):
        return PROGRAM
    return UPLOAD if actor.startswith("user:") else MADE_HERE
