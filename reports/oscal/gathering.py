"""Gathers the facts of the OSCAL files from what was frozen, and from rows held to their leaves."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from hashlib import sha256
from typing import Any

from django.conf import settings

from audits.coverage import State
from audits.models import Pack
from audits.sampling import Method
from audits.selection import SampleKind, Selection, Status
from audits.selection import digest as selection_digest
from controls.models import ControlVersion
from evidence import keys, ledger
from reports.oscal import pieces
from reports.oscal.facts import (
    Action,
    Category,
    CheckRun,
    Control,
    Criterion,
    CustomerControl,
    Deviation,
    Draw,
    Facts,
    File,
    Item,
    Procedure,
    Request,
    Sighting,
    Supplier,
    Wording,
)
from reports.oscal.facts import (
    Population as SealedTable,
)
from reports.pack import findings, requests
from reports.pack.contents import Packed
from reports.pack.samples import Recorded

_ENDED = {"action_done": "done", "action_withdrawn": "withdrawn"}
_JSON = "application/json"


def of_pack(pack: Pack, selection: Selection, records: Sequence[Recorded]) -> Facts:
    """Return the facts of a frozen pack; ContradictionError."""
    return _facts(
        selection,
        records,
        version=pack.ref,
        issued_at=ledger.stamp(pack.sealed_at),
        selection_sha256=pack.selection_digest,
        is_pack=True,
    )


def of_selection(selection: Selection, records: Sequence[Recorded]) -> Facts:
    """Return the facts of a selection that no pack froze, as of its moment; ContradictionError."""
    return _facts(
        selection,
        records,
        version=selection.as_of,
        issued_at=selection.as_of,
        selection_sha256=selection_digest(selection.to_text()),
        is_pack=False,
    )


def item(packed: Packed, *, is_pack: bool) -> Item:
    """Return what the documents say of an item."""
    bound, said = packed.leaves[0].body, packed.metadata
    path = pieces.in_pack(packed.path) if is_pack else pieces.by_digest(bound["sha256"])
    return Item(
        ref=packed.item.ref,
        title=said["title"],
        status=packed.item.status.value,
        file=File(path, bound["sha256"], said["media_type"]),
        collected_at=bound["collected_at"],
        covers_from=bound["covers_from"],
        covers_to=bound["covers_to"],
        source_system=said["source_system"],
        controls=packed.controls,
        procedures=packed.slugs,
        checks=tuple(
            CheckRun(
                check=leaf.body["check"],
                state=leaf.body["state"],
                population=leaf.body["population_count"],
                exceptions=leaf.body["exception_count"],
            )
            for leaf in packed.leaves
            if leaf.kind == "check"
        ),
        leaf=packed.leaves[0].index,
    )


def _facts(
    selection: Selection,
    records: Sequence[Recorded],
    *,
    version: str,
    issued_at: str,
    selection_sha256: str,
    is_pack: bool,
) -> Facts:
    facts = selection.facts
    found, accepted = _items(selection)
    file = _filed(is_pack=is_pack)
    return Facts(
        oscal_version=settings.OSCAL_VERSION,
        origin=keys.log_origin(),
        **_engagement(selection),
        issued_at=issued_at,
        version=version,
        selection_sha256=selection_sha256,
        is_pack=is_pack,
        categories=tuple(Category(one.name, one.reason) for one in selection.about.categories),
        criteria=tuple(Criterion(one.ref, one.title, one.category) for one in selection.criteria),
        controls=tuple(_controls(selection, accepted)),
        procedures=tuple(
            Procedure(one.slug, one.title, one.control, one.kind, one.cadence)
            for one in selection.expectations
        ),
        populations=tuple(_populations(records, file)),
        draws=tuple(_draws(records, file)),
        requests=tuple(map(_request, requests.told(selection))),
        deviations=tuple(_deviation(one.described) for one in findings.told(selection)),
        suppliers=tuple(_suppliers(selection)),
        customer_controls=tuple(
            CustomerControl(one.ref, one.criterion, one.text)
            for one in (facts.customer_controls if facts else ())
        ),
        items=frozenset(one.ref for one in selection.items),
        items_by_control=found,
    )


def _suppliers(selection: Selection) -> Iterator[Supplier]:
    for one in selection.facts.organisations if selection.facts else ():
        yield Supplier(one.name, one.services, one.method, one.complementary_controls)


def _engagement(selection: Selection) -> dict[str, Any]:
    about = selection.about
    return {
        "organisation": selection.organisation,
        "firm": about.firm,
        "engagement": about.ref,
        "title": about.title,
        "type": about.type,
        "framework": about.framework,
        "window_from": about.window_from,
        "window_to": about.window_to,
        "as_of": selection.as_of,
    }


def _items(selection: Selection) -> tuple[Mapping[str, tuple[str, ...]], Mapping[str, int]]:
    """Return the refs of the items by control, and how many of them are accepted and current."""
    found: dict[str, list[str]] = defaultdict(list)
    accepted: dict[str, int] = defaultdict(int)
    for one in selection.items:
        for control in {selection.expectations[place].control for place in one.expectations}:
            found[control].append(one.ref)
            accepted[control] += one.status is Status.CURRENT
    return {control: tuple(refs) for control, refs in found.items()}, accepted


def _controls(selection: Selection, accepted: Mapping[str, int]) -> Iterator[Control]:
    refs = [one.ref for one in selection.controls]
    rows = ControlVersion.objects.filter(control__ref__in=refs).select_related("control")
    versions = {(row.control.ref, row.number): row for row in rows}
    for one in selection.controls:
        worded = [versions[one.ref, number] for number in one.versions]
        yield Control(
            ref=one.ref,
            title=one.title,
            criteria=one.criteria,
            wordings=tuple(
                Wording(row.number, row.statement, row.effective_from.isoformat()) for row in worded
            ),
            states={
                state.value: sum(month[place] for month in one.months)
                for place, state in enumerate(State)
            },
            accepted=accepted.get(one.ref, 0),
        )


def _filed(*, is_pack: bool) -> Callable[[Recorded], File]:
    def filed(one: Recorded) -> File:
        digest = sha256(one.text.encode()).hexdigest()
        href = pieces.in_pack(one.path) if is_pack else pieces.by_digest(digest)
        return File(href, digest, _JSON)

    return filed


def _populations(
    records: Iterable[Recorded], file: Callable[[Recorded], File]
) -> Iterator[SealedTable]:
    for one in records:
        if one.sample.kind is SampleKind.POPULATION:
            said = one.said
            yield SealedTable(
                ref=one.sample.ref,
                control=said["control"],
                definition=said["definition"],
                count=said["profile"]["count"],
                items=tuple(part["evidence"] for part in said.get("parts", [said])),
                record=file(one),
                at=ledger.stamp(one.leaf.recorded_at),
            )


def _draws(records: Sequence[Recorded], file: Callable[[Recorded], File]) -> Iterator[Draw]:
    sheets: dict[str, list[Recorded]] = defaultdict(list)
    for one in records:
        if one.sample.kind is SampleKind.WORKSHEET:
            sheets[one.said["draw"]].append(one)
    for one in records:
        if one.sample.kind is not SampleKind.DRAW:
            continue
        said, own = one.said, sheets[one.sample.ref]
        told = [one, *own]
        yield Draw(
            ref=one.sample.ref,
            population=one.sample.ref.rpartition("/")[0],
            control=said["control"],
            method=Method(said["method"]).words,
            size=said["size"],
            of=said["rows_in_table"],
            attributes={
                chosen["letter"]: chosen["title"]
                for sheet in own
                for chosen in sheet.said.get("attributes", ())
            },
            results=_counted(own),
            records=tuple(map(file, told)),
            at=ledger.stamp(one.leaf.recorded_at),
            latest_at=ledger.stamp(told[-1].leaf.recorded_at),
        )


def _counted(sheets: Iterable[Recorded]) -> Mapping[str, Mapping[str, int]]:
    """Count the latest result of each row and attribute, by the letter of the attribute."""
    latest = {
        (result["row"], result["attribute"]): result["result"]
        for sheet in sheets
        for result in sheet.said.get("results", ())
    }
    found: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for (_, letter), result in latest.items():
        found[letter][result] += 1
    return found


def _request(one: requests.Told) -> Request:
    answers = [entry for entry in one.thread if entry["kind"] == "answered"]
    items = [given["ref"] for entry in answers for given in entry["evidence"]]
    return Request(
        ref=one.request.ref,
        title=one.request.title,
        text=one.request.text,
        state=one.request.state,
        refs=one.request.refs,
        items=tuple(dict.fromkeys(items)),
        is_in_words=any(entry["text"].strip() for entry in answers),
        answered_at=answers[-1]["at"] if answers else "",
    )


def _deviation(said: dict[str, Any]) -> Deviation:
    history = said["history"]
    return Deviation(
        ref=said["ref"],
        title=said["title"],
        state=said["state"],
        kind=said["kind"],
        control=said["control"],
        procedure=said["expectation"],
        start=said["from"],
        end=said["to"],
        parts={
            entry["part"]: entry["text"] or entry["value"] for entry in history if entry["part"]
        },
        opened_at=history[0]["at"],
        latest_at=history[-1]["at"],
        sightings=tuple(_sighting(entry) for entry in history if entry["kind"] == "observed"),
        actions=tuple(_actions(history)),
    )


def _sighting(entry: dict[str, Any]) -> Sighting:
    return Sighting(
        step=entry["step"],
        at=entry["at"],
        is_by_check=entry["side"] == "system",
        exceptions=entry["exceptions"],
        population=entry["population"],
        item=entry["evidence"] or "",
    )


def _actions(history: Sequence[dict[str, Any]]) -> Iterator[Action]:
    ended = {entry["action"]: entry for entry in history if entry["kind"] in _ENDED}
    for entry in history:
        if entry["kind"] != "action_planned":
            continue
        end = ended.get(entry["action"])
        yield Action(
            number=entry["action"],
            text=entry["text"],
            owner=entry["owner"],
            planned_at=entry["at"],
            due=entry["due"] or "",
            outcome=_ENDED[end["kind"]] if end else "",
            ended_at=end["at"] if end else "",
            words=end["text"] if end else "",
        )
