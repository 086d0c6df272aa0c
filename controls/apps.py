"""Django configuration of the room."""

from django.apps import AppConfig


class ControlsConfig(AppConfig):
    name = "controls"
