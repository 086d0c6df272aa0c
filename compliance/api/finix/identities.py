"""`/identities`: the businesses behind merchants; what names a person is kept and never told."""

from collections.abc import Mapping
from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from compliance.api.finix import access, fields, filters, paging
from compliance.api.finix.base import FinixView, body_of, created
from compliance.api.finix.errors import FieldsRefused, NotFoundError
from compliance.api.finix.paging import Listing
from merchants import api_users, prospects, shapes, tag_deeds
from merchants.identity import Identity
from merchants.models import ApiUser, Application, Merchant, Prospect

_ADDRESS = ("line1", "line2", "city", "region", "postal_code", "country")


class IdentityList(FinixView):
    http_method_names = ["get", "head", "post"]

    def get(self, request: Request, environment: str) -> Response:
        where = filters.common(request.query_params, key="identity_ref")
        listing = Listing(
            "identities",
            access.merchants(self.caller),
            shapes.identity_of,
            where,
            key=lambda ref: {"identity_ref": ref},
            tags=filters.tags(request.query_params),
            reach=access.reach(self.caller),
        )
        return paging.answer(self, listing)

    def post(self, request: Request, environment: str) -> Response:
        access.refuse_merchant(self.caller)
        data = body_of(request)
        made = prospects.add(
            _application(self.caller, data),
            _identity(data),
            tags=fields.tags(data) or {},
            by=self.caller,
        )
        return created(shapes.identity_of(made, self.base))


class IdentityOne(FinixView):
    http_method_names = ["get", "head", "put"]

    def get(self, request: Request, environment: str, ref: str) -> Response:
        return Response(shapes.identity_of(_found(self.caller, ref), self.base))

    def put(self, request: Request, environment: str, ref: str) -> Response:
        found = _found(self.caller, ref)
        data = body_of(request)
        if data.get("entity") is not None:
            raise FieldsRefused({"entity": "Who a business is, people change. Ask the platform."})
        tag_deeds.tag(found, fields.tags(data), actor=api_users.actor_of(self.caller))
        return Response(shapes.identity_of(found, self.base))


class IdentityMerchants(FinixView):
    http_method_names = ["post"]

    def post(self, request: Request, environment: str, ref: str) -> Response:
        access.refuse_merchant(self.caller)
        found = _found(self.caller, ref)
        data = body_of(request)
        fields.text(data, "processor")
        if isinstance(found, Merchant):
            raise FieldsRefused({"identity": "This identity has a merchant already."})
        tags = fields.tags(data) or {}
        made = prospects.make_merchant(
            found,
            form_type=tags.get("saq_type", prospects.DEFAULT_TYPE),
            tags=tags,
            by=self.caller,
        )
        return created(shapes.merchant(made, self.base))


class AssociatedIdentities(FinixView):
    """Owners behind a business: none is kept here, so the list is empty."""

    http_method_names = ["get", "head"]

    def get(self, request: Request, environment: str, ref: str) -> Response:
        _found(self.caller, ref)
        rows = access.merchants(self.caller).none()
        return paging.answer(self, Listing("identities", rows, shapes.identity_of))


def _found(caller: ApiUser, ref: str) -> Merchant | Prospect:
    """Return the merchant of an identity, or the business that has none yet; NotFoundError."""
    merchant = access.merchants(caller).filter(identity_ref=ref).first()
    found = merchant or access.prospects(caller).filter(ref=ref).first()
    if found is None:
        raise NotFoundError(ref)
    return found


def _application(caller: ApiUser, data: Mapping[str, Any]) -> Application:
    """Return whose merchant it is to be; a key for several platforms must name one."""
    named = fields.text(data, "application", default="")
    rows = access.applications(caller)
    found = list((rows.filter(ref=named) if named else rows)[:2])
    if len(found) != 1:
        raise FieldsRefused({"application": "Name the application, by its id."})
    return found[0]


def _identity(data: Mapping[str, Any]) -> Identity:
    """Return what is kept of an entity: the business, and whom to write to about its form."""
    entity = data.get("entity")
    if not isinstance(entity, Mapping):
        raise FieldsRefused({"entity": "entity is required, as an object"})

    def said(name: str) -> str:
        return fields.text(entity, name, path="entity.", default="")

    address = entity.get("business_address")
    lines = address if isinstance(address, Mapping) else {}
    parts = [
        fields.text(lines, name, path="entity.business_address.", default="") for name in _ADDRESS
    ]
    return Identity(
        business_name=fields.text(entity, "business_name", path="entity."),
        contact_email=fields.text(entity, "email", path="entity."),
        trading_name=said("doing_business_as"),
        contact_name=f"{said('first_name')} {said('last_name')}".strip(),
        contact_title=said("title"),
        phone=said("business_phone") or said("phone"),
        address=", ".join(part for part in parts if part),
        website=said("url"),
    )
