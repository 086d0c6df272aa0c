"""The bytes of an item: streamed from the store, whole or from where a download broke off."""

from typing import Any, cast

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request

from accounts.tokens import Scope
from compliance import delivery
from compliance.api import access
from compliance.api.base import ApiView, operation
from compliance.api.errors import Refusal


class AnyAccept(BaseContentNegotiation):
    """Bytes have the type that they have, whatever the caller would like to accept."""

    def select_parser(self, request: Request, parsers: Any) -> Any:  # noqa: ARG002
        return parsers[0]

    def select_renderer(
        self,
        request: Request,  # noqa: ARG002
        renderers: Any,
        format_suffix: str | None = None,  # noqa: ARG002
    ) -> tuple[BaseRenderer, str]:
        return renderers[0], renderers[0].media_type


class EvidenceContent(ApiView):
    """The original bytes of one version."""

    http_method_names = ["get"]
    content_negotiation_class = AnyAccept

    @operation(
        "download_evidence",
        "Download the original bytes",
        scope=Scope.READ_EVIDENCE,
        description=(
            "The type is that of the item. Every download leaves a leaf in the log. The ETag "
            "is the SHA-256 of the whole file; `Range` and `If-Range` resume a download."
        ),
        parameters=[OpenApiParameter("Range", str, OpenApiParameter.HEADER)],
        responses={
            (200, "*/*"): OpenApiTypes.BINARY,
            (206, "*/*"): OpenApiTypes.BINARY,
            304: OpenApiResponse(description="The caller has these bytes already."),
        },
        refusals=(404, 410, 416),
    )
    def get(self, request: Request, ref: str) -> HttpResponseBase:
        rows = access.evidence_by_token(self.token).select_related("blob")
        evidence = get_object_or_404(rows, ref=ref)
        response = delivery.attachment(
            cast("HttpRequest", request), evidence, media_type=evidence.media_type
        )
        if response.status_code == 416:
            message = f"The file has {evidence.blob.size} bytes; no part lies in that range."
            raise Refusal(
                416, "range", message, headers={"Content-Range": response["Content-Range"]}
            )
        response["Cache-Control"] = "no-store"
        if response.streaming:
            access.note_download(evidence, self.token)
        return response
