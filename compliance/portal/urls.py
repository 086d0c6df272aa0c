"""Addresses of the auditors' door, below /portal/."""

from django.urls import URLPattern, URLResolver, include, path

from compliance.portal import controls, coverage, engagements, evidence, packs

app_name = "portal"

_one: list[URLPattern | URLResolver] = [
    path("", engagements.overview, name="overview"),
    path("controls/<slug:control_ref>/", controls.control, name="control"),
    path("coverage/", coverage.windows, name="windows"),
    path("coverage/<slug:slug>/<slug:start>/", coverage.occurrence, name="occurrence"),
    path("evidence/", evidence.evidence_list, name="evidence_list"),
    path("evidence/<slug:item_ref>/", evidence.item, name="evidence"),
    path("evidence/<slug:item_ref>/content/", evidence.content, name="content"),
    path("packs/<int:number>/", packs.download, name="pack"),
    path("verify.py", packs.verifier, name="verifier"),
]

urlpatterns: list[URLPattern | URLResolver] = [
    path("", engagements.engagements, name="engagements"),
    path("<slug:ref>/", include(_one)),
]
