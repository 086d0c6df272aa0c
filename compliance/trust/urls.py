"""Addresses of the buyers' door, below /trust/."""

from django.urls import path

from compliance.trust import asking, front, receiving

app_name = "trust"

urlpatterns = [
    path("", front.front, name="front"),
    path("ask/", asking.ask, name="ask"),
    path("asked/", asking.asked, name="asked"),
    path("documents/<str:secret>/", receiving.documents, name="documents"),
    path("documents/<str:secret>/<int:key>/", receiving.take, name="take"),
]
