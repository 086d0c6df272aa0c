"""Proof that an item stands in the log, as one document that can be checked offline."""

import base64
from typing import Any

from django.shortcuts import get_object_or_404
from drf_spectacular.types import OpenApiTypes
from rest_framework import serializers
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.tokens import Scope
from compliance.api import access
from compliance.api.base import ApiView, PlainText, operation, wants_text
from compliance.api.errors import not_signed
from evidence import checkpoint, ledger, signed_note
from evidence.errors import LedgerError


class InclusionProof(serializers.Serializer[Any]):
    """A leaf, its path to the root, and the signed checkpoint that states this root."""

    ref = serializers.CharField()
    index = serializers.IntegerField(help_text="Place of the leaf in the log.")
    leaf = serializers.CharField(help_text="Canonical JSON (RFC 8785); hash exactly these bytes.")
    leaf_hash = serializers.CharField(help_text="SHA-256 of 0x00 and the leaf (RFC 6962), in hex.")
    size = serializers.IntegerField(help_text="Number of leaves under the checkpoint.")
    hashes = serializers.ListField(
        child=serializers.CharField(), help_text="Audit path from the leaf up, in base64."
    )
    checkpoint = serializers.CharField(help_text="Signed note (C2SP tlog-checkpoint).")
    vkey = serializers.CharField(help_text="Key of the log; compare it with the one you were told.")


class EvidenceProof(ApiView):
    """The inclusion proof of the leaf of one version."""

    renderer_classes = [JSONRenderer, PlainText]

    @operation(
        "prove_evidence",
        "Prove that an item stands in the log",
        scope=Scope.READ_EVIDENCE,
        description="With `Accept: text/plain` the answer is a .tlog-proof file (C2SP tlog-proof).",
        responses={
            (200, "application/json"): InclusionProof,
            (200, "text/plain"): OpenApiTypes.STR,
        },
        refusals=(404, 406),
    )
    def get(self, request: Request, ref: str) -> Response:
        rows = access.evidence_by_token(self.token).defer(None)
        entry = get_object_or_404(rows, ref=ref).ledger_entry
        signed = checkpoint.covering(entry.index)
        note = checkpoint.served(signed)
        path = _path(entry.index, signed.size)
        if wants_text(request):
            return Response(signed_note.proof_file(entry.index, path, note))
        proof = {
            "ref": ref,
            "index": entry.index,
            "leaf": entry.leaf,
            "leaf_hash": bytes(entry.leaf_hash).hex(),
            "size": signed.size,
            "hashes": [base64.b64encode(one).decode() for one in path],
            "checkpoint": note,
            "vkey": checkpoint.vkey(),
        }
        return Response(InclusionProof(proof).data)


def _path(index: int, size: int) -> list[bytes]:
    try:
        return ledger.inclusion_proof(index, size)
    except LedgerError as error:
        raise not_signed() from error
