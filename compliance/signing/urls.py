"""Addresses of the merchants' door, below /sign/."""

from django.urls import path

from compliance.signing import overview, papers, saying, scans, signature

app_name = "signing"

urlpatterns = [
    path("<str:secret>/", overview.overview, name="overview"),
    path("<str:secret>/sign/", signature.sign, name="sign"),
    path("<str:secret>/scans/", scans.scans, name="scans"),
    path("<str:secret>/papers/<slug:which>/", papers.paper, name="paper"),
    path("<str:secret>/<slug:section>/", saying.section, name="section"),
]
