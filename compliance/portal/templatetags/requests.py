"""Words for requests in the portal."""

from collections.abc import Mapping

from django import template

from audits.models import EvidenceRequest

register = template.Library()


@register.filter
def answerer(request: EvidenceRequest) -> str:
    """Name who answers a request: a person, a role, or nobody yet."""
    return str(request.owner) if request.owner else request.get_owner_role_display()


@register.filter
def lookup(mapping: Mapping[object, str], key: object) -> str:
    """Look a key up that is a variable of the template."""
    return mapping.get(key, "")
