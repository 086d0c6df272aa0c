"""requests.csv and requests.json: what the auditors asked for, what was handed in, what they said.

The list has a row for each request; the JSON has every thread word for word. A row that no longer
says what its leaf bound is refused, not packed.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from accounts import journal
from accounts.access import actor
from audits.models import AnswerItem, EvidenceRequest, RequestEntry
from audits.selection import Request, Selection
from controls.models import Control
from evidence import ledger
from reports.errors import ContradictionError
from reports.pack.contents import Leaf, leaves_of
from reports.pack.spool import Spool
from reports.pack.tables import BYTE_ORDER_MARK, csv_lines
from reports.pack.workbook import Book, Cell, Column

CSV, JSON = "requests.csv", "requests.json"
FORMAT = "countersign-requests/v1"
_BATCH = 200
_STATES = dict(EvidenceRequest.State.choices)
_KINDS = RequestEntry.Kind
_LIST = (
    Column("Request", 18),
    Column("Number", 9),
    Column("Title", 40, wraps=True),
    Column("Text", 50, wraps=True),
    Column("Controls and criteria", 18),
    Column("Due", 12),
    Column("Owner", 26),
    Column("State", 12),
    Column("Asked by", 24),
    Column("Asked (UTC)", 20),
    Column("Evidence", 24, wraps=True),
    Column("Answer", 40, wraps=True),
    Column("Answered by", 24),
    Column("Answered (UTC)", 20),
    Column("Decision", 12),
    Column("Reason", 40, wraps=True),
    Column("Decided by", 24),
    Column("Decided (UTC)", 20),
    Column("Times returned", 9),
)
_THREAD = (
    Column("Request", 18),
    Column("What", 12),
    Column("At (UTC)", 20),
    Column("By", 26),
    Column("Side", 9),
    Column("Text", 70, wraps=True),
    Column("Evidence", 24, wraps=True),
    Column("Log entry", 10),
)
_NAMES = tuple(column.title.lower().replace(" (utc)", "") for column in _LIST)


def answered_by(selection: Selection) -> dict[str, str]:
    """Return the numbers of the requests that each item was handed over for, by its ref."""
    leaves = [leaf for request in selection.requests for leaf in request.leaves]
    rows = AnswerItem.objects.filter(entry__ledger_entry__in=leaves).order_by("entry__request")
    found: dict[str, list[str]] = defaultdict(list)
    for ref, number in rows.values_list("evidence__ref", "entry__request__number"):
        if f"R{number}" not in found[ref]:
            found[ref].append(f"R{number}")
    return {ref: " ".join(numbers) for ref, numbers in found.items()}


@dataclass(frozen=True)
class Told:
    """A request with its thread as the papers say it, and the leaves that bind it."""

    request: Request
    thread: tuple[dict[str, Any], ...]
    leaves: tuple[Leaf, ...]

    def described(self, people: dict[str, str]) -> dict[str, Any]:
        request = self.request
        return {
            "ref": request.ref,
            "number": request.number,
            "title": request.title,
            "text": request.text,
            "controls": list(request.refs),
            "due": request.due or None,
            "owner": request.owner,
            "owner_name": owner_words(request.owner, people),
            "state": request.state,
            "thread": list(self.thread),
        }

    def latest(self, *kinds: str) -> dict[str, Any] | None:
        """Return the latest entry of the thread of one of these kinds."""
        found = [one for one in self.thread if one["kind"] in kinds]
        return found[-1] if found else None


def told(selection: Selection) -> Iterator[Told]:
    """Yield every frozen request by its number; ContradictionError."""
    for start in range(0, len(selection.requests), _BATCH):
        yield from _read(selection.requests[start : start + _BATCH], selection.people)


def lay(spool: Spool, selection: Selection) -> None:
    """Lay down both papers and the leaves of all entries; ContradictionError."""
    with spool.adding(JSON) as paper, spool.adding(CSV) as rows:
        paper.write(b'{"format":' + ledger.canonical(FORMAT) + b',"requests":[')
        rows.write(BYTE_ORDER_MARK + csv_lines([_NAMES]))
        for place, one in enumerate(told(selection)):
            described = ledger.canonical(one.described(selection.people))
            paper.write(b"," * bool(place) + described)
            rows.write(csv_lines([_texts(_row(one, selection.people))]))
            for leaf in one.leaves:
                spool.add(leaf.path, leaf.text.encode())
        paper.write(b"]}")


def write_sheets(book: Book, selection: Selection) -> None:
    """Add the list of requests and their threads to the index."""
    if not selection.requests:
        return
    listed, threads = book.table("Requests", _LIST), book.table("Request threads", _THREAD)
    for one in told(selection):
        listed.row(_row(one, selection.people))
        for entry in one.thread:
            threads.row(
                [
                    one.request.ref,
                    entry["kind"],
                    datetime.fromisoformat(entry["at"]),
                    entry["by"] or entry["actor"],
                    entry["side"],
                    entry["text"],
                    _refs(entry),
                    entry["leaf"],
                ]
            )
    for sheet in (listed, threads):
        sheet.filtered()


def owner_words(owner: str, people: dict[str, str]) -> str:
    """Return who answers, by name or by the title of a role."""
    return people.get(owner) or str(dict(Control.OwnerRole.choices).get(owner, owner))


def _row(one: Told, people: dict[str, str]) -> list[Cell]:
    request = one.request
    answered = one.latest(_KINDS.ANSWERED) or {}
    decided = one.latest(_KINDS.ACCEPTED, _KINDS.RETURNED, _KINDS.WITHDRAWN) or {}
    returned = [entry for entry in one.thread if entry["kind"] == _KINDS.RETURNED]
    return [
        request.ref,
        request.number,
        request.title,
        request.text,
        ", ".join(request.refs),
        date.fromisoformat(request.due) if request.due else None,
        owner_words(request.owner, people),
        _STATES[request.state],
        *_who_and_when(one.thread[0]),
        _refs(answered),
        answered.get("text"),
        *_who_and_when(answered),
        decided.get("kind"),
        decided.get("text"),
        *_who_and_when(decided),
        len(returned),
    ]


def _who_and_when(entry: dict[str, Any]) -> list[Cell]:
    if not entry:
        return [None, None]
    return [entry["by"] or entry["actor"], datetime.fromisoformat(entry["at"])]


def _refs(entry: dict[str, Any]) -> str:
    return " ".join(item["ref"] for item in entry.get("evidence", ()))


def _texts(cells: Sequence[Cell]) -> list[str]:
    return [
        "" if cell is None else ledger.stamp(cell) if isinstance(cell, datetime) else str(cell)
        for cell in cells
    ]


def _read(batch: Sequence[Request], people: dict[str, str]) -> Iterator[Told]:
    indexes = [index for one in batch for index in one.leaves]
    leaves = leaves_of(indexes)
    found = RequestEntry.objects.filter(ledger_entry__in=indexes)
    entries = {entry.ledger_entry_id: entry for entry in found.select_related("request", "by")}
    items: dict[int, list[AnswerItem]] = defaultdict(list)
    answers = AnswerItem.objects.filter(entry__ledger_entry__in=indexes)
    for item in answers.select_related("evidence", "entry").order_by("id"):
        items[item.entry.ledger_entry_id].append(item)
    for request in batch:
        missing = [index for index in request.leaves if index not in entries]
        if missing:
            raise ContradictionError(f"{request.ref} is in the frozen selection and has no row.")
        thread = []
        for index in request.leaves:
            said = _entry(entries[index], items[index], people)
            _hold(request, said, leaves[index])
            thread.append(said)
        _hold_words(request, [leaves[index] for index in request.leaves])
        yield Told(request, tuple(thread), tuple(leaves[index] for index in request.leaves))


def _entry(
    entry: RequestEntry, items: Sequence[AnswerItem], people: dict[str, str]
) -> dict[str, Any]:
    by = actor(entry.by)
    return {
        "kind": entry.kind,
        "at": ledger.stamp(entry.at),
        "side": entry.side,
        "actor": by,
        "by": people.get(by, ""),
        "text": entry.text,
        "evidence": [{"ref": item.evidence.ref, "sha256": item.digest} for item in items],
        "leaf": entry.ledger_entry_id,
    }


def _hold(request: Request, said: dict[str, Any], leaf: Leaf) -> None:
    """Refuse an entry that is not the one which its leaf bound."""
    about = leaf.said["subject"], leaf.kind, leaf.said["actor"]
    bound = leaf.body.get("side"), leaf.body.get("text_sha256"), leaf.body.get("evidence", [])
    here = request.ref, f"request.{said['kind']}", said["actor"]
    if about != here or bound != (said["side"], journal.digest(said["text"]), said["evidence"]):
        raise _contradiction(request)


def _hold_words(request: Request, leaves: Sequence[Leaf]) -> None:
    """Refuse words that are not those of the last leaf which asked or changed the request."""
    last = [leaf for leaf in leaves if "request_sha256" in leaf.body][-1:]
    words = {
        "title_sha256": journal.digest(request.title),
        "request_sha256": journal.digest(request.text),
        "refs": list(request.refs),
        "due": request.due,
        "owner": request.owner,
    }
    if not last or any(last[0].body.get(name) != value for name, value in words.items()):
        raise _contradiction(request)


def _contradiction(request: Request) -> ContradictionError:
    return ContradictionError(
        f"What the database says of {request.ref} is not what its log entry binds."
    )
