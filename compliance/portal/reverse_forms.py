"""The forms of reverse tests: ids noted elsewhere, rows to take back, what the source showed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms

from audits import sampling
from audits.models import SealedPopulation
from audits.reverse_exceptions import Line
from audits.reverse_lookup import LONGEST_SEEN, MOST_IDS
from audits.reverse_tests import (
    AGREES,
    DIFFERS,
    LONGEST_NOTE,
    MOST_ROWS,
    NOT_THERE,
    SourceResult,
    rows_named,
    values_seen,
)
from compliance.portal.sample_forms import PortalForm

_NOT_YET = "not looked at"


class IntoForm(PortalForm):
    """What was noted elsewhere, to be looked up in the list."""

    column = forms.ChoiceField(label="Column to look in")
    seen = forms.CharField(
        label="Where they were seen",
        max_length=LONGEST_SEEN,
        required=False,
        help_text="Such as the deployment log of the cluster. It holds for every line without a "
        "place of its own.",
    )
    ids = forms.CharField(
        label=f"Ids, one a line, up to {MOST_IDS}",
        max_length=40_000,
        widget=forms.Textarea(attrs={"rows": 10, "spellcheck": "false"}),
        help_text="Such as CHG-0042, or CHG-0042 | deployment of 3 June. They are compared "
        "character for character.",
    )

    def __init__(self, *args: Any, population: SealedPopulation, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        said = population.said
        column: Any = self.fields["column"]
        column.choices = [(name, name) for name in said["columns"]]
        column.initial = said["id_column"]


class BackForm(PortalForm):
    """Which rows are taken back to their source: by number, or by a nonce."""

    rows = forms.CharField(
        label="Numbers of rows",
        max_length=2_000,
        required=False,
        help_text=f"Such as 3, 17, 40; up to {MOST_ROWS}. Or leave it empty and draw them:",
    )
    nonce = forms.CharField(
        label="Your nonce",
        max_length=sampling.LONGEST_NONCE,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        help_text="A line of your own making. It draws rows as it does for a sample.",
    )
    size = forms.IntegerField(label="Rows to draw", min_value=1, max_value=MOST_ROWS, initial=5)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["size"].required = False

    def chosen(self) -> dict[str, Any]:
        """What the room is asked for; ReverseTestError for a number that is none."""
        said = self.cleaned_data
        size = said["size"] or 0
        return {"rows": rows_named(said["rows"]), "nonce": said["nonce"], "size": size}


@dataclass(frozen=True)
class RowFields:
    """The fields of one row, beside its cells and what was said of it so far."""

    line: Line
    cells: Sequence[tuple[str, str]]
    outcome: Any
    seen: Any
    note: Any
    evidence: Any


class SourceForm(PortalForm):
    """What the source showed, row by row."""

    def __init__(self, *args: Any, lines: Sequence[Line], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._lines = lines
        for line in lines:
            row, said = line.place, line.said
            differs = said.get("differs", ())
            self.fields[f"outcome_{row}"] = forms.ChoiceField(
                label="The source",
                choices=[
                    (_NOT_YET, "Not looked at yet"),
                    (AGREES, "Agrees"),
                    (DIFFERS, "Differs"),
                    (NOT_THERE, "Has no such item"),
                ],
                initial=said.get("outcome", _NOT_YET),
            )
            self.fields[f"evidence_{row}"] = forms.CharField(
                label="Evidence",
                required=False,
                max_length=20,
                initial=said.get("evidence", ""),
                widget=forms.TextInput(attrs={"placeholder": "EV-000123"}),
            )
            self.fields[f"seen_{row}"] = forms.CharField(
                label="Differs in (column = value seen, one a line)",
                required=False,
                max_length=20_000,
                initial="\n".join(f"{one['column']} = {one['seen']}" for one in differs),
                widget=forms.Textarea(attrs={"rows": 2, "spellcheck": "false"}),
            )
            self.fields[f"note_{row}"] = forms.CharField(
                label="Note",
                required=False,
                max_length=LONGEST_NOTE,
                initial=said.get("note", ""),
                widget=forms.Textarea(attrs={"rows": 2}),
            )

    def groups(self, columns: Sequence[str], cells: Mapping[int, Sequence[str]]) -> list[RowFields]:
        """The fields row by row, each with the cells of the list."""
        return [
            RowFields(
                line,
                list(zip(columns, cells.get(line.place, ()), strict=False)),
                self[f"outcome_{line.place}"],
                self[f"seen_{line.place}"],
                self[f"note_{line.place}"],
                self[f"evidence_{line.place}"],
            )
            for line in self._lines
        ]

    def results(self) -> list[SourceResult]:
        """What was typed of the rows that were looked at; ReverseTestError."""
        said = self.cleaned_data
        return [
            SourceResult(
                line.place,
                said[f"outcome_{line.place}"],
                values_seen(said[f"seen_{line.place}"]),
                said[f"note_{line.place}"],
                said[f"evidence_{line.place}"],
            )
            for line in self._lines
            if said[f"outcome_{line.place}"] != _NOT_YET
        ]


class ConditionForm(PortalForm):
    """The condition of a finding, in the auditor's words."""

    condition = forms.CharField(
        label="What was expected, and what was found",
        max_length=LONGEST_NOTE,
        widget=forms.Textarea(attrs={"rows": 5}),
    )
