"""Fills workbooks of others: every part stays as it is but for the cells that are written."""
