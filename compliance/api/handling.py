"""What a program says of steps after an export and of its observation: shapes, fields, reading."""

from collections.abc import Mapping
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from compliance.api import forms
from evidence.handling import (
    LONGEST_NAME,
    LONGEST_WORDS,
    MOST_ROWS,
    MOST_STEPS,
    Did,
    Handling,
    Observation,
    Step,
)


class HandlingStep(serializers.Serializer[Any]):
    """One thing that was done to an export before it was handed in."""

    did = serializers.ChoiceField([(one.value, one.value) for one in Did])
    words = serializers.CharField(max_length=LONGEST_WORDS, help_text="What was done.")
    rows_before = serializers.IntegerField(
        min_value=0, max_value=MOST_ROWS, required=False, help_text="With rows_after, or neither."
    )
    rows_after = serializers.IntegerField(min_value=0, max_value=MOST_ROWS, required=False)
    reason = serializers.CharField(
        max_length=LONGEST_WORDS, required=False, help_text="Needed of what was filtered or masked."
    )
    sha256_before = serializers.RegexField(
        r"^[0-9a-f]{64}$", required=False, help_text="SHA-256 of the file before this step."
    )


class HandlingObservation(serializers.Serializer[Any]):
    """What a person saw when they took an export or a picture by hand."""

    ran_by = serializers.CharField(max_length=LONGEST_NAME, help_text="Who ran it.")
    where = serializers.CharField(max_length=LONGEST_NAME, help_text="Address, or screen.")
    filters = serializers.CharField(max_length=LONGEST_WORDS, required=False)
    rows_seen = serializers.IntegerField(min_value=0, max_value=MOST_ROWS, required=False)
    clock_seen = serializers.CharField(max_length=LONGEST_NAME, required=False)


class NestedJson(serializers.JSONField):
    """JSON in the text of one part; nested too deep it is none that anybody means."""

    def to_internal_value(self, data: Any) -> Any:
        try:
            return super().to_internal_value(data)
        except RecursionError:
            self.fail("invalid")


_STEP, _OBSERVATION = HandlingStep(), HandlingObservation()


@extend_schema_field(HandlingStep(many=True))
class StepsField(NestedJson):
    """A JSON list: in a form it is the text of one part."""

    def to_internal_value(self, data: Any) -> Any:
        listed = super().to_internal_value(data)
        if not isinstance(listed, list) or len(listed) > MOST_STEPS:
            raise serializers.ValidationError(f"Send a JSON list of up to {MOST_STEPS} steps.")
        return tuple(
            Step(**_checked(_STEP, one, f"Step {place}: ")) for place, one in enumerate(listed, 1)
        )


@extend_schema_field(HandlingObservation)
class ObservationField(NestedJson):
    """A JSON object: in a form it is the text of one part."""

    def to_internal_value(self, data: Any) -> Any:
        return Observation(**_checked(_OBSERVATION, super().to_internal_value(data), ""))


def handling_of(values: Mapping[str, Any]) -> Handling | None:
    """Return what was said of the handling of an item; None where nothing was."""
    handling = Handling(values.get("steps", ()), values.get("observation"))
    return handling or None


def _checked(form: serializers.Serializer[Any], given: Any, at: str) -> dict[str, Any]:
    values, wrong = forms.checked_object(form, given)
    if wrong:
        name, sentences = next(iter(sorted(wrong.items())))
        raise serializers.ValidationError(f"{at}{name}: {sentences[0]}" if name else sentences[0])
    return dict(values)
