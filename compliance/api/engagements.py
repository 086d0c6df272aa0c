"""Engagements for programs: what is judged, over which days, and what belongs to the scope."""

from typing import Any

from django.db.models import Q
from django.shortcuts import get_object_or_404
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.tokens import Scope
from audits.models import (
    Engagement,
    EngagementCategory,
    EngagementChange,
    SubserviceOrganisation,
    UserEntityWording,
)
from audits.organisations import latest_wordings
from compliance.api import access, paging
from compliance.api.base import ApiView, operation
from compliance.api.links import Links, to


class CategoryItem(serializers.Serializer[EngagementCategory]):
    """A category in scope, why it was chosen, and what that rests on (empty: not stated)."""

    category = serializers.CharField()
    reason = serializers.CharField()
    ground = serializers.CharField()


class EngagementItem(serializers.Serializer[Engagement]):
    """One engagement; days are those of the organisation, both ends included."""

    ref = serializers.CharField()
    title = serializers.CharField()
    type = serializers.ChoiceField(Engagement.Type.choices)
    framework = serializers.CharField(source="framework.slug")
    firm = serializers.CharField()
    window_from = serializers.DateField()
    window_to = serializers.DateField()
    fieldwork_from = serializers.DateField(allow_null=True)
    fieldwork_to = serializers.DateField(allow_null=True)
    freeze_on = serializers.DateField(
        allow_null=True, help_text="The last day on which the scope may change."
    )
    closed_at = serializers.DateTimeField(allow_null=True)
    categories = CategoryItem(many=True)
    _links = Links(
        lambda engagement: {
            "self": to("engagement", engagement.ref),
            "coverage": to("coverage", engagement.ref),
            "requests": to("requests", engagement.ref),
            "populations": to("populations", engagement.ref),
            "findings": f"{to('findings')}?engagement={engagement.ref}",
        }
    )


class EngagementPage(serializers.Serializer[Any]):
    """A page of engagements."""

    items = EngagementItem(many=True, source="rows")
    next_cursor = serializers.CharField(allow_null=True)


class WindowChange(serializers.Serializer[EngagementChange]):
    """That a date moved, from what to what, and why."""

    what = serializers.ChoiceField(EngagementChange.What.choices)
    before_from = serializers.DateField(allow_null=True)
    before_to = serializers.DateField(allow_null=True)
    after_from = serializers.DateField(allow_null=True)
    after_to = serializers.DateField(allow_null=True)
    reason = serializers.CharField()
    changed_at = serializers.DateTimeField()


class OrganisationItem(serializers.Serializer[SubserviceOrganisation]):
    """A subservice organisation and the controls that we assume it operates."""

    name = serializers.CharField()
    services = serializers.CharField()
    method = serializers.ChoiceField(SubserviceOrganisation.Method.choices)
    controls = serializers.ListField(child=serializers.CharField())
    monitoring = serializers.CharField()


class CustomersControl(serializers.Serializer[UserEntityWording]):
    """A control that customers must operate, in the wording that holds."""

    ref = serializers.CharField(source="control.ref")
    criterion = serializers.CharField(source="control.criterion.ref")
    version = serializers.IntegerField(source="number")
    text = serializers.CharField()


class EngagementScope(serializers.Serializer[Any]):
    """What belongs to an engagement beside its dates."""

    changes = WindowChange(many=True)
    organisations = OrganisationItem(many=True)
    user_entity_controls = CustomersControl(many=True)


class EngagementDetail(EngagementItem):
    """One engagement with its scope."""

    scope = EngagementScope()


_QUERY = paging.PageQuery()


class EngagementList(ApiView):
    """All engagements, the latest first."""

    @operation(
        "list_engagements",
        "List engagements, the latest first",
        scope=Scope.READ_ENGAGEMENTS,
        parameters=[paging.PageQuery],
        responses={200: EngagementPage},
        refusals=(400, 406),
    )
    def get(self, request: Request) -> Response:
        rows = access.engagements_by_token(self.token)
        wish = paging.asked(request, _QUERY)
        rest = paging.before(wish.get("cursor"), "pk")
        page = paging.newest_first(rows.filter(rest), key="pk", limit=wish["limit"], rest=Q())
        return Response(EngagementPage(page).data)


class EngagementOne(ApiView):
    """One engagement."""

    @operation(
        "read_engagement",
        "Read one engagement with its scope",
        scope=Scope.READ_ENGAGEMENTS,
        responses={200: EngagementDetail},
        refusals=(404, 406),
    )
    def get(self, request: Request, ref: str) -> Response:  # noqa: ARG002
        engagement = get_object_or_404(access.engagements_by_token(self.token), ref=ref)
        known = {
            "changes": engagement.changes.all(),
            "organisations": engagement.organisations.filter(removed_at=None),
            "user_entity_controls": latest_wordings(engagement),
        }
        vars(engagement)["scope"] = known
        return Response(EngagementDetail(engagement).data)
