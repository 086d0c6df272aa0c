"""Django configuration of the room."""

from django.apps import AppConfig


class ReportsConfig(AppConfig):
    name = "reports"
