"""Addresses of the door outwards: the calendars that programs read."""

from django.urls import path

from compliance.notices.calendar import calendar

urlpatterns = [path("calendar/<str:secret>/", calendar, name="calendar")]
