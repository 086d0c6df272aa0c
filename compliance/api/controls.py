"""Controls for programs: what we say we do, in today's wording, and what evidence it must leave."""

from typing import Any

from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.tokens import Scope
from compliance.api import access, paging
from compliance.api.base import ApiView, operation
from compliance.api.links import Links, to
from controls.cadence import Cadence
from controls.models import Area, Control, ControlVersion, Expectation


class ControlQuery(paging.PageQuery):
    """What controls are asked for."""

    area = serializers.ChoiceField(Area.choices, required=False)


class ExpectedEvidence(serializers.Serializer[Expectation]):
    """Evidence that a control must leave; its slug is what a push names."""

    slug = serializers.CharField()
    title = serializers.CharField()
    guidance = serializers.CharField()
    evidence_type = serializers.ChoiceField(Expectation.EvidenceType.choices)
    kind = serializers.ChoiceField(Expectation.Kind.choices)
    cadence = serializers.ChoiceField([(cadence.value, cadence.words) for cadence in Cadence])
    days_allowed = serializers.IntegerField()
    collector = serializers.CharField(help_text="Empty: handed in by hand or by a program.")
    active_from = serializers.DateField()
    active_to = serializers.DateField(allow_null=True)


class ControlItem(serializers.Serializer[Control]):
    """One control in the wording of today."""

    ref = serializers.CharField()
    title = serializers.CharField()
    area = serializers.ChoiceField(Area.choices)
    owner_role = serializers.ChoiceField(Control.OwnerRole.choices)
    nature = serializers.ChoiceField(Control.Nature.choices)
    statement = serializers.CharField(allow_null=True, help_text="Null before its first day.")
    version = serializers.IntegerField(allow_null=True)
    effective_from = serializers.DateField(allow_null=True)
    criteria = serializers.SerializerMethodField()
    expectations = ExpectedEvidence(many=True)
    _links = Links(
        lambda control: {
            "self": to("control", control.ref),
            "evidence": f"{to('evidence')}?control={control.ref}",
        }
    )

    @extend_schema_field(serializers.ListField(child=serializers.CharField()))
    def get_criteria(self, control: Control) -> list[str]:
        return [f"{one.framework.slug}:{one.ref}" for one in control.criteria.all()]


class ControlPage(serializers.Serializer[Any]):
    """A page of controls."""

    items = ControlItem(many=True, source="rows")
    next_cursor = serializers.CharField(allow_null=True)


class ControlWording(serializers.Serializer[ControlVersion]):
    """One wording of a control; it is in force until a later version's first day."""

    number = serializers.IntegerField()
    statement = serializers.CharField()
    effective_from = serializers.DateField()
    digest = serializers.CharField()


class ControlDetail(ControlItem):
    """One control with all its wordings."""

    versions = ControlWording(many=True)


_QUERY = ControlQuery()


class ControlList(ApiView):
    """All controls, by their reference."""

    @operation(
        "list_controls",
        "List controls by reference",
        scope=Scope.READ_CONTROLS,
        parameters=[ControlQuery],
        responses={200: ControlPage},
        refusals=(400, 406),
    )
    def get(self, request: Request) -> Response:
        rows = access.controls_by_token(self.token, on=timezone.localdate())
        wish = paging.asked(request, _QUERY)
        if "area" in wish:
            rows = rows.filter(area=wish["area"])
        page = paging.by_name(rows, key="ref", cursor=wish.get("cursor"), limit=wish["limit"])
        return Response(ControlPage(page).data)


class ControlOne(ApiView):
    """One control."""

    @operation(
        "read_control",
        "Read one control with all its wordings",
        scope=Scope.READ_CONTROLS,
        responses={200: ControlDetail},
        refusals=(404, 406),
    )
    def get(self, request: Request, ref: str) -> Response:  # noqa: ARG002
        rows = access.controls_by_token(self.token, on=timezone.localdate())
        control = get_object_or_404(rows.prefetch_related("versions"), ref=ref)
        return Response(ControlDetail(control).data)
