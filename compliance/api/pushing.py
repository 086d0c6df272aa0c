"""What a program hands in: the headers, fields and file of a push, checked and given to intake."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, BinaryIO, Final, cast

from django.core.files.uploadedfile import UploadedFile
from django.http import QueryDict
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import UnsupportedMediaType
from rest_framework.request import Request

from accounts.models import ApiToken
from compliance.api import access, forms
from compliance.api.errors import Refusal
from compliance.api.handling import NestedJson, ObservationField, StepsField, handling_of
from controls.models import Area, Expectation, Risk
from evidence import checks, intake, tags
from evidence.errors import TagError
from evidence.models import Evidence

# What the fields and the frame of a multipart body may add to the file itself.
_FRAME_BYTES: Final = 1024**2
_KEY = re.compile(r"[\x20-\x7e]{1,200}")
_DIGEST = r"^[0-9A-Fa-f]{64}$"
_UNSEEN = {*"\ufffd\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u2028\u2029"}


def _one_line(value: str) -> None:
    """Refuse what would break a line or turn the direction of text in a list or a paper."""
    if any(unicodedata.category(letter) == "Cc" or letter in _UNSEEN for letter in value):
        raise serializers.ValidationError("Write one line of text without control characters.")


class _Line(serializers.CharField):
    default_validators = [_one_line]


class _Moment(serializers.DateTimeField):
    """A moment that says its zone; ours would be a guess."""

    def enforce_timezone(self, value: datetime) -> datetime:
        if value.tzinfo is None:
            raise serializers.ValidationError("Write the time with an offset, or with Z for UTC.")
        return value


@extend_schema_field(serializers.DictField(child=serializers.CharField()))
class _Tags(NestedJson):
    """A JSON object of text; in a form it is written as JSON."""

    def to_internal_value(self, data: Any) -> dict[str, str]:
        given = super().to_internal_value(data)
        if not isinstance(given, dict) or not all(isinstance(one, str) for one in given.values()):
            raise serializers.ValidationError('Write a JSON object of text: {"ticket": "OPS-12"}.')
        try:
            return tags.checked(given)
        except TagError as error:
            raise serializers.ValidationError(str(error)) from error


class EvidencePush(serializers.Serializer[Any]):
    """The fields of one item; `expectations` may be repeated."""

    file = serializers.FileField(allow_empty_file=True, max_length=None)
    title = _Line(max_length=200)
    evidence_type = serializers.ChoiceField(Expectation.EvidenceType.choices)
    kind = serializers.ChoiceField(Evidence.Kind.choices)
    area = serializers.ChoiceField(Area.choices)
    source_system = _Line(max_length=200)
    environment = serializers.ChoiceField(Evidence.Environment.choices)
    covers_from = serializers.DateField(help_text="First day that the item covers.")
    covers_to = serializers.DateField(help_text="Last day that the item covers.")
    collected_at = _Moment(help_text="When the source was asked, with an offset or Z.")
    owner = _Line(max_length=120, required=False, allow_blank=True)
    sensitivity = serializers.ChoiceField(Evidence.Sensitivity.choices, required=False)
    expectations = serializers.ListField(
        child=serializers.CharField(max_length=80),
        required=False,
        max_length=50,
        help_text="Slugs of the expectations that the item is evidence for.",
    )
    sha256 = serializers.RegexField(
        _DIGEST, required=False, help_text="SHA-256 of the file in hex, to be checked on receipt."
    )
    related_risk = serializers.CharField(required=False, help_text="Reference of a risk.")
    supersedes = serializers.CharField(
        required=False, help_text="Reference of the version that this one replaces."
    )
    tags = _Tags(
        required=False,
        help_text=f"Up to {tags.MOST} pairs of your own, a JSON object such as "
        '`{"ticket": "OPS-12"}`; lists can be asked for one of them.',
    )
    steps = StepsField(
        required=False, help_text="JSON: what was done to an export after it was made, in order."
    )
    observation = ObservationField(
        required=False, help_text="JSON: who ran an export by hand, where, and what they saw."
    )


_FORM = EvidencePush()


def idempotency_key(request: Request) -> str:
    """Return the name that the caller gave this push; refuses a missing or unprintable one."""
    key: str = request.META.get("HTTP_IDEMPOTENCY_KEY", "")
    if not _KEY.fullmatch(key):
        message = (
            "Send the header Idempotency-Key with 1 to 200 printable ASCII characters, the same "
            "again when you repeat this push and another one for other content."
        )
        raise Refusal(400, "idempotency_key", message)
    return key


def refuse_unfit_key(key: str) -> None:
    """A validator: the same rule for keys that stand in a body."""
    if not _KEY.fullmatch(key):
        raise serializers.ValidationError("Write 1 to 200 printable ASCII characters.")


def refuse_by_length(request: Request, most: int) -> None:
    """Refuse a body of more than so many bytes by its declared length, before reading any."""
    declared = str(request.META.get("CONTENT_LENGTH", ""))
    if not (declared.isascii() and declared.isdigit()):
        message = "Send the length of the body (Content-Length); chunked bodies are not taken."
        raise Refusal(411, "length_required", message)
    if int(declared) > most + _FRAME_BYTES:
        message = f"The body is larger than {most:,} bytes, the most that is taken here at once."
        raise Refusal(413, "too_large", message)


def push(request: Request, token: ApiToken, *, actor: str, key: str) -> tuple[Evidence, bool]:
    """Hand one item to intake; return its version and whether this is the first time.

    Raises Refusal with a field map, or the EvidenceError of intake; then nothing is stored.
    """
    values, wrong = forms.checked(_FORM, parts(request), repeatable=("expectations",))
    named = Named.of(values, wrong)
    if wrong:
        raise refused(wrong)
    evidence, first = intake.receive_once(submission(values, named, token, key), actor=actor)
    return handed_in(evidence, values, named, actor=actor), first


def parts(request: Request) -> QueryDict:
    """Return the parts of a multipart body, files among them."""
    given = request.data
    if not isinstance(given, QueryDict):
        raise UnsupportedMediaType(request.content_type)
    return given


def refused(wrong: Mapping[str, list[str]]) -> Refusal:
    """The refusal that says which fields to mend."""
    return Refusal(422, "invalid", "Some fields need correction.", fields=wrong)


def handed_in(
    evidence: Evidence, values: Mapping[str, Any], named: "Named", *, actor: str
) -> Evidence:
    """Run the checks of a version that came in, and attach what its receipt says."""
    if named.claims:
        # What no check could read must not look like proof.
        checks.run(evidence, actor=actor)
    return access.as_handed_in(
        evidence, size=values["file"].size, claims=named.claims, tags=values.get("tags", {})
    )


@dataclass
class Named:
    """The rows that a push names."""

    claims: tuple[Expectation, ...] = ()
    risk: Risk | None = None
    supersedes: Evidence | None = None

    @classmethod
    def of(cls, values: Mapping[str, Any], wrong: dict[str, list[str]]) -> "Named":
        """Look the names up and add those that do not exist to what is wrong."""
        named = cls()
        slugs = values.get("expectations", [])
        known = access.expectations_named(slugs)
        missing = [slug for slug in slugs if slug not in known]
        if missing:
            wrong["expectations"] = [f"There is no expectation {slug!r}." for slug in missing]
        named.claims = tuple(known.values())
        if "related_risk" in values:
            named.risk = access.risk_named(values["related_risk"])
            if named.risk is None:
                wrong["related_risk"] = ["There is no risk of this reference."]
        if "supersedes" in values:
            named.supersedes = access.version_named(values["supersedes"])
            if named.supersedes is None:
                wrong["supersedes"] = ["There is no evidence of this reference."]
        return named


def submission(
    values: Mapping[str, Any], named: Named, token: ApiToken, key: str
) -> intake.Submission:
    """What a push hands to intake."""
    upload: UploadedFile[bytes] = values["file"]
    return intake.Submission(
        content=cast("BinaryIO", upload.file),
        filename=upload.name or "",
        title=values["title"],
        evidence_type=values["evidence_type"],
        kind=values["kind"],
        area=values["area"],
        source_system=values["source_system"],
        environment=values["environment"],
        covers_from=values["covers_from"],
        covers_to=values["covers_to"],
        collected_at=values["collected_at"],
        owner=values.get("owner", ""),
        sensitivity=values.get("sensitivity", Evidence.Sensitivity.INTERNAL),
        declared_sha256=values.get("sha256", ""),
        # Who answers for the program is who prepared it, so that another person reviews it.
        prepared_by=token.owner,
        claims=named.claims,
        supersedes=named.supersedes,
        related_risk=named.risk,
        tags=values.get("tags", {}),
        idempotency_key=key,
        handling=handling_of(values),
    )
