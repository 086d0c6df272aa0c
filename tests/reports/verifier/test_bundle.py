"""The Sigstore bundle is the very envelope of the statement, and other tools than ours read it."""

import base64
import json
import os
import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from securesystemslib.dsse import Envelope
from securesystemslib.exceptions import VerificationError
from securesystemslib.signer import SSlibKey

from tests.conftest import demand
from tests.reports.verifier.conftest import Verifier
from tests.reports.verifier.packs import BUNDLE, KEY, STATEMENT, LogKey, bundled, good
from tests.reports.verifier.trees import canonical
from tests.reports.verifier.zips import zipped

GOOD = good().seal()
FOLDER = Path(__file__).parent / "sigstore"
NOT_THE_SAME = "is not the same envelope as statement.dsse.json"


def flipped(envelope: bytes) -> bytes:
    """Flip a bit of the signature."""
    told = json.loads(envelope)
    signature = bytearray(base64.b64decode(told["signatures"][0]["sig"]))
    signature[40] ^= 1
    told["signatures"][0]["sig"] = base64.b64encode(signature).decode()
    return canonical(told)


BENT = {
    "an envelope of another pack": bundled(good(period="2026-02").seal()[STATEMENT]),
    "a flipped signature": bundled(flipped(GOOD[STATEMENT])),
    "a hint of another key": bundled(GOOD[STATEMENT], LogKey.of(b"somebody else")),
    "something beside it": canonical(json.loads(GOOD[BUNDLE]) | {"more": 1}),
    "spaces": GOOD[BUNDLE] + b" ",
    "nothing": b"",
}


@pytest.mark.parametrize("bundle", BENT.values(), ids=BENT)
def test_it_refuses_a_bundle_with_anything_else(verified: Verifier, bundle: bytes) -> None:
    outcome = verified(zipped(GOOD | {BUNDLE: bundle}))
    assert outcome.refuses(BUNDLE, NOT_THE_SAME), outcome


def test_a_pack_without_the_bundle_is_refused(verified: Verifier) -> None:
    files = {name: content for name, content in GOOD.items() if name != BUNDLE}
    assert verified(zipped(files)).refuses("the pack", f"lacks {BUNDLE}")


def test_securesystemslib_verifies_the_envelope_of_the_bundle() -> None:
    key = SSlibKey(KEY.key_id.hex(), "ed25519", "ed25519", {"public": KEY.public.hex()})
    told = json.loads(GOOD[BUNDLE])["dsseEnvelope"]
    assert Envelope.from_dict(told).verify([key], 1)
    with pytest.raises(VerificationError):
        Envelope.from_dict(json.loads(flipped(GOOD[STATEMENT]))).verify([key], 1)


@pytest.mark.debian
class TestSigstore:
    """`npm ci --ignore-scripts --prefix tests/reports/verifier/sigstore` brings it; CI does so."""

    def verify(self, folder: Path, bundle: bytes) -> "subprocess.CompletedProcess[str]":
        node = demand("node", "nodejs")
        if not (FOLDER / "node_modules").is_dir():
            message = f"@sigstore/verify is missing; run: npm ci --ignore-scripts --prefix {FOLDER}"
            (pytest.fail if os.environ.get("CI") else pytest.skip)(message)
        (folder / "bundle.json").write_bytes(bundle)
        public = KEY.private.public_key()
        pem = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        (folder / "key.pem").write_bytes(pem)
        command = [node, str(FOLDER / "verify.cjs"), "bundle.json", "key.pem", KEY.key_id.hex()]
        return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)

    def test_sigstore_verifies_the_bundle(self, tmp_path: Path) -> None:
        said = self.verify(tmp_path, GOOD[BUNDLE])
        assert (said.returncode, said.stdout) == (0, "verified\n"), said.stderr

    def test_sigstore_refuses_a_flipped_bit(self, tmp_path: Path) -> None:
        said = self.verify(tmp_path, bundled(flipped(GOOD[STATEMENT])))
        assert said.returncode != 0
        assert "verified" not in said.stdout


def test_oscal_files_are_bound_by_the_statement_alone(verified: Verifier) -> None:
    draft = good()
    draft.files |= {"oscal/assessment-results.json": b"{ }", "oscal/poam.json": b"{}"}
    assert verified(draft.pack()).verdict == "VALID"
    files = draft.seal() | {"oscal/poam.json": b"[]"}
    assert verified(zipped(files)).refuses("oscal/poam.json", "is not the file that was sig")
