"""Columns of this room that hold what the sealing key sealed: uploads that wait to be read."""

from evidence import resealing
from registers.models import DraftFile, RegisterImport

resealing.keeps_data_keys(DraftFile, "wrapped_key", digest=lambda file: str(file.sha256))
resealing.keeps_data_keys(RegisterImport, "wrapped_key", digest=lambda each: str(each.stand))
