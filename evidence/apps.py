"""Django configuration of the room; at start it becomes the keeper of the floors' journal."""

from django.apps import AppConfig


class EvidenceConfig(AppConfig):
    name = "evidence"

    def ready(self) -> None:
        from accounts import journal  # noqa: PLC0415  # models load only once the apps are ready
        from evidence import ledger  # noqa: PLC0415

        journal.keep_with(ledger.keep)
