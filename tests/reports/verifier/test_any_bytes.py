"""Whatever is handed to the verifier as a pack, it answers; and what was changed is never valid."""

import json
from typing import Any

from hypothesis import HealthCheck, given
from hypothesis import settings as effort
from hypothesis import strategies as st

from reports.verifier import verify
from tests.reports.verifier.conftest import Verifier
from tests.reports.verifier.packs import KEY, STATEMENT, good
from tests.reports.verifier.trees import canonical
from tests.reports.verifier.zips import zipped

MEMBERS = good().seal()
PACK = zipped(MEMBERS)
# The log's own key, as the verifier holds it.
TRUSTED = verify.Key.of(KEY.vkey)

WORDS = st.text(st.characters(codec="utf-8"), max_size=9)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | WORDS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(WORDS, inner),
    max_leaves=9,
)
"""Anything that JSON can say, but for numbers with a point, which no file of a pack holds."""


@st.composite
def changed(draw: st.DrawFn, content: bytes) -> bytes:
    """Draw the content with one stretch of it cut, replaced, doubled, or moved to another place."""
    start = draw(st.integers(0, max(0, len(content) - 1)))
    end = min(len(content), start + draw(st.integers(1, 400)))
    cut = content[:start] + content[end:]
    stretch = draw(st.just(b"") | st.binary(max_size=400) | st.just(content[start:end] * 2))
    place = draw(st.just(start) | st.integers(0, len(cut)))
    return cut[:place] + stretch + cut[place:]


@st.composite
def said(draw: st.DrawFn, envelope: dict[str, Any]) -> Any:
    """Draw an envelope in which something has another value, is gone, or is more than it was."""
    name = draw(st.sampled_from([*envelope, draw(WORDS)]))
    rest = {key: value for key, value in envelope.items() if key != name}
    return draw(st.just(rest) | st.builds(lambda value: rest | {name: value}, JSON) | JSON)


usual = effort(
    max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)


def answered(outcome: Any) -> bool:
    """A verdict, and not the confession that the verifier broke on the way."""
    return not any("this verifier failed" in reason for reason in outcome.unchecked)


@usual
@given(pack=changed(PACK))
def test_a_pack_of_other_bytes_is_never_valid(verified: Verifier, pack: bytes) -> None:
    outcome = verified(pack)
    assert answered(outcome), outcome
    assert outcome.status == (0 if pack == PACK else 1), outcome


@usual
@given(pack=st.binary(max_size=2000))
def test_what_is_no_pack_is_refused(verified: Verifier, pack: bytes) -> None:
    outcome = verified(pack)
    assert answered(outcome), outcome
    assert outcome.status == 1, outcome


@usual
@given(data=st.data(), name=st.sampled_from(sorted(MEMBERS)))
def test_a_file_of_other_bytes_in_a_whole_zip_is_never_valid(
    verified: Verifier, data: st.DataObject, name: str
) -> None:
    content = data.draw(changed(MEMBERS[name]))
    outcome = verified(zipped(MEMBERS | {name: content}))
    assert answered(outcome), outcome
    assert outcome.status == (0 if content == MEMBERS[name] else 1), outcome


@usual
@given(envelope=said(json.loads(MEMBERS[STATEMENT])))
def test_an_envelope_is_opened_or_refused_in_words(envelope: Any) -> None:
    raw = json.dumps(envelope, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    try:
        _, payload = verify.open_envelope(raw.encode(), TRUSTED)
    except (ValueError, *verify.ODD):
        return
    # What is read besides payload and signature is nothing: more may stand there.
    assert payload == verify.open_envelope(MEMBERS[STATEMENT], TRUSTED)[1]


@usual
@given(
    value=JSON,
    name=st.sampled_from(["findings.json", "requests.json", "leaves/1.json", "index.csv"]),
)
def test_who_holds_the_key_cannot_break_the_verifier_by_a_file(
    verified: Verifier, value: Any, name: str
) -> None:
    draft = good()
    assert name in draft.seal()
    draft.files[name] = canonical(value)
    outcome = verified(draft.pack())
    assert answered(outcome), outcome
    assert outcome.status == 1, outcome


@usual
@given(data=st.data())
def test_who_holds_the_key_cannot_break_the_verifier_by_the_manifest(
    verified: Verifier, data: st.DataObject
) -> None:
    draft = good()
    manifest = data.draw(said(draft.manifest))
    draft.files["manifest.json"] = canonical(manifest)
    # What changes no fact that is bound elsewhere, such as a further word, may well be valid.
    assert answered(verified(draft.pack()))
