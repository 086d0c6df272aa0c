"""The small pieces that all OSCAL documents are made of: ids, properties, metadata, resources.

Rules:
- Every UUID is of version 5 (RFC 9562), from the name of the log and a ref, so that the same facts
  give the same bytes and one thing has one UUID in all documents.
- A title, a description or a remark is markdown to its readers; ours are plain words, so whatever
  could load, run or insert something is escaped.
- A property's value is one line and never empty; a property without a value is left out.
"""

import re
from base64 import urlsafe_b64encode
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any
from urllib.parse import quote
from uuid import NAMESPACE_URL, UUID, uuid5

from reports.oscal.facts import Facts, File
from reports.pack.tables import visible

Document = dict[str, Any]
NAMESPACE = "https://countersign.invalid/ns/oscal"
CATALOG, PROFILE = "catalog.json", "profile.json"
COMPONENTS, PLAN = "component-definition.json", "assessment-plan.json"
RESULTS, MILESTONES = "assessment-results.json", "plan-of-action-and-milestones.json"
STATEMENT = "_smt"
NO_OPINION = (
    "Made from the organisation's own records by rules that are the same for everybody. It is no "
    "opinion of an auditor."
)
_MARKUP = re.compile(r"[\\<>\[\]*`{}]")
_TOKEN = re.compile(r"[^a-z0-9._-]+")


def uid(facts: Facts, *names: object) -> str:
    """Return the UUID of a thing of this installation, by its kind and ref."""
    return str(uuid5(_here(facts.origin), "\n".join(map(str, names))))


def token(ref: str) -> str:
    """Return a ref as an OSCAL token: lower case, and a letter or underscore first."""
    found = _TOKEN.sub("-", ref.lower()).strip("-") or "_"
    return found if found[0].isalpha() or found[0] == "_" else f"_{found}"


def line(text: str) -> str:
    """Return plain words as one line of markdown."""
    return words(" ".join(text.split()))


def words(text: str) -> str:
    """Return plain words as markdown that says the same, whatever they look like."""
    return _MARKUP.sub(lambda found: f"\\{found.group()}", visible(text.strip()))


def name(text: str) -> str:
    """Return text as an OSCAL string, which is no markdown: one line, with something in it."""
    return visible(" ".join(text.split())) or "unnamed"


def prop(label: str, value: object, *, remarks: str = "", own: bool = True) -> Document:
    """Return a property; those that OSCAL does not know (`own`) stand in our name space."""
    said: Document = {"name": label, "value": name(str(value))}
    if own:
        said["ns"] = NAMESPACE
    if remarks:
        said["remarks"] = words(remarks)
    return said


def label(ref: str) -> list[Document]:
    """Return the property by which people know a thing."""
    return [prop("label", ref, own=False)]


def props(**values: object) -> list[Document]:
    """Return our own properties, named with hyphens; those without a value are left out."""
    return [
        prop(key.replace("_", "-"), value)
        for key, value in values.items()
        if value is not None and str(value).strip()
    ]


def several(label: str, values: Iterable[str]) -> list[Document]:
    """Return one property for each value."""
    return [prop(label, value) for value in values if value.strip()]


def given(**members: Any) -> Document:
    """Return an object, its names with hyphens, without members that hold nothing: OSCAL has no
    empty lists and no empty text."""
    return {
        key.rstrip("_").replace("_", "-"): value
        for key, value in members.items()
        if value is not None and value not in ("", [])
    }


def metadata(facts: Facts, title: str, *, remarks: str = "") -> Document:
    """Return who says it, when, and about what."""
    parties = [_party(facts, "organisation", facts.organisation)]
    roles = [{"id": "prepared-by", "title": "Organisation that was assessed"}]
    responsible = [_responsible(facts, "prepared-by", "organisation", facts.organisation)]
    if facts.firm:
        parties.append(_party(facts, "firm", facts.firm))
        roles.append({"id": "assessor", "title": "Audit firm"})
        responsible.append(_responsible(facts, "assessor", "firm", facts.firm))
    return given(
        title=line(f"{title}: {facts.engagement}, {facts.organisation}"),
        last_modified=facts.issued_at,
        version=name(facts.version),
        oscal_version=facts.oscal_version,
        props=props(
            engagement=facts.engagement,
            report_type=facts.type,
            framework=facts.framework,
            window_from=facts.window_from,
            window_to=facts.window_to,
            as_of=facts.as_of,
            selection_sha256=facts.selection_sha256,
            log=facts.origin,
        ),
        roles=roles,
        parties=parties,
        responsible_parties=responsible,
        remarks=remarks,
    )


def document_uid(facts: Facts, file: str) -> str:
    """Return the UUID of a document: another one as soon as it may say something else."""
    moment = facts.version, facts.issued_at, facts.selection_sha256, facts.oscal_version
    return uid(facts, "document", file, *moment)


def selection_of(controls: Sequence[str]) -> Document:
    """Select controls of the catalogue by their refs; all of it where none is named."""
    if not controls:
        return {"include-all": {}}
    return {"include-controls": [{"control-id": token(ref)} for ref in controls]}


def reviewed(criteria: Sequence[str]) -> Document:
    """Return which criteria were assessed."""
    return {"control-selections": [selection_of(criteria)]}


def resource(
    uuid: str, title: str, files: Sequence[File], properties: Sequence[Mapping[str, str]] = ()
) -> Document:
    """Return an entry of the back matter: files, each bound by its digest."""
    return given(
        uuid=uuid,
        title=line(title),
        props=list(properties),
        rlinks=[
            given(
                href=file.href,
                media_type=file.media_type,
                hashes=[{"algorithm": "SHA-256", "value": file.sha256}],
            )
            for file in files
        ],
    )


def in_pack(path: str) -> str:
    """Return how a document in the folder oscal/ names another file of the pack."""
    return "../" + quote(path)


def by_digest(digest: str) -> str:
    """Name a file that lies nowhere in particular by its SHA-256 (RFC 6920)."""
    return "ni:///sha-256;" + urlsafe_b64encode(bytes.fromhex(digest)).decode().rstrip("=")


def midnight(day: str) -> str:
    """Return the moment at which a day begins; OSCAL knows no days."""
    return f"{day}T00:00:00.000000Z"


def last_moment(day: str) -> str:
    """Return the moment at which a day ends."""
    return f"{day}T23:59:59.999999Z"


def criteria_of(facts: Facts) -> Mapping[str, tuple[str, ...]]:
    """Return the criteria in scope that each control serves, by the control's ref."""
    found: dict[str, list[str]] = {}
    for control, criterion in facts.pairs():
        found.setdefault(control.ref, []).append(criterion)
    return {ref: tuple(criteria) for ref, criteria in found.items()}


def links(uuids: Iterable[str], member: str) -> Iterator[Document]:
    """Yield objects that each name one UUID."""
    for one in uuids:
        yield {member: one}


@cache
def _here(origin: str) -> UUID:
    return uuid5(NAMESPACE_URL, f"{NAMESPACE}/{origin}")


def _party(facts: Facts, kind: str, called: str) -> Document:
    return {"uuid": uid(facts, kind, called), "type": "organization", "name": name(called)}


def _responsible(facts: Facts, role: str, kind: str, called: str) -> Document:
    return {"role-id": role, "party-uuids": [uid(facts, kind, called)]}
