"""Readiness for programs: the score, the questions with their answers, gaps, and the plan."""

from collections.abc import Sequence
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.tokens import Scope
from compliance.api import access, paging
from compliance.api.base import ApiView, operation
from readiness.gaps import Deed, Gap, GapKind
from readiness.models import Answer
from readiness.score import Verdict
from readiness.standing import Backing
from readiness.survey import Phase, Question, Step

_KINDS = {kind.name.lower(): kind for kind in GapKind}
_KIND_CHOICES = [(name, kind.words) for name, kind in _KINDS.items()]
_BACKINGS = [(one.value, one.words) for one in Backing]
_BETWEEN = "|"


class GroupScore(serializers.Serializer[Any]):
    """The score of one group of questions."""

    group = serializers.CharField()
    points = serializers.IntegerField()
    shown = serializers.IntegerField()
    applying = serializers.IntegerField()


class Hindering(serializers.Serializer[Any]):
    """What keeps the programme from being ready."""

    weight = serializers.IntegerField()
    words = serializers.CharField()


class MistakeFound(serializers.Serializer[Any]):
    """One common mistake and what the data says of it."""

    id = serializers.CharField(source="entry.id")
    text = serializers.CharField(source="entry.text")
    weight = serializers.IntegerField(source="entry.weight")
    verdict = serializers.ChoiceField(
        [(one.value, one.value) for one in Verdict], source="judgement.verdict"
    )
    reason = serializers.CharField(source="judgement.reason")
    rows = serializers.IntegerField(source="judgement.count")


class ReadinessScore(serializers.Serializer[Any]):
    """How far the programme is; claims earn nothing."""

    is_ready = serializers.BooleanField()
    points = serializers.IntegerField(help_text="Per cent of the weight that applies.")
    shown = serializers.IntegerField()
    applying = serializers.IntegerField()
    groups = GroupScore(many=True)
    hindrances = Hindering(many=True)
    mistakes = MistakeFound(many=True)


class QuestionItem(serializers.Serializer[Question]):
    """One question, the answer that stands, and what stands behind that today."""

    id = serializers.CharField(source="entry.id")
    group = serializers.CharField(source="entry.group")
    text = serializers.CharField(source="entry.text")
    weight = serializers.IntegerField(source="entry.weight")
    answer = serializers.ChoiceField(Answer.Value.choices, source="answer.value", allow_null=True)
    reason = serializers.CharField(source="answer.reason", allow_null=True)
    answered_at = serializers.DateTimeField(source="answer.at", allow_null=True)
    backing = serializers.ChoiceField(_BACKINGS)
    is_shown = serializers.BooleanField(source="asked.is_shown")


class QuestionList(serializers.Serializer[Any]):
    """All questions in the order of the programme."""

    items = QuestionItem(many=True)


class GapQuery(paging.PageQuery):
    """What gaps are asked for."""

    kind = serializers.ChoiceField(_KIND_CHOICES, required=False)


class GapItem(serializers.Serializer[Gap]):
    """One thing that is missing, and the next deed; `key` is what the deed is done to."""

    kind = serializers.SerializerMethodField()
    weight = serializers.IntegerField()
    name = serializers.CharField()
    title = serializers.CharField()
    why = serializers.CharField()
    deed = serializers.ChoiceField([(one.value, one.value) for one in Deed])
    key = serializers.CharField()

    @extend_schema_field(serializers.ChoiceField(_KIND_CHOICES))
    def get_kind(self, gap: Gap) -> str:
        return gap.kind.name.lower()


class GapPage(serializers.Serializer[Any]):
    """A page of gaps."""

    items = GapItem(many=True)
    next_cursor = serializers.CharField(allow_null=True)


class PlanStep(serializers.Serializer[Step]):
    """One step of the plan; evidence shows it, or somebody ticked it, or it is open."""

    id = serializers.CharField(source="entry.id")
    text = serializers.CharField(source="entry.text")
    is_done = serializers.BooleanField()
    is_shown = serializers.BooleanField()
    is_ticked = serializers.BooleanField()
    fact = serializers.CharField()
    owner = serializers.CharField(source="version.owner", allow_null=True)
    due_on = serializers.DateField(source="version.due_on", allow_null=True)


class PlanPhase(serializers.Serializer[Phase]):
    """One phase with its steps."""

    id = serializers.CharField(source="entry.id")
    title = serializers.CharField(source="entry.text")
    weeks = serializers.IntegerField(source="entry.weeks")
    done = serializers.IntegerField()
    steps = PlanStep(many=True)


class Plan(serializers.Serializer[Any]):
    """The phases in their order."""

    phases = PlanPhase(many=True)


_QUERY = GapQuery()


class Readiness(ApiView):
    """How ready the programme is, as of now."""

    @operation(
        "read_readiness",
        "Read the score with what keeps it down",
        scope=Scope.READ_READINESS,
        responses={200: ReadinessScore},
        refusals=(406, 503),
    )
    def get(self, request: Request) -> Response:  # noqa: ARG002
        survey = access.survey_by_token(self.token)
        groups = [
            {"group": group, "points": one.points, "shown": one.shown, "applying": one.applying}
            for group, one in survey.groups.items()
        ]
        said = survey.score
        told = {
            "is_ready": said.is_ready,
            "points": said.points,
            "shown": said.shown,
            "applying": said.applying,
            "groups": groups,
            "hindrances": said.hindrances,
            "mistakes": survey.mistakes,
        }
        return Response(ReadinessScore(told).data)


class ReadinessQuestions(ApiView):
    """Every question with its answer."""

    @operation(
        "list_readiness_questions",
        "List the questions with their answers",
        scope=Scope.READ_READINESS,
        responses={200: QuestionList},
        refusals=(406, 503),
    )
    def get(self, request: Request) -> Response:  # noqa: ARG002
        survey = access.survey_by_token(self.token)
        return Response(QuestionList({"items": survey.questions}).data)


class ReadinessGaps(ApiView):
    """What is missing, the gravest first."""

    @operation(
        "list_gaps",
        "List what is missing, the gravest first",
        scope=Scope.READ_READINESS,
        parameters=[GapQuery],
        responses={200: GapPage},
        refusals=(400, 406, 503),
        description="Gaps are computed anew for each page; one that was closed is gone.",
    )
    def get(self, request: Request) -> Response:
        survey = access.survey_by_token(self.token)
        wish = paging.asked(request, _QUERY)
        wanted = _KINDS.get(wish.get("kind", ""))
        found = [gap for gap in survey.gaps if wanted is None or gap.kind is wanted]
        return Response(GapPage(_page(found, wish.get("cursor"), wish["limit"])).data)


class ReadinessPlan(ApiView):
    """The five phases with their steps."""

    @operation(
        "read_plan",
        "Read the plan with owners and days",
        scope=Scope.READ_READINESS,
        responses={200: Plan},
        refusals=(406, 503),
    )
    def get(self, request: Request) -> Response:  # noqa: ARG002
        survey = access.survey_by_token(self.token)
        return Response(Plan({"phases": survey.phases}).data)


def _page(found: Sequence[Gap], cursor: str | None, limit: int) -> dict[str, Any]:
    """Return the gaps behind the one that a cursor names, whether it is still there or not."""
    if cursor is not None:
        after = _place(cursor)
        found = [gap for gap in found if (-gap.weight, gap.kind, gap.name) > after]
    last = found[limit - 1] if len(found) > limit else None
    following = last and paging.encoded(
        _BETWEEN.join((str(last.weight), str(int(last.kind)), last.name))
    )
    return {"items": found[:limit], "next_cursor": following}


def _place(cursor: str) -> tuple[int, int, str]:
    weight, _, rest = paging.decoded(cursor).partition(_BETWEEN)
    kind, _, name = rest.partition(_BETWEEN)
    if not (weight.isascii() and weight.isdigit() and kind.isascii() and kind.isdigit()):
        raise paging.bad_cursor()
    if len(weight) > 1 or len(kind) > 1 or not name:
        raise paging.bad_cursor()
    return -int(weight), int(kind), name
