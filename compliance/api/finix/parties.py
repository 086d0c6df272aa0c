"""`/merchants`, `/applications` and `/verifications`: who takes payments by whom.

Merchants are approved by people; programs look, and hang tags on.
"""

from django.db.models import Q, QuerySet
from rest_framework.request import Request
from rest_framework.response import Response

from compliance.api.finix import access, fields, filters, paging
from compliance.api.finix.base import FinixView, body_of, created
from compliance.api.finix.errors import NotFoundError, Refused
from compliance.api.finix.paging import Listing
from merchants import api_users, ids, shapes, tag_deeds
from merchants.models import Merchant

_STATES = [state.value for state in Merchant.State]


class MerchantList(FinixView):
    http_method_names = ["get", "head"]

    def get(self, request: Request, environment: str) -> Response:
        params = request.query_params
        where = filters.common(params)
        if params.get("identity"):
            where &= Q(identity_ref=params["identity"])
        states = filters.words(params, "onboarding_state", _STATES)
        each = [Q(state=state) for state in states] or [Q()]
        rows = access.merchants(self.caller)
        tags, reach = filters.tags(params), access.reach(self.caller)
        listing = Listing("merchants", rows, shapes.merchant, where, each, tags=tags, reach=reach)
        return paging.answer(self, listing)


class MerchantOne(FinixView):
    http_method_names = ["get", "head", "put"]

    def get(self, request: Request, environment: str, ref: str) -> Response:
        return Response(shapes.merchant(access.one(access.merchants(self.caller), ref), self.base))

    def put(self, request: Request, environment: str, ref: str) -> Response:
        found = access.one(access.merchants(self.caller), ref)
        tag_deeds.tag(found, fields.tags(body_of(request)), actor=api_users.actor_of(self.caller))
        return Response(shapes.merchant(found, self.base))


class MerchantVerifications(FinixView):
    http_method_names = ["get", "head", "post"]

    def get(self, request: Request, environment: str, ref: str) -> Response:
        found = access.one(access.merchants(self.caller), ref)
        rows = access.merchants(self.caller).filter(pk=found.pk)
        return paging.answer(self, _verifications(rows, Q()))

    def post(self, request: Request, environment: str, ref: str) -> Response:
        found = access.one(access.merchants(self.caller), ref)
        body_of(request)
        return created(shapes.verification(_waiting(found), self.base))


class ApplicationList(FinixView):
    http_method_names = ["get", "head"]

    def get(self, request: Request, environment: str) -> Response:
        where, tags = filters.common(request.query_params), filters.tags(request.query_params)
        rows = access.applications(self.caller)
        listing = Listing("applications", rows, shapes.application, where, tags=tags)
        return paging.answer(self, listing)


class ApplicationOne(FinixView):
    http_method_names = ["get", "head", "put"]

    def get(self, request: Request, environment: str, ref: str) -> Response:
        found = access.one(access.applications(self.caller), ref)
        return Response(shapes.application(found, self.base))

    def put(self, request: Request, environment: str, ref: str) -> Response:
        access.refuse_merchant(self.caller)
        found = access.one(access.applications(self.caller), ref)
        tag_deeds.tag(found, fields.tags(body_of(request)), actor=api_users.actor_of(self.caller))
        return Response(shapes.application(found, self.base))


class VerificationList(FinixView):
    http_method_names = ["get", "head", "post"]

    def get(self, request: Request, environment: str) -> Response:
        params = request.query_params
        filters.refuse_nul(params)
        where = filters.common(params) if not params.get("id") else Q()
        if params.get("id"):
            where &= Q(ref=_merchant_of(params["id"]))
        by_word = {word: state for state, word in shapes.VERIFIED.items()}
        states = filters.words(params, "state", list(by_word))
        each = [Q(state=by_word[word]) for word in states] or [Q()]
        return paging.answer(self, _verifications(access.merchants(self.caller), where, each))

    def post(self, request: Request, environment: str) -> Response:
        named = fields.text(body_of(request), "merchant")
        found = access.one(access.merchants(self.caller), named)
        return created(shapes.verification(_waiting(found), self.base))


class VerificationOne(FinixView):
    http_method_names = ["get", "head"]

    def get(self, request: Request, environment: str, ref: str) -> Response:
        rows = access.merchants(self.caller)
        found = rows.filter(ref=_merchant_of(ref)).first()
        if found is None:
            raise NotFoundError(ref)
        return Response(shapes.verification(found, self.base))


def _waiting(found: Merchant) -> Merchant:
    """Return a merchant that people have yet to look at, Refused for another one."""
    if found.state != Merchant.State.PROVISIONING:
        raise Refused(422, "This merchant was looked at already.")
    return found


def _verifications(
    rows: QuerySet[Merchant], where: Q, each: list[Q] | None = None
) -> Listing[Merchant]:
    return Listing(
        "verifications",
        rows,
        shapes.verification,
        where,
        each or [Q()],
        key=lambda ref: {"ref": _merchant_of(ref)},
    )


def _merchant_of(verification: str) -> str:
    return ids.MERCHANT + verification.removeprefix(ids.VERIFICATION)
