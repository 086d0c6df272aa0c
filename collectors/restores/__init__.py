"""Restore tests: back up, restore, compare, one module per database engine."""
