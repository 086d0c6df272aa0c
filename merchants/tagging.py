"""Tags of programs: who may hang what on a merchant, a file or a key, within the usual limits."""

from collections.abc import Mapping

from evidence import screening, tags
from evidence.errors import TagError
from merchants.errors import FieldError


def checked(said: object) -> dict[str, str]:
    """Return tags as they are kept; FieldError for what is none, for too many and too long ones."""
    if not isinstance(said, Mapping):
        raise FieldError({"tags": "tags is an object of texts."})
    if not all(isinstance(value, str) for value in said.values()):
        raise FieldError({"tags": "The value of a tag is a text."})
    if screening.speaks("\n".join([*said.keys(), *said.values()])):
        raise FieldError({"tags": "This looks like a card number or a secret. Leave it out."})
    try:
        return tags.checked(said)
    except TagError as error:
        raise FieldError({"tags": str(error)}) from error
