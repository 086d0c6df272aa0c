"""The form of a source, made from the settings that its collector declares."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin

from django import forms
from django.core.validators import validate_slug
from pydantic import HttpUrl, SecretStr, ValidationError
from pydantic.fields import FieldInfo

from collectors.models import Source
from collectors.registry import Collector
from compliance.staff.forms import StaffForm, dress
from controls.models import Expectation
from evidence.models import Evidence

PREFIX = "setting_"
_ONE_LINE = 500
_NAMES_OF_SIGNS = {",": "Comma", ";": "Semicolon", "\t": "Tab", "": "None"}


@dataclass(frozen=True)
class _Kind:
    """How a kind of setting is asked for, and how an answer is turned into its value and back."""

    field: Callable[[FieldInfo], forms.Field]
    read: Callable[[Any], Any] = lambda answer: answer
    show: Callable[[Any], Any] = lambda value: value


class SourceForm(StaffForm):
    """What every source has, followed by the settings of its collector."""

    widths = {"slug": "half", "environment": "half", "schedule": "half", "time_zone": "half"}

    title = forms.CharField(max_length=120)
    slug = forms.CharField(
        label="Short name",
        max_length=60,
        validators=[validate_slug],
        help_text="Letters, digits, - and _. It names the source in the ledger and never changes.",
    )
    environment = forms.ChoiceField(choices=Evidence.Environment.choices)
    schedule = forms.CharField(
        required=False,
        max_length=100,
        help_text=(
            "Minute, hour, day, month, weekday: 30 2 * * * is 02:30 daily. Empty: by hand only."
        ),
    )
    time_zone = forms.CharField(
        label="Time zone", max_length=60, help_text="By whose clocks, such as Europe/Berlin or UTC."
    )
    expectations = forms.ModelMultipleChoiceField(
        label="Counts for",
        queryset=Expectation.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="What the answers of this source are to prove.",
    )

    def __init__(
        self, *args: Any, collector: Collector, source: Source | None = None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.collector = collector
        self.source = source
        if source:
            del self.fields["slug"]
        # Those that wait for this very collector come before those that people may meet.
        fit = Expectation.objects.filter(collector__in=["", collector.slug])
        ordered = fit.select_related("control").order_by("-collector", "control__ref", "slug")
        self.fields["expectations"].queryset = ordered  # type: ignore[attr-defined]
        self.fields["expectations"].label_from_instance = _named  # type: ignore[attr-defined]
        for name, info in collector.settings.model_fields.items():
            self.fields[f"{PREFIX}{name}"] = self._field(name, info)

    def clean(self) -> dict[str, Any]:
        """Hold the settings against the rules of the collector, so that errors find their field."""
        cleaned = super().clean() or {}
        if self.errors:
            return cleaned
        values = self.values
        kept = self._kept_secrets() - values.keys()
        try:
            self.collector.settings.model_validate({**dict.fromkeys(kept, "kept"), **values})
        except ValidationError as error:
            for problem in error.errors(
                include_input=False, include_url=False, include_context=False
            ):
                if not (problem["loc"] and problem["loc"][0] in kept):
                    self._blame(problem["loc"], problem["msg"])
        return cleaned

    @property
    def values(self) -> dict[str, Any]:
        """The settings that were filled in; what was left empty keeps its default or its secret."""
        found = {}
        for name, info in self.collector.settings.model_fields.items():
            answer = self.cleaned_data.get(f"{PREFIX}{name}")
            if answer not in (None, "", [], ()):
                found[name] = _kind(info).read(answer)
        return found

    def _kept_secrets(self) -> frozenset[str]:
        """The secrets that stay when they are left empty; the form never sees the real ones."""
        stored = self.source is not None and bool(self.source.secrets)
        return self.collector.secret_fields if stored else frozenset()

    def _field(self, name: str, info: FieldInfo) -> forms.Field:
        kind = _kind(info)
        field = kind.field(info)
        field.label = info.title or name
        field.help_text = info.description or ""
        field.required = info.is_required()
        if name in self.collector.secret_fields:
            field.required = field.required and name not in self._kept_secrets()
            field.help_text += " Stored sealed and never shown again; empty keeps what is stored."
        elif self.source and name in self.source.config:
            field.initial = kind.show(self.source.config[name])
        elif not info.is_required():
            field.initial = kind.show(info.get_default(call_default_factory=True))
        dress(field)
        return field

    def _blame(self, place: tuple[int | str, ...], message: str) -> None:
        field = f"{PREFIX}{place[0]}" if place else ""
        self.add_error(field if field in self.fields else None, message)


def _named(expectation: Expectation) -> str:
    return f"{expectation.control.ref}  {expectation.title}"


def _kind(info: FieldInfo) -> _Kind:
    kind = _bare(info.annotation)
    if get_origin(kind) is Literal:
        return _Kind(
            lambda _: forms.ChoiceField(choices=[(each, _sign(each)) for each in get_args(kind)])
        )
    if get_origin(kind) in {tuple, list, set, frozenset}:
        return _LINES
    if get_origin(kind) is dict:
        return _PAIRS
    return _SIMPLE.get(kind, _TEXT)


def _bare(annotation: Any) -> Any:
    """Take `| None` away from a type."""
    if get_origin(annotation) in {Union, UnionType}:
        rest = [each for each in get_args(annotation) if each is not NoneType]
        return rest[0] if len(rest) == 1 else str
    return annotation


def _sign(value: str) -> str:
    return _NAMES_OF_SIGNS.get(value, value)


def _limit(info: FieldInfo, name: str) -> Any:
    """Return a limit that the declaration states, such as ge, le or max_length."""
    found = [getattr(each, name) for each in info.metadata if hasattr(each, name)]
    return found[0] if found else None


def _text(info: FieldInfo) -> forms.Field:
    longest = _limit(info, "max_length")
    many = longest is None or longest > _ONE_LINE
    return forms.CharField(max_length=longest, widget=forms.Textarea if many else forms.TextInput)


def _read_pairs(answer: str) -> dict[str, str]:
    pairs = (line.partition(":") for line in answer.splitlines() if line.strip())
    return {name.strip(): value.strip() for name, _, value in pairs}


def _show_pairs(value: Mapping[str, Any] | None) -> str:
    return "\n".join(f"{name}: {kind}" for name, kind in (value or {}).items())


def _area(words: str) -> Callable[[FieldInfo], forms.Field]:
    return lambda _: forms.CharField(widget=forms.Textarea(attrs={"placeholder": words}))


_TEXT = _Kind(_text)
_LINES = _Kind(
    _area("one in each line"),
    read=lambda answer: [line.strip() for line in answer.splitlines() if line.strip()],
    show=lambda value: "\n".join(map(str, value or ())),
)
_PAIRS = _Kind(_area("name: type, one in each line"), read=_read_pairs, show=_show_pairs)
_SIMPLE: dict[Any, _Kind] = {
    SecretStr: _Kind(
        lambda _: forms.CharField(
            widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}), strip=False
        ),
        show=lambda _: None,
    ),
    HttpUrl: _Kind(
        lambda _: forms.CharField(widget=forms.URLInput), show=lambda value: value and str(value)
    ),
    bool: _Kind(lambda _: forms.BooleanField()),
    int: _Kind(
        lambda info: forms.IntegerField(min_value=_limit(info, "ge"), max_value=_limit(info, "le"))
    ),
    float: _Kind(lambda info: forms.FloatField(max_value=_limit(info, "le"))),
}
