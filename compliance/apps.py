"""Django configuration of the house: its system checks, and what keeps secrets out of its logs."""

from django.apps import AppConfig


class ComplianceConfig(AppConfig):
    name = "compliance"

    def ready(self) -> None:
        from compliance import deploy_checks  # noqa: F401, PLC0415  # being there registers them
