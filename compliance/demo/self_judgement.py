"""How the company judges itself: the questions of the readiness programme, and its plan."""

from django.utils import timezone

from compliance.demo import clock
from compliance.demo.calendar import DAY
from compliance.demo.world import World
from controls.readiness_file import Kind
from readiness import answers, steps
from readiness.models import Answer
from readiness.programme import programme

_NOT_YET = {
    "q-sec-08": "The list of the source host itself is not connected; approvals come as a report.",
    "q-avl-01": "The probe from outside is ordered; until then we measure from our own network.",
    "q-pi-02": "The gateway refuses repetitions; a daily search that shows it is to be built.",
}
"""What the company does not do yet, and says so: the questions by their names."""
_NOTE = "Done, as it was agreed in the weekly hour on compliance."


def plan(world: World) -> None:
    """Lay the plan out before the window, answer when it has run for a month, tick each month."""
    begins, today = world.calendar.begins, world.calendar.today
    world.diary.put(clock.on(begins, 16), lambda: _lay_out(world))
    world.diary.put(clock.on(begins + 36 * DAY, 16), lambda: _answer(world))
    day = begins
    while day <= today:
        if day.weekday() == 0 or day == today:
            world.diary.put(clock.on(day, 6), lambda: _tick(world))
        day += DAY


def _lay_out(world: World) -> None:
    """Date every step, and say whose each of them is."""
    people = world.company
    steps.lay_out(world.calendar.begins, by=people.lena)
    owners = (people.lena, people.otto, people.edda, people.finn)
    for place, (name, version) in enumerate(sorted(steps.standing().items())):
        steps.assign(
            name,
            owner=owners[place % len(owners)],
            due_on=version.due_on,
            seen=version.number,
            by=people.lena,
        )


def _answer(world: World) -> None:
    for one in programme().entries(Kind.QUESTION):
        reason = _NOT_YET.get(one.id, "")
        value = Answer.Value.NO if reason else Answer.Value.YES
        answers.answer(one.id, value=value, reason=reason, seen=0, by=world.company.lena)


def _tick(world: World) -> None:
    """Tick what is due this week; the last steps of the plan stay open in a demo that is short."""
    due = timezone.now().date() + 7 * DAY
    for name, version in sorted(steps.standing().items()):
        if version.due_on and version.due_on < due and not version.is_ticked:
            steps.tick(name, note=_NOTE, seen=version.number, by=world.company.lena)
