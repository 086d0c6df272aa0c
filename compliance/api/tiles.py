"""The log as tiles (C2SP tlog-tiles), for witnesses and monitors: a checkpoint and its hashes."""

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.tokens import Scope
from compliance.api import access
from compliance.api.base import ApiView, PlainText, operation
from compliance.api.content import AnyAccept
from compliance.api.errors import not_signed
from evidence import checkpoint, tiles
from evidence.errors import LedgerError

_FOR_EVER = "private, max-age=31536000, immutable"


class TileCheckpoint(ApiView):
    """The checkpoint that the tiles lead to."""

    renderer_classes = [PlainText]
    content_negotiation_class = AnyAccept

    @operation(
        "read_log_checkpoint",
        "Read the checkpoint of the tiled log",
        scope=Scope.READ_EVIDENCE,
        description="The bare signed note, as a client of C2SP tlog-tiles expects it.",
        responses={(200, "text/plain"): OpenApiTypes.STR},
    )
    def get(self, _request: Request) -> Response:
        access.log_by_token(self.token)
        return Response(checkpoint.served(checkpoint.newest()))


class LogTile(ApiView):
    """Up to 256 hashes of one level of the tree."""

    http_method_names = ["get"]
    content_negotiation_class = AnyAccept

    @operation(
        "read_log_tile",
        "Read a tile of the log",
        scope=Scope.READ_EVIDENCE,
        description=(
            "Named as in C2SP tlog-tiles: `0/x001/067` is whole, `0/x001/067.p/12` has its first"
            " 12 hashes. Tiles never change. Bundles of entries are not served: leaves may be"
            " longer than that format allows."
        ),
        responses={(200, "application/octet-stream"): OpenApiTypes.BINARY},
        refusals=(404,),
    )
    def get(self, _request: HttpRequest, tile: str) -> HttpResponseBase:
        access.log_by_token(self.token)
        try:
            content = tiles.read(tiles.Tile.named(tile))
        except tiles.NoSuchTileError:
            raise NotFound("The log has no such tile, or not yet.") from None
        except LedgerError as error:
            raise not_signed() from error
        headers = {"Cache-Control": _FOR_EVER, "X-Content-Type-Options": "nosniff"}
        return HttpResponse(content, content_type="application/octet-stream", headers=headers)
