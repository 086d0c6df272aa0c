"""The signed statement of a pack: an in-toto Statement v1 over every file, in a DSSE envelope.

Both are written here in a few lines: the library of the field wants all of a statement in memory
several times over, and loads the SDKs of cloud key stores into every process of the installation.
"""

import json
from base64 import b64encode
from collections.abc import Callable, Iterable, Iterator, Mapping
from io import BytesIO

from audits.models import Pack
from evidence import checkpoint, keys, ledger
from reports.pack.spool import Member, Sink

NAME, BUNDLE = "statement.dsse.json", "statement.sigstore.json"
BUNDLE_TYPE = "application/vnd.dev.sigstore.bundle.v0.3+json"
PAYLOAD_TYPE = "application/vnd.in-toto+json"
STATEMENT_TYPE = "https://in-toto.io/Statement/v1"
PREDICATE_TYPE = "https://countersign.invalid/pack/v1"
_CHUNK = 3 * 64 * 1024


def write(
    pack: Pack,
    members: Callable[[], Iterable[Member]],
    envelope: Sink,
    bundle: Sink,
    *,
    manifest_sha256: str,
    bound_to: Mapping[str, str | None],
) -> None:
    """Write the envelope over all members, which are asked for twice; the log's key signs it.

    The bundle is the same envelope in the form of Sigstore (v0.3), for tools that read only that.
    """
    predicate = {
        "bound_to": bound_to,
        "pack": pack.ref,
        "engagement": pack.engagement.ref,
        "sealed_at": ledger.stamp(pack.sealed_at),
        "origin": keys.log_origin(),
        "log_size": pack.checkpoint.size,
        "manifest_sha256": manifest_sha256,
    }
    size = sum(map(len, _payload(predicate, members())))
    # What is signed names type and length first (pre-authentication encoding of DSSE v1).
    bound = BytesIO()
    bound.write(f"DSSEv1 {len(PAYLOAD_TYPE)} {PAYLOAD_TYPE} {size} ".encode())
    start = bound.tell()
    bound.writelines(_payload(predicate, members()))
    content = bound.getbuffer()
    signature = b64encode(keys.signing_key().sign(content)).decode()
    key_id = checkpoint.signer().verifier.key_id.hex()
    signatures = f'"signatures":[{{"keyid":"{key_id}","sig":"{signature}"}}]'
    bundle.write(b'{"dsseEnvelope":')
    for target in (envelope, bundle):
        target.write(b'{"payload":"')
        for place in range(start, len(content), _CHUNK):
            target.write(b64encode(content[place : place + _CHUNK]))
        target.write(f'","payloadType":"{PAYLOAD_TYPE}",{signatures}}}'.encode())
    hint = f'"verificationMaterial":{{"publicKey":{{"hint":"{key_id}"}}}}'
    bundle.write(f',"mediaType":"{BUNDLE_TYPE}",{hint}}}'.encode())


def _payload(predicate: dict[str, object], members: Iterable[Member]) -> Iterator[bytes]:
    """Yield canonical JSON; its subjects are written one by one, as there may be 100,000."""
    head = {"_type": STATEMENT_TYPE, "predicate": predicate, "predicateType": PREDICATE_TYPE}
    yield ledger.canonical(head)[:-1] + b',"subject":['
    separator = ""
    for member in members:
        name = json.dumps(member.name, ensure_ascii=False)
        subject = f'{separator}{{"digest":{{"sha256":"{member.sha256}"}},"name":{name}}}'
        yield subject.encode()
        separator = ","
    yield b"]}"
