"""What the forms of the staff door have in common: plain widgets in our own clothes."""

from collections.abc import Mapping
from datetime import date, datetime, time
from typing import Any

from django import forms
from django.utils.timezone import make_aware

from compliance import moments
from compliance.staff import words

_BARE = (forms.CheckboxInput, forms.CheckboxSelectMultiple, forms.RadioSelect)


class DayField(forms.DateField):
    """A day, typed or picked; browsers send it in ISO 8601."""

    def __init__(self, **options: Any) -> None:
        widget = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
        super().__init__(widget=widget, input_formats=["%Y-%m-%d"], **options)


class MomentField(forms.DateTimeField):
    """A moment by the clocks of who types it; the form says which those are."""

    def __init__(self, **options: Any) -> None:
        widget = forms.DateTimeInput(format="%Y-%m-%dT%H:%M", attrs={"type": "datetime-local"})
        super().__init__(
            widget=widget, input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"], **options
        )

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, datetime) and value.tzinfo:
            return value.astimezone(moments.zone()).replace(tzinfo=None, second=0, microsecond=0)
        return value

    def to_python(self, value: Any) -> datetime | None:
        if value in self.empty_values:
            return None
        return make_aware(self._naive(str(value)), moments.zone())

    def _naive(self, text: str) -> datetime:
        for pattern in self.input_formats or ():
            try:
                return datetime.strptime(text, pattern)  # noqa: DTZ007  # its zone is added above
            except ValueError:
                continue
        raise forms.ValidationError(self.error_messages["invalid"], code="invalid")


class StaffForm(forms.Form):
    """A form whose fields know how wide they are and whether they must be filled."""

    layout = "staff/parts/form.html"
    widths: Mapping[str, str] = {}
    """Name of a field to "half" or "third" of the row."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("label_suffix", "")
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            dress(field, width=self.widths.get(name, ""))
            if isinstance(field, MomentField):
                field.help_text = f"{field.help_text} By the clocks of {moments.zone()}.".strip()

    def add_refusal(self, refusal: Exception) -> None:
        """Put what a room refused at the top of the form; nothing that was typed is lost."""
        self.add_error(None, str(refusal))


def dress(field: forms.Field, *, width: str = "") -> None:
    """Give a field its place in the row and its widget the class that the style sheet knows."""
    field.cs_width = width  # type: ignore[attr-defined]
    field.cs_bare = isinstance(field.widget, _BARE)  # type: ignore[attr-defined]
    if not isinstance(field.widget, _BARE):
        known = field.widget.attrs.get("class", "")
        field.widget.attrs["class"] = f"cs-input {known}".strip()
    if isinstance(field.widget, forms.Textarea):
        field.widget.attrs["rows"] = field.widget.attrs.get("rows_wanted", 4)


def end_of(day: date) -> datetime:
    """The last moment of a day by the clocks of the organisation."""
    return datetime.combine(day, time(23, 59, 59, 999999), words.zone())
