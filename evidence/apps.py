"""Django configuration of the room: keeps the journal, finds leaf facts and sealed columns."""

from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class EvidenceConfig(AppConfig):
    name = "evidence"

    def ready(self) -> None:
        from accounts import journal  # noqa: PLC0415  # models load only once the apps are ready
        from evidence import ledger  # noqa: PLC0415

        journal.keep_with(ledger.keep)
        autodiscover_modules("leaf_facts")
        autodiscover_modules("sealed_columns")
