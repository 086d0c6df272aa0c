"""Conditions that lists take from their address: ids, times, tags and words of a state."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db.models import Q
from django.http import QueryDict

from compliance.api.finix import fields
from compliance.api.finix.errors import FieldsRefused
from merchants.tagged import Wanted

_TIMES = {
    "created_at.gte": "created_at__gte",
    "created_at.lte": "created_at__lte",
    "updated_at.gte": "updated_at__gte",
    "updated_at.lte": "updated_at__lte",
}


def common(params: QueryDict, *, key: str = "ref") -> Q:
    """Return the conditions that all lists know; FieldsRefused for one that cannot be read."""
    refuse_nul(params)
    where = Q()
    for name, column in _TIMES.items():
        if params.get(name):
            where &= Q(**{column: fields.moment(str(params[name]), name)})
    if params.get("id"):
        where &= Q(**{key: params["id"]})
    return where


def tags(params: QueryDict) -> list[Wanted]:
    """Return the tags that a list is narrowed to: by key, or by the value of that same tag."""
    wanted = [
        Wanted(name.removeprefix("tags."), str(params[name]))
        for name in params
        if name.startswith("tags.") and name not in {"tags.key", "tags.value"}
    ]
    key, value = params.get("tags.key"), params.get("tags.value")
    if key is not None:
        wanted.append(Wanted(key, value))
    elif value is not None:
        raise FieldsRefused({"tags.value": "Give tags.key as well."})
    return wanted


def words(params: QueryDict, name: str, known: Sequence[str]) -> list[str]:
    """Return the words of a list by comma, each once; FieldsRefused for an unknown one."""
    said = [word.strip() for one in params.getlist(name) for word in one.split(",")]
    wanted = sorted({word for word in said if word})
    unknown = [word for word in wanted if word not in known]
    if unknown:
        message = f"{name} is one of {', '.join(known)}; {unknown[0][:40]!r} is none"
        raise FieldsRefused({name: message})
    return wanted


def truth(params: QueryDict, name: str) -> bool | None:
    said = params.get(name, "").lower()
    if said not in {"", "true", "false"}:
        raise FieldsRefused({name: f"{name} is true or false"})
    return None if not said else said == "true"


def refuse_nul(params: Mapping[str, Any]) -> None:
    """Refuse what no database takes as a text."""
    for name, value in params.items():
        if "\0" in f"{name}{value}" or not _is_text(f"{name}{value}"):
            raise FieldsRefused({name[:40].replace("\0", ""): "This holds what is no text."})


def _is_text(said: str) -> bool:
    try:
        said.encode()
    except UnicodeEncodeError:
        return False
    return True
