"""Writing the description of the system, section by section, and what it still lacks."""

from collections.abc import Mapping

from django.db import transaction

from accounts import journal
from accounts.access import actor
from accounts.models import User
from audits import gates, organisations, scope
from audits.completeness import Described, Gap, Organisation, Report, Section, Text, gaps
from audits.errors import DescriptionError
from audits.models import DescriptionRevision, Engagement, SubserviceOrganisation
from evidence import ledger

LONGEST_TEXT = 100_000
_REPORTS = {
    Engagement.Type.SOC2_TYPE1: Report.AT_A_DATE,
    Engagement.Type.SOC2_TYPE2: Report.OVER_A_PERIOD,
    Engagement.Type.SOC1: Report.OVER_A_PERIOD,
}


def write_section(
    engagement: Engagement, *, section: str, text: str, based_on: int, by: User
) -> DescriptionRevision:
    """Write a section anew; `based_on` is the number of the text that the writer had before them.

    Saving a carried text unchanged says that it was looked over. Raises DescriptionError where
    somebody else wrote meanwhile, and where nothing would change.
    """
    gates.refuse_stranger(by)
    named, words = _section(section), _words(text)
    with transaction.atomic():
        ledger.lock()
        gates.refuse_closed(engagement)
        latest = current(engagement).get(named)
        _refuse_stale(latest, based_on)
        if latest and latest.text == words and latest.carried_from_id is None:
            raise DescriptionError(f"{named} says this already. Nothing was changed.")
        return record_text(engagement, named, words, number=based_on + 1, by=by)


def record_text(
    engagement: Engagement,
    section: Section,
    text: str,
    *,
    number: int,
    by: User,
    carried_from: DescriptionRevision | None = None,
) -> DescriptionRevision:
    """Store a text that a deed has checked, with its leaf; inside that deed's transaction."""
    entry = ledger.append(
        "description.written",
        subject=engagement.ref,
        body={
            "section": section.value,
            "number": number,
            "text_sha256": journal.digest(text),
            "carried": carried_from is not None,
        },
        actor=actor(by),
    )
    return DescriptionRevision.objects.create(
        engagement=engagement,
        section=section,
        number=number,
        text=text,
        carried_from=carried_from,
        written_by=by,
        ledger_entry=entry,
    )


def current(engagement: Engagement) -> dict[Section, DescriptionRevision]:
    """Return the text of each section that holds now, in order; one query."""
    rows = engagement.description.select_related("written_by").order_by("number")
    latest = {row.section: row for row in rows}
    return {one: latest[one] for one in Section if one in latest}


def described(engagement: Engagement) -> Described:
    """Return what the check of completeness looks at; five queries."""
    uncovered = scope.criteria_of(engagement).filter(mappings__isnull=True)
    groundless = engagement.categories.filter(ground="")
    return Described(
        report=_REPORTS.get(Engagement.Type(engagement.type), Report.NONE),
        texts={
            one.value: Text(row.text, is_carried=row.carried_from_id is not None)
            for one, row in current(engagement).items()
        },
        organisations=tuple(
            Organisation(
                name=one.name,
                is_carved_out=one.method == SubserviceOrganisation.Method.CARVE_OUT,
                complementary_controls=len(one.controls),
                is_monitored=bool(one.monitoring),
            )
            for one in engagement.organisations.filter(removed_at=None)
        ),
        user_entity_controls=len(organisations.latest_wordings(engagement)),
        uncovered=tuple(uncovered.values_list("ref", flat=True)),
        groundless=tuple(groundless.values_list("category", flat=True)),
    )


def lacks(engagement: Engagement) -> Mapping[Section | None, list[Gap]]:
    """Return what is lacking by section; what is about the scope stands under None."""
    found: dict[Section | None, list[Gap]] = {}
    for gap in gaps(described(engagement)):
        found.setdefault(gap.section, []).append(gap)
    return found


def _section(name: str) -> Section:
    if name not in set(Section):
        raise DescriptionError(f"There is no section {name!r}; the sections are DC1 to DC9.")
    return Section(name)


def _words(text: str) -> str:
    words = text.replace("\r\n", "\n").strip()
    if len(words) > LONGEST_TEXT:
        raise DescriptionError(f"A section holds at most {LONGEST_TEXT:,} characters. Shorten it.")
    return words


def _refuse_stale(latest: DescriptionRevision | None, based_on: int) -> None:
    number = latest.number if latest else 0
    if number != based_on:
        writer = f" by {latest.written_by}" if latest else ""
        message = (
            f"The section was written{writer} meanwhile (text {number}). Read that one, then "
            "put your changes into it."
        )
        raise DescriptionError(message)
