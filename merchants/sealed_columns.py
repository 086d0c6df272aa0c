"""Columns of this room that hold what the sealing key sealed: who the merchants are."""

from evidence import resealing
from merchants import identity
from merchants.models import Merchant, Webhook
from merchants.webhooks import secrets_of

resealing.keeps_texts(Merchant, "identity", context=lambda row: identity.context(row.ref))
for _column in ("secret", "previous_secret", "authentication"):
    resealing.keeps_texts(
        Webhook, _column, context=lambda row, column=_column: secrets_of.context(row, column)
    )
