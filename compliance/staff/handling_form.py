"""The part of the hand-in form that asks how an export was taken and what was done to it after."""

from collections.abc import Iterator, Sequence
from typing import Any

from django import forms

from compliance.staff.forms import StaffForm, dress
from evidence.handling import (
    LONGEST_NAME,
    LONGEST_WORDS,
    MOST_ROWS,
    Did,
    Handling,
    Observation,
    Step,
    is_by_hand,
)

STEPS_ASKED = 5
"""So many steps the page has room for; a program may tell more."""
_ASKED = ("ran_by", "run_where", "run_filters", "rows_seen", "clock_seen")
_LABELS = {Did.SORTED: "Sorted", Did.FILTERED: "Filtered", Did.MASKED: "Masked"}
_LABELS |= {Did.CONVERTED: "Converted", Did.OTHER: "Something else"}


class HandlingForm(StaffForm):
    """Fields of the observation and of each step, below those of the form that extends it."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in _fields():
            self.fields[name] = field
            dress(field, width=_width(name))

    def plain_fields(self) -> list[forms.BoundField]:
        """The fields that are about the item itself."""
        asked = set(names())
        return [field for field in self.visible_fields() if field.name not in asked]

    def observation_fields(self) -> list[forms.BoundField]:
        """The fields of what was seen at the export."""
        return [self[name] for name in _ASKED]

    def step_fields(self) -> Sequence[tuple[int, list[forms.BoundField], bool]]:
        """The fields of each step with its number, and whether it is told or wrong already."""
        steps = [
            (number, [self[f"{part}_{number}"] for part in _PARTS])
            for number in range(1, STEPS_ASKED + 1)
        ]
        return [
            (number, fields, any(field.errors or field.value() for field in fields))
            for number, fields in steps
        ]

    def is_told(self) -> bool:
        """Say whether any is needed, was typed in or is wrong, so that the page unfolds it."""
        is_needed = is_by_hand("", str(self.initial.get("evidence_type", "")))
        return is_needed or any(self[name].errors or self[name].value() for name in names())

    def clean(self) -> dict[str, Any]:
        said: dict[str, Any] = super().clean() or {}
        file = said.get("file")
        if file and is_by_hand(file.name, said.get("evidence_type", "")):
            for name in ("ran_by", "run_where"):
                if not said.get(name) and name not in self.errors:
                    self.add_error(
                        name, "A picture or an export by hand needs this: it stands in for a query."
                    )
        return said

    def handling(self) -> Handling | None:
        """Return what was typed; None where nothing was. What does not fit intake refuses."""
        said = self.cleaned_data
        seen = None
        if any(said[name] not in ("", None) for name in _ASKED):
            seen = Observation(
                said["ran_by"],
                said["run_where"],
                said["run_filters"],
                said["rows_seen"],
                said["clock_seen"],
            )
        return Handling(tuple(self._steps()), seen) or None

    def _steps(self) -> Iterator[Step]:
        said = self.cleaned_data
        for number in range(1, STEPS_ASKED + 1):
            told = {part: said[f"{part}_{number}"] for part in _PARTS}
            if any(value not in ("", None) for value in told.values()):
                yield Step(
                    told["did"],
                    told["words"],
                    told["rows_before"],
                    told["rows_after"],
                    told["reason"],
                    told["sha256_before"].lower(),
                )


_PARTS = ("did", "words", "rows_before", "rows_after", "reason", "sha256_before")


def names() -> list[str]:
    """Return the names of the fields that are asked here."""
    return [name for name, _ in _fields()]


def _fields() -> Iterator[tuple[str, forms.Field]]:
    yield "ran_by", _line("Run by", "Who ran the export or took the picture, and their role.")
    yield "run_where", _line("Where", "Address of the page, or the screen and the menu.")
    yield "run_filters", _words("Filters that were set", "As they stood on the screen.")
    yield "rows_seen", _count("Rows seen on the screen")
    yield "clock_seen", _line("Clock seen", "Time on the screen with its zone, if it shows one.")
    for number in range(1, STEPS_ASKED + 1):
        kinds = [("", "No step"), *((one.value, label) for one, label in _LABELS.items())]
        yield f"did_{number}", forms.ChoiceField(label="Step", choices=kinds, required=False)
        yield f"words_{number}", _words("What was done", "")
        yield f"rows_before_{number}", _count("Rows before")
        yield f"rows_after_{number}", _count("Rows after")
        yield f"reason_{number}", _words("Why", "Needed of what was filtered or masked.")
        digest = forms.RegexField(
            r"^[0-9a-fA-F]{64}$", label="SHA-256 of the file before", required=False
        )
        yield f"sha256_before_{number}", digest


def _width(name: str) -> str:
    if name.startswith(("rows_", "did_", "clock")):
        return "third"
    return "half" if name.startswith(("ran_by", "run_where", "words", "reason")) else ""


def _line(label: str, help_text: str) -> forms.CharField:
    return forms.CharField(
        label=label, max_length=LONGEST_NAME, required=False, help_text=help_text
    )


def _words(label: str, help_text: str) -> forms.CharField:
    return forms.CharField(
        label=label,
        max_length=LONGEST_WORDS,
        required=False,
        help_text=help_text,
        widget=forms.Textarea(attrs={"rows_wanted": 2}),
    )


def _count(label: str) -> forms.IntegerField:
    return forms.IntegerField(label=label, min_value=0, max_value=MOST_ROWS, required=False)
