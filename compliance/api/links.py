"""Links inside objects: where more about a thing is to be had, in the `_links` of HAL.

The form is that of draft-kelly-json-hal: a name, and an object with `href`, here a path of ours.
"""

from collections.abc import Callable, Mapping
from typing import Any

from django.urls import reverse
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

_SHAPE = {
    "type": "object",
    "additionalProperties": {
        "type": "object",
        "required": ["href"],
        "properties": {"href": {"type": "string", "format": "uri-reference"}},
    },
}


@extend_schema_field(_SHAPE)
class Links(serializers.Field[Any, Any, dict[str, dict[str, str]], Any]):
    """The links of an object; `of` names them with their addresses, empty where there is none."""

    def __init__(self, of: Callable[[Any], Mapping[str, str]]) -> None:
        super().__init__(
            source="*", read_only=True, help_text="Where more about it is to be had, by name."
        )
        self._of = of

    def to_representation(self, value: Any) -> dict[str, dict[str, str]]:
        return {name: {"href": way} for name, way in self._of(value).items() if way}


def to(page: str, *args: str | int) -> str:
    """Return the address of a page of this door, by its name in urls.py."""
    return reverse(f"api:{page}", args=args)
