"""Deeds around registers in the staff door: add, change, retire, bring back, export, snapshot."""

from typing import Any

from django import forms
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse

from accounts.capabilities import Capability
from compliance.staff import table_files, words
from compliance.staff.base import REFUSALS, attempt, person, typed
from compliance.staff.forms import DayField, StaffForm, dress
from compliance.staff.registers import named, one
from compliance.staff.site import DO, READ_AND_DO, site
from registers import entries, headings, sheets, snapshot, values
from registers.base import Field, Type, Value
from registers.errors import EntryError
from registers.models import Entry
from registers.registry import Register
from reports import register_sheet

_HALF = {Type.DATE, Type.INTEGER, Type.DECIMAL, Type.CHOICE, Type.EMAIL, Type.BOOLEAN}
_HINTS = {
    Type.WORDS: "Several are parted by spaces.",
    Type.CONTROLS: "References of controls, parted by spaces, such as AC-01 API-02.",
    Type.LINK: "Starts with https://",
}


class EntryForm(StaffForm):
    """The fields of a register as a form; the register itself says what does not fit."""

    def __init__(self, *args: Any, register: Register, asks_why: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.register = register
        for field in register.declared.fields:
            self.fields[field.name] = _form_field(field)
            dress(self.fields[field.name], width="half" if field.type in _HALF else "")
        if asks_why:
            self.fields["why"] = forms.CharField(
                label="Why", max_length=300, help_text="Kept in the history of the entry."
            )
            dress(self.fields["why"])

    @property
    def given(self) -> dict[str, Any]:
        return {name: self.cleaned_data.get(name) for name in self.register.fields}

    def add_problems(self, refusal: EntryError) -> None:
        """Say beside each field what does not fit; what may be a secret is not sent back."""
        for name, sentence in refusal.problems.items():
            self.add_error(name or None, sentence)
        if refusal.withheld:
            emptied = dict.fromkeys(refusal.withheld, "")
            self.data = {**self.data.dict(), **emptied}  # type: ignore[attr-defined]  # a QueryDict


@site.page(
    "registers/<slug:slug>/add/",
    name="entry_add",
    needs=Capability.MANAGE_REGISTERS,
    methods=READ_AND_DO,
)
def add(request: HttpRequest, slug: str) -> HttpResponseBase:
    register = named(slug)
    # An entry that belongs to another one begins with the words of its key.
    begun = {name: request.GET[name] for name in register.fields if name in request.GET}
    form = EntryForm(request.POST or None, register=register, asks_why=False, initial=begun)
    if form.is_valid():
        by = person(request)
        made = _tried(form, lambda: entries.add(register, given=form.given, by=by))
        if made:
            return redirect("admin:entry", slug, made.number)
    context = {
        "title": f"Add: {register.declared.entry}",
        "intro": register.declared.purpose,
        "form": form,
        "button": "Add it",
        "cancel": reverse("admin:register", args=[slug]),
    }
    return site.render(request, "staff/form.html", context)


@site.page(
    "registers/<slug:slug>/<int:number>/change/",
    name="entry_change",
    needs=Capability.MANAGE_REGISTERS,
    methods=READ_AND_DO,
)
def change(request: HttpRequest, slug: str, number: int) -> HttpResponseBase:
    register, entry = one(slug, number)
    opened = values.opened(register.fields, entry.values)
    initial = {name: _initial(register.fields[name], value) for name, value in opened.items()}
    form = EntryForm(
        request.POST or None, register=register, asks_why=True, initial=initial | {"why": ""}
    )
    form.fields["version"] = forms.IntegerField(widget=forms.HiddenInput, initial=entry.version)
    if form.is_valid():
        by, why = person(request), form.cleaned_data["why"]
        # The version that the person looked at: whoever was faster must not be overwritten.
        entry.version = form.cleaned_data["version"]
        deed = lambda: entries.change(  # noqa: E731  # one deed, tried once
            entry, register=register, given=form.given, by=by, reason=why
        )
        if _tried(form, deed):
            return redirect("admin:entry", slug, number)
    context = {
        "title": f"Change {entry.title}",
        "form": form,
        "button": "Keep the change",
        "cancel": reverse("admin:entry", args=[slug, number]),
    }
    return site.render(request, "staff/form.html", context)


@site.page(
    "registers/<slug:slug>/<int:number>/retire/",
    name="entry_retire",
    needs=Capability.MANAGE_REGISTERS,
    methods=DO,
)
def retire(request: HttpRequest, slug: str, number: int) -> HttpResponseBase:
    register, entry = one(slug, number)
    by, reason = person(request), typed(request, "reason")
    attempt(
        request,
        lambda: entries.retire(entry, register=register, by=by, reason=reason),
        done=f"{entry.ref} is retired; its history stays.",
    )
    return redirect("admin:entry", slug, number)


@site.page(
    "registers/<slug:slug>/<int:number>/back/",
    name="entry_back",
    needs=Capability.MANAGE_REGISTERS,
    methods=DO,
)
def bring_back(request: HttpRequest, slug: str, number: int) -> HttpResponseBase:
    register, entry = one(slug, number)
    by, reason = person(request), typed(request, "reason")
    attempt(
        request,
        lambda: entries.bring_back(entry, register=register, by=by, reason=reason),
        done=f"{entry.ref} stands again.",
    )
    return redirect("admin:entry", slug, number)


@site.page(
    "registers/<slug:slug>/snapshot/",
    name="register_snapshot",
    needs=Capability.MANAGE_REGISTERS,
    methods=DO,
)
def take_snapshot(request: HttpRequest, slug: str) -> HttpResponseBase:
    register = named(slug)
    by = person(request)
    evidence = attempt(
        request,
        lambda: snapshot.take(register, by=by),
        done="The register is kept as it stands now, as a population with its IPE record.",
    )
    if evidence is None:
        return redirect("admin:register", slug)
    return redirect("admin:evidence_evidence_change", evidence.pk)


@site.page("registers/<slug:slug>/export.csv", name="register_csv", needs=Capability.VIEW)
def export_csv(_request: HttpRequest, slug: str) -> HttpResponseBase:
    """Send the whole register as CSV that can be imported again."""
    register = named(slug)
    name = f"{slug}-{words.today().isoformat()}.csv"
    return table_files.as_csv(name, headings.of(register), sheets.rows(register))


@site.page("registers/<slug:slug>/export.xlsx", name="register_xlsx", needs=Capability.VIEW)
def export_xlsx(_request: HttpRequest, slug: str) -> HttpResponseBase:
    """Send the whole register as an Excel sheet that can be imported again."""
    register = named(slug)
    name = f"{slug}-{words.today().isoformat()}.xlsx"
    return table_files.as_excel(
        name, register_sheet.MEDIA_TYPE, lambda path: register_sheet.write(register, path)
    )


def _tried(form: EntryForm, deed: Any) -> Entry | None:
    try:
        made: Entry = deed()
    except EntryError as refusal:
        form.add_problems(refusal)
    except REFUSALS as refusal:
        form.add_refusal(refusal)
    else:
        return made
    return None


def _form_field(field: Field) -> forms.Field:
    """Return a plain form field: what fits is the register's to say, in its own words."""
    common: dict[str, Any] = {
        "label": field.label,
        "required": field.required,
        "help_text": field.help or _HINTS.get(field.type, ""),
    }
    if field.type is Type.DATE:
        return DayField(**common)
    if field.type is Type.CHOICE:
        choices = [("", ""), *((choice, choice) for choice in field.choices)]
        return forms.ChoiceField(choices=choices, **common)
    if field.type is Type.BOOLEAN:
        return forms.ChoiceField(choices=[("", ""), ("yes", "yes"), ("no", "no")], **common)
    if field.type is Type.PARAGRAPH:
        return forms.CharField(widget=forms.Textarea, max_length=4000, **common)
    return forms.CharField(max_length=field.longest, **common)


def _initial(field: Field, value: Value) -> Any:
    return value if field.type is Type.DATE else values.words(value)
