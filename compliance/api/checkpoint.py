"""The signed state of the log, for witnesses and for comparing with what was kept before."""

import base64
from typing import Any

from drf_spectacular.types import OpenApiTypes
from rest_framework import serializers
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.tokens import Scope
from compliance.api import access
from compliance.api.base import ApiView, PlainText, operation, wants_text
from evidence import checkpoint, keys


class SignedCheckpoint(serializers.Serializer[Any]):
    """Size and root of the log, signed."""

    origin = serializers.CharField(help_text="Name of the log.")
    size = serializers.IntegerField(help_text="Number of leaves.")
    root_hash = serializers.CharField(help_text="Merkle root (RFC 6962), in base64.")
    note = serializers.CharField(help_text="Signed note (C2SP tlog-checkpoint).")
    signed_at = serializers.DateTimeField()
    vkey = serializers.CharField(help_text="Key of the log; compare it with the one you were told.")


class LogCheckpoint(ApiView):
    """The log as it stands now."""

    renderer_classes = [JSONRenderer, PlainText]

    @operation(
        "read_checkpoint",
        "Read the signed state of the log",
        scope=Scope.READ_EVIDENCE,
        description="With `Accept: text/plain` the answer is the bare note.",
        responses={
            (200, "application/json"): SignedCheckpoint,
            (200, "text/plain"): OpenApiTypes.STR,
        },
        refusals=(406,),
    )
    def get(self, request: Request) -> Response:
        access.log_by_token(self.token)
        signed = checkpoint.newest()
        note = checkpoint.served(signed)
        if wants_text(request):
            return Response(note)
        state = {
            "origin": keys.log_origin(),
            "size": signed.size,
            "root_hash": base64.b64encode(bytes(signed.root)).decode(),
            "note": note,
            "signed_at": signed.signed_at,
            "vkey": checkpoint.vkey(),
        }
        return Response(SignedCheckpoint(state).data)
