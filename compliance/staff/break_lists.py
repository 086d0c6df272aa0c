"""Many breaks at once in the staff door: given to somebody after a preview, and saved as a file."""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse

from accounts.capabilities import Capability
from accounts.models import User
from compliance.staff import table_files, undo, words
from compliance.staff.base import attempt, person, typed
from compliance.staff.breaks import choice_in, choice_of, is_number
from compliance.staff.site import DO, site
from registers.errors import ReconcilingError
from registers.models import Break
from registers.reconciling import queue, queue_sheet, working
from reports import break_sheet

_SHOWN = 100
_MOST_TAKEN_BACK = 200
_GIVEN = "breaks.given"


@site.page(
    "breaks/preview/", name="breaks_preview", needs=Capability.RUN_RECONCILIATIONS, methods=DO
)
def preview(request: HttpRequest) -> HttpResponseBase:
    """Show what would be given to whom: the ticked breaks, or all that fit; nothing is done."""
    asked, owner, gone = typed(request, "asked"), _owner(request), 0
    if "all" in request.POST:
        choice = choice_in(dict(parse_qsl(asked)))
        fitting = queue.breaks(choice, today=words.today()).filter(is_open=True)
        found = list(fitting[: working.MOST_AT_ONCE])
        total = fitting.count()
    else:
        ticked = [int(one) for one in request.POST.getlist("break") if is_number(one)]
        chosen = Break.objects.filter(number__in=ticked[: working.MOST_AT_ONCE], is_open=True)
        found = list(chosen.select_related("reconciliation", "owner").order_by("number"))
        total = len(found)
        gone = len(ticked) - total
    if owner is None or not found:
        messages.warning(request, "Choose who gets them, and at least one open break.")
        return redirect(_queue(asked))
    context = {
        "title": f"Give {words.plural(len(found), 'break')} to {owner}",
        "to": owner,
        "found": found,
        "shown": found[:_SHOWN],
        "more": max(len(found) - _SHOWN, 0),
        "left_over": total - len(found),
        "gone": gone,
        "sums": _sums(found),
        "asked": asked,
        "back": _queue(asked),
        "taken": sum(1 for each in found if each.owner and each.owner != owner),
    }
    return site.render(request, "staff/breaks_preview.html", context)


@site.page("breaks/assign/", name="breaks_assign", needs=Capability.RUN_RECONCILIATIONS, methods=DO)
def assign(request: HttpRequest) -> HttpResponseBase:
    """Give breaks to somebody: all of them or none; each as the person saw it."""
    seen = dict(_seen(one) for one in request.POST.getlist("break") if _seen(one)[0])
    owner = _owner(request)
    chosen = list(Break.objects.filter(number__in=[*seen][: working.MOST_AT_ONCE + 1]))

    def give() -> int:
        if owner is None:
            raise ReconcilingError("Choose who gets them.")
        return working.assign(chosen, to=owner, by=person(request), seen=seen)

    owners = {each.number: each.owner_id for each in chosen}
    if attempt(request, give) is not None:
        _tell(request, f"{words.plural(len(chosen), 'break')} given to {owner}.", owners)
    if is_number(typed(request, "number")):
        return redirect("admin:break", int(typed(request, "number")))
    return redirect(_queue(typed(request, "asked")))


@site.page("breaks/export.csv", name="breaks_csv", needs=Capability.VIEW)
def export_csv(request: HttpRequest) -> HttpResponseBase:
    """Send the breaks that the filters of the queue leave, as CSV."""
    today = words.today()
    rows = queue_sheet.rows(choice_of(request), today=today)
    return table_files.as_csv(f"breaks-{today.isoformat()}.csv", queue_sheet.HEADER, rows)


@site.page("breaks/export.xlsx", name="breaks_xlsx", needs=Capability.VIEW)
def export_xlsx(request: HttpRequest) -> HttpResponseBase:
    """Send the same as an Excel sheet."""
    choice, today = choice_of(request), words.today()
    beyond = queue.breaks(choice, today=today)[break_sheet.MOST : break_sheet.MOST + 1]
    if beyond.exists():
        messages.warning(
            request,
            f"More than {break_sheet.MOST:,} breaks fit. Narrow the list, or save it as CSV.",
        )
        return redirect(_queue(request.GET.urlencode()))
    return table_files.as_excel(
        f"breaks-{today.isoformat()}.xlsx",
        break_sheet.MEDIA_TYPE,
        lambda path: break_sheet.write(choice, path, today=today),
    )


def _tell(request: HttpRequest, told: str, owners: Mapping[int, int | None]) -> None:
    """Tell that breaks were given; where each had an owner before, they can have them back."""
    if len(owners) > _MOST_TAKEN_BACK or not all(owners.values()):
        messages.success(request, told)
        return
    steps = dict(Break.objects.filter(number__in=owners).values_list("number", "steps"))
    before = " ".join(f"{key}.{steps[key]}.{owner}" for key, owner in owners.items())
    undo.offer(request, told, kind=_GIVEN, facts={"before": before})


@undo.takes_back(_GIVEN)
def give_back(user: User, facts: undo.Facts) -> str:
    """Give breaks back to who had them, all or none; ChangedMeanwhileError where one moved on."""
    seen: dict[int, dict[int, int]] = defaultdict(dict)
    for one in str(facts["before"]).split():
        number, step, owner = map(int, one.split("."))
        seen[owner][number] = step
    with transaction.atomic():
        for owner, steps in seen.items():
            breaks = list(Break.objects.filter(number__in=steps))
            working.assign(breaks, to=User.objects.get(pk=owner), by=user, seen=steps)
    count = sum(map(len, seen.values()))
    return f"{words.plural(count, 'break')} given back to who had them."


def _owner(request: HttpRequest) -> User | None:
    to = typed(request, "to")
    return User.objects.filter(pk=int(to), is_active=True).first() if is_number(to) else None


def _seen(text: str) -> tuple[int, int]:
    """Return number and step of a break as a page carries them, such as 12.3; 0 for no step."""
    number, _, step = text.partition(".")
    if not is_number(number):
        return 0, 0
    return int(number), int(step) if is_number(step) else 0


def _sums(found: list[Break]) -> list[dict[str, Any]]:
    sums: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0])
    for each in found:
        one = sums[each.reconciliation.ref, each.currency]
        one[0] += 1
        one[1] += each.size
    return [
        {"of": ref, "currency": code, "count": count, "size": size}
        for (ref, code), (count, size) in sorted(sums.items())
    ]


def _queue(asked: str) -> str:
    """Return the address of the queue with these filters, and nothing else that was typed."""
    choice = choice_in(dict(parse_qsl(asked)))
    return reverse("admin:breaks") + queue.address_of(choice)
