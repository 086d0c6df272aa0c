"""`/compliance_forms`: list, fetch, sign and tag them."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.db.models import Q
from rest_framework.request import Request
from rest_framework.response import Response

from compliance.api.finix import access, fields, filters, paging
from compliance.api.finix.base import FinixView, body_of
from compliance.api.finix.errors import FieldsRefused
from compliance.api.finix.paging import Listing
from merchants import answering, api_users, papers, shapes, signing, tag_deeds
from merchants.models import ComplianceForm, FormFile, SignatureRecord
from merchants.signing import Seen, Signature

_SAID = ("name", "title", "ip_address", "user_agent", "signed_at")
_STATES = [state.value for state in ComplianceForm.State]


class ComplianceFormList(FinixView):
    http_method_names = ["get", "head"]

    def get(self, request: Request, environment: str) -> Response:
        params = request.query_params
        where = filters.common(params)
        if params.get("linked_to"):
            where &= Q(merchant=self._merchant(params["linked_to"]))
        states = filters.words(params, "state", _STATES)
        each = [Q(state=state) for state in states] or [Q()]
        listing = Listing(
            "compliance_forms",
            access.forms(self.caller),
            shapes.compliance_form,
            where,
            each,
            tags=filters.tags(params),
            reach=access.reach(self.caller),
        )
        return paging.answer(self, listing)

    def _merchant(self, ref: str) -> int:
        """Return the merchant that forms are linked to; one that is not theirs has none."""
        found = access.merchants(self.caller).filter(ref=ref).values_list("pk", flat=True).first()
        return found or 0


class ComplianceFormOne(FinixView):
    http_method_names = ["get", "head", "put"]

    def get(self, request: Request, environment: str, ref: str) -> Response:
        form = access.one(access.forms(self.caller), ref)
        _order_paper(form, api_users.actor_of(self.caller))
        return Response(shapes.compliance_form(form, self.base))

    def put(self, request: Request, environment: str, ref: str) -> Response:
        form = access.one(access.forms(self.caller), ref)
        data = body_of(request)
        tags, actor = fields.tags(data), api_users.actor_of(self.caller)
        seen = Seen(request.META.get("REMOTE_ADDR", ""), request.META.get("HTTP_USER_AGENT", ""))
        with transaction.atomic():
            if tags is None or "pci_saq_a" in data:
                signature, basis = _signature(data), SignatureRecord.Basis.DOCUMENT
                signing.sign(form, signature, actor=actor, seen=seen, basis=basis)
            tag_deeds.tag(form, tags, actor=actor)
        return Response(
            shapes.compliance_form(access.one(access.forms(self.caller), ref), self.base)
        )


def _order_paper(form: ComplianceForm, actor: str) -> None:
    """Have the paper rendered that an open form is attested by, where nobody asked for it yet."""
    if form.state in answering.OPEN and not form.source and not form.files.all():
        papers.order(form, FormFile.Which.UNSIGNED, requested_by=actor)


def _signature(data: Mapping[str, Any]) -> Signature:
    """Return what was said of the signature; FieldsRefused names every field that lacks."""
    said = data.get("pci_saq_a")
    if said is None:
        raise FieldsRefused({"pci_saq_a": "pci_saq_a is required"})
    if not isinstance(said, Mapping):
        raise FieldsRefused({"pci_saq_a": "pci_saq_a is an object"})
    wrong: dict[str, str] = {}
    found: dict[str, str] = {}
    for name in _SAID:
        try:
            found[name] = fields.text(said, name, path="pci_saq_a.")
        except FieldsRefused as refused:
            wrong.update(refused.fields)
    odd = wrong or {
        f"pci_saq_a.{name}": message
        for name, message in signing.problems(Signature(**found)).items()
    }
    if odd:
        raise FieldsRefused(odd)
    return Signature(**found)
