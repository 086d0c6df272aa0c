"""The auditor's weeks after the window: requests, a sample with its work sheet, and the pack.

Story: the change that its author merged is among those that were drawn, and the auditor writes the
deviation down.
"""

from functools import partial

from django.utils import timezone

from audits import draws, engagements, joined, populations, requests, sampling, worksheets
from audits.models import Draw, EvidenceRequest, SampleResult, SealedPopulation
from audits.populations import Definition
from audits.request_terms import Owner, Wording
from audits.sampling import Method
from audits.worksheets import ItemResult
from compliance.demo import clock
from compliance.demo.calendar import DAY
from compliance.demo.tables import merged_alone
from compliance.demo.world import World
from compliance.portal import deviations
from controls.models import Control, Expectation
from evidence.models import Evidence
from reports import issue

_NONCE = "salt wind over the marsh, throw {} of Fell and Moor"
_THROWS = 200
_SIZE = 25
_ASKED = (
    ("AC-05", "privileged-accounts", "Lists of far-reaching accounts of the window."),
    ("PI-04", "break-roll-forward", "Roll-forward of breaks, signed, for each month."),
    ("AV-12", "restore-practice", "Restore tests of the window, failed ones too."),
)
_ASKED_LATE = (
    ("AC-03", "leavers", "Who left in the window, with the removals of their access."),
    ("VN-02", "vendor-reports", "What we hold of Tidewater Hosting for the last quarter."),
)
_MISSED = ("Reviewed by somebody other than the author",)


def plan(world: World) -> None:
    """Let the auditor in ten days after the window; ask, answer, draw, test, and hand over."""
    last, today = world.calendar.window.last, world.calendar.today
    for days, hour, deed in (
        (10, 10, _admit),
        (11, 10, _ask),
        (13, 10, _answer),
        (14, 10, _sample),
        (16, 11, _test),
        (18, 16, _hand_over),
    ):
        world.diary.put(clock.on(last + days * DAY, hour), partial(deed, world))
    # Two requests are still under way today, whenever that is.
    late = max(last + 19 * DAY, today - 4 * DAY)
    world.diary.put(clock.on(late, 10), lambda: _ask_late(world))
    world.diary.put(clock.on(late + DAY, 10), lambda: _answer_in_part(world))
    world.diary.put(clock.on(late + 2 * DAY, 10), lambda: _return(world))


def _admit(world: World) -> None:
    bruno = world.company.let_in_auditor()
    until = world.calendar.today + 60 * DAY
    engagements.add_member(world.engagement, user=bruno, access_until=until, by=world.company.lena)


def _ask(world: World) -> None:
    for ref, slug, words in _ASKED:
        _ask_one(world, ref, slug, words)


def _ask_late(world: World) -> None:
    for ref, slug, words in _ASKED_LATE:
        made = _ask_one(world, ref, slug, words)
        requests.change(
            made,
            wording=Wording(title=words, refs=(ref,), due=made.due),
            owner=Owner(world.company.otto),
            by=world.company.lena,
        )


def _ask_one(world: World, ref: str, slug: str, words: str) -> EvidenceRequest:
    due = timezone.now().date() + 14 * DAY
    return requests.ask(
        world.engagement,
        Wording(title=words, refs=(ref,), due=due),
        by=world.company.bruno,
        expectation=Expectation.objects.get(slug=slug),
    )


def _answer(world: World) -> None:
    """Answer what was asked with all that came for it in the window; the auditor accepts."""
    for asked in EvidenceRequest.objects.filter(engagement=world.engagement).order_by("number"):
        items, note = _items(world, asked), "All that came in the window."
        said = requests.answer(asked, evidence=items, note=note, by=world.company.lena)
        requests.accept(asked, seen=said.pk, by=world.company.bruno)


def _answer_in_part(world: World) -> None:
    """Answer the first of the late ones with too little."""
    asked = _late(world)
    items = _items(world, asked)[:3]
    requests.answer(asked, evidence=items, note="The first months.", by=world.company.lena)


def _return(world: World) -> None:
    asked = _late(world)
    said = requests.latest_answer(asked)
    if said is None:
        raise AssertionError("Nothing was answered.")
    reason = "The months after the first quarter are missing."
    requests.return_with_reason(asked, seen=said.pk, reason=reason, by=world.company.bruno)


def _late(world: World) -> EvidenceRequest:
    return EvidenceRequest.objects.get(engagement=world.engagement, number=len(_ASKED) + 1)


def _items(world: World, asked: EvidenceRequest) -> list[Evidence]:
    window = world.calendar.window
    return list(
        Evidence.objects.filter(
            claims__expectation=asked.expectation,
            covers_to__gte=window.first,
            covers_from__lte=window.last,
        ).order_by("covers_from", "pk")
    )


def _sample(world: World) -> None:
    """Seal the changes of the window as one population, and let the auditor draw from it."""
    window = world.calendar.window
    parts = Evidence.objects.filter(
        claims__expectation__slug="change-approvals",
        covers_from__gte=window.first,
        covers_to__lte=window.last,
    ).order_by("covers_from")
    sealed = populations.seal_population(
        world.engagement,
        control=Control.objects.get(ref="CH-01"),
        evidence=parts[0],
        further=list(parts[1:]),
        definition=Definition(
            "One row is one change that was merged into the main branch.",
            date_column="merged_at",
            id_column="change_id",
            gap_note="Numbers begin anew each month.",
        ),
        by=world.company.lena,
    )
    size = min(_SIZE, sealed.row_count)
    nonce = _nonce(world, sealed, size)
    draws.draw_sample(sealed, nonce=nonce, method=Method.RANDOM, size=size, by=world.company.bruno)


def _nonce(world: World, sealed: SealedPopulation, size: int) -> str:
    """Return words of the auditor by which the change of the story is drawn: it is a story."""
    alone = merged_alone(world.calendar)
    rows = joined.rows_of(joined.parts_of(sealed))
    (wanted,) = [row.number for row in rows if alone in row.cells]
    for throw in range(_THROWS):
        nonce = _NONCE.format(throw)
        seed = draws.seed_of(sealed, nonce)
        drawn = sampling.draw(seed, method=Method.RANDOM, size=size, count=sealed.row_count)
        if wanted in drawn:
            return nonce
    raise AssertionError("The change of the story was never drawn.")


def _test(world: World) -> None:
    """Fill the work sheet in: all that was drawn passes, but for the change of the story."""
    drawn = Draw.objects.get(population__engagement=world.engagement)
    control, bruno = drawn.population.control, world.company.bruno
    worksheets.choose_attributes(drawn, titles=worksheets.proposed_attributes(control), by=bruno)
    items = list(drawn.items.order_by("row"))
    cells = joined.cells_at(drawn.population, [one.offset for one in items])
    alone = {
        item.row
        for item, row in zip(items, cells, strict=True)
        if merged_alone(world.calendar) in row
    }
    results = [
        _failed(item.row, one.letter)
        if item.row in alone and one.title in _MISSED
        else ItemResult(item.row, one.letter, SampleResult.Result.PASS)
        for one in drawn.attributes.order_by("letter")
        for item in items
    ]
    worksheets.record_results(drawn, results=results, by=bruno, report_deviation=deviations.report)


def _failed(row: int, letter: str) -> ItemResult:
    note = "Author, approver and who merged are the same person: dirk, at 22:47."
    return ItemResult(row, letter, SampleResult.Result.DEVIATION, note)


def _hand_over(world: World) -> None:
    """Build the pack that the auditor takes home, sealed for words of the auditor's own."""
    issue.request_pack(world.engagement, by=world.company.lena, nonce=_NONCE.format("last"))
