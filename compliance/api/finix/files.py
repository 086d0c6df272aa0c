"""`/files`: announce, upload, fetch them, and give out links to them."""

from typing import Any, cast

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from rest_framework.request import Request
from rest_framework.response import Response

from compliance import delivery
from compliance.api.finix import access, fields, filters, paging, uploading
from compliance.api.finix.base import FinixView, body_of, created
from compliance.api.finix.errors import Refused
from compliance.api.finix.paging import Listing
from compliance.api.multipart import WholeMultiPartParser
from merchants import api_users, files, shapes
from merchants.models import ExternalLink, File

_LONGEST_MINUTES = int(files.LONGEST_LINK.total_seconds() // 60)


class FileList(FinixView):
    http_method_names = ["get", "head", "post"]

    def get(self, request: Request, environment: str) -> Response:
        where, tags = filters.common(request.query_params), filters.tags(request.query_params)
        rows, reach = access.files(self.caller), access.reach(self.caller)
        listing = Listing("files", rows, shapes.file, where, tags=tags, reach=reach)
        return paging.answer(self, listing)

    def post(self, request: Request, environment: str) -> Response:
        data = body_of(request)
        merchant, is_identity = access.linked(self.caller, fields.text(data, "linked_to"))
        made = files.add(
            merchant,
            file_type=fields.text(data, "type"),
            display_name=fields.text(data, "display_name", default=""),
            tags=fields.tags(data) or {},
            by=self.caller,
            is_of_identity=is_identity,
        )
        return created(shapes.file(made, self.base))


class FileOne(FinixView):
    http_method_names = ["get", "head"]

    def get(self, request: Request, environment: str, ref: str) -> Response:
        return Response(shapes.file(access.one(access.files(self.caller), ref), self.base))


class FileUpload(FinixView):
    http_method_names = ["post"]
    parser_classes = [WholeMultiPartParser]

    def post(self, request: Request, environment: str, ref: str) -> Response:
        found = access.one(access.files(self.caller), ref)
        uploading.refuse_large(request)
        content, name = uploading.part(request)
        actor = api_users.actor_of(self.caller)
        kept = files.receive(found, content, filename=name, actor=actor)
        return Response(shapes.file(kept, self.base))


class FileDownload(FinixView):
    http_method_names = ["get", "head"]

    def get(self, request: Request, environment: str, ref: str) -> HttpResponseBase:
        found = access.one(access.files(self.caller), ref)
        is_inline = filters.truth(request.query_params, "stream") or False
        return handed_out(request, found, api_users.actor_of(self.caller), is_inline=is_inline)


class FileLinks(FinixView):
    http_method_names = ["get", "head", "post"]

    def get(self, request: Request, environment: str, ref: str) -> Response:
        found = access.one(access.files(self.caller), ref)
        where, tags = filters.common(request.query_params), filters.tags(request.query_params)
        rows = access.links(found)
        return paging.answer(self, Listing("external_links", rows, link_shape, where, tags=tags))

    def post(self, request: Request, environment: str, ref: str) -> Response:
        found = access.one(access.files(self.caller), ref)
        data = body_of(request)
        minutes = fields.number(
            data.get("duration", 60), "duration", least=1, most=_LONGEST_MINUTES
        )
        made = files.make_link(
            found,
            kind=fields.text(data, "type"),
            minutes=minutes,
            tags=fields.tags(data) or {},
            by=self.caller,
        )
        return created(link_shape(made, self.base))


class FileLinkOne(FinixView):
    http_method_names = ["get", "head"]

    def get(
        self,
        request: Request,
        environment: str,
        ref: str,
        link: str,
    ) -> Response:
        found = access.one(access.files(self.caller), ref)
        made = access.one(access.links(found), link)
        return Response(link_shape(made, self.base))


class OpenLink(FinixView):
    """What a link opens, to whoever has it: its file, or the place where its content goes."""

    http_method_names = ["get", "head", "put", "post"]
    authentication_classes = []
    permission_classes = []
    parser_classes = [WholeMultiPartParser]

    def get(self, request: Request, environment: str, link: str, proof: str) -> HttpResponseBase:
        found = files.link_named(link, proof, environment=environment)
        if found.kind == ExternalLink.Kind.UPLOAD:
            raise Refused(405, "This link takes a file. Send it with PUT.")
        is_inline = found.kind == ExternalLink.Kind.VIEW
        return handed_out(request, found.file, f"link:{found.ref}", is_inline=is_inline)

    def put(self, request: Request, environment: str, link: str, proof: str) -> Response:
        """Take the content as the whole body, as stores of files do."""
        found = self._upload(environment, link, proof)
        uploading.refuse_large(request)
        with uploading.whole_body(request) as content:
            kept = files.receive(found.file, content, filename="", actor=f"link:{found.ref}")
        return Response(shapes.file(kept, self.base))

    def post(self, request: Request, environment: str, link: str, proof: str) -> Response:
        found = self._upload(environment, link, proof)
        uploading.refuse_large(request)
        content, name = uploading.part(request)
        kept = files.receive(found.file, content, filename=name, actor=f"link:{found.ref}")
        return Response(shapes.file(kept, self.base))

    def _upload(self, environment: str, link: str, proof: str) -> ExternalLink:
        found = files.link_named(link, proof, environment=environment)
        if found.kind != ExternalLink.Kind.UPLOAD:
            raise Refused(405, "This link hands a file out.")
        return found


def handed_out(
    request: Request, file: File, actor: str, *, is_inline: bool = False
) -> HttpResponseBase:
    """Return the bytes of a file under its own name, and leave a leaf that says who got them."""
    if file.evidence is None:
        raise Refused(422, "This file has no content yet.")
    response = delivery.attachment(
        cast("HttpRequest", request),
        file.evidence,
        media_type=files.MEDIA_TYPES.get(file.extension, "application/octet-stream"),
    )
    if response.status_code == 416:
        raise Refused(416, f"The file has {file.evidence.blob.size} bytes.")
    if response.has_header("Content-Disposition"):
        how = "inline" if is_inline else "attachment"
        response["Content-Disposition"] = f'{how}; filename="{file.ref}.{file.extension}"'
    response["Cache-Control"] = "no-store"
    if response.streaming:
        files.note_access(file, what="download", actor=actor)
    return response


def link_shape(link: ExternalLink, base: str) -> dict[str, Any]:
    """Return a link as programs see it, with the address that it is."""
    return {
        "id": link.ref,
        "created_at": shapes.exact(link.created_at),
        "duration": str(link.minutes),
        "expired": link.has_lapsed,
        "expires_at": shapes.exact(link.expires_at),
        "file_id": link.file.ref,
        "tags": link.tags,
        "type": link.kind,
        "url": f"{base}/external/{link.ref}/{files.proof_of(link)}",
        "user_id": link.made_by.ref,
    }
