"""The signed statement of a pack: an in-toto Statement v1 over every file, in a DSSE envelope."""

import json
from collections.abc import Sequence
from io import BytesIO

from securesystemslib.dsse import Envelope
from securesystemslib.signer import CryptoSigner, SSlibKey

from audits.models import Pack
from evidence import checkpoint, keys, ledger
from reports.pack.spool import Member

NAME = "statement.dsse.json"
PAYLOAD_TYPE = "application/vnd.in-toto+json"
STATEMENT_TYPE = "https://in-toto.io/Statement/v1"
PREDICATE_TYPE = "https://countersign.invalid/pack/v1"


def signed(pack: Pack, members: Sequence[Member], *, manifest_sha256: str) -> bytes:
    """Return the envelope over all members; the log's key signs it."""
    predicate = {
        "pack": pack.ref,
        "engagement": pack.engagement.ref,
        "sealed_at": ledger.stamp(pack.sealed_at),
        "origin": keys.log_origin(),
        "log_size": pack.checkpoint.size,
        "manifest_sha256": manifest_sha256,
    }
    envelope = Envelope(_payload(predicate, members), PAYLOAD_TYPE, {})
    private = keys.signing_key()
    key_id = checkpoint.signer().verifier.key_id.hex()
    public = SSlibKey.from_crypto(private.public_key(), keyid=key_id)
    envelope.sign(CryptoSigner(private, public))
    return json.dumps(envelope.to_dict(), sort_keys=True, separators=(",", ":")).encode()


def _payload(predicate: dict[str, object], members: Sequence[Member]) -> bytes:
    """Return canonical JSON; its subjects are written one by one, as there may be 100,000."""
    head = {"_type": STATEMENT_TYPE, "predicate": predicate, "predicateType": PREDICATE_TYPE}
    payload = BytesIO()
    payload.write(ledger.canonical(head)[:-1] + b',"subject":[')
    separator = ""
    for member in sorted(members):
        name = json.dumps(member.name, ensure_ascii=False)
        subject = f'{separator}{{"digest":{{"sha256":"{member.sha256}"}},"name":{name}}}'
        payload.write(subject.encode())
        separator = ","
    payload.write(b"]}")
    return payload.getvalue()
