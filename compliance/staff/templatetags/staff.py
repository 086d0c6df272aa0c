"""Tags of the staff pages: the lean list in place of the skin's, and words for states and dates."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django import template
from django.contrib.admin.utils import display_for_field, label_for_field, lookup_field
from django.contrib.admin.views.main import PAGE_VAR
from django.db.models import DateTimeField, Field
from django.urls import NoReverseMatch

from audits import gates
from audits.coverage import Occurrence
from audits.flags import Flag, Flags
from audits.models import Engagement
from compliance import moments
from compliance.staff import filter_shelf, words

register = template.Library()

register.filter("moment", moments.moment)
register.filter("clock", words.clock)
register.filter("day", words.day)
register.filter("duration", words.duration)
register.filter("size", words.size)
register.filter("short_digest", words.short_digest)
register.filter("spoken", words.spoken)
register.simple_tag(words.period, name="period")
register.simple_tag(words.badge, name="badge")
register.simple_tag(words.plural, name="plural")


@register.simple_tag
def flag(known: Flags, one: Occurrence, last: Occurrence | None = None) -> Flag | None:
    """What is bound to an expected time, or to all from it to a last one."""
    return known.of_occurrences([one, last or one])


@register.filter
def after_freeze(moment: datetime, engagement: Engagement) -> bool:
    """Whether something came after the freeze date of an engagement."""
    return gates.came_after_freeze(engagement, moment)


@register.filter
def undoing(message: Any) -> str:
    """What takes the deed back that a message tells of; empty where nothing does."""
    tag = message.extra_tags or ""
    return tag.removeprefix(words.UNDO) if tag.startswith(words.UNDO) else ""


@register.filter
def get(mapping: Any, key: Any) -> Any:
    """Look a key up in a mapping, which a template cannot do for a key that is a variable."""
    return mapping.get(key)


@register.inclusion_tag("staff/parts/filter_menus.html")
def filter_menus(cl: Any) -> dict[str, Any]:
    """The filters of a list as menus that need no script."""
    menus = []
    for spec in cl.filter_specs:
        choices = list(spec.choices(cl))
        chosen = [each["display"] for each in choices[1:] if each["selected"]]
        title = str(spec.title)
        menus.append(
            {
                "title": title[:1].upper() + title[1:],
                "choices": choices,
                "on": ", ".join(map(str, chosen)),
            }
        )
    return {"menus": menus}


@register.inclusion_tag("staff/parts/saved_filters.html", takes_context=True)
def saved_filters(context: Any) -> dict[str, Any]:
    """The filters that the person keeps of this list, and a field to keep those now chosen."""
    request = context["request"]
    query = filter_shelf.query_of(request.META.get("QUERY_STRING", ""))
    kept = filter_shelf.kept(request)
    return {
        "kept": kept,
        "query": query,
        "current": next((each for each in kept if each.query == query), None),
        "page": filter_shelf.page_of(request),
        "csrf_token": context.get("csrf_token"),
    }


@register.inclusion_tag("staff/parts/list_table.html", takes_context=True)
def list_table(context: Any, cl: Any) -> dict[str, Any]:
    """The rows of a list as a plain table; the skin's own takes seven times the bytes."""
    admin = cl.model_admin
    labels = [_label(cl, name) for name in cl.list_display]
    return {
        "caption": cl.opts.verbose_name_plural,
        "headers": labels,
        "rows": [list(_cells(cl, row, labels)) for row in cl.result_list],
        "empty": admin.empty_words,
        "empty_next": admin.empty_next,
        "ways": [*context["buttons"], *context["empty_links"]],
        "narrowed": bool(cl.query or cl.has_active_filters),
        **_pages(cl),
    }


def _label(cl: Any, name: str) -> str:
    text = str(label_for_field(name, cl.model, model_admin=cl.model_admin))
    return text[:1].upper() + text[1:]


def _cells(cl: Any, row: Any, labels: list[str]) -> Iterator[tuple[str, Any, str]]:
    for place, name in enumerate(cl.list_display):
        field, _, value = lookup_field(name, row, cl.model_admin)
        yield labels[place], _shown(field, value), "" if place else _url(cl, row)


def _shown(field: "Field[Any, Any] | None", value: Any) -> Any:
    if value is None:
        return ""
    if field is None:
        return value
    if isinstance(field, DateTimeField):
        return words.in_list(value)
    if field.remote_field:
        return value
    return display_for_field(value, field, "")


def _url(cl: Any, row: Any) -> str:
    try:
        return str(cl.url_for_result(row))
    except NoReverseMatch:
        return ""


def _pages(cl: Any) -> dict[str, str]:
    # A list of one page is shown whole, whatever page was asked for.
    paginator, number = cl.paginator, cl.page_num if cl.multi_page else 1
    first = (number - 1) * paginator.per_page
    total = words.at_most(paginator.count, paginator.counted)
    last = first + len(cl.result_list)
    more = ". Narrow the list to see the rest." if paginator.is_cut else ""
    return {
        "shown": f"{first + 1:,} to {last:,} of {total}{more}" if last else "",
        "previous": cl.get_query_string({PAGE_VAR: number - 1}) if number > 1 else "",
        "following": cl.get_query_string({PAGE_VAR: number + 1})
        if number < paginator.num_pages
        else "",
    }
