"""Columns of this room that hold what the sealing key sealed."""

from collectors.configuration import context_of
from collectors.models import Source
from evidence import resealing

resealing.keeps_texts(Source, "secrets", context=lambda source: context_of(source.slug))
