"""Addresses of the door for programs, below /api/."""

from django.urls import URLPattern, URLResolver, include, path, register_converter

from compliance.api import (
    batches,
    checkpoint,
    content,
    controls,
    coverage,
    documents,
    draws,
    engagements,
    evidence,
    findings,
    populations,
    proof,
    readiness,
    requests,
    runs,
    tiles,
)


class Reference:
    """A reference as we give them out: what else stands in an address names nothing."""

    regex = r"[A-Za-z0-9._-]{1,40}"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


class Number(Reference):
    """A number within an engagement, from 1 on; one that no column could hold names nothing."""

    regex = r"[1-9][0-9]{0,8}"


class TileName(Reference):
    """The name of a tile, with the slashes between its parts."""

    regex = r"[0-9]/[0-9x/]{3,30}(?:\.p/[0-9]{1,3})?"


register_converter(Reference, "ref")
register_converter(Number, "number")
register_converter(TileName, "tile")

_ONE = "engagements/<ref:ref>"
_DRAW = f"{_ONE}/populations/<number:number>/draws/<number:draw>"

_engagements: list[URLPattern | URLResolver] = [
    path("engagements", engagements.EngagementList.as_view(), name="engagements"),
    path(_ONE, engagements.EngagementOne.as_view(), name="engagement"),
    path(f"{_ONE}/coverage", coverage.EngagementCoverage.as_view(), name="coverage"),
    path(f"{_ONE}/requests", requests.RequestList.as_view(), name="requests"),
    path(f"{_ONE}/requests/<number:number>", requests.RequestOne.as_view(), name="request"),
    path(f"{_ONE}/populations", populations.PopulationList.as_view(), name="populations"),
    path(
        f"{_ONE}/populations/<number:number>",
        populations.PopulationOne.as_view(),
        name="population",
    ),
    path(_DRAW, draws.DrawOne.as_view(), name="draw"),
    path(f"{_DRAW}/items", draws.DrawItems.as_view(), name="draw_items"),
]

_v1: list[URLPattern | URLResolver] = [
    path("evidence", evidence.EvidenceList.as_view(), name="evidence"),
    path("evidence/batch", batches.EvidenceBatches.as_view(), name="evidence_batch"),
    path("evidence/<ref:ref>", evidence.EvidenceOne.as_view(), name="evidence_one"),
    path("evidence/<ref:ref>/content", content.EvidenceContent.as_view(), name="content"),
    path("evidence/<ref:ref>/proof", proof.EvidenceProof.as_view(), name="proof"),
    path("controls", controls.ControlList.as_view(), name="controls"),
    path("controls/<ref:ref>", controls.ControlOne.as_view(), name="control"),
    path("runs", runs.RunList.as_view(), name="runs"),
    path("runs/<ref:ref>", runs.RunOne.as_view(), name="run"),
    path("findings", findings.FindingList.as_view(), name="findings"),
    path("findings/<ref:ref>", findings.FindingOne.as_view(), name="finding"),
    path("readiness", readiness.Readiness.as_view(), name="readiness"),
    path("readiness/questions", readiness.ReadinessQuestions.as_view(), name="questions"),
    path("readiness/gaps", readiness.ReadinessGaps.as_view(), name="gaps"),
    path("readiness/plan", readiness.ReadinessPlan.as_view(), name="plan"),
    *_engagements,
    path("checkpoint", checkpoint.LogCheckpoint.as_view(), name="checkpoint"),
    path("log/checkpoint", tiles.TileCheckpoint.as_view(), name="log_checkpoint"),
    path("log/tile/<tile:tile>", tiles.LogTile.as_view(), name="log_tile"),
    path("openapi.json", documents.openapi, {"form": "json"}, name="openapi_json"),
    path("openapi.yaml", documents.openapi, {"form": "yaml"}, name="openapi_yaml"),
    path("docs/", documents.viewer, name="docs"),
]

app_name = "api"
urlpatterns: list[URLPattern | URLResolver] = [path("v1/", include(_v1))]
