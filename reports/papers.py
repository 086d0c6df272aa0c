"""Renders the templates of papers, by an engine that knows nothing of the doors and their tags.

The doors' engine loads the tags of every installed application, some ten megabytes; and what a
paper says must not depend on who asks for it.
"""

from collections.abc import Mapping
from functools import cache
from typing import Any

from django.conf import settings
from django.template import Context, Engine
from django.utils.safestring import SafeString, mark_safe

from reports import demonstration

_LIBRARIES = {"humanize": "django.contrib.humanize.templatetags.humanize"}


def rendered(name: str, context: Mapping[str, Any]) -> SafeString:
    """Return a template of the folder `templates/reports` filled in, in the active language.

    In a demo it bears the label of one.
    """
    html = _engine().get_template(f"reports/{name}").render(Context(dict(context)))
    return mark_safe(demonstration.on_paper(html))  # noqa: S308  # rendered, and our own label


@cache
def _engine() -> Engine:
    return Engine(dirs=settings.TEMPLATES[0]["DIRS"], libraries=_LIBRARIES)
