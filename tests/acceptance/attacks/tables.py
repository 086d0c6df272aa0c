"""The attacks of the tests of verify.py as cases, so that the page meets each of them too."""

import zipfile
from collections.abc import Callable, Iterator

from tests.acceptance.attacks import signers
from tests.acceptance.attacks.registry import COULD_NOT_CHECK, VALID, Case
from tests.reports.verifier import packs
from tests.reports.verifier import test_binding as binding
from tests.reports.verifier import test_bundle as bundles
from tests.reports.verifier import test_carrier_attacks as carrier
from tests.reports.verifier import test_consistency as history
from tests.reports.verifier import test_container as container
from tests.reports.verifier import test_insider_attacks as insider
from tests.reports.verifier import test_joined_attacks as joining
from tests.reports.verifier import test_left_out as left_out
from tests.reports.verifier import test_reverse_attacks as reverse
from tests.reports.verifier import test_sample_attacks as sampling
from tests.reports.verifier import test_signed_papers as papers
from tests.reports.verifier import test_time_stamps as stamps
from tests.reports.verifier.attacks import Attacks, resign
from tests.reports.verifier.packs import KEY, Draft, good
from tests.reports.verifier.test_container import BYTES, FIRST, GOOD, LOCAL, patched
from tests.reports.verifier.zips import zipped


def sealed_long_ago() -> Draft:
    """A good pack that any time-stamp is younger than."""
    draft = good()
    draft.manifest["sealed_at"] = stamps.LONG_AGO
    packs.finish(draft)
    return draft


TABLES: tuple[tuple[str, Attacks, Callable[[], Draft]], ...] = (
    ("insider", insider.ATTACKS, good),
    ("paper", papers.ATTACKS, good),
    ("sample", sampling.ATTACKS, sampling.sampled),
    ("joined", joining.ATTACKS, joining.joined),
    ("reverse", reverse.ATTACKS, reverse.whole),
    ("binding", binding.ATTACKS, binding.bound),
    ("history", history.ATTACKS, history.continued),
    ("time-stamp", stamps.ATTACKS, sealed_long_ago),
)


def cases() -> dict[str, Callable[[], Case]]:
    """Return what makes each case, by a name that tells it from all others."""
    found: dict[str, Callable[[], Case]] = {}
    for name, make in (
        *_drafts(),
        *_carried(),
        *_contained(),
        *_good(),
        *_open(),
        *signers.cases(),
        *_numbers(),
    ):
        assert name not in found
        found[name] = make
    return found


def _drafts() -> Iterator[tuple[str, Callable[[], Case]]]:
    for kind, table, begin in TABLES:
        for attack, file, reason in table.rows:

            def make(
                attack: Callable[[Draft], object] = attack,
                begin: Callable[[], Draft] = begin,
                file: str = file,
                reason: str = reason,
            ) -> Case:
                draft = begin()
                attack(draft)
                return Case(draft.pack(), file, reason)

            yield f"{kind}: {attack.__name__}", make
    for name, parts in papers.FORMS.items():
        yield f"checkpoint: {name}", lambda parts=parts: _of_form(parts)  # type: ignore[misc]


def _of_form(parts: dict[str, object]) -> Case:
    draft = good()
    resign(draft, papers.checkpoint(draft, **parts))
    return Case(draft.pack(), "checkpoint.txt", "is not the signed checkpoint of a log")


def _carried() -> Iterator[tuple[str, Callable[[], Case]]]:
    for name, files, file, reason in carrier.CHANGES:
        case = Case(zipped(files), file, reason)
        yield f"carrier: {name}", lambda case=case: case  # type: ignore[misc]

    for name, bundle in bundles.BENT.items():
        case = Case(zipped(GOOD | {packs.BUNDLE: bundle}), packs.BUNDLE, bundles.NOT_THE_SAME)
        yield f"bundle: {name}", lambda case=case: case  # type: ignore[misc]


def _contained() -> Iterator[tuple[str, Callable[[], Case]]]:
    for name, reason in container.NAMES:
        case = Case(zipped(GOOD | {name: b"x"}), name, reason)
        yield f"name: {name!r}", lambda case=case: case  # type: ignore[misc]
    for name, (pack, reason) in container.BENT.items():
        case = Case(pack, "the pack", reason)
        yield f"container: {name}", lambda case=case: case  # type: ignore[misc]
    for name, (at, content) in container.LIES.items():
        lie = "has a header that contradicts the ZIP"
        case = Case(patched(LOCAL + at, content), sorted(GOOD)[1], lie)
        yield f"header: {name}", lambda case=case: case  # type: ignore[misc]
    for bend in container.BENDS:
        yield f"member: {bend.__name__}", lambda bend=bend: _bent(bend)  # type: ignore[misc]
    yield (
        "container: not a stream",
        lambda: Case(
            zipped(GOOD, streamed=False), "the pack", "holds 'README.txt' not as a plain file"
        ),
    )
    yield (
        "container: an end that lies",
        lambda: Case(patched(LOCAL - 4, b"\1"), min(GOOD), "has an end that contradicts the ZIP"),
    )


def _bent(bend: Callable[[zipfile.ZipInfo], None]) -> Case:
    def only_first(info: zipfile.ZipInfo) -> None:
        if info.filename == FIRST:
            bend(info)

    return Case(zipped(GOOD, only_first), "the pack", f"holds {FIRST!r} not as a plain file")


def _good() -> Iterator[tuple[str, Callable[[], Case]]]:
    for name, begin in (
        ("reviewed, replaced and new", good),
        ("samples", sampling.sampled),
        ("a joined population", joining.joined),
        ("reverse tests and a walkthrough", reverse.whole),
        ("a finding and a request", left_out.told),
        ("a cover page", _with_cover_page),
        ("any script", _in_any_script),
        ("a time-stamp", _stamped),
        ("a self-issued time-stamp", lambda: stamps.self_issued(stamps.ANSWERS[0])),
        ("OSCAL", _oscal),
    ):
        yield f"good: {name}", lambda begin=begin: Case(begin().pack(), verdict=VALID)  # type: ignore[misc]
    for size in (1, 4, 5, 8, 11):
        yield f"good: from {size} entries on", lambda size=size: _continued(size)  # type: ignore[misc]
    held = good().log.checkpoint().encode()
    yield "good: the same checkpoint", lambda: Case(BYTES, verdict=VALID, held=held)
    yield "good: the nonce and the day", _nonced
    scope = "EV-000001\n\n  EV-000004\r\n"
    yield "good: a scope that is all there", lambda: Case(BYTES, verdict=VALID, scope=scope)


def _continued(size: int) -> Case:
    draft = history.continued(size)
    held = draft.log.checkpoint(size=size).encode()
    return Case(draft.pack(), verdict=VALID, held=held)


def _stamped() -> Draft:
    return stamps.stamped(stamps.ANSWERS[0])


def _oscal() -> Draft:
    draft = good()
    draft.files["oscal/assessment-results.json"] = b"{}"
    return draft


def _nonced() -> Case:
    nonce, day = f" {binding.NONCE}", "2026-11-21"
    return Case(binding.bound().pack(), verdict=VALID, nonce=nonce, not_before=day)


def _with_cover_page() -> Draft:
    draft = good()
    draft.files["cover.html"] = draft.files.pop("cover.pdf")
    return draft


def _in_any_script() -> Draft:
    draft = good()
    packs.add(draft, "EV-000006", "Nachweis für Ω.txt", b"x", status="current", reviewed=False)
    item = draft.item("EV-000006")
    item["status"] = "awaiting review"
    item["metadata"] |= {"\ue000": 1, "\U0001f600": 2, 'é\x01\t"\\/\x7f': "\u2028", "__proto__": 3}
    item["leaves"].clear()
    draft.log.leaves.pop()
    packs.record(draft, item, "evidence", packs.evidence_body(item))
    packs.finish(draft)
    return draft


def _open() -> Iterator[tuple[str, Callable[[], Case]]]:
    """What is no verdict: keys that are none, anchors that the key did not sign, later formats."""
    for name, key in (
        ("no key", "log.example/countersign"),
        ("a short key", KEY.vkey[:-4]),
        ("a key of another name", KEY.vkey.replace("countersign", "countersigm")),
    ):
        case = Case(BYTES, reason="--key", verdict=COULD_NOT_CHECK, key=key)
        yield f"open: {name}", lambda case=case: case  # type: ignore[misc]
    yield (
        "open: a checkpoint that is none",
        lambda: Case(
            BYTES, reason="--held-checkpoint", verdict=COULD_NOT_CHECK, held=b"not a checkpoint\n"
        ),
    )
    for name, draft in (("manifest", good()), ("statement", good()), ("draw", sampling.sampled())):
        yield f"open: a later {name}", lambda name=name, draft=draft: _later(name, draft)  # type: ignore[misc]


def _numbers() -> Iterator[tuple[str, Callable[[], Case]]]:
    """Numbers that one program would round and another not."""
    for name, pack, verdict in papers.numbered():
        reason = papers.TOO_LARGE if verdict != VALID else ""
        case = Case(pack, "manifest.json", reason, verdict)
        yield f"number: {name}", lambda case=case: case  # type: ignore[misc]


def _later(name: str, draft: Draft) -> Case:
    if name == "manifest":
        draft.manifest["format"] = "countersign-pack/v2"
    elif name == "statement":
        draft.statement["predicateType"] = "https://countersign.invalid/pack/v2"
    else:
        sampling.relog(draft, sampling.D1, sampling.change(format="countersign-draw/v2"))
    return Case(draft.pack(), reason="this verifier knows", verdict=COULD_NOT_CHECK)


def flipped(step: int) -> Iterator[Case]:
    """Yield a small pack with one bit flipped, at every so many bytes and all through its end."""
    draft = good()
    draft.files["verify.py"] = b"#\n"
    whole = draft.pack()
    for at in sorted({*range(0, len(whole), step), *range(len(whole) - 22, len(whole))}):
        yield Case(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
