"""Columns of this room that hold what the sealing key sealed: who the merchants are."""

from evidence import resealing
from merchants import identity
from merchants.models import Merchant

resealing.keeps_texts(Merchant, "identity", context=lambda row: identity.context(row.ref))
