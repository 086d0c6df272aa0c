"""The form of a source is made from any settings that a collector may declare."""

from types import ModuleType
from typing import Any, Literal

import pytest
from django import forms
from pydantic import Field, HttpUrl, SecretStr, field_validator

from collectors import registry
from collectors.base import SourceSettings
from collectors.registry import Collector
from compliance.staff.settings_form import PREFIX, SourceForm
from tests.collectors import world

pytestmark = pytest.mark.django_db


class Everything(SourceSettings):
    """One setting of each kind."""

    name: str = Field(title="Name", description="Short text.", max_length=40)
    notes: str = Field(default="", title="Notes", description="Long text.")
    address: HttpUrl = Field(title="Address", description="A place.")
    port: int = Field(default=443, title="Port", description="A number.", ge=1, le=65535)
    patience: float = Field(default=2.5, title="Patience", description="Seconds.", le=30)
    strict: bool = Field(default=True, title="Strict", description="Yes or no.")
    sign: Literal[",", "\t"] = Field(default=",", title="Sign", description="One of these.")
    hosts: tuple[str, ...] = Field(default=(), title="Hosts", description="Several.")
    columns: dict[str, str] = Field(default_factory=dict, title="Columns", description="Pairs.")
    branch: str | None = Field(default=None, title="Branch", description="May be empty.")
    key: SecretStr = Field(title="Key", description="Secret.")

    @field_validator("hosts")
    @classmethod
    def _named(cls, hosts: tuple[str, ...]) -> tuple[str, ...]:
        if "bad" in hosts:
            message = "bad is no host"
            raise ValueError(message)
        return hosts


@pytest.fixture
def collector() -> Collector:
    module = ModuleType("tests.everything")
    module.__file__ = __file__
    module.COLLECTOR = world.DECLARED  # type: ignore[attr-defined]
    module.Settings = Everything  # type: ignore[attr-defined]
    module.collect = world.counted  # type: ignore[attr-defined]
    return registry.inspect_module("everything", module, version="1")


def filled(**changes: str) -> dict[str, str]:
    return {
        "title": "All",
        "slug": "all",
        "environment": "test",
        "time_zone": "UTC",
        "setting_name": "it",
        "setting_address": "https://example.org/",
        "setting_port": "8443",
        "setting_patience": "1.5",
        "setting_strict": "on",
        "setting_sign": "\t",
        "setting_hosts": "one\n\n two \n",
        "setting_columns": "id: integer\nname : text\n",
        "setting_branch": "",
        "setting_key": "  a secret with spaces  ",
        **changes,
    }


def form(collector: Collector, data: dict[str, str] | None = None) -> SourceForm:
    return SourceForm(data, collector=collector)


def test_each_kind_of_setting_has_its_field(collector: Collector) -> None:
    fields = form(collector).fields
    kinds = {
        "name": forms.CharField,
        "port": forms.IntegerField,
        "patience": forms.FloatField,
        "strict": forms.BooleanField,
        "sign": forms.ChoiceField,
    }
    for name, kind in kinds.items():
        assert isinstance(fields[f"{PREFIX}{name}"], kind), name
    assert isinstance(fields[f"{PREFIX}notes"].widget, forms.Textarea)
    assert isinstance(fields[f"{PREFIX}hosts"].widget, forms.Textarea)
    assert isinstance(fields[f"{PREFIX}key"].widget, forms.PasswordInput)
    assert fields[f"{PREFIX}sign"].choices == [(",", "Comma"), ("\t", "Tab")]  # type: ignore[attr-defined]


def test_what_has_a_default_may_be_left_empty(collector: Collector) -> None:
    fields = form(collector).fields
    required = {name.removeprefix(PREFIX) for name, field in fields.items() if field.required}
    assert {"name", "address", "key"} <= required
    assert not {"notes", "port", "branch", "hosts", "strict"} & required
    assert fields[f"{PREFIX}port"].initial == 443


def test_answers_become_values_of_the_right_kind(collector: Collector) -> None:
    sent = form(collector, filled())
    assert sent.is_valid(), sent.errors
    assert sent.values == {
        "name": "it",
        "address": "https://example.org/",
        "port": 8443,
        "patience": 1.5,
        "strict": True,
        "sign": "\t",
        "hosts": ["one", "two"],
        "columns": {"id": "integer", "name": "text"},
        "key": "  a secret with spaces  ",
    }


def test_a_box_that_is_not_ticked_means_no(collector: Collector) -> None:
    data = filled()
    del data["setting_strict"]
    sent = form(collector, data)
    assert sent.is_valid()
    assert sent.values["strict"] is False


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("address", "no address"),
        ("port", "70000"),
        ("port", "many"),
        ("patience", "31"),
        ("sign", ";"),
        ("hosts", "good\nbad"),
        ("name", "x" * 41),
        ("name", ""),
        ("key", ""),
    ],
)
def test_each_error_finds_its_field(collector: Collector, field: str, value: str) -> None:
    sent = form(collector, filled(**{f"setting_{field}": value}))
    assert not sent.is_valid()
    assert list(sent.errors) == [f"{PREFIX}{field}"]


def test_an_error_never_repeats_a_secret(collector: Collector) -> None:
    sent = form(collector, filled(setting_key="open-sesame", setting_hosts="bad"))
    assert not sent.is_valid()
    assert "open-sesame" not in str(sent.errors)
    assert "open-sesame" not in str(sent["setting_key"])


@pytest.mark.parametrize("slug", sorted(registry.collectors()))
def test_every_collector_of_the_house_has_a_form(slug: str) -> None:
    made: Any = SourceForm(collector=registry.get(slug))
    named = [name for name in made.fields if name.startswith(PREFIX)]
    assert len(named) == len(registry.get(slug).settings.model_fields)
    for name in named:
        assert made[name].label
        assert str(made[name])
