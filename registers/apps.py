"""Django configuration of the room."""

from django.apps import AppConfig


class RegistersConfig(AppConfig):
    name = "registers"
