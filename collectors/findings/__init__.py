"""What others found: the formats of scanners and assessors, and their names of criteria."""
