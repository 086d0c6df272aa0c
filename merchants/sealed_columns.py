"""Columns of this room that hold what the sealing key sealed: who the merchants are."""

from functools import partial

from evidence import resealing
from merchants import identity
from merchants.models import Merchant, Prospect, Webhook
from merchants.webhooks import secrets_of

resealing.keeps_texts(Merchant, "identity", context=lambda row: identity.context(row.ref))
resealing.keeps_texts(Prospect, "identity", context=lambda row: identity.prospect_context(row.ref))
for _column in ("secret", "previous_secret", "authentication"):
    resealing.keeps_texts(Webhook, _column, context=partial(secrets_of.context, column=_column))
