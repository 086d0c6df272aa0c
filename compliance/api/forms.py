"""Checks what a program sent by name, and refuses what it misnamed or repeated."""

from collections.abc import Collection, Mapping
from typing import Any

from django.http import QueryDict
from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from compliance.api.errors import flattened


def checked(
    form: serializers.Serializer[Any], given: QueryDict, *, repeatable: Collection[str] = ()
) -> tuple[Mapping[str, Any], dict[str, list[str]]]:
    """Return the values, and what is wrong with them by name; a typo must not pass unseen.

    The form is asked without being bound, so one instance serves all calls: making one copies all
    of its fields.
    """
    values, wrong = _validated(form, given)
    for name, repeated in given.lists():
        if name not in form.fields:
            wrong[name] = [_unknown(form)]
        elif len(repeated) > 1 and name not in repeatable:
            wrong[name] = ["Give this once."]
        elif "" in repeated and not getattr(form.fields[name], "allow_blank", False):
            # A form of a browser sends what was left empty; a program that does has a mistake.
            wrong[name] = ["Give a value, or leave this out."]
    return values, wrong


def checked_object(
    form: serializers.Serializer[Any], given: object
) -> tuple[Mapping[str, Any], dict[str, list[str]]]:
    """Return the values of one JSON object, and what is wrong with them by name."""
    values, wrong = _validated(form, given)
    for name in given if isinstance(given, Mapping) else ():
        if name not in form.fields:
            wrong[name] = [_unknown(form)]
    return values, wrong


def _validated(
    form: serializers.Serializer[Any], given: object
) -> tuple[Mapping[str, Any], dict[str, list[str]]]:
    try:
        return form.run_validation(given), {}
    except ValidationError as error:
        return {}, flattened(error.detail)


def _unknown(form: serializers.Serializer[Any]) -> str:
    return f"There is no such name here. Known are {', '.join(form.fields)}."
