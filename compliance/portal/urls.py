"""Addresses of the auditors' door, below /portal/."""

from django.urls import URLPattern, URLResolver, include, path

from compliance.portal import (
    controls,
    coverage,
    engagements,
    evidence,
    findings,
    handed_over,
    packs,
    populations,
    request_lists,
    requests,
    reverse_tests,
    samples,
    walkthroughs,
    work_sheet_files,
)

app_name = "portal"

_draw: list[URLPattern | URLResolver] = [
    path("", samples.draw, name="draw"),
    path("items/<int:row>/", samples.item, name="sample_item"),
    path("sheet.xlsx", work_sheet_files.take, name="sheet"),
    path("sheet/", work_sheet_files.bring, name="sheet_in"),
]

_tests: list[URLPattern | URLResolver] = [
    path("into/", reverse_tests.into, name="reverse_into"),
    path("back/", reverse_tests.back, name="reverse_back"),
    path("<int:test>/", reverse_tests.test, name="reverse_test"),
    path("<int:test>/findings/<int:place>/", reverse_tests.finding, name="reverse_finding"),
]

_one: list[URLPattern | URLResolver] = [
    path("", engagements.overview, name="overview"),
    path("controls/<slug:control_ref>/", controls.control, name="control"),
    path("controls/<slug:control_ref>/walkthrough/", walkthroughs.walk, name="walkthrough"),
    path("coverage/", coverage.windows, name="windows"),
    path("coverage/<slug:slug>/<slug:start>/", coverage.occurrence, name="occurrence"),
    path("evidence/", evidence.evidence_list, name="evidence_list"),
    path("evidence/<slug:item_ref>/", evidence.item, name="evidence"),
    path("evidence/<slug:item_ref>/content/", evidence.content, name="content"),
    path("findings/", findings.finding_list, name="findings"),
    path("findings/open/", findings.open_finding, name="finding_open"),
    path("findings/<slug:finding_ref>/", findings.finding, name="finding"),
    path("findings/<slug:finding_ref>/<slug:deed>/", findings.do, name="finding_do"),
    path("populations/", populations.populations, name="populations"),
    path("populations/<int:number>/", populations.population, name="population"),
    path("populations/<int:number>/draws/<int:draw>/", include(_draw)),
    path("populations/<int:number>/tests/", include(_tests)),
    path("packs/new/", packs.ask, name="pack_ask"),
    path("packs/<int:number>/", packs.download, name="pack"),
    path("handed-over/", handed_over.index, name="handed_over"),
    path("scope/", engagements.scope, name="scope"),
    path("requests/", requests.request_index, name="requests"),
    path("requests/new/", requests.ask, name="request_ask"),
    path("requests/list.xlsx", request_lists.export, name="request_list"),
    path("requests/import/", request_lists.upload, name="request_import"),
    path("requests/import/<int:key>/", request_lists.preview, name="request_preview"),
    path("requests/<int:number>/", requests.request, name="request"),
    path("requests/<int:number>/change/", requests.change, name="request_change"),
    path("verify.py", packs.verifier, {"name": "verify.py"}, name="verifier"),
    path("verify.html", packs.verifier, {"name": "verify.html"}, name="verifier_page"),
]

urlpatterns: list[URLPattern | URLResolver] = [
    path("", engagements.engagements, name="engagements"),
    path("<slug:ref>/", include(_one)),
]
