"""Django configuration of the room."""

from django.apps import AppConfig


class ReadinessConfig(AppConfig):
    name = "readiness"
