"""Several items in one call: all of them are taken in, or none."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from django.core.files.uploadedfile import UploadedFile
from drf_spectacular.utils import OpenApiResponse
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import ApiToken
from accounts.tokens import Scope
from compliance.api import access, forms, pushing
from compliance.api.base import ApiView, operation
from compliance.api.errors import flattened, item_field
from compliance.api.evidence_shapes import EvidenceReceipt
from evidence import intake
from evidence.models import Evidence

MOST_ITEMS: Final = 50
# Files up to the size that an upload may keep in memory lie there all at once.
MOST_BYTES: Final = 64 * 1024**2

Wrong = dict[str, list[str]]
Files = Mapping[str, "UploadedFile[bytes]"]


class EvidenceBatchItem(pushing.EvidencePush):
    """The fields of one item of several."""

    file = serializers.CharField(  # type: ignore[assignment]  # of the form: here it is a name
        max_length=200, help_text="Name of the part of this body that carries the file."
    )
    idempotency_key = serializers.CharField(
        trim_whitespace=False,
        validators=[pushing.refuse_unfit_key],
        help_text="1 to 200 printable ASCII characters, your own name for this item.",
    )


class EvidenceBatch(serializers.Serializer[Any]):
    """A part `items`, and one part with a file for each of them, named as the item says."""

    items = serializers.ListField(
        child=EvidenceBatchItem(),
        min_length=1,
        max_length=MOST_ITEMS,
        help_text="A JSON list; the files follow as parts of their own.",
    )


class EvidenceBatchReceipt(serializers.Serializer[Any]):
    """What became of the items, in the order in which they were sent."""

    items = EvidenceReceipt(many=True)
    replayed = serializers.ListField(
        child=serializers.IntegerField(),
        help_text="Positions, from 0, of the items that were taken in before under their key.",
    )


_ITEM = EvidenceBatchItem()
_FILE = pushing.EvidencePush().fields["file"]
_RECEIPT = EvidenceReceipt()


class EvidenceBatches(ApiView):
    """The door for programs that have much to hand in."""

    http_method_names = ["post"]

    @operation(
        "push_evidence_batch",
        f"Hand in up to {MOST_ITEMS} items: all of them, or none",
        scope=Scope.WRITE_EVIDENCE,
        description=(
            "Every item has an idempotency key of its own, so a batch may be repeated or cut in "
            "another way: what was taken in before is answered again and not stored twice."
        ),
        request={"multipart/form-data": EvidenceBatch},
        responses={
            201: OpenApiResponse(EvidenceBatchReceipt, "Taken in"),
            200: OpenApiResponse(EvidenceBatchReceipt, "All taken in before, under these keys"),
        },
        refusals=(400, 406, 409, 411, 413, 415, 422),
    )
    def post(self, request: Request) -> Response:
        actor = access.may_write_evidence(self.token)
        pushing.refuse_by_length(request, MOST_BYTES)
        taken = push_many(request, self.token, actor=actor)
        replayed = [position for position, (_, first) in enumerate(taken) if not first]
        receipts = [_RECEIPT.to_representation(evidence) for evidence, _ in taken]
        body = {"items": receipts, "replayed": replayed}
        return Response(body, status=200 if len(replayed) == len(taken) else 201)


def push_many(request: Request, token: ApiToken, *, actor: str) -> list[tuple[Evidence, bool]]:
    """Hand the items of a body to intake; return each version and whether it is new.

    Raises Refusal with a field map, or the EvidenceError of intake; then nothing is stored.
    """
    parts = pushing.parts(request)
    files = {name: part for name, part in parts.items() if isinstance(part, UploadedFile)}
    items, wrong = _items(parts.get("items"), files)
    wrong |= dict(_misfits(items, files, [name for name in parts if name not in files]))
    named = [_named(values, position, wrong) for position, values in enumerate(items)]
    if wrong:
        raise pushing.refused(wrong)
    submissions = [
        pushing.submission(values, names, token, values["idempotency_key"])
        for values, names in zip(items, named, strict=True)
    ]
    taken = intake.receive_many_once(submissions, actor=actor)
    return [
        (pushing.handed_in(evidence, values, names, actor=actor), first)
        for (evidence, first), values, names in zip(taken, items, named, strict=True)
    ]


def _items(given: object, files: Files) -> tuple[list[dict[str, Any]], Wrong]:
    """Return the checked values of each item, with its file in place of the name of it."""
    try:
        listed = json.loads(given) if isinstance(given, str) else None
    except (ValueError, RecursionError):
        listed = None
    if not isinstance(listed, list) or not 1 <= len(listed) <= MOST_ITEMS:
        return [], {"items": [f"Send a JSON list of 1 to {MOST_ITEMS} items in this part."]}
    items: list[dict[str, Any]] = []
    wrong: Wrong = {}
    for position, one in enumerate(listed):
        values, mistakes = forms.checked_object(_ITEM, one)
        if values:
            values = dict(values, file_part=values["file"], file=files.get(values["file"]))
            mistakes |= _file_mistakes(values["file"])
        items.append(dict(values))
        wrong |= {item_field(position, name): said for name, said in mistakes.items()}
    return items, wrong


def _file_mistakes(file: "UploadedFile[bytes] | None") -> Wrong:
    if file is None:
        return {"file": ["This body has no such part with a file."]}
    try:
        _FILE.run_validation(file)
    except ValidationError as error:
        return {"file": flattened(error.detail)[""]}
    return {}


def _misfits(
    items: Sequence[Mapping[str, Any]],
    files: Files,
    others: Sequence[str],
) -> Iterator[tuple[str, list[str]]]:
    """Say which keys and files are named twice, and which parts nobody names."""
    for field, inside in (("idempotency_key", "idempotency_key"), ("file", "file_part")):
        count = Counter(values.get(inside) for values in items)
        for position, values in enumerate(items):
            if inside in values and count[values[inside]] > 1:
                yield item_field(position, field), ["Another item of this body has the same."]
    used = {values.get("file_part") for values in items}
    # Where an item could not be read, what it named is not known.
    for name in {*files} - used if items and all(items) else ():
        yield name, ["No item names this part as its file."]
    for name in {*others} - {"items"}:
        yield name, ["There is no such name here. Known are items, and the files that they name."]


def _named(values: Mapping[str, Any], position: int, wrong: Wrong) -> pushing.Named:
    mistakes: Wrong = {}
    named = pushing.Named.of(values, mistakes)
    wrong |= {item_field(position, name): said for name, said in mistakes.items()}
    return named
