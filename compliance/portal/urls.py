"""Addresses of the auditors' door, below /portal/."""

from django.urls import URLPattern, URLResolver, include, path

from compliance.portal import (
    controls,
    engagements,
    evidence,
    packs,
    populations,
    samples,
    work_sheet_files,
)

app_name = "portal"

_draw: list[URLPattern | URLResolver] = [
    path("", samples.draw, name="draw"),
    path("items/<int:row>/", samples.item, name="sample_item"),
    path("sheet.xlsx", work_sheet_files.take, name="sheet"),
    path("sheet/", work_sheet_files.bring, name="sheet_in"),
]

_one: list[URLPattern | URLResolver] = [
    path("", engagements.overview, name="overview"),
    path("controls/<slug:control_ref>/", controls.control, name="control"),
    path("evidence/", evidence.evidence_list, name="evidence_list"),
    path("evidence/<slug:item_ref>/", evidence.item, name="evidence"),
    path("evidence/<slug:item_ref>/content/", evidence.content, name="content"),
    path("populations/", populations.populations, name="populations"),
    path("populations/<int:number>/", populations.population, name="population"),
    path("populations/<int:number>/draws/<int:draw>/", include(_draw)),
    path("packs/<int:number>/", packs.download, name="pack"),
    path("verify.py", packs.verifier, name="verifier"),
]

urlpatterns: list[URLPattern | URLResolver] = [
    path("", engagements.engagements, name="engagements"),
    path("<slug:ref>/", include(_one)),
]
