"""`/users`: keys of programs. A password stands in the answer that made it, and nowhere else."""

from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from compliance.api.finix import access, fields, filters, paging
from compliance.api.finix.base import FinixView, body_of, created
from compliance.api.finix.errors import FieldsRefused, Refused
from compliance.api.finix.paging import Listing
from merchants import api_users, shapes
from merchants.models import ApiUser


class UserList(FinixView):
    http_method_names = ["get", "head"]

    def get(self, request: Request, environment: str) -> Response:
        where, tags = filters.common(request.query_params), filters.tags(request.query_params)
        rows, reach = access.users(self.caller), access.reach(self.caller)
        return paging.answer(self, Listing("users", rows, shape, where, tags=tags, reach=reach))


class UserOne(FinixView):
    http_method_names = ["get", "head", "put"]

    def get(self, request: Request, environment: str, ref: str) -> Response:
        return Response(shape(access.one(access.users(self.caller), ref), self.base))

    def put(self, request: Request, environment: str, ref: str) -> Response:
        access.refuse_all_but_platform(self.caller)
        found = access.one(access.users(self.caller), ref)
        data = body_of(request)
        enabled = fields.flag(data, "enabled")
        if enabled is False and found.pk == self.caller.pk:
            raise FieldsRefused({"enabled": "A key cannot switch itself off. Use another one."})
        changed = api_users.change(
            found,
            enabled=enabled,
            tags=fields.tags(data),
            actor=api_users.actor_of(self.caller),
        )
        return Response(shape(changed, self.base))


class ApplicationUsers(FinixView):
    http_method_names = ["get", "head", "post"]

    def get(self, request: Request, environment: str, ref: str) -> Response:
        found = access.one(access.applications(self.caller), ref)
        rows = access.users(self.caller).filter(application=found)
        where, tags = filters.common(request.query_params), filters.tags(request.query_params)
        reach = {"application": found.pk} if access.reach(self.caller) else None
        return paging.answer(self, Listing("users", rows, shape, where, tags=tags, reach=reach))

    def post(self, request: Request, environment: str, ref: str) -> Response:
        access.refuse_all_but_platform(self.caller)
        found = access.one(access.applications(self.caller), ref)
        tags = fields.tags(body_of(request))
        made, password = api_users.add_partner_key(
            found, actor=api_users.actor_of(self.caller), tags=tags
        )
        return created({**shape(made, self.base), "password": password})


class IdentityUsers(FinixView):
    http_method_names = ["post"]

    def post(self, request: Request, environment: str, ref: str) -> Response:
        access.refuse_merchant(self.caller)
        found = access.one(access.merchants(self.caller), ref, key="identity_ref")
        data = body_of(request)
        if data.get("role") not in {None, ApiUser.Role.MERCHANT.value}:
            raise Refused(422, "The key of an identity has ROLE_MERCHANT", field="role")
        made, password = api_users.add_merchant_key(
            found, actor=api_users.actor_of(self.caller), tags=fields.tags(data)
        )
        return created({**shape(made, self.base), "password": password})


def shape(user: ApiUser, base: str) -> dict[str, Any]:
    """Return a key as programs see it, without its password."""
    return {
        "id": user.ref,
        "created_at": shapes.short(user.created_at),
        "updated_at": shapes.short(user.updated_at),
        "created_by": user.created_by,
        "enabled": user.enabled,
        "identity": user.merchant.identity_ref if user.merchant else None,
        "application": user.application.ref if user.application else None,
        "last_used_date": shapes.short(user.last_used_at),
        "password": None,
        "role": user.role,
        "tags": user.tags,
        "_links": shapes.links(base, self=f"users/{user.ref}"),
    }
