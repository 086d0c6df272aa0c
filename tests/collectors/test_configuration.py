"""Settings of a source: checked, and their secrets sealed."""

import pytest

from collectors import configuration, registry
from collectors.errors import SettingsError
from collectors.models import Source
from evidence.errors import SealError
from tests.collectors import world

SECRET = "hunter2-hunter2"


@pytest.fixture
def doors(monkeypatch: pytest.MonkeyPatch) -> registry.Collector:
    return registry.get(world.install(monkeypatch))


def test_values_are_parted_into_plain_and_secret(doors: registry.Collector) -> None:
    plain, secret = configuration.split(doors, {"house": "yours", "token": SECRET})
    assert plain == {"house": "yours"}
    assert secret == {"token": SECRET}


def test_a_secret_that_is_not_given_is_not_stored(doors: registry.Collector) -> None:
    assert configuration.split(doors, {"house": "yours"}) == ({"house": "yours"}, {})
    assert configuration.seal_secrets("doors-1", {}) == ""


def test_sealed_secrets_open_for_their_own_source_only() -> None:
    sealed = configuration.seal_secrets("doors-1", {"token": SECRET})
    assert SECRET not in sealed
    own, other = Source(slug="doors-1", secrets=sealed), Source(slug="doors-2", secrets=sealed)
    assert configuration.secrets_of(own) == {"token": SECRET}
    with pytest.raises(SealError):
        configuration.secrets_of(other)
    assert configuration.known_secrets(other) == ()


def test_settings_are_read_with_their_secrets(doors: registry.Collector) -> None:
    sealed = configuration.seal_secrets("doors-1", {"token": SECRET})
    source = Source(slug="doors-1", config={"house": "yours"}, secrets=sealed)
    read = configuration.read(source, doors)
    assert isinstance(read, world.Settings)
    assert read.token
    assert read.token.get_secret_value() == SECRET
    assert SECRET not in repr(read)
    assert SECRET not in str(source.__dict__)


@pytest.mark.parametrize(
    ("values", "field"),
    [({"house": 5}, "house"), ({"garden": "big"}, "garden"), ({"token": 5}, "token")],
)
def test_values_that_do_not_fit_are_refused_by_name(
    doors: registry.Collector, values: dict[str, object], field: str
) -> None:
    with pytest.raises(SettingsError, match=field):
        configuration.validate(doors, values)


def test_an_error_never_repeats_a_value(doors: registry.Collector) -> None:
    with pytest.raises(SettingsError) as caught:
        configuration.validate(doors, {"token": [SECRET], "house": {"secret": SECRET}})
    assert SECRET not in str(caught.value)
    # The cause would show it to whoever logs the error with its chain.
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__
