"""The settings of a source: read for its collector, with its secrets sealed at rest.

Secrets are opened only here, for the moment of a run, and leave as SecretStr.
"""

import json
from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from collectors.base import SourceSettings
from collectors.errors import SettingsError
from collectors.models import Source
from collectors.registry import Collector
from evidence import seal
from evidence.errors import SealError


def read(source: Source, collector: Collector) -> SourceSettings:
    """Return the settings of a source; SettingsError when they do not fit the collector."""
    return validate(collector, {**source.config, **secrets_of(source)})


def validate(collector: Collector, values: Mapping[str, Any]) -> SourceSettings:
    """Return settings made from values; SettingsError names every field that does not fit."""
    try:
        return collector.settings.model_validate(dict(values))
    except ValidationError as error:
        raise SettingsError(_explained(error)) from None


def split(collector: Collector, values: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
    """Part checked values into those to store in clear (as JSON) and those to seal."""
    checked = validate(collector, values)
    plain = checked.model_dump(mode="json", exclude=set(collector.secret_fields))
    given = {name: getattr(checked, name) for name in collector.secret_fields}
    return plain, {
        name: secret.get_secret_value() for name, secret in given.items() if secret is not None
    }


def seal_secrets(slug: str, secrets: Mapping[str, str]) -> str:
    """Return secrets as they are stored: bound to the source, opened by the sealing key only."""
    return seal.seal_text(json.dumps(dict(secrets)), context=context_of(slug)) if secrets else ""


def secrets_of(source: Source) -> dict[str, str]:
    """Return the secrets of a source in clear; SealError when the key is another one."""
    if not source.secrets:
        return {}
    opened: dict[str, str] = json.loads(
        seal.open_text(source.secrets, context=context_of(source.slug))
    )
    return opened


def known_secrets(source: Source) -> tuple[str, ...]:
    """Return the secrets that must not show in words about a source, as far as they open."""
    try:
        return tuple(secrets_of(source).values())
    except SealError:
        return ()


def context_of(slug: str) -> str:
    """Return what binds sealed secrets to their source."""
    return f"collectors.Source/{slug}"


def _explained(error: ValidationError) -> str:
    """Say what to correct without repeating any value: a value may be a secret."""
    problems = [
        f"{'.'.join(str(part) for part in problem['loc']) or 'settings'}: {problem['msg']}"
        for problem in error.errors(include_input=False, include_url=False, include_context=False)
    ]
    return f"These settings do not fit: {'; '.join(problems)}."
